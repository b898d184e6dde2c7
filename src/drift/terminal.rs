//! A comparison for a person at a terminal.

use crate::report::style::{Ink, Style};
use crate::report::text::{self, short};

use super::{Change, Comparison, Side, Weight};

/// Columns.
const WIDTH: usize = 96;

/// What of a change is shown beside its places.
const PLACES: usize = 6;

/// Renders the whole comparison.
pub fn render(comparison: &Comparison, style: Style) -> String {
    let mut out = String::new();
    for (label, side) in [("before", &comparison.before), ("after", &comparison.after)] {
        out.push_str(&format!("{}  {}\n", style.paint(Ink::Dim, &format!("{label:<6}")), self::side(side)));
    }
    out.push('\n');
    let groups = comparison.groups();
    for weight in Weight::ALL {
        let own: Vec<_> = groups.iter().filter(|(root, _)| root.weight == weight).collect();
        if own.is_empty() {
            continue;
        }
        out.push_str(&format!("{}\n", style.paint(Ink::Strong, weight.heading())));
        for (root, hence) in own {
            change(root, hence, style, &mut out);
        }
        out.push('\n');
    }
    for note in &comparison.notes {
        paragraph("note", note, Ink::Dim, style, &mut out);
    }
    if !comparison.notes.is_empty() {
        out.push('\n');
    }
    let compared = text::count(comparison.journeys, "journey compared", "journeys compared");
    out.push_str(&format!("{compared}\n{}\n", style.paint(sentence_ink(comparison), &marked(comparison))));
    out
}

fn sentence_ink(comparison: &Comparison) -> Ink {
    match comparison.changes.first().map(|change| change.weight) {
        Some(weight) => ink(weight),
        None => Ink::Good,
    }
}

fn marked(comparison: &Comparison) -> String {
    let mark = comparison.changes.first().map_or("✔", |change| change.weight.mark());
    format!("{mark} {}", comparison.sentence())
}

fn ink(weight: Weight) -> Ink {
    match weight {
        Weight::Worse => Ink::Bad,
        Weight::Doubt => Ink::Doubt,
        Weight::Changed => Ink::Warn,
        Weight::Better => Ink::Good,
    }
}

/// `recordings: firefox, chromium, 8 recordings, 2027-01-31 09:30 UTC`
pub(super) fn side(side: &Side) -> String {
    let began = side.began.get(..16).filter(|_| side.began.is_ascii()).map(|began| began.replace('T', " "));
    let columns: Vec<String> = side.columns.iter().map(|column| short(column)).collect();
    let recordings = usize::try_from(side.recordings).unwrap_or(usize::MAX);
    let mut parts = vec![columns.join(", "), text::count(recordings, "recording", "recordings")];
    parts.extend(began.map(|began| format!("{began} UTC")));
    format!("{}: {}", short(&side.name), parts.join(", "))
}

fn change(change: &Change, hence: &[&Change], style: Style, out: &mut String) {
    let mark = change.weight.mark();
    let head = style.paint(ink(change.weight), &format!("{mark} {}", short(&change.subject)));
    out.push_str(&format!("  {head}\n"));
    paragraph("", &change.sentence, Ink::Plain, style, out);
    paragraph("before", &change.before, Ink::Plain, style, out);
    paragraph("after", &change.after, Ink::Plain, style, out);
    paragraph("in", &places(change), Ink::Dim, style, out);
    for change in hence {
        let told = format!("{} {}: {} → {}", short(&change.subject), change.sentence, change.before, change.after);
        paragraph("hence", &told, Ink::Dim, style, out);
    }
}

/// The first places, and how many more there are.
pub(super) fn places(change: &Change) -> String {
    let some: Vec<String> = change.places.iter().take(PLACES).map(|place| short(place)).collect();
    let more = change.places.len().saturating_sub(PLACES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", some.join(", "))
}

fn paragraph(label: &str, told: &str, ink: Ink, style: Style, out: &mut String) {
    let told = text::line(told, text::LONG);
    for (at, line) in text::wrap(&told, WIDTH - 14).iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        let line = format!("    {}{}", style.paint(Ink::Dim, &format!("{label:<8}")), style.paint(ink, line));
        out.push_str(&format!("{}\n", line.trim_end()));
    }
}

/// What is new against a profile, for a run's own output: a line each, at most `most`.
pub fn warnings<'c>(changes: impl Iterator<Item = &'c Change>, most: usize) -> Vec<String> {
    let all: Vec<&Change> = changes.collect();
    let line = |change: &&Change| {
        let Change { subject, sentence, before, after, .. } = change;
        let told = format!("{subject} {sentence}: {before} → {after} (in {})", places(change));
        text::line(&told, text::LONG)
    };
    let mut lines: Vec<String> = all.iter().take(most).map(line).collect();
    let more = all.len().saturating_sub(most);
    if more > 0 {
        lines.push(format!("and {}", text::count(more, "more change", "more changes")));
    }
    lines
}
