//! [`Facts`] -> the text of a spec: a draft with the line of each statement, and a comment where a choice was made.
//!
//! Boundary: text out. Of what the pages don't say nothing is demanded.

use serde_json::Value as Json;

use super::facts::{Api, Event, Facts, Field, Place, Section};
use super::groups::{Group, chosen, groups};
use super::text::{one_line, quoted, scalar, slug};
use crate::spec::{FORMAT, ReadyTarget};

/// What pages don't say of themselves.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The address of the published page.
    pub url: Option<String>,
    /// The spec's id.
    pub id: Option<String>,
}

/// A spec of what pages say; none if no sample shows how events are subscribed to, or no event is named.
pub fn draft(facts: &Facts, wanted: &Wanted) -> Option<String> {
    let api = facts.api.as_ref().filter(|_| !facts.events.is_empty())?;
    let mut writer = Writer { facts, out: String::new(), anchors: Vec::new() };
    writer.top(wanted);
    writer.probe(api);
    writer.statements(api);
    let groups = groups(&facts.events);
    writer.payloads(&groups);
    writer.events(&groups);
    Some(writer.out)
}

struct Writer<'f> {
    facts: &'f Facts,
    out: String,
    /// YAML anchors that are there already.
    anchors: Vec<String>,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn comment(&mut self, indent: usize, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && indent + 2 + line.chars().count() + 1 + word.chars().count() > 118 {
                let whole = format!("{:indent$}# {line}", "");
                self.line(&whole);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let whole = format!("{:indent$}# {line}", "");
        self.line(&whole);
    }

    /// `line 12`, or `line 12 of opened.md`.
    fn told(&self, place: Place) -> String {
        let file = self.facts.pages.get(place.page).filter(|_| self.facts.pages.len() > 1);
        let of = file.map_or_else(String::new, |file| format!(" of {}", one_line(&file.name)));
        format!("line {}{of}", place.span.line)
    }

    fn top(&mut self, wanted: &Wanted) {
        let names: Vec<String> = self.facts.pages.iter().map(|page| one_line(&page.name)).collect();
        self.comment(0, &format!("A draft by `chatproof spec draft` of {}.", names.join(", ")));
        self.comment(0, "Read it beside the page before you rely on it. `# line 12` is the line of the page that says it; a longer comment stands where a choice was made. Limits (`at_most`), `conversation` and `rules` are in sentences, which aren't read: add what the page says of them.");
        self.line(&format!("format: {FORMAT}"));
        let title = self.facts.title.clone().unwrap_or_else(|| "Events".to_owned());
        let mut id = wanted.id.clone().unwrap_or_else(|| slug(&title));
        if id.is_empty() {
            id = "widget".to_owned();
        }
        self.line(&format!("id: {}", scalar(&id)));
        self.line(&format!("title: {}", scalar(&title)));
        let address = |text: &String| {
            url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")).map(|mut url| {
                url.set_fragment(None);
                let _ = (url.set_username(""), url.set_password(None));
                url.to_string()
            })
        };
        let url = wanted.url.as_ref().and_then(address).or_else(|| self.facts.url.as_ref().and_then(address));
        let comment =
            if url.is_none() { "   # the page doesn't say where it is published: write its address" } else { "" };
        let url = url.unwrap_or_else(|| "https://page.invalid/".to_owned());
        self.line(&format!("page: {{ title: {}, url: {} }}{comment}", scalar(&title), quoted(&url)));
        self.line("");
    }

    fn probe(&mut self, api: &Api) {
        self.line("probe:");
        match &self.facts.ready {
            Some(ready) => {
                if !ready.encloses {
                    self.comment(
                        2,
                        "No sample subscribes in its handler; it is listened for, and isn't among the events.",
                    );
                }
                let target = if ready.target == ReadyTarget::Document { ", target: document" } else { "" };
                self.line(&format!(
                    "  ready: {{ event: {}{target} }}   # {}",
                    scalar(&ready.event),
                    self.told(ready.place)
                ));
            }
            None => {
                self.comment(2, "Nothing is shown to say ready: events are subscribed to as soon as that works.");
            }
        }
        self.line("  api:");
        self.line("    locations:");
        for (path, place) in &api.locations {
            let path = if path.is_empty() {
                "{ name: bare globals }".to_owned()
            } else {
                format!("{{ path: {} }}", path.join("."))
            };
            self.line(&format!("      - {path}   # {}", self.told(*place)));
        }
        self.line(&format!("    subscribe: {}   # {}", api.subscribe.join("."), self.told(api.place)));
        if !api.constants.is_empty() {
            self.line(&format!("    constants: {}", api.constants.join(".")));
        }
        if let Some(arguments) = &api.arguments {
            self.line(&format!("    arguments: {}", Json::Array(arguments.clone())));
        }
        if api.bound {
            self.comment(4, "The samples call it on its object; that it could be called without isn't said.");
            self.line("    bound: true");
        }
        let payload = &self.facts.payload;
        if !payload.path.is_empty() || payload.argument > 1 {
            if payload.place.is_none() {
                self.comment(
                    2,
                    "Nothing says where the payload is; what the browser's own events carry is in `detail`.",
                );
            }
            let told = payload.place.map(|place| format!("   # {}", self.told(place))).unwrap_or_default();
            let path = payload.path.join(".");
            match (payload.argument, path.is_empty()) {
                (0 | 1, _) => self.line(&format!("  payload: {path}{told}")),
                (nth, true) => self.line(&format!("  payload: {{ argument: {nth} }}{told}")),
                (nth, false) => self.line(&format!("  payload: {{ argument: {nth}, path: {path} }}{told}")),
            }
        }
        for (path, place) in &self.facts.left {
            let text = format!("Also on the page, and not taken: `{}(…)`, {}.", one_line(path), self.told(*place));
            self.comment(2, &text);
        }
        self.line("");
    }

    fn statements(&mut self, api: &Api) {
        self.line("statements:");
        // Without a ready event there is nothing to state of it.
        if let Some(ready) = &self.facts.ready {
            let section = &ready.section;
            self.line("  ready:");
            self.line(&format!("    fired: {}", inline(section, "")));
            let once = "level: should, why: the page doesn't say that it fires once only";
            self.line(&format!("    once: {}", inline(section, once)));
            self.line(&format!("    api-usable: {}", inline(section, "")));
        }
        self.line("  api:");
        for name in ["location", "subscribe"] {
            self.line(&format!("    {name}: {}", inline(&api.section, "")));
        }
        if !api.constants.is_empty() {
            self.line(&format!("    constants: {}", inline(&api.section, "")));
            self.line("  constants:");
            self.line("    usable: { level: should, why: the page doesn't say what the constants are }");
        }
        self.line("");
    }

    fn payloads(&mut self, groups: &[Group<'_>]) {
        if groups.is_empty() {
            return;
        }
        self.line("payloads:");
        for group in groups {
            self.line(&format!("  {}:", scalar(&group.name)));
            for (key, field) in &group.fields {
                let title = field.title.as_deref().unwrap_or(key);
                let schema = field.kind.map_or_else(|| "{}".to_owned(), |kind| format!("{{ type: {kind} }}"));
                let mut rest = String::new();
                if field.optional {
                    rest += ", required: false";
                }
                if field.shown {
                    rest += ", level: should, why: it is shown in an example or a sentence and listed nowhere";
                }
                let text = format!(
                    "    {}: {{ title: {}, schema: {schema}{rest} }}   # {}",
                    scalar(key),
                    scalar(title),
                    self.told(field.place)
                );
                self.line(&text);
            }
        }
        self.line("");
    }

    fn events(&mut self, groups: &[Group<'_>]) {
        self.line("events:");
        let facts = self.facts;
        for (name, event) in &facts.events {
            self.line(&format!("  {}:   # {}", scalar(name), self.told(event.place)));
            if let Some(title) = &event.section.title {
                self.line(&format!("    section: {}", scalar(&title.text)));
            }
            if let Some(anchor) = &event.section.anchor {
                self.line(&format!("    anchor: {}", scalar(&anchor.text)));
            }
            match &event.cause {
                Some((cause, place)) => self.line(&format!("    cause: {}   # {}", scalar(cause), self.told(*place))),
                None => self.line("    cause: the page doesn't say why it fires"),
            }
            match chosen(event, groups) {
                names if names.is_empty() => {
                    self.line("    payload: none   # the page doesn't say what it carries");
                }
                names => self.line(&format!("    payload: [{}]", names.join(", "))),
            }
            self.unexpected();
            self.shared(event);
        }
    }

    fn unexpected(&mut self) {
        let text = match self.anchors.iter().any(|anchor| anchor == "unsaid") {
            true => "    unexpected: *unsaid".to_owned(),
            false => {
                self.anchors.push("unsaid".to_owned());
                "    unexpected: &unsaid { level: should, why: the page doesn't say that it fires for nothing else }"
                    .to_owned()
            }
        };
        self.line(&text);
    }

    /// Fields of a table that stands in another event's section.
    fn shared(&mut self, event: &Event) {
        let shared: Vec<(&String, &Field)> =
            event.fields.iter().filter(|(_, field)| field.shared && !field.shown).collect();
        let Some(first) = shared.first().map(|(_, field)| field.place) else { return };
        self.comment(
            4,
            &format!(
                "The table at {} stands below this event and others, and was taken to be about all of them.",
                self.told(first)
            ),
        );
        self.line("    fields:");
        for (key, field) in shared {
            let anchor = format!("table-{}-{}", field.place.page, first.span.line);
            let text = if self.anchors.contains(&anchor) {
                format!("      {}: *{anchor}", scalar(key))
            } else {
                let why = format!("the page lists it further down, at {}, for several events", self.told(first));
                self.anchors.push(anchor.clone());
                format!("      {}: &{anchor} {{ level: should, why: {} }}", scalar(key), scalar(&why))
            };
            self.line(&text);
        }
    }
}

/// `{ section: …, anchor: … }` with what else is said.
fn inline(section: &Section, more: &str) -> String {
    let mut parts = Vec::new();
    if let Some(title) = &section.title {
        parts.push(format!("section: {}", scalar(&title.text)));
    }
    if let Some(anchor) = &section.anchor {
        parts.push(format!("anchor: {}", scalar(&anchor.text)));
    }
    if !more.is_empty() {
        parts.push(more.to_owned());
    }
    if parts.is_empty() { String::new() } else { format!("{{ {} }}", parts.join(", ")) }
}
