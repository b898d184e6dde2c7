//! `download` ... `file`: what the file is to be that a click downloads.
//!
//! Boundary: YAML tree -> [`Wanted`], and whether a file is it; where files are, others know.

use super::parse::template;
use super::template::Template;
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{Node, Value};

/// What is wanted of a downloaded file.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A glob over its name.
    pub name: Option<Template>,
    /// Bounds of its size.
    pub sizes: Vec<Size>,
    /// A text that is in it.
    pub contains: Option<Template>,
}

/// A bound of a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// As written: `> 1 kB`.
    pub text: String,
    more: bool,
    equal: bool,
    bytes: u64,
}

impl Size {
    /// Whether a file has such a size.
    pub fn fits(&self, bytes: u64) -> bool {
        (self.equal && bytes == self.bytes) || if self.more { bytes > self.bytes } else { bytes < self.bytes }
    }

    fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let (more, rest) = match trimmed.strip_prefix('>') {
            Some(rest) => (true, rest),
            None => (false, trimmed.strip_prefix('<')?),
        };
        let (equal, rest) = rest.strip_prefix('=').map_or((false, rest), |rest| (true, rest));
        let rest = rest.trim();
        let unit = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let factor = match rest[unit..].trim() {
            "B" | "" => 1,
            "kB" | "KB" => 1000,
            "MB" => 1_000_000,
            _ => return None,
        };
        let bytes = rest[..unit].parse::<u64>().ok()?.checked_mul(factor)?;
        Some(Self { text: trimmed.to_owned(), more, equal, bytes })
    }
}

impl Wanted {
    /// Behind what a step does, as a person reads it.
    pub(super) fn describe(&self) -> String {
        self.name.as_ref().map(|name| format!(" {}", name.text)).unwrap_or_default()
    }
}

/// Reads `file`: a glob, or a map.
pub(super) fn read(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<Wanted> {
    let Some(node) = fields.get("file") else { return Some(Wanted::default()) };
    if !matches!(node.value, Value::Map(_)) {
        let name = template(checker, node, "`file`")?;
        return Some(Wanted { name: Some(name), ..Wanted::default() });
    }
    let inner = checker.fields(node, "`file`", &["name", "size", "contains"])?;
    let (name, contains) = (text(checker, &inner, "name"), text(checker, &inner, "contains"));
    let nodes = inner.get("size").map(|node| checker.one_or_many(node)).unwrap_or_default();
    let sizes: Vec<Size> = nodes.iter().filter_map(|node| size(checker, node)).collect();
    let (name, contains) = (name.ok()?, contains.ok()?);
    (sizes.len() == nodes.len()).then_some(Wanted { name, sizes, contains })
}

/// `Err`: it's a mistake.
fn text(checker: &mut Checker<'_>, inner: &Fields<'_>, key: &'static str) -> Result<Option<Template>, ()> {
    let Some(node) = inner.get(key) else { return Ok(None) };
    template(checker, node, &format!("`{key}`")).map(Some).ok_or(())
}

fn size(checker: &mut Checker<'_>, node: &Node) -> Option<Size> {
    let text = checker.text(node, "`size`")?;
    let size = Size::parse(text);
    if size.is_none() {
        let help = "for example `\"> 1 kB\"` or `\"<= 5 MB\"`; a list for both";
        checker.report(node.span, format!("`{text}` isn't a bound of a size"), "expected `>` or `<` and a size", help);
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounds() {
        let fits = |text: &str, bytes: u64| Size::parse(text).map(|size| size.fits(bytes));
        for (text, bytes, fit) in [
            ("> 1 kB", 1000, Some(false)),
            ("> 1 kB", 1001, Some(true)),
            (">=1kB", 1000, Some(true)),
            ("< 5 MB", 4_999_999, Some(true)),
            ("<= 5", 5, Some(true)),
            ("< 5 B", 5, Some(false)),
            ("5 kB", 1, None),
            ("> x", 1, None),
            ("> 1 GB", 1, None),
        ] {
            assert_eq!(fits(text, bytes), fit, "{text} {bytes}");
        }
    }
}
