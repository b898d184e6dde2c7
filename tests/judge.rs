//! The judge on recordings made by hand and at random: each family on what keeps and what breaks its statements.

#[path = "judge/between.rs"]
mod between;
#[path = "judge/causes.rs"]
mod causes;
#[path = "judge/coverage.rs"]
mod coverage;
#[path = "judge/cut.rs"]
mod cut;
#[path = "judge/events.rs"]
mod events;
#[path = "judge/forwards.rs"]
mod forwards;
#[path = "judge/handlers.rs"]
mod handlers;
#[path = "judge/listeners.rs"]
mod listeners;
#[path = "judge/names.rs"]
mod names;
#[path = "judge/other_vendor.rs"]
mod other_vendor;
#[path = "judge/payloads.rs"]
mod payloads;
#[path = "judge/pressed.rs"]
mod pressed;
#[path = "judge/properties.rs"]
mod properties;
#[path = "judge/roots.rs"]
mod roots;
#[path = "judge/support.rs"]
mod support;
#[path = "judge/trace.rs"]
mod trace;
#[path = "judge/widget.rs"]
mod widget;
