//! A chart of lanes along one axis of time, drawn to scale, as inline SVG that needs neither script nor style.
//!
//! Positions across are per cent of the width, so that the text keeps its size on any screen; each label is cut off where
//! the next thing in its row begins, so that labels never lie upon each other. A thing that can be pointed at or reached
//! by keyboard is a link to where it is told in full, and may bring a panel, which shows below the lanes meanwhile.

use maud::{Markup, html};

use super::tone::Tone;
use crate::report::text;

/// How wide a chart is thought to be when labels are spread over rows, in pixels.
const WIDTH: f64 = 1060.0;
/// How wide a letter is thought to be, in pixels.
const LETTER: f64 = 6.3;
const AXIS: usize = 22;
const HEAD: usize = 17;
const ROW: usize = 20;
const GAP: usize = 8;
const HINT: usize = 20;
const PANEL: usize = 156;

/// What is drawn.
pub(super) struct Chart {
    /// What it shows, for those who don't see it.
    pub(super) title: String,
    /// Milliseconds at its right end.
    pub(super) end: f64,
    pub(super) lanes: Vec<Lane>,
    /// Lines from one thing to another: cause and effect.
    pub(super) joins: Vec<Join>,
    /// What is said about the panel.
    pub(super) hint: &'static str,
}

/// Things of one kind.
pub(super) struct Lane {
    pub(super) name: String,
    /// At most so many rows, even if labels are cut for it.
    pub(super) rows: usize,
    /// In order of `begin`.
    pub(super) items: Vec<Item>,
}

/// One thing.
pub(super) struct Item {
    pub(super) shape: Shape,
    /// Milliseconds.
    pub(super) begin: f64,
    pub(super) tone: Tone,
    pub(super) label: String,
    /// What a screen reader says besides the label.
    pub(super) spoken: String,
    /// Where it is told in full, in this page.
    pub(super) target: String,
    pub(super) panel: Option<Markup>,
}

impl Item {
    /// Who speaks to a computer says what is to be seen, so that has to be part of the name.
    fn name(&self) -> String {
        if self.spoken.contains(&self.label) { self.spoken.clone() } else { format!("{}, {}", self.label, self.spoken) }
    }
}

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// It takes until the first time; the second is until when its effects were waited for.
    Bar(f64, f64),
    /// It happens at once.
    Mark,
    /// It should have happened.
    Ghost,
}

/// From one thing to another: lane and item of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Join {
    pub(super) from: (usize, usize),
    pub(super) to: (usize, usize),
}

/// Where an item's row is, and how far its label may go.
struct Place {
    row: usize,
    until: f64,
}

impl Chart {
    pub(super) fn draw(&self) -> Markup {
        let places: Vec<Vec<Place>> = self.lanes.iter().map(|lane| self.spread(lane)).collect();
        let mut tops = Vec::new();
        let mut height = AXIS;
        for (lane, places) in self.lanes.iter().zip(&places) {
            tops.push(height);
            let rows = places.iter().map(|place| place.row + 1).max().unwrap_or(1);
            height += HEAD + rows * ROW + GAP;
            debug_assert!(rows <= lane.rows.max(1));
        }
        let has_panel = self.lanes.iter().flat_map(|lane| &lane.items).any(|item| item.panel.is_some());
        let whole = height + if has_panel { PANEL } else { 0 };
        let at = |lane: usize, item: usize| Some((tops.get(lane)?, places.get(lane)?.get(item)?));
        let middle =
            |lane: usize, item: usize| at(lane, item).map(|(top, place)| top + HEAD + place.row * ROW + ROW / 2);
        // What is wrong is worth a look without being asked for.
        let panels = || self.lanes.iter().flat_map(|lane| &lane.items).filter(|item| item.panel.is_some());
        let first = panels().find(|item| item.tone == Tone::Bad).or_else(|| panels().next());
        let first = first.map(|item| item.target.as_str());
        html! {
            svg.chart role="group" aria-label=(self.title) width="100%" height=(whole) font-size="11" font-family="system-ui, sans-serif" {
                (self.axis(height))
                @for (lane, top) in self.lanes.iter().zip(&tops) {
                    text.lane x="0" y=(top + 12) { (lane.name) }
                    line.base x1="0" x2="100%" y1=(top + HEAD - 1) y2=(top + HEAD - 1) stroke="#8884" {}
                }
                @for join in &self.joins {
                    @if let (Some(from), Some(to), Some(a), Some(b)) =
                        (middle(join.from.0, join.from.1), middle(join.to.0, join.to.1), self.item(join.from), self.item(join.to))
                    {
                        line.join x1=(self.x(a.begin)) y1=(from) x2=(self.x(b.begin)) y2=(to) stroke="#8888" {}
                    }
                }
                @for (number, lane) in self.lanes.iter().enumerate() {
                    @for (index, item) in lane.items.iter().enumerate() {
                        @if let Some((top, place)) = at(number, index) {
                            (self.item_markup(item, place, top + HEAD + place.row * ROW))
                            @if let Some(panel) = &item.panel {
                                (panel_markup(panel, height, first == Some(item.target.as_str())))
                            }
                        }
                    }
                }
                @if has_panel { text.hint x="0" y=(height + 12) { (self.hint) } }
            }
        }
    }

