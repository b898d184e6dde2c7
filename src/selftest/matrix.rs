//! The matrix for a person: fault x expected requirement x heard verdict, browser by browser, then the counts.
//!
//! Boundary: pure. No times and no texts of a run's own stand here unless something isn't as declared, so that two runs
//! of which nothing else can be said give the same bytes.

use crate::report::style::{Ink, Style};
use crate::report::text::{self, short};

use super::check::{Checked, Conclusion, Line, Part};
use super::{Catalogue, Entry, Kind, Ruling, suggest};

/// Lines of details that are shown of one entry; JSON has them all.
const DETAILS: usize = 12;
/// Entries that are named at the end.
const LISTED: usize = 40;
/// Columns that explanations are wrapped at.
const WIDTH: usize = 100;

/// How one entry went in all browsers.
pub(super) struct Row<'a> {
    pub entry: &'a Entry,
    pub checked: Vec<&'a Checked>,
}

/// The entries that were walked, in the catalogue's order.
pub(super) fn rows<'a>(catalogue: &'a Catalogue, checked: &'a [Checked]) -> Vec<Row<'a>> {
    let row = |entry: &'a Entry| {
        let mine: Vec<&Checked> = checked.iter().filter(|c| c.id == entry.id && c.kind == entry.kind).collect();
        (!mine.is_empty()).then_some(Row { entry, checked: mine })
    };
    catalogue.entries.iter().filter_map(row).collect()
}

/// The browsers, in the order in which they were used.
pub(super) fn browsers(checked: &[Checked]) -> Vec<&str> {
    let mut browsers: Vec<&str> = Vec::new();
    for one in checked {
        if !browsers.contains(&one.browser.as_str()) {
            browsers.push(&one.browser);
        }
    }
    browsers
}

/// How many entries of one browser came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Faults that were seeded.
    pub faults: usize,
    /// Caught for the declared reason.
    pub caught: usize,
    /// Not told of at all.
    pub missed: usize,
    /// Caught for another reason.
    pub other_reason: usize,
    /// Variants that were walked.
    pub variants: usize,
    /// Not accused.
    pub clear: usize,
    /// Accused.
    pub false_alarms: usize,
    /// Could not be told.
    pub open: usize,
}

/// Counts one browser's entries.
pub fn counts(checked: &[Checked], browser: &str) -> Counts {
    let mut counts = Counts::default();
    // Where a fault isn't to be seen, there is none to catch.
    for one in checked.iter().filter(|one| one.browser == browser && one.conclusion != Conclusion::Unseen) {
        match one.kind {
            Kind::Fault => counts.faults += 1,
            Kind::Variant => counts.variants += 1,
        }
        match one.conclusion {
            Conclusion::Caught => counts.caught += 1,
            Conclusion::Missed => counts.missed += 1,
            Conclusion::OtherReason | Conclusion::SeenByAll => counts.other_reason += 1,
            Conclusion::Unseen => {}
            Conclusion::Clear => counts.clear += 1,
            Conclusion::FalseAlarm => counts.false_alarms += 1,
            Conclusion::Open(_) => counts.open += 1,
        }
    }
    counts
}

/// The whole matrix. `suggest`: with what was heard as the entry's file would declare it, wherever it isn't as declared.
pub fn render(catalogue: &Catalogue, checked: &[Checked], style: Style, suggest: bool) -> String {
    let rows = rows(catalogue, checked);
    let browsers = browsers(checked);
    let mut out = format!("{}\n", style.paint(Ink::Strong, &short(&catalogue.name)));
    for kind in [Kind::Fault, Kind::Variant] {
        let heading = match kind {
            Kind::Fault => "Faults: what each breaks, and what was heard of it",
            Kind::Variant => "Variants: odd, but as documented",
        };
        let mine: Vec<&Row> = rows.iter().filter(|row| row.entry.kind == kind).collect();
        if !mine.is_empty() {
            out += &format!("\n{}\n", style.paint(Ink::Strong, heading));
        }
        for row in mine {
            block(row, style, suggest, &mut out);
        }
    }
    out += &totals(checked, &browsers, style);
    out
}

fn sign(checked: &Checked, style: Style) -> String {
    let (sign, ink) = match checked.conclusion {
        Conclusion::Caught | Conclusion::Unseen | Conclusion::Clear => ("✔", Ink::Good),
        Conclusion::Open(_) => ("?", Ink::Doubt),
        _ => ("✘", Ink::Bad),
    };
    style.paint(ink, sign)
}

fn words(conclusion: &Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Caught => "caught",
        Conclusion::Missed => "missed",
        Conclusion::OtherReason => "caught for another reason",
        Conclusion::Unseen => "not to be seen",
        Conclusion::SeenByAll => "to be seen without its visitor",
        Conclusion::Clear => "not accused",
        Conclusion::FalseAlarm => "false alarm",
        Conclusion::Open(_) => "could not be told",
    }
}

