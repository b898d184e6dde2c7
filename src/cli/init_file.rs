//! The site file that `chatproof init` writes: what was found as comments, and a first journey.
//!
//! Boundary: pure; from what was seen to a text. Whatever comes from the page is made safe first: it is a comment's or a
//! quoted text's business, never YAML's.

use std::fmt::Write as _;
use std::time::Duration;

use crate::browser::survey::Control;
use crate::report::text::{self, short};
use crate::runner::{Clicked, Seen};
use crate::site::template::Template;
use crate::site::write::{self, scalar};
use crate::site::{Act, Step, Target};
use crate::spec::{Ready, ReadyTarget, Spec};

/// Why an event isn't tested yet: what reports show until somebody does something about it.
pub const NOT_YET: &str = "no journey causes it yet";
/// The journey's name.
pub const JOURNEY: &str = "first-contact";
/// A page whose events came after this time on a first visit may need longer on another one.
const SLOW_MS: f64 = 4_000.0;
/// What such events are given.
const PATIENT: Duration = Duration::from_secs(30);

/// All that goes into the file.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// What is documented.
    pub spec: &'a Spec,
    /// How the file names the spec.
    pub spec_reference: String,
    /// Scheme and host; a password as a reference to the environment.
    pub base_url: String,
    /// The page, below that.
    pub path: String,
    /// What was found there.
    pub seen: &'a Seen,
    /// Name and version of the browser that looked.
    pub browser: String,
    /// File name of the schema beside the file.
    pub schema: &'a str,
    /// Certificates that can't be verified are accepted.
    pub accept_insecure_certs: bool,
    /// The step that opens the chat is one of the journey's; else it is a comment, with what happened.
    pub opens: Result<(), String>,
}

