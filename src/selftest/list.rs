//! The catalogue as a checklist: what can go wrong with each documented statement, and what tells it.
//!
//! Boundary: pure; nothing is run for it.

use std::collections::BTreeSet;

use crate::report::style::{Ink, Style};
use crate::report::text::{self, short};

use super::{Catalogue, Entry, Kind};

/// Width of the first column.
const ID: usize = 34;
/// Columns of the whole table.
const WIDTH: usize = 110;

/// The entries as a table, grouped by the sections of the vendor's page, in the spec's order. `chosen`: their ids.
pub fn render(catalogue: &Catalogue, chosen: &[String], style: Style) -> String {
    let mut out = format!("{}\n", style.paint(Ink::Strong, &short(&catalogue.name)));
    let entries: Vec<&Entry> = catalogue.entries.iter().filter(|entry| chosen.contains(&entry.id)).collect();
    for kind in [Kind::Fault, Kind::Variant] {
        let mine: Vec<&&Entry> = entries.iter().filter(|entry| entry.kind == kind).collect();
        if mine.is_empty() {
            continue;
        }
        let heading = match kind {
            Kind::Fault => "Faults: each breaks a documented statement, and must be caught for that reason",
            Kind::Variant => "Variants: odd, but as documented; none may be accused",
        };
        out += &format!("\n{}\n", style.paint(Ink::Strong, heading));
        for (section, url) in sections(catalogue, &mine) {
            let here: Vec<&&&Entry> = mine.iter().filter(|entry| entry.section == section).collect();
            let name = section.as_deref().unwrap_or("No section of its own");
            out += &format!("\n{}", style.paint(Ink::Name, &short(name)));
            if let Some(url) = url {
                out += &format!("  {}", style.paint(Ink::Dim, &short(&url)));
            }
            out.push('\n');
            for entry in here {
                block(entry, style, &mut out);
            }
        }
    }
    let broken = catalogue.broken();
    let all = catalogue.spec.requirement_ids();
    let covered = all.iter().filter(|id| broken.contains_key(id.as_str())).count();
    let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    out += &format!(
        "\n{}, {}. The catalogue's faults break {covered} of {}.\n",
        text::count(count(Kind::Fault), "fault", "faults"),
        text::count(count(Kind::Variant), "variant", "variants"),
        text::count(all.len(), "requirement", "requirements"),
    );
    for id in all.iter().filter(|id| !broken.contains_key(id.as_str())) {
        out += &format!("  {} no fault breaks {id}\n", style.paint(Ink::Warn, "!"));
    }
    out
}

/// The sections that entries name, in the spec's order, each with its address; those without a section last.
fn sections(catalogue: &Catalogue, entries: &[&&Entry]) -> Vec<(Option<String>, Option<String>)> {
    let named: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.section.as_deref()).collect();
    let mut sections: Vec<(Option<String>, Option<String>)> = Vec::new();
    for requirement in crate::judge::requirements(&catalogue.spec) {
        let Some(section) = requirement.spec.section.filter(|section| named.contains(section.as_str())) else {
            continue;
        };
        if !sections.iter().any(|(known, _)| known.as_ref() == Some(&section)) {
            sections.push((Some(section), requirement.spec.url));
        }
    }
    for name in named {
        if !sections.iter().any(|(known, _)| known.as_deref() == Some(name)) {
            sections.push((Some(name.to_owned()), None));
        }
    }
    if entries.iter().any(|entry| entry.section.is_none()) {
        sections.push((None, None));
    }
    sections
}

fn block(entry: &Entry, style: Style, out: &mut String) {
    let mut lines: Vec<(Ink, String)> = Vec::new();
    let mut say = |ink, text: &str| {
        lines.extend(text::wrap(text, WIDTH - ID - 4).into_iter().map(|line| (ink, line)));
    };
    say(Ink::Plain, &short(&entry.title));
    let (statement, told) = match entry.kind {
        Kind::Fault => ("documented", "told as"),
        Kind::Variant => ("conforms", "noted as"),
    };
    say(Ink::Dim, &format!("{statement}: {}", short(&entry.statement)));
    if !entry.visitors.is_empty() {
        let to = match entry.kind {
            Kind::Fault => "shows only to",
            Kind::Variant => "visited by",
        };
        say(Ink::Dim, &format!("{to}: {}", entry.visitors.join(", ")));
    }
    for (requirement, rulings) in &entry.expect {
        let rulings: Vec<String> = rulings.iter().map(ToString::to_string).collect();
        say(Ink::Dim, &format!("{told}: {requirement} ({})", rulings.join(", ")));
    }
    if !entry.follows.is_empty() {
        let follow = text::count(entry.follows.len(), "verdict that follows", "verdicts that follow");
        say(Ink::Dim, &format!("and {follow} from it"));
    }
    for (at, (ink, line)) in lines.into_iter().enumerate() {
        let first = if at == 0 { format!("☐ {}", entry.id) } else { String::new() };
        let gap = ID.saturating_sub(first.chars().count());
        *out += &format!("  {first}{:gap$}  {}\n", "", style.paint(ink, &line));
    }
}