    fn item(&self, (lane, item): (usize, usize)) -> Option<&Item> {
        self.lanes.get(lane)?.items.get(item)
    }

    /// Per cent from the left. At the right there is room for the last label.
    fn share(&self, ms: f64) -> f64 {
        0.6 + 90.0 * (ms / self.end.max(1.0)).clamp(0.0, 1.0)
    }

    fn x(&self, ms: f64) -> String {
        percent(self.share(ms))
    }

    /// Gives each item a row in which its label has room, as far as there are rows.
    fn spread(&self, lane: &Lane) -> Vec<Place> {
        let mut taken: Vec<f64> = Vec::new();
        let mut last: Vec<usize> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        for (index, item) in lane.items.iter().enumerate() {
            let x = self.share(item.begin) * WIDTH / 100.0;
            #[allow(clippy::cast_precision_loss)] // letters
            let letters = item.label.chars().count() as f64;
            let bar = match item.shape {
                Shape::Bar(until, _) => self.share(until) * WIDTH / 100.0,
                Shape::Mark | Shape::Ghost => x,
            };
            let wanted = (x + 18.0 + letters * LETTER).max(bar + 4.0);
            let free = taken.iter().position(|until| *until <= x);
            let row = match free {
                Some(row) => row,
                None if taken.len() < lane.rows.max(1) => {
                    taken.push(0.0);
                    last.push(index);
                    taken.len() - 1
                }
                // The row whose label has had the most room so far.
                None => (0..taken.len())
                    .min_by(|a, b| {
                        let begin =
                            |row: &usize| last.get(*row).and_then(|at| lane.items.get(*at)).map_or(0.0, |i| i.begin);
                        begin(a).total_cmp(&begin(b))
                    })
                    .unwrap_or(0),
            };
            if let Some(before) =
                last.get(row).filter(|before| **before != index).and_then(|before| places.get_mut(*before))
            {
                before.until = self.share(item.begin);
            }
            if let (Some(taken), Some(last)) = (taken.get_mut(row), last.get_mut(row)) {
                *taken = wanted;
                *last = index;
            }
            places.push(Place { row, until: 100.0 });
        }
        places
    }

    fn item_markup(&self, item: &Item, place: &Place, y: usize) -> Markup {
        let x = self.share(item.begin);
        let (at, room) = (percent(x), place.until - x);
        let class = match item.shape {
            Shape::Bar(..) => "bar",
            Shape::Mark => "point",
            Shape::Ghost => "ghost",
        };
        html! {
            a.item.(class).(item.tone.class()) href={ "#" (item.target) } aria-label=(item.name()) {
                @match item.shape {
                    Shape::Bar(until, waited) => {
                        rect.trail x=(at) y=(y + 17) width=(percent(self.share(waited) - x)) height="2" fill="#8883" {}
                        // However short it was, it can be seen.
                        @let long = self.share(until) - x;
                        @let width = if long * WIDTH / 100.0 < 4.0 { "4".to_owned() } else { percent(long) };
                        rect.body x=(at) y=(y + 1) width=(width) height="18" rx="3" fill="#8886" {}
                    }
                    Shape::Mark | Shape::Ghost => {
                        svg x=(at) y=(y) width="1" height=(ROW) overflow="visible" {
                            path.body d="M0 4l6 6l-6 6l-6-6z" fill="#888" {}
                        }
                    }
                }
                // A label that would show half a letter shows none.
                @if room * WIDTH / 100.0 > 22.0 {
                    svg x=(at) y=(y) width=(percent(room)) height=(ROW) {
                        text x=(if matches!(item.shape, Shape::Bar(..)) { 8 } else { 10 }) y="14" { (item.label) }
                    }
                }
            }
        }
    }

