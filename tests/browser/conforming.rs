//! Ways to be right, however odd: none is accused, none is left open, all is heard.

mod acts;
mod api;
mod pages;
