//! What windows showed: screenshots, and trees where a locator failed.

use maud::{Markup, html};

use super::view::Seen;
use crate::recording::{Moment, Picture, Recording, Sight, Tree};
use crate::report::text::{self, short};

pub(super) fn gallery(seen: &Seen<'_>) -> Markup {
    let recording = &seen.report.recording;
    html! {
        @if !recording.sights.is_empty() {
            h4 { "What the windows showed" }
            div.gallery {
                @for (at, sight) in recording.sights.iter().enumerate() {
                    (one(sight, &seen.sight_anchor(at), seen.pictures.contains(&(recording.attempt, at))))
                }
            }
        }
    }
}

/// Of an attempt that was followed by another one: only what failed in it.
pub(super) fn earlier(seen: &Seen<'_>, recording: &Recording) -> Markup {
    let failed = recording.sights.iter().enumerate().filter(|(_, sight)| sight.moment != Moment::End);
    html! {
        div.gallery {
            @for (at, sight) in failed {
                @let id = seen.earlier_sight_anchor(recording.attempt, at);
                (one(sight, &id, seen.pictures.contains(&(recording.attempt, at))))
            }
        }
    }
}

fn when(sight: &Sight) -> String {
    let step = sight.step.map(|step| format!("step {}", step + 1)).unwrap_or_default();
    match sight.moment {
        Moment::StepFailed => format!("when {step} failed"),
        Moment::EventMissing => format!("when the event of {step} had not come"),
        Moment::End => "at the end".into(),
    }
}

fn one(sight: &Sight, id: &str, shown: bool) -> Markup {
    let whose = format!("{}’s window {}", short(&sight.actor), when(sight));
    let outlined: &[String] = sight.picture.as_ref().map_or(&[], |picture| &picture.outlined);
    let covered = sight.picture.as_ref().map_or(0, |picture| picture.covered);
    html! {
        figure.sight.failed[sight.moment != Moment::End] id=(id) {
            figcaption {
                strong { (whose) } " " span.in { "at " (text::duration(sight.at_ms)) }
                @if !sight.url.is_empty() { br; span.in { (short(&sight.url)) } }
                @if !outlined.is_empty() {
                    br; "outlined: "
                    @for (at, one) in outlined.iter().take(5).enumerate() { @if at > 0 { ", " } code { (text::clip(one, 120)) } }
                }
                @if covered > 0 { br; span.in { "grey: " (text::count(covered, "place that showed a secret", "places that showed a secret")) } }
                @if !sight.note.is_empty() { br; span.in { @if sight.picture.is_none() { "picture " } (short(&sight.note)) } }
            }
            @if let Some(picture) = &sight.picture {
                @if shown { (image(picture, &whose)) } @else {
                    p.cut { "The picture is left out, to keep this file small; the recording has it." }
                }
            }
            @if let Some(tree) = &sight.tree { (tree_markup(tree)) }
        }
    }
}

fn image(picture: &Picture, whose: &str) -> Markup {
    // A recording may come from anywhere; what isn't a picture stays out.
    let kind = match picture.media_type.as_str() {
        "image/png" => "image/png",
        "image/jpeg" => "image/jpeg",
        _ => return html! { p.cut { "The picture is of an unknown kind." } },
    };
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    html! {
        @if picture.data.bytes().all(base64) {
            img src={ "data:" (kind) ";base64," (picture.data) } width=(picture.width) height=(picture.height)
                alt={ "Screenshot of the " (whose) } loading="lazy" decoding="async";
        } @else { p.cut { "The picture can't be read." } }
    }
}

fn tree_markup(tree: &Tree) -> Markup {
    html! {
        details.tree {
            summary {
                "What was there"
                @if !tree.within.is_empty() { ", in " code { (short(&tree.within)) } }
                ", as assistive technology sees it"
            }
            @let lines: Vec<String> = tree.text.lines().take(1000).map(|line| text::line(line, 300)).collect();
            div.scroll role="group" aria-label="Elements" tabindex="0" { pre { (lines.join("\n")) } }
            @if tree.cut { p.cut { "There was more." } }
        }
    }
}