    fn axis(&self, height: usize) -> Markup {
        let step = nice_step(self.end / 8.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most eight or so
        let count = (self.end / step).floor().min(40.0) as u32;
        html! {
            @for tick in 0..=count {
                @let ms = f64::from(tick) * step;
                @let share = self.share(ms);
                line.grid x1=(percent(share)) x2=(percent(share)) y1="16" y2=(height) stroke="#8883" {}
                text.tick x=(percent(share)) y="11" text-anchor=(anchor(share)) { (tick_label(ms)) }
            }
        }
    }
}

fn panel_markup(panel: &Markup, y: usize, first: bool) -> Markup {
    html! {
        foreignObject.panel.first[first] x="0" y=(y + HINT) width="100%" height=(PANEL - HINT) display=(if first { "inline" } else { "none" }) {
            div.panelbox { (panel) }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.3}%", share.max(0.0))
}

fn anchor(share: f64) -> &'static str {
    if share < 3.0 {
        "start"
    } else if share > 96.0 {
        "end"
    } else {
        "middle"
    }
}

/// The next round duration that is at least so long, in milliseconds.
fn nice_step(least: f64) -> f64 {
    const MINUTES: [f64; 8] = [15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3];
    if least > 10e3 {
        return MINUTES.into_iter().find(|step| *step >= least).unwrap_or_else(|| (least / 3600e3).ceil() * 3600e3);
    }
    let mut unit = 1.0;
    loop {
        if let Some(step) = [1.0, 2.0, 5.0].map(|digit| digit * unit).into_iter().find(|step| *step >= least) {
            return step;
        }
        unit *= 10.0;
    }
}

fn tick_label(ms: f64) -> String {
    if ms == 0.0 {
        "0".into()
    } else if ms < 1000.0 {
        text::duration(ms)
    } else if ms < 60_000.0 {
        format!("{} s", (ms / 100.0).round() / 10.0)
    } else {
        let (minutes, seconds) = ((ms / 60_000.0).floor(), ((ms % 60_000.0) / 1000.0).round());
        if seconds == 0.0 { format!("{minutes} min") } else { format!("{minutes}:{seconds:02} min") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(begin: f64, label: &str) -> Item {
        Item {
            shape: Shape::Mark,
            begin,
            tone: Tone::Good,
            label: label.into(),
            spoken: label.into(),
            target: "x".into(),
            panel: None,
        }
    }

    #[test]
    fn labels_never_lie_upon_each_other() {
        let items: Vec<Item> = (0..200).map(|at| item(f64::from(at * at) / 4.0, "CONVERSATION_TRIGGERED")).collect();
        let lane = Lane { name: "events".into(), rows: 4, items };
        let chart = Chart { title: String::new(), end: 10_000.0, lanes: vec![lane], joins: vec![], hint: "" };
        let places = chart.spread(&chart.lanes[0]);
        for row in 0..4 {
            let own: Vec<usize> = (0..200).filter(|at| places[*at].row == row).collect();
            for pair in own.windows(2) {
                let next = chart.share(chart.lanes[0].items[pair[1]].begin);
                assert!(places[pair[0]].until <= next, "{} runs into {}", pair[0], pair[1]);
            }
        }
        assert!(places.iter().all(|place| place.row < 4));
    }

    #[test]
    fn things_far_apart_share_a_row() {
        let items = vec![item(0.0, "a"), item(500.0, "b"), item(510.0, "c")];
        let lane = Lane { name: String::new(), rows: 4, items };
        let chart = Chart { title: String::new(), end: 1000.0, lanes: vec![lane], joins: vec![], hint: "" };
        let rows: Vec<usize> = chart.spread(&chart.lanes[0]).iter().map(|place| place.row).collect();
        assert_eq!(rows, [0, 0, 1]);
    }

    #[test]
    fn the_axis_has_round_numbers() {
        assert_eq!(nice_step(0.3), 1.0);
        assert_eq!(nice_step(130.0), 200.0);
        assert_eq!(nice_step(9_999.0), 10_000.0);
        assert_eq!(nice_step(12_000.0), 15_000.0);
        assert_eq!(nice_step(1e9), 278.0 * 3600e3);
        assert_eq!(
            [0.0, 500.0, 2500.0, 60_000.0, 90_000.0].map(tick_label),
            ["0", "500 ms", "2.5 s", "1 min", "1:30 min"]
        );
    }
}
