//! Pages and scripts that didn't arrive: a widget that can't be there isn't to blame for its silence.
//!
//! Whose script it was can't be told: an advertisement's is one as well. So a script that didn't arrive excuses only the
//! silence of a page whose widget never said that it was ready. Where it did, it was there.

use std::collections::BTreeMap;

use crate::analytics::Address;
use crate::recording::{Kind, Observation, Recording};
use crate::site::Site;
use crate::site::place::AddressKind;
use crate::site::template::Variables;

use super::super::text::{self, visible};
use super::{Document, Position};

/// A page in which the widget never spoke, and what of it didn't arrive.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The page itself, or one of its frames, didn't arrive; else only scripts.
    page: bool,
    /// As a sentence.
    pub(crate) why: String,
    /// What to do.
    pub(crate) advice: String,
    pub(crate) arrivals: Vec<u64>,
}

/// When a page of an actor was there, and whether its widget spoke.
#[derive(Debug)]
struct Page {
    from: Position,
    to: Position,
    spoke: bool,
    refusal: Option<Refusal>,
}

/// The pages of a journey, in order.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<Page>);

impl Refusals {
    /// Why silence between two steps proves nothing, if that is because something didn't arrive: the page that was there
    /// last didn't, or a script of it, and no page spoke.
    pub(crate) fn within(&self, from: Position, to: Position) -> Option<&Refusal> {
        let there: Vec<&Page> = self.0.iter().filter(|page| page.from <= to && from <= page.to).collect();
        let refusal = there.last()?.refusal.as_ref()?;
        (refusal.page || !there.iter().any(|page| page.spoke)).then_some(refusal)
    }

    /// The refusal that a reason names, if some other page spoke: where none did, the verdict on the ready event says what
    /// to do.
    pub(crate) fn behind(&self, why: &str) -> Option<&Refusal> {
        let mut all = self.0.iter().filter_map(|page| page.refusal.as_ref());
        if self.0.iter().any(|page| page.spoke) { all.find(|refusal| why.ends_with(&refusal.why)) } else { None }
    }

    /// Why no page can have said that it was ready; `None` if there was one that nothing kept from it. (A visitor may be
    /// sent to a log-in page first, sign in, and go on to a page that is silent.)
    pub(crate) fn everywhere(&self) -> Option<&Refusal> {
        let first = self.0.first()?.refusal.as_ref();
        first.filter(|_| self.0.iter().all(|page| page.refusal.is_some()))
    }
}

/// One thing that didn't arrive.
struct Missed<'a> {
    what: &'a str,
    url: &'a str,
    status: u16,
    reason: &'a str,
    arrival: u64,
    context: &'a str,
    /// Of which document, where the document itself said so.
    document: Option<&'a str>,
}

impl Missed<'_> {
    /// Whether somebody refused it: what isn't there (404) is a mistake of the page, and told as such.
    fn is_refusal(&self) -> bool {
        !(400..500).contains(&self.status) || matches!(self.status, 401 | 403 | 407 | 429 | 451)
    }

    fn sentence(&self) -> String {
        let url = visible(self.url);
        let what = match self.what {
            "script" => "the script ",
            "frame" => "the frame ",
            _ => "",
        };
        match (self.what, self.status, self.reason) {
            ("login", ..) => format!("the visitor was sent to {url}, which asks for a password"),
            (_, 400.., _) => format!("{what}{url} was answered with status {}", self.status),
            (_, _, "text/html") => format!("{what}{url} was answered with a page (text/html) instead of a script"),
            (_, _, "csp") => format!("{what}{url} is blocked by the page's own Content-Security-Policy"),
            (_, _, "") => format!("{what}{url} was not run: the browser refuses it (its type, or a policy)"),
            (_, _, reason) => format!("{what}{url} could not be fetched: {}", visible(reason)),
        }
    }

    fn advice(&self) -> &'static str {
        match (self.what, self.status, self.reason) {
            ("login", ..) => "sign in by steps first, or put user and password into `base_url`",
            ("script" | "frame", 401 | 407, _) => {
                "it asks for a password: those in `base_url` are for its own host only, so give that host's in `logins`"
            }
            (_, 401 | 407, _) => "it asks for a password: put user and password into `base_url`",
            (_, 403 | 429 | 451, _) => {
                "the server keeps this machine out: allow its address there, or test against a host that lets it in"
            }
            (_, 500.., _) => "the server fails: run again once it's well",
            (_, _, "csp") => "allow it in the policy, or the widget never starts for visitors either",
            (_, _, "text/html" | "") => {
                "open it in a browser by hand: it may ask for a password, or have the wrong type"
            }
            _ => "can this machine reach that host? Look at its name, a proxy, a firewall, its certificate",
        }
    }
}

/// What the site file has blocked (`block`), with references where values were, as recordings have them.
pub(super) fn blocked(site: &Site, recording: &Recording) -> Vec<Address> {
    let names = site.net.block.iter().flat_map(|template| template.env());
    let env = names.map(|name| (name.to_owned(), format!("${{env.{name}}}"))).collect();
    let variables = Variables { env, run_id: recording.run.id.clone(), journey: recording.journey.clone() };
    let rendered = |template: &crate::site::template::Template| {
        Address::parse(&template.render_address(&variables, AddressKind::Pattern).ok()?).ok()
    };
    site.net.block.iter().filter_map(rendered).collect()
}