impl Draft<'_> {
    /// The file's text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.head(&mut out);
        self.names(&mut out);
        self.not_applicable(&mut out);
        self.journey(&mut out);
        out
    }

    /// The launcher, if it could be clicked.
    fn launcher(&self) -> Option<&Clicked> {
        self.seen.clicked.as_ref().filter(|clicked| clicked.failed.is_none())
    }

    /// Constants that the journey's steps fire.
    fn fired(&self) -> Vec<&str> {
        let mut fired: Vec<&str> = self.seen.loaded.iter().map(String::as_str).collect();
        if self.opens.is_ok() {
            fired.extend(self.launcher().iter().flat_map(|clicked| &clicked.events).map(String::as_str));
        }
        fired
    }

    fn head(&self, out: &mut String) {
        let page = format!("{}{}", self.base_url, self.path);
        let _ = writeln!(out, "# yaml-language-server: $schema={}", self.schema);
        comment(out, "");
        comment(
            out,
            &format!("Written by `chatproof init`, which looked at {} in {}.", short(&page), short(&self.browser)),
        );
        comment(out, "The reference of this file: `chatproof steps`. Why a check is made: `chatproof explain`.");
        let _ = writeln!(out, "spec: {}", scalar(&self.spec_reference));
        let _ = writeln!(out, "base_url: {}   # `chatproof run --base-url` takes another one", scalar(&self.base_url));
        if self.accept_insecure_certs {
            let _ = writeln!(out, "accept_insecure_certs: true");
        }
        out.push('\n');
        comment(out, "What was found:");
        for (what, told) in found(self.spec, self.seen) {
            comment(out, &format!("  {what:<9} {told}"));
        }
        out.push('\n');
    }

    fn names(&self, out: &mut String) {
        let Some(Clicked { button, .. }) = self.launcher() else { return };
        comment(out, "Short names for locators.");
        let _ = writeln!(out, "names:\n  launcher: {}\n", scalar(&button.locator));
    }

    fn not_applicable(&self, out: &mut String) {
        let fired = self.fired();
        let open: Vec<_> = self.spec.events.values().filter(|e| !fired.contains(&e.constant.as_str())).collect();
        if open.is_empty() {
            return;
        }
        comment(
            out,
            "Documented events that no journey causes yet. Reports count each as waived, with this reason, and not as",
        );
        comment(
            out,
            "proved. Take a line out as soon as a step fires its event. If your site never causes it, keep the line and",
        );
        comment(out, "say why instead.");
        let _ = writeln!(out, "not_applicable:");
        for event in open {
            let _ = writeln!(
                out,
                "  {}: {}   # {}",
                scalar(&event.constant),
                scalar(NOT_YET),
                text::clip(&event.cause, 90)
            );
        }
        out.push('\n');
    }

    fn journey(&self, out: &mut String) {
        let _ = writeln!(out, "journeys:\n  {JOURNEY}:");
        let opens = self.opens.is_ok() && self.launcher().is_some();
        let title = match self.launcher().filter(|_| opens) {
            Some(clicked) if clicked.opened(self.spec) => "A visitor opens the page and the chat",
            Some(_) => "A visitor opens the page and clicks what may open the chat",
            None => "A visitor opens the page",
        };
        let _ = writeln!(out, "    title: {title}\n    steps:");
        let loaded = if self.seen.held_back { &[][..] } else { &self.seen.loaded };
        let open = Template::parse(&self.path).ok().map(Act::Open);
        self.step(out, open, loaded, self.seen.loaded_ms > SLOW_MS, false);
        if let Some(button) = &self.seen.consented {
            comment_at(out, 6, "The banner that asks for consent.");
            let click = Target::of(&button.locator).map(Act::Click);
            let held = self.seen.held_back;
            self.step(out, click, if held { &self.seen.loaded } else { &[] }, true, !held);
        }
        match (&self.opens, self.seen.clicked.as_ref()) {
            (Ok(()), Some(clicked)) if clicked.failed.is_none() => {
                let launcher = Target::of(&clicked.button.locator).map(|target| target.named("launcher"));
                self.step(out, launcher.map(Act::Click), &clicked.events, false, false);
                let opened = clicked.opened(self.spec);
                if !clicked.events.is_empty() {
                    let when = if opened { "when the chat was opened" } else { "after this click" };
                    comment_at(out, 8, &format!("It was heard {when}. Is that what is documented?"));
                }
                if clicked.elsewhere {
                    comment_at(out, 8, "It led to another page: is there a chat?");
                } else if !opened {
                    comment_at(
                        out,
                        8,
                        "Whether a chat was opened can't be seen: no event says so, and there is no new field.",
                    );
                }
                next_steps(out, clicked);
            }
            (Err(why), Some(clicked)) => {
                comment_at(out, 6, &format!("This did not work: {}", short(why)));
                comment_at(out, 6, &format!("- click: {}", scalar(&clicked.button.locator)));
            }
            (_, Some(Clicked { button, failed: Some(why), .. })) => {
                comment_at(out, 6, &format!("This did not work: {}", short(why)));
                comment_at(out, 6, &format!("- click: {}", scalar(&button.locator)));
            }
            (_, _) if !self.seen.page.inline.is_empty() => {
                comment_at(
                    out,
                    6,
                    "The chat seems to stand in the page. What a visitor can do there; say what it `fires`:",
                );
                controls(out, &self.seen.page.inline);
            }
            (_, _) => {
                comment_at(out, 6, "What opens the chat was not found. Name it here, by CSS or by its role and name:");
                match self.seen.page.links.as_slice() {
                    [] => comment_at(out, 6, "- click: role=button[name=\"Chat\"]"),
                    links => controls(out, links),
                }
            }
        }
    }

    /// A step, with the documented cause of each event beside it.
    fn step(&self, out: &mut String, act: Option<Act>, events: &[String], slow: bool, optional: bool) {
        let Some(act) = act else { return };
        let beside = |constant: &str| {
            let cause = self.spec.events.get(constant).map(|event| event.cause.as_str()).unwrap_or_default();
            if cause.is_empty() { String::new() } else { format!("documented: {}", text::clip(cause, 90)) }
        };
        let within = (slow && !events.is_empty()).then_some(PATIENT);
        let step = Step { within, optional, ..Step::of(act).firing(events.iter().map(String::as_str)) };
        write::step(out, 6, &step, &beside);
    }
}

/// What could come next, for a person to take the `#` from.
fn next_steps(out: &mut String, clicked: &Clicked) {
    if clicked.controls.is_empty() {
        return;
    }
    comment_at(out, 6, "What a visitor can do then. Take the `#` from what you need, and say what it `fires`:");
    controls(out, &clicked.controls);
}

fn controls(out: &mut String, controls: &[Control]) {
    for control in controls {
        let verb = if control.field { "fill" } else { "click" };
        comment_at(out, 6, &format!("- {verb}: {}", scalar(&control.locator)));
        if control.field {
            comment_at(out, 6, "  with: hello");
        }
    }
}

