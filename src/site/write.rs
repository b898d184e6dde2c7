//! Steps as YAML: what is written here is read back as the same steps.
//!
//! Boundary: from parsed steps to text. What a short name or a `do` stood for was replaced when the step was parsed; a short
//! name that a step still names is written as it was.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::gestures::Gesture;
use super::locator::{self, NoNames, Part};
use super::{Act, Answer, Expected, ScrollTo, Step, Target, VISITOR, describe, download};
use crate::source::hostile::is_hostile;

/// Writes one step of a list that is indented by `indent` blanks. `beside`: what to write beside an event that it fires, as a
/// comment; nothing if it's empty.
pub fn step(out: &mut String, indent: usize, step: &Step, beside: &dyn Fn(&str) -> String) {
    let mut lines = Lines { out, indent, begun: false };
    if let Some(name) = &step.name {
        lines.key("name", &scalar(name));
    }
    act(&mut lines, &step.act);
    if step.actor != VISITOR {
        lines.key("as", &scalar(&step.actor));
    }
    if let Some(popup) = &step.popup {
        let address = popup.address.as_ref().map(|address| format!("{{ popup: {} }}", quoted(&address.text)));
        lines.key("in", address.as_deref().unwrap_or("popup"));
    }
    if let Some(answer) = &step.answer {
        lines.key("answer", &answered(answer));
    }
    if step.optional {
        lines.key("optional", "true");
    }
    if let Some(time) = step.timeout {
        lines.key("timeout", &duration(time));
    }
    events(&mut lines, "fires", &step.fires, beside);
    events(&mut lines, "may_fire", &step.may_fire, &|_| String::new());
    if let Some(time) = step.within {
        lines.key("within", &duration(time));
    }
}

/// Writes a line of comment.
pub fn comment(out: &mut String, indent: usize, text: &str) {
    let line = format!("{}# {text}", " ".repeat(indent));
    let _ = writeln!(out, "{}", line.trim_end());
}

/// The keys of one step, one below the other, the first behind its dash.
struct Lines<'o> {
    out: &'o mut String,
    indent: usize,
    begun: bool,
}

impl Lines<'_> {
    fn key(&mut self, key: &str, value: &str) {
        let dash = if self.begun { "  " } else { "- " };
        self.begun = true;
        let line = format!("{}{dash}{key}: {value}", " ".repeat(self.indent));
        let _ = writeln!(self.out, "{}", line.trim_end());
    }

    fn item(&mut self, value: &str) {
        let _ = writeln!(self.out, "{}    - {value}", " ".repeat(self.indent));
    }

    /// A verb with its element, and which of several is meant.
    fn target(&mut self, verb: &str, target: &Target, more: &[(&str, String)]) {
        let (text, further) = narrowed(target);
        self.key(verb, &scalar(text));
        for (key, value) in more {
            self.key(key, value);
        }
        for (key, text) in further {
            self.key(key, &scalar(text));
        }
    }
}

fn act(lines: &mut Lines<'_>, act: &Act) {
    match act {
        Act::Open(address) => lines.key("open", &scalar(&address.text)),
        Act::Reload => lines.key("reload", "true"),
        Act::Back => lines.key("back", "true"),
        Act::ClosePage => lines.key("close_page", "true"),
        Act::Click(target) => lines.target("click", target, &[]),
        Act::Hover(target) => lines.target("hover", target, &[]),
        Act::WaitFor(target) => lines.target("wait_for", target, &[]),
        Act::WaitUntilGone(target) => lines.target("wait_until_gone", target, &[]),
        Act::Pause(time) => lines.key("pause", &duration(*time)),
        Act::Advance(time) => lines.key("advance", &duration(*time)),
        Act::Eval(script) => lines.key("eval", &scalar(&script.text)),
        Act::Gesture { target, gesture } => match gesture {
            Gesture::Double => lines.target("double_click", target, &[]),
            Gesture::Right => lines.target("right_click", target, &[]),
            Gesture::Hold(time) => lines.target("press_and_hold", target, &[("for", duration(*time))]),
            Gesture::Drag(to) => lines.target("drag", target, &[("to", scalar(&to.text))]),
            Gesture::Swipe(toward) => lines.target("swipe", target, &[("toward", toward.name().to_owned())]),
        },
        Act::Fill { target, with, press } => {
            let mut more = vec![("with", scalar(&with.text))];
            more.extend(press.as_ref().map(|keys| ("press", scalar(&keys.text))));
            lines.target("fill", target, &more);
        }
        Act::Press { keys, on: None } => lines.key("press", &scalar(&keys.text)),
        Act::Press { keys, on: Some(target) } => {
            lines.key("press", &scalar(&keys.text));
            lines.target("on", target, &[]);
        }
        Act::Select { target, options } => {
            let options: Vec<&str> = options.iter().map(|option| option.text.as_str()).collect();
            lines.target("select", target, &[("option", several(&options))]);
        }
        Act::Upload { target, files } => {
            let files: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
            lines.target("upload", target, &[("files", several(&files))]);
        }
        Act::Download { target, file } => {
            let file = wanted(file);
            let file: Vec<_> = file.map(|file| ("file", file)).into_iter().collect();
            lines.target("download", target, &file);
        }
        Act::Scroll(ScrollTo::Element(target)) => lines.target("scroll", target, &[]),
        Act::Scroll(ScrollTo::Until { list, seen }) => {
            lines.target("scroll", list, &[("until", scalar(&seen.text))]);
        }
        Act::Scroll(ScrollTo::Top) => lines.key("scroll", "top"),
        Act::Scroll(ScrollTo::Bottom) => lines.key("scroll", "bottom"),
        Act::Scroll(ScrollTo::Percent(share)) => lines.key("scroll", &format!("{share}%")),
    }
}

