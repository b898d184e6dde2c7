//! The files of the reference site, and how its pages are put together for a variant.
//!
//! A page is a whole HTML file with two kinds of marks: `<!--#include parts/header.html-->` and the places where the
//! widget's script may stand, `<!--#chat first-->` and `<!--#chat-->`. Scripts and styles are served as they are; only
//! the widget's loader is put together, from the files in `chat/core/`, since it must run as one classic script.

use std::borrow::Cow;
use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::changes::{Changes, Edit};

use super::script::{Dialogue, Script};
use super::variant::{ApiPlace, FramePlace, ReadyTime, Variant};

/// `fixtures/`, compiled in.
#[derive(rust_embed::RustEmbed)]
#[folder = "fixtures"]
struct Files;

/// The parts of the loader, in the order in which they run.
const LOADER: &[&str] = &[
    "chat/core/constants.js",
    "chat/core/listeners.js",
    "chat/core/api.js",
    "chat/core/ready.js",
    "chat/core/boot.js",
];

/// Pages by path: the file, and the status that it is served with.
const PAGES: &[(&str, &str)] = &[
    ("/", "site/index.html"),
    ("/pricing", "site/pricing.html"),
    ("/product", "site/product.html"),
    ("/docs", "site/docs.html"),
    ("/demo-request", "site/demo-request.html"),
    ("/inbox", "inbox/inbox.html"),
    ("/embed", "chat/embed.html"),
    ("/embed/inline", "chat/embed-inline.html"),
];

/// Dialogues for some visitors, the most particular ones first.
const AUDIENCES: &[&str] = &["dialogues/german.json", "dialogues/nearby.json", "dialogues/returning.json"];

/// The site's own handlers, and what takes what they push.
const ANALYTICS: &str = r#"<script src="/site/analytics.js"></script><script src="/site/tag.js" async></script>"#;

/// The page for paths that don't exist.
pub(super) const NOT_FOUND: &str = "site/404.html";

/// How a page embeds the widget.
#[derive(Debug, Clone)]
pub(super) struct Embedding {
    pub variant: Variant,
    /// Base address of the origin that frames come from.
    pub frame_origin: String,
    pub changes: Changes,
}

/// A file as it is compiled in.
pub(super) fn original(path: &str) -> Option<Cow<'static, [u8]>> {
    Files::get(path).map(|file| file.data)
}

/// The names of the files compiled in below a folder, sorted.
pub(super) fn below(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = Files::iter().filter_map(|path| Some(path.strip_prefix(folder)?.to_owned())).collect();
    names.sort();
    names
}

/// A file with the changes made to it. Those were checked when the site was started.
fn changed(path: &str, changes: &Changes) -> Option<Cow<'static, [u8]>> {
    changes.apply(path, original(path)).ok().flatten()
}

/// A file that is no page: content type and bytes.
pub(super) fn file(path: &str, changes: &Changes) -> Option<(&'static str, Cow<'static, [u8]>)> {
    let path = path.strip_prefix('/')?;
    if path == "chat/loader.js" {
        return loader(changes).map(|text| ("text/javascript; charset=utf-8", Cow::Owned(text.into_bytes())));
    }
    let kind = match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        // The dialogues are the server's own.
        "json" if is_new(path, changes) => "application/json",
        _ => return None,
    };
    changed(path, changes).map(|data| (kind, data))
}

/// Whether the changes bring this file.
fn is_new(path: &str, changes: &Changes) -> bool {
    changes.patches.iter().any(|patch| patch.file == path && matches!(patch.edit, Edit::Whole(_)))
}

/// The page at a path, put together.
pub(super) fn page(path: &str, embedding: &Embedding) -> Option<String> {
    let known = PAGES.iter().find(|(at, _)| *at == path).map(|(_, file)| Cow::Borrowed(*file));
    // A page that only the changes bring: `/quiz` is `site/quiz.html`.
    let file = known.or_else(|| {
        let file = format!("site{path}.html");
        is_new(&file, &embedding.changes).then_some(Cow::Owned(file))
    })?;
    assemble(&file, embedding)
}

/// An HTML file with its marks replaced.
pub(super) fn assemble(file: &str, embedding: &Embedding) -> Option<String> {
    let mut html = text(file, &embedding.changes)?;
    while let Some((before, rest)) = html.split_once("<!--#include ") {
        let (name, after) = rest.split_once("-->")?;
        html = format!("{before}{}{after}", text(&format!("site/{}", name.trim()), &embedding.changes)?);
    }
    let framed = file.starts_with("chat/");
    let (mut first, later) = scripts(embedding, framed);
    // Handlers stand before the widget, and in its document: where it is ready at once, they would come too late.
    if embedding.variant.analytics && framed == (embedding.variant.frame != FramePlace::None) {
        first.insert_str(0, ANALYTICS);
    }
    Some(html.replace("<!--#chat first-->", &first).replace("<!--#chat-->", &later))
}

/// The dialogues: those for some visitors come before those for everybody.
pub(super) fn script(changes: &Changes) -> Result<Script, serde_json::Error> {
    let mut script: Script = serde_json::from_str(&text("dialogues.json", changes).unwrap_or_default())?;
    let mut all = IndexMap::new();
    for path in AUDIENCES {
        let some: IndexMap<String, Dialogue> = serde_json::from_str(&text(path, changes).unwrap_or_default())?;
        all.extend(some);
    }
    all.append(&mut script.dialogues);
    script.dialogues = all;
    Ok(script)
}

