//! Data layers: what was pushed.
//!
//! A plain object tells its event in `event`. gtag's helper pushes its `arguments`: `event`, a name, and parameters.
//! What sets a configuration or a consent is a push as well, but no event.

use serde_json::{Map, Value};

use super::Hit;

/// The hit of a push; `arguments`: it was an `arguments` object (recorded as a list).
pub fn pushed(data: &Value, arguments: bool) -> Hit {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match data {
        Value::Array(list) if arguments || list.first().is_some_and(|first| first == "event") => {
            let fields = list.get(2).and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
            match text(list.first()).as_deref() {
                Some("event") => Hit {
                    names: text(list.get(1)).into_iter().collect(),
                    property: send_to(&fields),
                    fields,
                    ..Hit::default()
                },
                _ => Hit { fields, ..Hit::default() },
            }
        }
        Value::Object(fields) => {
            Hit { names: text(fields.get("event")).into_iter().collect(), fields: fields.clone(), ..Hit::default() }
        }
        _ => Hit::default(),
    }
}

/// `send_to`: one property or several.
fn send_to(fields: &Map<String, Value>) -> Option<String> {
    match fields.get("send_to")? {
        Value::String(one) => Some(one.clone()),
        Value::Array(all) => {
            let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            (!all.is_empty()).then(|| all.join(","))
        }
        _ => None,
    }
}