/// Looks at all pages of observed actors. `browser`: what the browser said of them. `blocked`: what the site file has blocked,
/// so that nobody misses it.
pub(super) fn of<'a>(
    documents: &[Document<'a>],
    browser: &[(Position, &'a Observation)],
    blocked: &[Address],
) -> Refusals {
    let missed = missed(documents, browser);
    let slot = |d: &Document| d.entries.first().map_or(0, |e| e.slot);
    let mut tops: Vec<&Document> = documents.iter().filter(|d| d.top && d.hosts()).collect();
    tops.sort_by_key(|d| slot(d));
    let page_of = |m: &Missed| -> Option<usize> {
        // The page itself is answered before its document is there.
        let own = |d: &&Document| d.context == m.context && d.url.is_some_and(|url| bare(url) == bare(m.url));
        let at = match m.document {
            Some(id) => documents.iter().find(|d| id_of(d) == id).map(slot)?,
            None if m.what == "document" || m.what == "login" => {
                tops.iter().filter(|d| own(d)).min_by_key(|d| slot(d).abs_diff(m.arrival)).map(|d| slot(d))?
            }
            None => m.arrival,
        };
        tops.iter().rposition(|d| slot(d) <= at)
    };
    let mut by_page: BTreeMap<usize, Vec<&Missed>> = BTreeMap::new();
    for m in missed.iter().filter(|m| m.is_refusal() && !blocked.iter().any(|address| address.matches(m.url))) {
        if let Some(page) = page_of(m) {
            by_page.entry(page).or_default().push(m);
        }
    }
    let pages = tops.iter().enumerate().map(|(at, top)| {
        let until = tops.iter().skip(at + 1).find(|d| d.actor == top.actor).map_or(u64::MAX, |d| slot(d));
        let within = |d: &&Document| d.actor == top.actor && slot(top) <= slot(d) && slot(d) < until;
        // An API that is there was brought by a script that arrived.
        let spoke = documents.iter().filter(within).any(|d| d.speaks() || d.joined());
        let refusal = by_page.get(&at).filter(|_| !spoke).map(|all| refusal(all));
        Page { from: top.born(), to: top.last(), spoke, refusal }
    });
    Refusals(pages.collect())
}

fn refusal(missed: &[&Missed]) -> Refusal {
    const NAMED: usize = 5;
    // The page itself first: nothing else matters then.
    let mut missed = missed.to_vec();
    missed.sort_by_key(|m| (m.what == "script", m.arrival));
    let mut sentences: Vec<String> = Vec::new();
    for m in &missed {
        let sentence = m.sentence();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    let more = sentences.len().saturating_sub(NAMED);
    sentences.truncate(NAMED);
    if more > 0 {
        sentences.push(format!("{more} more didn't arrive"));
    }
    Refusal {
        page: missed.iter().any(|m| m.what != "script"),
        why: text::list(&sentences, "and"),
        advice: missed.first().map_or("", |m| m.advice()).to_owned(),
        arrivals: missed.iter().map(|m| m.arrival).take(20).collect(),
    }
}

/// All that didn't arrive, each once; what a page says of a script is joined with what the browser says of its response.
fn missed<'a>(documents: &[Document<'a>], browser: &[(Position, &'a Observation)]) -> Vec<Missed<'a>> {
    let read = |o: &'a Observation| match &o.kind {
        Kind::Refused { what, url, status, reason } => Some(Missed {
            what,
            url,
            status: *status,
            reason,
            arrival: o.arrival,
            context: &o.context,
            document: o.seq.map(|_| o.document.as_str()),
        }),
        Kind::Navigation { url, phase } => Some(Missed {
            what: "document",
            url,
            status: phase.strip_prefix("http-")?.parse().ok()?,
            reason: "",
            arrival: o.arrival,
            context: &o.context,
            document: None,
        }),
        _ => None,
    };
    let mut told: Vec<Missed> = Vec::new();
    for m in browser.iter().filter_map(|(_, o)| read(o)) {
        // It asked for a password, and got it.
        if (1..400).contains(&m.status) && m.reason.is_empty() {
            told.retain(|t| !(matches!(t.status, 401 | 407) && t.context == m.context && bare(t.url) == bare(m.url)));
        } else {
            told.push(m);
        }
    }
    let said = documents.iter().flat_map(|d| &d.entries).filter_map(|e| read(e.observation));
    let mut all: Vec<Missed> = said
        .map(|mut m| {
            let same = |t: &&Missed| t.what == "script" && bare(t.url) == bare(m.url);
            // The same script may be told of twice: as failed, then with its answer.
            if let Some(answer) = told.iter().filter(same).max_by_key(|t| (t.status, t.reason == "text/html")) {
                (m.status, m.reason) = (answer.status, if m.reason.is_empty() { answer.reason } else { m.reason });
            }
            m
        })
        .collect();
    let known: Vec<String> = all.iter().map(|m| bare(m.url).to_owned()).collect();
    all.extend(told.into_iter().filter(|t| t.what != "script" || !known.iter().any(|url| url == bare(t.url))));
    all
}

fn bare(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

fn id_of<'a>(document: &Document<'a>) -> &'a str {
    document.entries.first().map_or("", |e| &e.observation.document)
}