/// The script element that embeds the widget: what goes to the top of the head, and what to its end.
fn scripts(embedding: &Embedding, framed: bool) -> (String, String) {
    let Embedding { variant, frame_origin, .. } = embedding;
    let api = match variant.api {
        ApiPlace::Both => "both",
        ApiPlace::Object => "object",
        ApiPlace::Globals => "globals",
    };
    let ready = match variant.ready {
        ReadyTime::Loaded => "loaded",
        ReadyTime::Sync => "sync",
    };
    let loader = |more: &str| format!(r#"data-api="{api}" data-ready="{ready}"{more}"#);
    // A page with a frame has the script that makes the frame; the page in the frame has the widget.
    let (src, data) = match (variant.frame, framed) {
        (FramePlace::None, false) => ("/chat/loader.js", loader("")),
        (FramePlace::None, true) => return (String::new(), String::new()),
        (FramePlace::SameOrigin | FramePlace::CrossOrigin, true) => {
            ("/chat/loader.js", loader(r#" data-embedded="yes""#))
        }
        (FramePlace::SameOrigin, false) => ("/chat/frame.js", r#"data-origin="""#.to_owned()),
        (FramePlace::CrossOrigin, false) => ("/chat/frame.js", format!(r#"data-origin="{frame_origin}""#)),
    };
    let mut tag = String::new();
    let at_once = framed || variant.inject_after.is_zero();
    if at_once && src == "/chat/loader.js" && variant.ready == ReadyTime::Sync {
        let _ = write!(tag, r#"<script src="{src}" {data}></script>"#);
        return (tag, String::new());
    }
    if at_once {
        let _ = write!(tag, r#"<script src="{src}" async {data}></script>"#);
    } else {
        let after = variant.inject_after.as_millis();
        let _ = write!(
            tag,
            r#"<script src="/site/tags.js" async data-inject="{src}" data-after="{after}" {data}></script>"#
        );
    }
    (String::new(), tag)
}

/// One classic script: what the loader's parts share stays in one scope, out of the page's globals.
fn loader(changes: &Changes) -> Option<String> {
    let mut all = String::from("(() => {\n\"use strict\";\n");
    for part in LOADER {
        let _ = writeln!(all, "// {part}\n{}", text(part, changes)?);
    }
    all.push_str("})();\n");
    Some(all)
}

fn text(path: &str, changes: &Changes) -> Option<String> {
    changed(path, changes).map(|data| String::from_utf8_lossy(&data).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedding(name: &str) -> Embedding {
        Embedding {
            variant: Variant::by_name(name).unwrap_or_default(),
            frame_origin: "http://127.0.0.1:9".to_owned(),
            changes: Changes::default(),
        }
    }

    #[test]
    fn every_page_can_be_put_together_and_has_no_mark_left() {
        for (path, _) in PAGES {
            let html = page(path, &embedding("plain")).unwrap_or_else(|| panic!("{path} is missing something"));
            assert!(!html.contains("<!--#"), "{path}: {html}");
        }
        assert!(assemble(NOT_FOUND, &embedding("plain")).is_some());
    }

    #[test]
    fn nothing_inline_that_a_strict_policy_would_refuse() {
        for (path, _) in PAGES {
            let html = page(path, &embedding("plain")).expect("a page");
            assert!(!html.contains(" style="), "{path} has an inline style");
            assert!(!html.contains("<style"), "{path} has a style element");
            assert!(!html.contains("javascript:"), "{path} has a script address");
            for (_, rest) in html.match_indices("<script").map(|(at, _)| html.split_at(at)) {
                assert!(
                    rest.starts_with("<script src=\"/") || rest.starts_with("<script type=\"module\" src=\"/"),
                    "{path}"
                );
            }
            assert!(!html.contains("src=\"http") && !html.contains("href=\"http"), "{path} reaches outside");
        }
    }

    #[test]
    fn the_synchronous_loader_is_the_first_script_of_the_head() {
        let html = page("/pricing", &embedding("ready-sync")).expect("a page");
        let first = html.find("<script").expect("a script");
        assert!(html[first..].starts_with(r#"<script src="/chat/loader.js" data-api="both" data-ready="sync">"#));
    }

    #[test]
    fn handlers_stand_before_the_widget_and_in_its_document() {
        let with = |name: &str| {
            let mut embedding = embedding(name);
            embedding.variant.analytics = true;
            embedding
        };
        let html = page("/pricing", &with("ready-sync")).expect("a page");
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text}"));
        assert!(at("/site/analytics.js") < at("/chat/loader.js"));
        let framed = with("cross-origin-frame");
        assert!(!page("/pricing", &framed).expect("a page").contains("analytics.js"));
        assert!(page("/embed", &framed).expect("a page").contains("analytics.js"));
        assert!(!page("/pricing", &embedding("plain")).expect("a page").contains("analytics.js"));
    }

    #[test]
    fn a_framed_page_has_no_widget_of_its_own() {
        let host = page("/pricing", &embedding("cross-origin-frame")).expect("a page");
        assert!(host.contains(r#"<script src="/chat/frame.js" async data-origin="http://127.0.0.1:9">"#));
        assert!(!host.contains("loader.js"));
        let guest = page("/embed", &embedding("cross-origin-frame")).expect("a page");
        assert!(guest.contains("loader.js") && !guest.contains("frame.js"));
    }

    #[test]
    fn the_loader_is_whole() {
        let (_, bytes) = file("/chat/loader.js", &Changes::default()).expect("a loader");
        let text = String::from_utf8_lossy(&bytes);
        assert!(LOADER.iter().all(|part| text.contains(part)));
    }
}
