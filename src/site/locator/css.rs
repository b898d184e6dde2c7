//! CSS selectors, checked lightly: quotes, brackets, and the slips that people make.
//!
//! Boundary: only a browser knows all of CSS, so whatever isn't surely wrong passes.

use std::ops::Range;

/// The first thing that can't be CSS: where, what, help.
pub(super) fn css_mistake(selector: &str) -> Option<(Range<usize>, String, String)> {
    if selector.starts_with("//") || selector.starts_with("(//") || selector.starts_with("./") {
        return Some((
            0..selector.len(),
            "XPath isn't supported".into(),
            "use CSS, `role=`, `text=` or `label=`".into(),
        ));
    }
    for pseudo in [":has-text(", ":text(", ":contains(", ":text-is("] {
        if let Some(at) = selector.find(pseudo) {
            let before = selector[..at].trim();
            let nested = if before.is_empty() { String::new() } else { format!("{before} >> ") };
            return Some((
                at..at + pseudo.len() - 1,
                format!("`{}` is no CSS", &pseudo[..pseudo.len() - 1]),
                format!("write `{nested}text=...`"),
            ));
        }
    }
    // In YAML `box >> "#b"` is a plain text, and its quotes are part of it.
    if selector.starts_with(['"', '\'']) {
        return Some((
            0..selector.len(),
            "a selector has no quotes around it".into(),
            "leave the quotes out, or put them around the whole value; for a visible text write `text=...`".into(),
        ));
    }
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote = None;
    let mut chars = selector.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (_, '\\') => drop(chars.next()),
            (Some((_, mark)), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some((at, c)),
            (None, '[' | '(') => open.push((at, c)),
            (None, ']' | ')') => {
                let wanted = if c == ']' { '[' } else { '(' };
                match open.pop() {
                    Some((_, opened)) if opened == wanted => {}
                    _ => {
                        return Some((
                            at..at + 1,
                            format!("`{c}` closes nothing"),
                            format!("add a `{wanted}` before it, or leave it out"),
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    if let Some((at, mark)) = quote {
        return Some((at..at + 1, "a quote is never closed".into(), format!("add a `{mark}`")));
    }
    if let Some((at, opened)) = open.pop() {
        return Some((
            at..at + 1,
            format!("`{opened}` is never closed"),
            format!("add a `{}`", if opened == '[' { ']' } else { ')' }),
        ));
    }
    let combinator = |c: char| matches!(c, '>' | '+' | '~' | ',');
    if selector.starts_with(combinator) {
        return Some((
            0..1,
            "nothing stands before the combinator".into(),
            "to search inside another element write `A >> B`".into(),
        ));
    }
    if selector.ends_with(combinator) && !selector.ends_with("\\,") {
        return Some((
            selector.len() - 1..selector.len(),
            "nothing stands behind the combinator".into(),
            "leave it out, or add a selector".into(),
        ));
    }
    let stray = |c: char| matches!(c, '{' | '}' | ';' | '!' | '?');
    // `${...}` is a reference of ours.
    if !selector.contains("${")
        && let Some(at) = selector.find(stray)
        && !selector.contains(['"', '\'', '\\'])
    {
        return Some((at..at + 1, "not a CSS selector".into(), "for a visible text write `text=...`".into()));
    }
    None
}

/// The type of element that a selector names last, where it's one compound list: `input` of `form > input[name=q]`.
pub(in crate::site) fn css_kind(selector: &str) -> Option<&str> {
    let selector = selector.trim();
    let (mut depth, mut quote, mut last) = (0_u32, None, 0);
    let mut chars = selector.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (_, '\\') => drop(chars.next()),
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            // One of several: it may be any of them.
            (None, ',') if depth == 0 => return None,
            (None, ' ' | '\t' | '\n' | '>' | '+' | '~') if depth == 0 => last = at + 1,
            _ => {}
        }
    }
    let compound = selector.get(last..)?;
    let end = compound.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(compound.len());
    let word = |c: char| c == '-' || c == '_' || c == '|' || !c.is_ascii();
    (!compound[end..].starts_with(word) && end > 0).then(|| &compound[..end])
}

#[cfg(test)]
mod kind_tests {
    use super::css_kind;

    #[test]
    fn the_last_compound_names_the_kind() {
        for (selector, kind) in [
            ("input", Some("input")),
            ("form > input[name=\"a, b\"]", Some("input")),
            ("#chat input:not(.x > y).z ", Some("input")),
            ("input ~ textarea", Some("textarea")),
            ("input, textarea", None),
            ("my-input", None),
            ("input-field", None),
            (".input", None),
            ("[type=text]", None),
            ("", None),
        ] {
            assert_eq!(css_kind(selector), kind, "{selector}");
        }
    }
}
