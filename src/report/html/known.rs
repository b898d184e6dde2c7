//! What did not come out well and is let pass: earlier attempts at a journey, why a known failure is, and entries of its
//! file that should go.

use maud::{Markup, html};

use super::rich;
use super::sights;
use super::tone::{Tone, mark};
use super::view::Seen;
use crate::report::model::Report;
use crate::report::summary;
use crate::report::text::{LONG, short};
use crate::verdict::Verdict;

/// Reasons that are told of one attempt.
const MOST_REASONS: usize = 5;

/// The attempts before the last one, which is the one that the page shows.
pub(super) fn attempts(seen: &Seen<'_>) -> Markup {
    let journey = seen.report;
    let (failed, all) = (journey.failed_attempts(), journey.earlier.len() + 1);
    html! {
        @if all > 1 {
            p.ending {
                @if journey.is_flaky() {
                    (mark(Tone::Warn, "flaky")) " Flaky: failed in " (failed) " of " (all)
                    " attempts, each with a fresh visitor. This is the last one, which came out well."
                } @else {
                    (mark(Tone::Bad, "failed")) " Failed in " (failed) " of " (all)
                    " attempts, each with a fresh visitor. This is the last one."
                }
            }
            ul.plain {
                @for earlier in &journey.earlier {
                    @for reason in summary::reasons(&earlier.recording, &earlier.verdicts).iter().take(MOST_REASONS) {
                        li { "Attempt " (earlier.recording.attempt) ": " (rich(reason, LONG)) }
                    }
                }
            }
            @for earlier in &journey.earlier { (sights::earlier(seen, &earlier.recording)) }
        }
    }
}

/// The reason behind a verdict: a known failure's with its ticket and its last day.
pub(super) fn reason(verdict: &Verdict) -> Option<String> {
    match &verdict.waiver {
        Some(waiver) => Some(format!("{} – {}:{}", summary::why_waived(waiver), waiver.file, waiver.line)),
        None => verdict.reason.clone(),
    }
}

/// Entries of the file that should go.
pub(super) fn stale(report: &Report) -> Markup {
    let baseline = report.baseline.as_ref().filter(|baseline| !baseline.stale.is_empty());
    html! {
        @if let Some(baseline) = baseline {
            @let tone = if baseline.strict { Tone::Bad } else { Tone::Warn };
            section aria-labelledby="known" {
                h2 id="known" { "Known failures that should go" }
                article.card.(tone.class()) {
                    ul.plain {
                        @for entry in &baseline.stale {
                            li {
                                (tone.mark()) " " (rich(&summary::stale_text(entry), LONG)) " "
                                code { (short(&baseline.file)) ":" (entry.line) }
                            }
                        }
                    }
                }
            }
        }
    }
}