/// A target's own text, and the keys beside it that say which of its matches is meant. The parser has put all into one text.
fn narrowed(target: &Target) -> (&str, Vec<(&'static str, &str)>) {
    let mut text = target.text.as_str();
    let mut further = Vec::new();
    for part in target.locator.parts.iter().rev() {
        let (key, parts) = match part {
            Part::Has { parts } => ("has", parts),
            Part::Near { parts } => ("near", parts),
            _ => break,
        };
        let word = format!(" {key} ");
        let means = |text: &str| locator::parse(text, &mut NoNames).is_ok_and(|locator| locator.parts == *parts);
        let ends = |(at, _): &(usize, &str)| means(&text[at + word.len()..]);
        // A short name means nothing here, and has no such word in it.
        let Some(at) = text.match_indices(&word).find(ends).map(|(at, _)| at).or_else(|| text.rfind(&word)) else {
            break;
        };
        further.push((key, &text[at + word.len()..]));
        text = &text[..at];
    }
    further.reverse();
    (text, further)
}

/// What a downloaded file is to be; `None` if it may be any.
fn wanted(file: &download::Wanted) -> Option<String> {
    let sizes: Vec<String> = file.sizes.iter().map(|size| escaped(&size.text)).collect();
    if let (Some(name), [], None) = (&file.name, &sizes[..], &file.contains) {
        return Some(scalar(&name.text));
    }
    let mut keys = Vec::new();
    keys.extend(file.name.as_ref().map(|name| format!("name: {}", quoted(&name.text))));
    if !sizes.is_empty() {
        keys.push(format!("size: [{}]", sizes.join(", ")));
    }
    keys.extend(file.contains.as_ref().map(|text| format!("contains: {}", quoted(&text.text))));
    (!keys.is_empty()).then(|| format!("{{ {} }}", keys.join(", ")))
}

fn several(texts: &[&str]) -> String {
    match texts {
        [only] => scalar(only),
        texts => format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
    }
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Accept => "accept".to_owned(),
        Answer::Dismiss => "dismiss".to_owned(),
        Answer::Prompt(text) => format!("{{ prompt: {} }}", quoted(&text.text)),
        Answer::SignIn { user, password } => {
            format!("{{ user: {}, password: {} }}", quoted(&user.text), quoted(&password.text))
        }
    }
}

/// `fires` and `may_fire`, in the shortest form that says it.
fn events(lines: &mut Lines<'_>, key: &str, events: &[Expected], beside: &dyn Fn(&str) -> String) {
    let bare = |event: &Expected| event.fields.is_empty() && !event.follows;
    let beside = |constant: &str| {
        let text = beside(constant);
        if text.is_empty() { text } else { format!("   # {text}") }
    };
    match events {
        [] => {}
        [only] if bare(only) => lines.key(key, &format!("{}{}", scalar(&only.constant), beside(&only.constant))),
        all if all.iter().all(|event| bare(event) && beside(&event.constant).is_empty()) => {
            let names: Vec<String> = all.iter().map(|event| quoted(&event.constant)).collect();
            lines.key(key, &format!("[{}]", names.join(", ")));
        }
        all => {
            lines.key(key, "");
            let mut at = 0;
            while let Some(event) = all.get(at) {
                let follow = all[at + 1..].iter().take_while(|event| event.follows).count();
                let comment = beside(&event.constant);
                if follow == 0 {
                    let event = if bare(event) { scalar(&event.constant) } else { flow(event) };
                    lines.item(&format!("{event}{comment}"));
                } else {
                    let ordered: Vec<String> = all[at..=at + follow].iter().map(flow).collect();
                    lines.item(&format!("in_order: [{}]{comment}", ordered.join(", ")));
                }
                at += 1 + follow;
            }
        }
    }
}

/// An event in one line, with what is demanded of its payload.
fn flow(event: &Expected) -> String {
    if event.fields.is_empty() {
        return quoted(&event.constant);
    }
    let fields = event.fields.iter().map(|(name, expected)| {
        let demanded = match &expected.same_as {
            Some(event) => format!("{{ same_as: {} }}", quoted(event)),
            None => inline(&expected.schema),
        };
        format!("{}: {demanded}", quoted(name))
    });
    format!("{{ {}: {{ {} }} }}", quoted(&event.constant), fields.collect::<Vec<_>>().join(", "))
}

/// JSON as YAML in one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("{}: {}", quoted(key), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn duration(time: Duration) -> String {
    if time.subsec_nanos().is_multiple_of(1_000_000) {
        describe::duration(time)
    } else {
        format!("{}s", time.as_secs_f64())
    }
}

/// A text inside of brackets: bare only where nothing in it could end it.
fn quoted(text: &str) -> String {
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if word && is_text(text) { text.to_owned() } else { escaped(text) }
}

/// Whether a bare word is a text, and no other value.
fn is_text(text: &str) -> bool {
    !matches!(text.to_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
}

/// A text as YAML: plain where that can't be misread, else in quotes.
pub fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-?&=%+~:>@()[]\"' ".contains(c))
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.starts_with(".inf")
        && !text.starts_with(".nan")
        && is_text(text);
    if plain {
        text.to_owned()
    } else if text.contains('"') && !text.chars().any(is_hostile) {
        // A locator's quotes are easier to read without backslashes before them.
        format!("'{}'", text.replace('\'', "''"))
    } else {
        escaped(text)
    }
}

/// A text in double quotes.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if is_hostile(c) || c.is_control() => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
