//! Specs from vendors' pages: what a page's structure says of a widget's events, as a draft, and held against a spec.
//!
//! Boundary: texts in, text out. Headings, code, tables and anchors are read, sentences only for what they quote; so the
//! same page in another language says the same. Pages are anybody's: bounded, no script is run, nothing is fetched.
//!
//! ```text
//! Markdown, HTML -> blocks (markup, html, build) -> samples, sections, rows -> facts (gather) -> YAML (write)
//! ```

mod build;
mod calls;
pub mod check;
pub mod facts;
mod gather;
mod groups;
mod html;
mod markup;
mod names;
pub mod page;
mod payload;
mod rows;
mod samples;
mod script;
mod sections;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use gather::facts;
pub use markup::{MOST, read};
pub use write::{Wanted, draft};
