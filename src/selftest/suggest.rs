//! What was heard, as an entry's file would declare it: to be pasted there, once someone has looked at each line.
//!
//! Boundary: pure.

use std::collections::BTreeSet;

use super::check::{Checked, Line, Part};
use super::{Kind, Ruling};

/// `expect` and `follows` (for a variant: `notes`) as heard, in YAML.
pub fn declaration(checked: &Checked) -> String {
    let mut out = String::new();
    let parts = match checked.kind {
        Kind::Fault => [("expect", Part::Headline), ("follows", Part::Follows)].to_vec(),
        Kind::Variant => [("notes", Part::Headline)].to_vec(),
    };
    for (key, part) in parts {
        let heard = checked.lines.iter().filter(|line| line.part == part && !line.heard.is_empty());
        let lines = joined(heard);
        if !lines.is_empty() {
            out += &format!("{key}:\n");
        }
        for (ids, rulings) in lines {
            let rulings: Vec<String> = rulings.iter().map(ToString::to_string).collect();
            let rulings = if let [one] = &rulings[..] { one.clone() } else { format!("[{}]", rulings.join(", ")) };
            out += &format!("  {}: {rulings}\n", braced(&ids));
        }
    }
    out
}

type Ids = Vec<Vec<String>>;

/// Requirements with the same verdicts that differ in one part of their ids only, joined; each id is a list of parts,
/// each part the names that stand there.
fn joined<'l>(lines: impl Iterator<Item = &'l Line>) -> Vec<(Ids, BTreeSet<Ruling>)> {
    let mut out: Vec<(Ids, BTreeSet<Ruling>)> = Vec::new();
    for line in lines {
        let ids: Ids = line.requirement.split('.').map(|part| vec![part.to_owned()]).collect();
        out.push((ids, line.heard.clone()));
    }
    // The constant last: `{A,B}.payload.{x,y}` needs equal fields before constants can be joined.
    for part in [3, 2, 1] {
        let mut joined: Vec<(Ids, BTreeSet<Ruling>)> = Vec::new();
        for (ids, rulings) in out {
            let same = joined.iter_mut().find(|(other, heard)| {
                let rest = |ids: &Ids| {
                    ids.iter().enumerate().filter(|(at, _)| *at != part).all(|(at, p)| other.get(at) == Some(p))
                };
                *heard == rulings && other.len() == ids.len() && ids.len() > part && rest(&ids)
            });
            match same {
                Some((other, _)) => {
                    if let (Some(into), Some(from)) = (other.get_mut(part), ids.get(part)) {
                        into.extend(from.iter().cloned());
                    }
                }
                None => joined.push((ids, rulings)),
            }
        }
        out = joined;
    }
    out
}

fn braced(ids: &Ids) -> String {
    let part = |names: &Vec<String>| match &names[..] {
        [one] => one.clone(),
        many => {
            let shared = shared_words(many);
            let rest: Vec<&str> = many.iter().map(|name| &name[shared..]).collect();
            format!("{}{{{}}}", &many[0][..shared], rest.join(","))
        }
    };
    ids.iter().map(part).collect::<Vec<_>>().join(".")
}

/// How many bytes of whole words (up to `_`) all names begin with.
fn shared_words(names: &[String]) -> usize {
    let Some(first) = names.first() else { return 0 };
    let ends = first.match_indices('_').map(|(at, _)| at + 1);
    ends.filter(|end| names.iter().all(|name| name.starts_with(&first[..*end]))).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selftest::Word;
    use crate::selftest::check::Conclusion;

    #[test]
    fn what_is_alike_is_said_once() {
        let line = |requirement: &str, part, finding: &str| Line {
            requirement: requirement.to_owned(),
            part,
            declared: BTreeSet::new(),
            heard: BTreeSet::from([Ruling { word: Word::Fail, finding: finding.into() }]),
            actual: String::new(),
            hint: None,
            under: BTreeSet::new(),
        };
        let mut lines = vec![line("event.CONVERSATION_A.payload", Part::Headline, "missing")];
        for x in ["CONVERSATION_A", "CONVERSATION_B_C"] {
            for field in ["id", "name"] {
                lines.push(line(&format!("event.{x}.payload.{field}"), Part::Follows, "missing"));
            }
        }
        lines.push(line("order.x", Part::Follows, "never"));
        let checked = Checked {
            id: "x".into(),
            kind: Kind::Fault,
            browser: "firefox".into(),
            conclusion: Conclusion::OtherReason,
            lines,
        };
        assert_eq!(
            declaration(&checked),
            "expect:\n  event.CONVERSATION_A.payload: fail missing\nfollows:\n  \
             event.CONVERSATION_{A,B_C}.payload.{id,name}: fail missing\n  order.x: fail never\n"
        );
    }
}
