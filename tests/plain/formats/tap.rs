//! Reads TAP version 14 as its specification says.

use std::collections::BTreeMap;

use serde_json::Value;

/// A test point.
#[derive(Debug)]
pub struct Point {
    pub ok: bool,
    pub todo: bool,
    pub depth: usize,
}

/// Plans, points in order, directives, YAML blocks.
pub fn tap(text: &str) -> Vec<Point> {
    assert!(text.starts_with("TAP version 14\n"), "{text}");
    let mut points = Vec::new();
    let mut plans: BTreeMap<usize, usize> = BTreeMap::new();
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let mut yaml: Option<String> = None;
    for line in text.lines().skip(1) {
        let depth = line.len() - line.trim_start().len();
        let line = line.trim_start();
        if let Some(block) = &mut yaml {
            if line == "..." {
                let value: Value = serde_saphyr::from_str(block).unwrap_or_else(|error| panic!("{error}:\n{block}"));
                assert!(value.is_object());
                yaml = None;
            } else {
                block.push_str(&format!("{line}\n"));
            }
        } else if line == "---" {
            yaml = Some(String::new());
        } else if let Some(plan) = line.strip_prefix("1..") {
            plans.insert(depth, plan.parse().unwrap());
            seen.insert(depth, 0);
        } else if line.starts_with("ok ") || line.starts_with("not ok ") {
            let (word, rest) = line.split_once("ok ").unwrap();
            let number = seen.get_mut(&depth).expect("a plan comes first");
            *number += 1;
            assert!(rest.starts_with(&format!("{number} - ")), "{line}");
            let directive = rest.split_once(" # ").map(|(_, directive)| directive);
            assert!(directive.is_none_or(|d| d.starts_with("TODO ") || d.starts_with("SKIP ")), "{line}");
            points.push(Point { ok: word.is_empty(), todo: directive.is_some_and(|d| d.starts_with("TODO")), depth });
            if depth == 0 {
                // The subtest that ends here.
                assert_eq!(plans.get(&4), seen.get(&4), "{line}");
            }
        } else {
            assert!(line.starts_with('#'), "not TAP: {line:?}");
        }
    }
    assert!(yaml.is_none());
    assert_eq!(plans.get(&0), seen.get(&0));
    points
}
