//! The judge on recordings made by hand and at random: each family on what keeps and what breaks its statements.

#[path = "judge/support.rs"]
mod support;

#[path = "judge/families.rs"]
mod families;
