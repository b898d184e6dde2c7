//! Tests in real browsers, Firefox and Chromium both, against small pages of their own and a vendor that doesn't exist:
//! whatever passes here owes nothing to the built-in spec or to the reference site.
//!
//! A missing browser fails these tests and says what to install.

#[path = "../guide/mod.rs"]
mod guide;
mod harness;
mod ways;

mod arrivals;
mod asks;
mod beforehand;
mod brands;
mod cleanup;
mod clock;
mod closed_roots;
mod conforming;
mod demo;
mod dialogs;
mod docs;
mod documents;
mod downloads;
mod drafts;
mod ears;
mod explore;
mod failures;
mod fields;
mod forwards;
mod forwards_kinds;
mod frames;
mod gestures;
mod handlers;
mod hostile;
mod include;
mod init;
mod libraries;
mod listener;
mod locators;
mod looking;
mod names;
mod network;
mod panic;
mod popups;
mod readiness;
mod refused;
mod retries;
mod reuse;
mod secrets;
mod selftest;
mod sights;
mod states;
mod steps;
mod subscribing;
mod tags;
mod uploads;
mod visitors;
mod watch;
mod whenever;
mod wrong;
