//! The judge on recordings made by hand and at random: each family on what keeps and what breaks its statements.

mod between;
mod causes;
mod coverage;
mod cut;
mod events;
mod forwards;
mod handlers;
mod listeners;
mod names;
mod other_vendor;
mod payloads;
mod pressed;
mod properties;
mod roots;
pub mod support;
mod trace;
mod widget;
