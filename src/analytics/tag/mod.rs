//! A tag as data: how its hits are known among all requests, and where in them its names and values stand.
//!
//! Boundary: plain data, read from `specs/tags/*.yaml` or a user's own file by `parse.rs`; `decode.rs` applies it. What a file
//! can say is `docs/tag-files.md`.

use super::{Address, Each};

mod beacon;
mod decode;
mod library;
mod parse;
mod place;
#[cfg(test)]
mod tests;

pub use beacon::is_beacon;
pub(super) use decode::hits;
pub use library::{builtin, builtin_ids, builtin_source, builtins};
pub use parse::{KEYS, WAY, parse, read};
pub use place::{Part, Place};

/// A tag.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// The name by which site files know it.
    pub id: String,
    /// Its vendor's name for it.
    pub title: String,
    /// Pages on which its vendor documents what it sends.
    pub sources: Vec<String>,
    /// Where it is known to send to.
    pub addresses: Vec<Address>,
    /// What its hits look like wherever they go: to a server of the site's own, below a path that somebody chose.
    pub anywhere: Vec<Address>,
    /// Addresses that sites have for other things, too: what goes there is looked at, and in a survey let through.
    pub shared: Vec<Address>,
    /// Its own scripts, to know that a page loads it.
    pub scripts: Vec<Address>,
    /// The path that `endpoint` means if it names a host alone.
    pub endpoint: String,
    /// If a site file names a server of its own, no other is looked at.
    pub own_server: bool,
    /// Site files name its hits by category and action.
    pub by_category: bool,
    /// Where a hit says what the visitor has agreed to.
    pub consent: Option<Consent>,
    /// It doesn't take anything any more.
    pub retired: Option<Retired>,
    /// Fields that are meant for personal data, as globs.
    pub personal: Vec<String>,
    /// For a data layer: the name of the global that it is.
    pub layer: Option<String>,
    /// The forms that its requests have; the first that fits is read.
    pub ways: Vec<Way>,
}

/// Where a hit says what the visitor has agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The place.
    pub field: Place,
    /// Globs of the values that say that they haven't.
    pub denied: Vec<String>,
    /// Who is told so: "the page tells X that ...".
    pub told: String,
}

impl Tag {
    /// Whether a request may be one of its.
    pub fn may_be(&self, url: &str) -> bool {
        [&self.addresses, &self.anywhere, &self.shared].into_iter().flatten().any(|address| address.matches(url))
    }

    /// Whether an address is that of one of its scripts.
    pub fn is_script(&self, url: &str) -> bool {
        self.scripts.iter().any(|address| address.matches(url))
    }
}

impl Consent {
    /// Whether a hit's value says that its visitor hasn't agreed.
    pub fn denies(&self, value: &str) -> bool {
        self.denied.iter().any(|glob| crate::source::globs::stars(glob, value))
    }
}

/// A tag that doesn't take anything any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// What is retired.
    pub what: String,
    /// What became of it, and what to do.
    pub hint: String,
}

/// What a body is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// `a=1&b=2`, together with the query; the query alone if there is no body.
    #[default]
    Form,
    /// Each line is a form of its own, together with the query.
    Lines,
    /// JSON, or lines of JSON.
    Json,
    /// `a=1;b=2` in the path, together with the query.
    Path,
}

/// A form that a tag's requests have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Way {
    /// HTTP methods; any if empty.
    pub methods: Vec<String>,
    /// Addresses, one of which fits; any if empty.
    pub urls: Vec<Address>,
    /// What the body is made of.
    pub body: Body,
    /// Fields of the form or the query, in the first of which the JSON stands, plain or in base64.
    pub inside: Vec<String>,
    /// The lists whose members are the hits. Without one, the whole is a hit.
    pub each: Vec<Each>,
    /// Parameters by which a hit is known that stands whole, in base64, in another parameter; the first of them is looked
    /// for in the query.
    pub wrapped: Vec<(String, String)>,
    /// `c.` opens a context and `.c` closes it: what the outermost is called among the fields.
    pub contexts: Vec<(String, String)>,
    /// What has to stand in a hit: places and globs.
    pub when: Vec<(Place, String)>,
    /// The names: the first that is there, or all.
    pub names: Vec<Part>,
    /// All of them.
    pub all_names: bool,
    /// The name of what has none.
    pub otherwise: Vec<Part>,
    /// Property, the first that is there.
    pub property: Vec<Part>,
    /// The visitor, the first that is there.
    pub user: Vec<Part>,
    /// The objects whose members are its fields; the hit itself if empty.
    pub fields: Vec<Spread>,
    /// What is a field as it is, by its last key.
    pub keep: Vec<Place>,
    /// Other names of fields: patterns in which `*` is any text and `#` up to three digits, and what they become.
    pub rename: Vec<(String, String)>,
    /// Patterns of the fields that are numbers, as they are sent.
    pub numbers: Vec<String>,
}

/// An object whose members are fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// Where it is.
    pub from: Place,
    /// Stands in front of their names, with a dot.
    pub prefix: Option<String>,
}
