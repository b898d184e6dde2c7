//! "Did you mean": the nearest valid name, and lists of names for messages.
//!
//! Boundary: names only; who asks decides what is valid.

/// The candidate that is most likely meant, if one is near enough that suggesting it helps more than it misleads.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (score(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= NEAR)
        // Of equally near ones the first wins, so that a file's order decides and messages are stable.
        .fold(None, |best: Option<(f64, &str)>, (score, candidate)| match best {
            Some((highest, _)) if highest >= score => best,
            _ => Some((score, candidate)),
        })
        .map(|(_, candidate)| candidate)
}

/// A score from which on a name is near enough.
const NEAR: f64 = 0.72;

/// Edit distance tells slips apart from different words; names that are written out in full around what was typed
/// (`EMAIL` for `CONVERSATION_INPUT_EMAIL`) are near by any standard of a reader's.
fn score(wrong: &str, candidate: &str) -> f64 {
    let plain = similar(wrong, candidate);
    let tail = candidate.rsplit(['_', '.', '-']).next().unwrap_or(candidate);
    let part = if wrong.len() >= 4 && candidate.contains(wrong) {
        0.8
    } else if wrong.len() >= 4 && candidate.len() > wrong.len() {
        similar(wrong, tail) * 0.85
    } else {
        0.0
    };
    // Short words: one slip in three letters is still a slip.
    let slip = if wrong.len() <= 16 && wrong.chars().count() <= 4 && strsim::damerau_levenshtein(wrong, candidate) == 1
    {
        0.75
    } else {
        0.0
    };
    let swapped = if wrong.len() >= 3 && wrong.len() == candidate.len() && sorted(wrong) == sorted(candidate) {
        0.75
    } else {
        0.0
    };
    plain.max(part).max(slip).max(swapped)
}

/// How like one another two words are; 0 where their lengths alone make them too unlike to be near. A whole paragraph in a
/// key's place is compared with hundreds of names otherwise, letter by letter.
fn similar(one: &str, other: &str) -> f64 {
    let (a, b) = (one.chars().count(), other.chars().count());
    if a.abs_diff(b) as f64 > a.max(b) as f64 * (1.0 - NEAR) + 1.0 {
        return 0.0;
    }
    strsim::normalized_damerau_levenshtein(one, other)
}

fn sorted(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// ``did you mean `near`?``, else the list of what is valid; `noun` says what they are: "keys", "events".
pub fn suggest<'a>(wrong: &str, noun: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(wrong, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => format!("there are no {noun} here"),
        None => format!("{noun}: {}", list(&candidates)),
    }
}

/// `` `a`, `b`, `c` ``; long lists are cut, saying how many are left.
pub fn list<S: AsRef<str>>(names: &[S]) -> String {
    const MOST: usize = 24;
    let mut text = names.iter().take(MOST).map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text += &format!(" and {} more", names.len() - MOST);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_parts_but_no_strangers() {
        let events = ["CONVERSATION_TRIGGERED", "CONVERSATION_ENGAGED", "CONVERSATION_INPUT_EMAIL"];
        assert_eq!(nearest("CONVERSATION_TRIGERED", events), Some("CONVERSATION_TRIGGERED"));
        assert_eq!(nearest("conversation_engaged", events), Some("CONVERSATION_ENGAGED"));
        assert_eq!(nearest("EMAIL", events), Some("CONVERSATION_INPUT_EMAIL"));
        assert_eq!(nearest("ENGAGD", events), Some("CONVERSATION_ENGAGED"));
        assert_eq!(nearest("banana", events), None);
        assert_eq!(nearest("clik", ["open", "click", "fill"]), Some("click"));
        assert_eq!(nearest("fil", ["open", "click", "fill"]), Some("fill"));
        assert_eq!(nearest("whit", ["open", "with"]), Some("with"));
        assert_eq!(nearest("x", ["open", "as"]), None);
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        assert!(list(&names).ends_with("`23` and 6 more"));
    }
}
