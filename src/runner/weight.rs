//! How much memory something heard takes, about: what bounds a journey, however many frames and documents its pages make.

use std::io::{self, Write};
use std::mem::size_of;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::Formatter;

use crate::recording::{Kind, Observation, Request};

/// In bytes.
pub(super) fn of(kind: &Kind) -> usize {
    size_of::<Observation>() + weigh(kind)
}

/// What of that changes with what becomes known of a request later.
pub(super) fn of_request(request: &Request) -> usize {
    weigh(request)
}

fn weigh(part: &impl Serialize) -> usize {
    let mut counter = Counter(0);
    // It writes nowhere, so it can't fail.
    let _ = part.serialize(&mut serde_json::Serializer::with_formatter(&mut counter, Weighing));
    counter.0
}

/// Takes text and keeps its length.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value takes its room however short its text is: a list of a million zeros is more than two megabytes.
struct Weighing;

const ROOM: [u8; size_of::<Value>()] = [0; size_of::<Value>()];

impl Formatter for Weighing {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, _first: bool) -> io::Result<()> {
        writer.write_all(&ROOM)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, _first: bool) -> io::Result<()> {
        writer.write_all(&ROOM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(data: Value) -> Kind {
        Kind::Event { constant: "e".into(), subscription: 1, data, arguments: 1, notes: vec![], handler: None }
    }

    #[test]
    fn texts_and_nodes_have_their_weight() {
        let none = of(&event(json!(null)));
        assert!(none >= size_of::<Observation>());
        let text = of(&event(json!("x".repeat(10_000)))) - none;
        assert!((9_900..10_100).contains(&text), "{text}");
        let list = of(&event(json!(vec![0; 10_000]))) - none;
        assert!(list >= 10_000 * size_of::<Value>(), "{list}");
        let map: serde_json::Map<String, Value> = (0..1_000).map(|n| (n.to_string(), json!({}))).collect();
        assert!(of(&event(map.into())) - none >= 1_000 * size_of::<Value>());
    }
}
