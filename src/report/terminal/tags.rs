//! What tags have sent: a table.

use crate::report::style::{Ink, Style};
use crate::report::summary::Tags;
use crate::report::text::{self, short};

/// Rows told one by one.
const LISTED: usize = 60;

/// The lines about one browser.
pub fn lines(tags: &Tags, browser: &str, style: Style) -> Vec<String> {
    let head = format!("tags in {}", short(browser));
    let mut out = vec![String::new(), style.paint(Ink::Strong, &head)];
    let dash = |text: &str, most: usize| if text.is_empty() { "-".to_owned() } else { text::clip(text, most) };
    let mut rows: Vec<[String; 6]> =
        vec![["tag", "event", "property", "consent", "count", "first sent"].map(str::to_owned)];
    for one in tags.sent.iter().take(LISTED) {
        let personal: Vec<String> = one.personal.iter().map(|field| text::clip(field, 30)).collect();
        let personal = if personal.is_empty() { String::new() } else { format!("; personal: {}", personal.join(", ")) };
        rows.push([
            text::clip(&one.tag, 24),
            dash(&one.name, 36),
            dash(&one.property, 28),
            dash(&one.consent, 12),
            text::grouped(one.count),
            format!("{}{personal}", dash(&one.first, 60)),
        ]);
    }
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    for (n, row) in rows.iter().enumerate().filter(|_| rows.len() > 1) {
        let mut line = String::from("  ");
        for (at, cell) in row.iter().enumerate() {
            let pad = widths.get(at).map_or(0, |width| width - cell.chars().count());
            let pad = " ".repeat(pad);
            line.push_str(&match (n, at) {
                (0, _) => style.paint(Ink::Dim, &format!("{cell}{pad}")),
                (_, 0) => style.paint(Ink::Name, &format!("{cell}{pad}")),
                (_, 4) => format!("{pad}{cell}"),
                _ => format!("{cell}{pad}"),
            });
            line.push_str("  ");
        }
        out.push(line.trim_end().to_owned());
    }
    if tags.sent.len() > LISTED {
        out.push(format!("  and {} more", text::grouped(tags.sent.len() - LISTED)));
    }
    if tags.sent.is_empty() {
        out.push("  no known tag has sent anything".to_owned());
    }
    let silent: Vec<String> = tags.silent().map(|(_, title)| short(title)).collect();
    if !silent.is_empty() {
        out.push(format!("  loaded, and sent nothing: {}", silent.join(", ")));
    }
    for (host, (count, first)) in tags.unknown.iter().take(LISTED) {
        let first = text::clip(first, 60);
        out.push(format!("  unknown: {}  {}, first {first}", short(host), text::count(*count, "request", "requests")));
    }
    out
}
