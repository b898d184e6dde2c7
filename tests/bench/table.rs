//! The table: as Markdown, so that it can be put into the guide as it is.

use std::fmt::Write as _;

/// One line of it.
pub struct Row {
    what: String,
    ours: String,
    other: String,
    ratio: String,
    goal: String,
    met: &'static str,
}

/// Of several rounds the middle one, and how far they lie apart.
pub struct Median {
    pub middle: f64,
    least: f64,
    most: f64,
}

impl Median {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = values.into_iter().collect();
        all.sort_by(f64::total_cmp);
        let middle = match all.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => all[count / 2],
            count => f64::midpoint(all[count / 2 - 1], all[count / 2]),
        };
        let end = |one: Option<&f64>| one.copied().unwrap_or(f64::NAN);
        Self { middle, least: end(all.first()), most: end(all.last()) }
    }

    fn told(&self, digits: usize, unit: &str) -> String {
        let Self { middle, least, most } = self;
        format!("{middle:.digits$}{unit} ({least:.digits$} to {most:.digits$})")
    }
}

impl Row {
    /// A pair: seconds of ours and of the other, round by round. `most`: what the ratio shall not be above.
    pub fn pair(what: &str, ours: &[f64], other: &[f64], goal: &str, most: Option<f64>) -> Self {
        let ratio = Median::of(ours.iter().zip(other).map(|(one, two)| one / two));
        Self {
            what: what.to_owned(),
            ours: Median::of(ours.iter().copied()).told(1, " s"),
            other: Median::of(other.iter().copied()).told(1, " s"),
            ratio: ratio.told(2, ""),
            goal: goal.to_owned(),
            met: most.map_or("", |most| met(ratio.middle <= most)),
        }
    }

    /// One figure. `good`: whether that is what it shall be.
    pub fn figure(
        what: &str,
        values: &[f64],
        (digits, unit): (usize, &str),
        goal: &str,
        good: impl Fn(f64) -> bool,
    ) -> Self {
        let median = Median::of(values.iter().copied());
        Self {
            what: what.to_owned(),
            ours: median.told(digits, unit),
            other: String::new(),
            ratio: String::new(),
            goal: goal.to_owned(),
            met: met(good(median.middle)),
        }
    }

    /// What it was that could not be measured, and why.
    pub fn not_measured(what: &str, why: &str) -> Self {
        let why = why.lines().next().unwrap_or_default().replace('|', "/");
        let empty = String::new;
        Self {
            what: what.to_owned(),
            ours: format!("not measured: {why}"),
            other: empty(),
            ratio: empty(),
            goal: empty(),
            met: "",
        }
    }
}

fn met(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

pub fn render(machine: &str, rounds: usize, rows: &[Row]) -> String {
    let mut text = format!("\n{machine}. Medians of {rounds} rounds (least to most).\n\n");
    text += "| what | chatproof | the other | ratio | goal | met |\n| --- | --- | --- | --- | --- | --- |\n";
    for Row { what, ours, other, ratio, goal, met } in rows {
        let _ = writeln!(text, "| {what} | {ours} | {other} | {ratio} | {goal} | {met} |");
    }
    text
}
