//! A comparison as GitHub-flavoured Markdown: a comment on a pull request.

use crate::report::markdown::{code, prose};

use super::terminal::{places, side};
use super::{Change, Comparison, Weight};

/// A comment may have 65,536 characters; some room is for what is put around it.
const MOST: usize = 60_000;

/// Renders the whole comparison, the gravest first; what has no room is counted.
pub fn render(comparison: &Comparison) -> String {
    let sign = match comparison.changes.first().map(|change| change.weight) {
        Some(Weight::Worse) => "❌",
        Some(Weight::Doubt) => "❔",
        Some(Weight::Changed) => "⚠️",
        Some(Weight::Better) | None => "✅",
    };
    let mut out = format!(
        "## {sign} {}\n\n- **before** {}\n- **after** {}\n\n",
        prose(&comparison.sentence()),
        code(&side(&comparison.before)),
        code(&side(&comparison.after))
    );
    let groups = comparison.groups();
    let mut left_out = 0;
    for weight in Weight::ALL {
        let own: Vec<_> = groups.iter().filter(|(root, _)| root.weight == weight).collect();
        if own.is_empty() || left_out > 0 {
            left_out += own.len();
            continue;
        }
        out.push_str(&format!("### {}\n\n", weight.heading()));
        for (root, hence) in own {
            let part = change(root, hence);
            if left_out > 0 || out.len() + part.len() > MOST {
                left_out += 1;
            } else {
                out.push_str(&part);
            }
        }
        out.push('\n');
    }
    if left_out > 0 {
        out.push_str(&format!("*{left_out} more left out, since a comment may not be longer.*\n\n"));
    }
    for note in &comparison.notes {
        if out.len() < MOST + 3000 {
            out.push_str(&format!("*{}*\n\n", prose(note)));
        }
    }
    out
}

fn change(change: &Change, hence: &[&Change]) -> String {
    let mut out = format!(
        "- {} {}\n  - {} → {}, in {}\n",
        code(&change.subject),
        prose(&change.sentence),
        code(&change.before),
        code(&change.after),
        code(&places(change))
    );
    for change in hence {
        out.push_str(&format!(
            "  - hence {} {}: {} → {}\n",
            code(&change.subject),
            prose(&change.sentence),
            code(&change.before),
            code(&change.after)
        ));
    }
    out
}
