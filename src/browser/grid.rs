//! What a Selenium Grid says of itself: its slots, what is taken, who waits.
//!
//! Boundary: reads `status` and the queue of new sessions. Nothing hangs on the answer: an end that is no grid, or one that
//! doesn't say, is asked for sessions all the same.

use std::collections::HashMap;

use serde_json::Value;

use super::classic::Remote;
use super::product::Product;

/// A grid's slots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    slots: Vec<Slot>,
}

/// Room for one session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    browser: String,
    version: String,
    platform: String,
    free: bool,
}

/// How many sessions of a product could be had at once just now; `None`: it is no grid, or doesn't say.
pub async fn free_slots(remote: &Remote, product: &Product) -> Option<usize> {
    Grid::of(remote).await.map(|grid| grid.fitting(product).filter(|slot| slot.free).count())
}

impl Grid {
    /// Asks for it; `None`: it is no grid, or doesn't say.
    pub(super) async fn of(remote: &Remote) -> Option<Self> {
        Self::read(&remote.look(&["status"]).await?)
    }

    /// The `value` of a grid's answer to `status`. A driver has one as well, but no nodes.
    fn read(status: &Value) -> Option<Self> {
        let nodes = status.get("nodes")?.as_array()?;
        let mut slots = Vec::new();
        for node in nodes {
            let up = node.get("availability").and_then(Value::as_str).is_none_or(|said| said == "UP");
            let all = node.get("slots").and_then(Value::as_array).into_iter().flatten();
            let of_node: Vec<Slot> = all
                .map(|slot| {
                    let said = |key: &str| {
                        let text = slot.pointer(&format!("/stereotype/{key}")).and_then(Value::as_str);
                        text.unwrap_or_default().to_owned()
                    };
                    Slot {
                        browser: said("browserName"),
                        version: said("browserVersion"),
                        platform: said("platformName"),
                        free: up && slot.get("session").is_none_or(Value::is_null),
                    }
                })
                .collect();
            // A node may have slots of several browsers and yet room for one session only.
            let most = node.get("maxSessions").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
            let taken = of_node.iter().filter(|slot| !slot.free).count();
            let room = most.map_or(usize::MAX, |most| most.saturating_sub(taken));
            let mut used: HashMap<String, usize> = HashMap::new();
            slots.extend(of_node.into_iter().map(|slot| {
                let used = used.entry(slot.browser.clone()).or_default();
                let free = slot.free && *used < room;
                *used += usize::from(free);
                Slot { free, ..slot }
            }));
        }
        Some(Self { slots })
    }

    fn fitting(&self, product: &Product) -> impl Iterator<Item = &Slot> {
        let wanted = |name: &str| product.capabilities().get(name).and_then(Value::as_str).map(str::to_lowercase);
        let (version, platform) = (wanted("browserVersion"), wanted("platformName"));
        let browser = product.brand().browser_name;
        self.slots.iter().filter(move |slot| {
            // As the grid itself compares them: a version that neither side says fits.
            let fits = |wanted: &Option<String>, has: &str| {
                let has = has.to_lowercase();
                wanted.as_ref().is_none_or(|wanted| has.is_empty() || has == *wanted || wanted == "any")
            };
            let version_fits = fits(&version, &slot.version)
                || version.as_ref().is_some_and(|wanted| slot.version.starts_with(&format!("{wanted}.")));
            slot.browser.eq_ignore_ascii_case(browser) && version_fits && fits(&platform, &slot.platform)
        })
    }

    /// How its slots for a product are: "1 of 2 slots for it is free".
    pub(super) fn room(&self, product: &Product) -> String {
        let (all, free) =
            self.fitting(product).fold((0, 0), |(all, free), slot| (all + 1, free + usize::from(slot.free)));
        match (all, free) {
            (0, _) => format!("none of its slots is for {}: it has {}", product.name(), self.list()),
            (1, 0) => format!("its one slot for {} is taken", product.name()),
            (all, 0) => format!("all its {all} slots for {} are taken", product.name()),
            (all, free) => format!("{free} of its {all} slots for {} free", product.name()),
        }
    }

    /// What it has: "firefox 153.0 linux ×1, chrome 156.0 linux ×2".
    pub(super) fn list(&self) -> String {
        let mut kinds: Vec<(String, usize)> = Vec::new();
        for slot in &self.slots {
            let parts = [slot.browser.as_str(), &slot.version, &slot.platform];
            let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            match kinds.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => kinds.push((name, 1)),
            }
        }
        let list: Vec<String> = kinds.into_iter().map(|(name, count)| format!("{name} ×{count}")).collect();
        if list.is_empty() { "no slots at all".to_owned() } else { list.join(", ") }
    }
}

/// How many requests wait in a grid's queue of new sessions, as far as it says.
pub(super) async fn queued(remote: &Remote) -> Option<usize> {
    Some(remote.look(&["se", "grid", "newsessionqueue", "queue"]).await?.as_array()?.len())
}

#[cfg(test)]
mod tests {
    use super::super::BrowserKind;
    use super::*;
    use serde_json::{Map, json};

    fn slot(browser: &str, version: &str, taken: bool) -> Value {
        let session = if taken { json!({ "sessionId": "s" }) } else { Value::Null };
        json!({ "session": session, "stereotype": { "browserName": browser, "browserVersion": version, "platformName": "linux" } })
    }

    fn grid() -> Grid {
        let nodes = json!([
            { "availability": "UP", "maxSessions": 2, "slots": [slot("firefox", "153.0", true), slot("firefox", "153.0", false)] },
            { "availability": "UP", "maxSessions": 1, "slots": [slot("chrome", "156.0", true), slot("chrome", "156.0", false)] },
            { "availability": "DOWN", "maxSessions": 1, "slots": [slot("firefox", "140.2", false)] },
        ]);
        Grid::read(&json!({ "ready": true, "nodes": nodes })).expect("a grid")
    }

    fn product(kind: BrowserKind, version: Option<&str>) -> Product {
        let capabilities = version.map(|version| ("browserVersion".to_owned(), json!(version)));
        Product::new(kind.name(), kind, Map::from_iter(capabilities))
    }

    #[test]
    fn slots_are_counted_by_what_is_asked_for() {
        let grid = grid();
        let free = |kind, version| grid.fitting(&product(kind, version)).filter(|slot| slot.free).count();
        assert_eq!(free(BrowserKind::Firefox, None), 1);
        // The node's one session is taken, whatever slots it has besides.
        assert_eq!(free(BrowserKind::Chromium, None), 0);
        assert_eq!(free(BrowserKind::Firefox, Some("140")), 0);
        assert_eq!(free(BrowserKind::Firefox, Some("153")), 1);
        assert_eq!(free(BrowserKind::Firefox, Some("15")), 0);
    }

    #[test]
    fn what_a_grid_has_is_said_in_a_few_words() {
        let grid = grid();
        assert_eq!(grid.list(), "firefox 153.0 linux ×2, chrome 156.0 linux ×2, firefox 140.2 linux ×1");
        assert_eq!(grid.room(&product(BrowserKind::Chromium, None)), "all its 2 slots for chromium are taken");
        assert_eq!(grid.room(&product(BrowserKind::Firefox, None)), "1 of its 3 slots for firefox free");
        let none = grid.room(&product(BrowserKind::Firefox, Some("99")));
        assert!(none.starts_with("none of its slots is for firefox: it has firefox 153.0"), "{none}");
        assert_eq!(Grid::default().list(), "no slots at all");
    }

    #[test]
    fn a_driver_is_no_grid() {
        assert_eq!(Grid::read(&json!({ "ready": true, "message": "" })), None);
    }
}