/// What was found, as pairs of a label and words: in the file's comments and on the terminal alike.
pub fn found(spec: &Spec, seen: &Seen) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let status =
        seen.status.filter(|status| *status > 0).map(|status| format!(", status {status}")).unwrap_or_default();
    rows.push(("page", format!("“{}” at {}{status}", short(&seen.page.title), short(&seen.page.url))));
    rows.push(("ready", ready(spec, seen)));
    rows.push(("API", api(spec, seen)));
    if let Some(button) = &seen.consented {
        let held = if seen.held_back { "; the widget came only after it" } else { "" };
        rows.push(("consent", format!("{} was clicked{held}", short(&button.locator))));
    }
    if !seen.loaded.is_empty() {
        rows.push(("events", format!("{} without a click", short(&seen.loaded.join(", ")))));
    }
    if let Some(clicked @ Clicked { button, failed, events, .. }) = &seen.clicked {
        let name = if button.name.is_empty() { String::new() } else { format!(" “{}”", short(&button.name)) };
        let signs =
            if button.signs.is_empty() { String::new() } else { format!(" ({})", short(&button.signs.join(", "))) };
        let heard = match (failed, events.as_slice()) {
            (Some(why), _) => format!("; it could not be clicked: {}", short(why)),
            (None, []) if clicked.elsewhere => "; it leads to another page".to_owned(),
            (None, []) if clicked.controls.is_empty() => "; it fires nothing, and nothing new can be seen".to_owned(),
            (None, []) => "; it fires nothing".to_owned(),
            (None, events) => format!("; it fires {}", short(&events.join(", "))),
        };
        rows.push(("launcher", format!("{}{name}{signs}{heard}", short(&button.locator))));
    } else if seen.ready.is_some() {
        let told = match (seen.page.inline.is_empty(), seen.page.links.as_slice()) {
            (false, _) => "none, but something in the page itself looks like a chat".to_owned(),
            (true, []) => "none: nothing on the page looks like it opens a chat".to_owned(),
            (true, links) => {
                let links: Vec<&str> = links.iter().map(|link| link.locator.as_str()).collect();
                format!("none in a corner; perhaps {}", short(&links.join(", ")))
            }
        };
        rows.push(("launcher", told));
    }
    if seen.ready.is_none() {
        for error in &seen.errors {
            rows.push(("error", format!("the page threw: {}", short(error))));
        }
        if !seen.page.frames.is_empty() {
            rows.push(("frames", short(&seen.page.frames.join(", "))));
        }
        if let Some(first) = seen.page.launchers.first() {
            rows.push((
                "button",
                format!("{} looks like it opens a chat ({})", short(&first.locator), short(&first.signs.join(", "))),
            ));
        }
    }
    if !seen.globals.is_empty() {
        rows.push((
            "others",
            format!("{}: other objects on the page that events can be listened to at", short(&seen.globals.join(", "))),
        ));
    }
    rows
}

fn ready(spec: &Spec, seen: &Seen) -> String {
    let event = spec.probe.ready.name();
    let documented = match (&spec.probe.ready, &seen.ready) {
        (Ready::Event { target: ReadyTarget::Window, .. }, _) => "window",
        (Ready::Event { target: ReadyTarget::Document, .. }, _) => "document",
        (Ready::Subscribing, Some((_, ms))) => return format!("subscribing worked after {}", text::duration(*ms)),
        (Ready::Subscribing, None) => return "subscribing didn't work".to_owned(),
        (_, Some((_, ms))) => return format!("`{event}` called back after {}", text::duration(*ms)),
        (_, None) => return format!("`{event}` didn't call back"),
    };
    match &seen.ready {
        Some((target, ms)) if target == documented => {
            format!("`{event}` on {target} after {}", text::duration(*ms))
        }
        Some((target, _)) => format!("`{event}` was heard on {}, but is documented on {documented}", short(target)),
        None => format!("`{event}` was not heard on {documented}"),
    }
}

fn api(spec: &Spec, seen: &Seen) -> String {
    let documented = || spec.probe.locations.iter().map(|l| l.name.as_str()).collect::<Vec<_>>().join(", ");
    let subscribe = spec.probe.subscribe.join(".");
    let Some(api) = &seen.api else { return format!("nothing at {}", documented()) };
    let used = api.used.as_ref().and_then(|name| api.locations.iter().find(|l| l.name == *name));
    let Some(location) = used.or_else(|| api.locations.iter().find(|l| l.subscribe == "function")) else {
        return format!("nothing to subscribe with at {}", documented());
    };
    let refused: Vec<&str> =
        api.subscriptions.iter().filter(|s| s.result == "threw").map(|s| s.constant.as_str()).collect();
    if let Some(first) = api.subscriptions.iter().find(|s| s.result == "threw") {
        return format!(
            "{}: `{subscribe}` threw for {} of {} events ({}): {}",
            short(&location.name),
            refused.len(),
            api.subscriptions.len(),
            short(&refused.join(", ")),
            short(&first.message)
        );
    }
    let without = if seen.ready.is_none() { "; it is there, though the ready event wasn't heard" } else { "" };
    if spec.probe.constants.is_empty() {
        return format!("{}: `{subscribe}`{without}", short(&location.name));
    }
    let there = spec.events.keys().filter(|constant| location.constants.iter().any(|c| c.name == **constant)).count();
    format!(
        "{}: `{subscribe}`, and {there} of {} documented constants in `{}`{without}",
        short(&location.name),
        spec.events.len(),
        spec.probe.constants.join(".")
    )
}

fn comment(out: &mut String, text: &str) {
    write::comment(out, 0, text);
}

fn comment_at(out: &mut String, indent: usize, text: &str) {
    write::comment(out, indent, text);
}
