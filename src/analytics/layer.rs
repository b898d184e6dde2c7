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
                    property: text(fields.get("send_to")),
                    fields,
                },
                _ => Hit { fields, ..Hit::default() },
            }
        }
        Value::Object(fields) => {
            Hit { names: text(fields.get("event")).into_iter().collect(), property: None, fields: fields.clone() }
        }
        _ => Hit::default(),
    }
}
