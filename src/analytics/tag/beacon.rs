//! Requests of tags that nobody has described: what they look like.

use super::super::form;

/// Words of paths that count what visitors do.
const WORDS: &[&str] = &[
    "analytics",
    "beacon",
    "collect",
    "collector",
    "conversion",
    "event",
    "events",
    "hit",
    "log",
    "metrics",
    "ping",
    "pixel",
    "rum",
    "stats",
    "telemetry",
    "track",
    "tracker",
    "tracking",
];

/// A query that tells something has at least so many bytes.
const TELLING: usize = 20;

/// Whether a request looks like one that tells a server what a visitor does. `what`: `script`, `image`, `data` or empty;
/// `page`: the host of the page, whose own requests have to say more plainly what they are.
pub fn is_beacon(url: &str, what: &str, method: &str, page: &str) -> bool {
    let host = form::host(url).split(':').next().unwrap_or_default();
    let own = host.eq_ignore_ascii_case(page);
    let path = form::path(url).to_ascii_lowercase();
    let named = path.split(['/', '.', '_', '-']).any(|word| WORDS.contains(&word));
    let telling = form::query(url).len() >= TELLING;
    match what {
        "image" => telling && (named || !own),
        "data" if method.eq_ignore_ascii_case("POST") => named || !own,
        "data" => telling && named,
        _ => false,
    }
}
