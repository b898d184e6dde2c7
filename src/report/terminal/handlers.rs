//! What the page itself listens to, in a journey: a line each registration; one for all where there is nothing to look at.

use std::collections::BTreeMap;

use super::Page;
use crate::recording::Recording;
use crate::recording::handlers::{OwnHandler, own_handlers, place};
use crate::report::style::Ink;
use crate::report::text::{self, short};

/// Registrations told one by one.
const LISTED: usize = 24;

/// `brief`: all is well, so a line will do.
pub(super) fn section(page: &mut Page, recording: &Recording, brief: bool) {
    let handlers = own_handlers(recording, |_| true);
    if handlers.is_empty() {
        return;
    }
    let base = recording.run.base_url.trim_end_matches('/');
    let calls: usize = handlers.iter().map(|handler| handler.calls.len()).sum();
    let failures: usize = handlers.iter().map(OwnHandler::failures).sum();
    let mut about =
        format!("the page's own handlers: {}, {}", text::grouped(handlers.len()), text::count(calls, "call", "calls"));
    if failures > 0 {
        about = format!("{about}, {} failed", text::grouped(failures));
    }
    page.line(4, &page.style.paint(Ink::Dim, &about));
    if brief && failures == 0 {
        return;
    }
    let mut rows: BTreeMap<u64, [String; 4]> = BTreeMap::new();
    for handler in handlers.iter().take(LISTED) {
        let r = handler.registration;
        let constant = r.constant.clone().unwrap_or_else(|| match r.value.as_str() {
            "" => format!("({})", r.value_type),
            value => format!("({value})"),
        });
        let when = if r.after_ready { "after ready" } else { "before ready" };
        let told = if handler.calls.is_empty() {
            match (r.handler, handler.unplaced) {
                (None, _) => "not seen".to_owned(),
                (_, 0) => "not called".to_owned(),
                (_, n) => format!("×{} at most", text::grouped(n)),
            }
        } else {
            format!("×{}  {}", text::grouped(handler.calls.len()), text::duration(handler.longest_ms()))
        };
        let failed =
            if handler.failures() > 0 { format!("  ✘ {}", text::grouped(handler.failures())) } else { String::new() };
        let script = r.script.strip_prefix(base).filter(|rest| rest.starts_with('/')).unwrap_or(&r.script);
        let row =
            [text::clip(&constant, 48), when.to_owned(), format!("{told}{failed}"), short(&place(script, r.line))];
        rows.insert(handler.observation.arrival, row);
    }
    let width = |at: usize| rows.values().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [constant, when, told, at] in rows.values() {
        let [a, b, c] = widths;
        let name = page.style.paint(Ink::Name, &format!("{constant:<a$}"));
        let rest = page.style.paint(Ink::Dim, &format!("{when:<b$}  {told:<c$}  {at}"));
        page.line(6, &format!("{name}  {rest}"));
    }
    if handlers.len() > LISTED {
        page.line(6, &page.style.paint(Ink::Dim, &format!("and {} more", text::grouped(handlers.len() - LISTED))));
    }
}