fn block(row: &Row, style: Style, suggest: bool, out: &mut String) {
    let results: Vec<String> = row
        .checked
        .iter()
        .map(|c| format!("{} {} {}", sign(c, style), style.paint(Ink::Dim, &c.browser), words(&c.conclusion)))
        .collect();
    let id = style.paint(Ink::Name, &format!("{:<32}", row.entry.id));
    *out += &format!("  {id}  {}\n", results.join("   "));
    *out += &format!("    {}\n", short(&row.entry.title));
    for (requirement, rulings) in &row.entry.expect {
        *out += &format!("    {}\n", style.paint(Ink::Dim, &format!("{requirement}: {}", joined(rulings))));
    }
    let follows = row.entry.follows.len();
    if follows > 0 {
        let text = format!("and {} below it", text::count(follows, "verdict", "verdicts"));
        *out += &format!("    {}\n", style.paint(Ink::Dim, &text));
    }
    for checked in row.checked.iter().filter(|c| !c.conclusion.as_declared()) {
        details(checked, style, out);
        let told = !matches!(checked.conclusion, Conclusion::Open(_));
        let declaration = if suggest && told { suggest::declaration(checked) } else { String::new() };
        if !declaration.is_empty() {
            *out += &format!(
                "      {}
",
                style.paint(Ink::Dim, "as heard, to be declared if all of it is right:")
            );
            out.extend(declaration.lines().map(|line| format!("{line}\n")));
        }
    }
}

fn joined<'a>(rulings: impl IntoIterator<Item = &'a Ruling>) -> String {
    let rulings: Vec<String> = rulings.into_iter().map(|ruling| short(&ruling.to_string())).collect();
    if rulings.is_empty() { "nothing".to_owned() } else { rulings.join(", ") }
}

/// What isn't as declared.
fn details(checked: &Checked, style: Style, out: &mut String) {
    let mut say = |ink, indent: usize, text: &str| {
        for line in text::wrap(text, WIDTH - indent) {
            *out += &format!("{:indent$}{}\n", "", style.paint(ink, &line));
        }
    };
    if let Conclusion::Open(why) = &checked.conclusion {
        say(Ink::Doubt, 6, &format!("{}: {}", checked.browser, short(why)));
        return;
    }
    let wrong: Vec<&Line> = checked.lines.iter().filter(|line| !line.agrees()).collect();
    for line in wrong.iter().take(DETAILS) {
        let place = match line.part {
            Part::Headline => String::new(),
            Part::Follows if line.under.is_empty() => " (below a headline)".to_owned(),
            Part::Follows => {
                let under: Vec<&str> = line.under.iter().map(String::as_str).collect();
                format!(" (below {})", under.join(", "))
            }
        };
        let text = format!(
            "{}: {}{place}: declared {}, heard {}",
            checked.browser,
            short(&line.requirement),
            joined(&line.declared),
            joined(&line.heard)
        );
        say(Ink::Bad, 6, &text);
        if !line.heard.is_empty() {
            say(Ink::Plain, 8, &short(&line.actual));
            if let Some(hint) = &line.hint {
                say(Ink::Dim, 8, &short(hint));
            }
        }
    }
    if wrong.len() > DETAILS {
        say(Ink::Dim, 6, &format!("and {} more; `--report json` has them all", wrong.len() - DETAILS));
    }
}

fn totals(checked: &[Checked], browsers: &[&str], style: Style) -> String {
    type Column = (&'static str, fn(&Counts) -> usize, bool);
    const COLUMNS: &[Column] = &[
        ("faults", |c| c.faults, false),
        ("caught", |c| c.caught, false),
        ("missed", |c| c.missed, true),
        ("for another reason", |c| c.other_reason, true),
        ("variants", |c| c.variants, false),
        ("not accused", |c| c.clear, false),
        ("false alarms", |c| c.false_alarms, true),
        ("could not be told", |c| c.open, true),
    ];
    let first = browsers.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut out = format!("\n{:first$}", "");
    for (name, ..) in COLUMNS {
        out += &format!("  {name}");
    }
    out.push('\n');
    for browser in browsers {
        let counts = counts(checked, browser);
        out += &format!("{browser:first$}");
        for (name, number, bad) in COLUMNS {
            let (number, width) = (number(&counts), name.len());
            let ink = if *bad && number > 0 { Ink::Bad } else { Ink::Plain };
            out += &format!("  {}", style.paint(ink, &format!("{number:>width$}")));
        }
        out.push('\n');
    }
    let all = !checked.is_empty() && checked.iter().all(|one| one.conclusion.as_declared());
    let of = |kind| checked.iter().any(|one| one.kind == kind);
    let (ink, text) = if all {
        // Nothing is said of what wasn't chosen.
        let text = match (of(Kind::Fault), of(Kind::Variant)) {
            (true, true) => "Every fault was caught for its declared reason, and no variant was accused.",
            (true, false) => "Every fault was caught for its declared reason. No variant was chosen.",
            (false, _) => "No variant was accused. No fault was chosen: whether one would be caught isn't shown.",
        };
        (Ink::Good, text)
    } else if checked.is_empty() {
        (Ink::Doubt, "Nothing was walked.")
    } else {
        (Ink::Bad, "Not all is as the catalogue declares it.")
    };
    out + &format!("\n{}\n", style.paint(ink, text)) + &undeclared(checked, style)
}

/// What isn't as declared, in a line each, once more: the end of a log is what people see first, and often all of it.
fn undeclared(checked: &[Checked], style: Style) -> String {
    let wrong: Vec<&Checked> = checked.iter().filter(|one| !one.conclusion.as_declared()).collect();
    let mut out = String::new();
    for one in wrong.iter().take(LISTED) {
        let why = match &one.conclusion {
            Conclusion::Open(why) => format!(": {}", short(why)),
            _ => String::new(),
        };
        let told = format!("{} {}", style.paint(Ink::Dim, &one.browser), words(&one.conclusion));
        out += &format!("  {} {}  {told}{why}\n", sign(one, style), style.paint(Ink::Name, &short(&one.id)));
    }
    if wrong.len() > LISTED {
        out += &format!("  and {} more\n", wrong.len() - LISTED);
    }
    out
}
