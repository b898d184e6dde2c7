//! `multipart/form-data`: parts with names. Source: RFC 7578.

use super::body::{self, Readable, parameter};

/// A form has some dozen parts; what has more is none.
const MOST: usize = 1_000;

/// The boundary that a content type names.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let is_multipart = content_type.trim_start().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
    let boundary = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty())?;
    is_multipart.then_some(boundary)
}

/// The same form with the contents of its parts as text, by `read` (contents and content type).
pub(super) fn readable(bytes: &[u8], boundary: &str, read: &dyn Fn(&[u8], &str) -> Readable) -> Readable {
    let mut whole = Readable::default();
    for Part { head, content } in parts(bytes, boundary) {
        // Each may be packed, and all together are one body.
        if whole.text.len() > body::MOST {
            whole.problem.get_or_insert_with(|| "has parts with more than 1 MiB in them".to_owned());
            whole.cut = true;
            return whole;
        }
        let head = String::from_utf8_lossy(head);
        let mut part = read(content, &header(&head, "content-type").unwrap_or_default());
        if part.cut {
            // For whoever masks what is left of a secret there.
            part.text.push('…');
            whole.cut = true;
        }
        if let Some(problem) = part.problem.filter(|_| whole.problem.is_none()) {
            let name = name(&head).unwrap_or_default().chars().take(60).collect::<String>();
            whole.problem = Some(format!("has a part `{name}` that {problem}"));
        }
        whole.text.push_str(&format!("--{boundary}\r\n{head}\r\n\r\n{}\r\n", part.text));
    }
    if whole.text.is_empty() {
        return read(bytes, "");
    }
    whole.text.push_str(&format!("--{boundary}--\r\n"));
    whole
}

/// The names and contents of a form's parts.
pub(super) fn pairs(text: &str, boundary: &str) -> Vec<(String, String)> {
    parts(text.as_bytes(), boundary)
        .filter_map(|Part { head, content }| {
            let name = name(&String::from_utf8_lossy(head))?;
            Some((name, String::from_utf8_lossy(content).into_owned()))
        })
        .collect()
}

struct Part<'a> {
    head: &'a [u8],
    content: &'a [u8],
}

fn parts<'a>(bytes: &'a [u8], boundary: &str) -> impl Iterator<Item = Part<'a>> {
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = find(bytes, &mark).and_then(|at| bytes.get(at + mark.len()..));
    std::iter::from_fn(move || {
        let this = rest?;
        // `--` behind the mark ends the form.
        if this.starts_with(b"--") {
            return None;
        }
        let end = find(this, &mark);
        rest = end.and_then(|end| this.get(end + mark.len()..));
        Some(this.get(..end.unwrap_or(this.len())).unwrap_or_default())
    })
    .take(MOST)
    .filter_map(|part| {
        let part = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")).unwrap_or(part);
        let (at, gap) = find(part, b"\r\n\r\n").map(|at| (at, 4)).or_else(|| Some((find(part, b"\n\n")?, 2)))?;
        let content = part.get(at + gap..)?;
        let content = content.strip_suffix(b"\r\n").or_else(|| content.strip_suffix(b"\n")).unwrap_or(content);
        Some(Part { head: part.get(..at)?, content })
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The name of a part; a quote in it is sent as `%22`.
fn name(head: &str) -> Option<String> {
    parameter(&header(head, "content-disposition")?, "name").map(|name| name.replace("%22", "\""))
}
