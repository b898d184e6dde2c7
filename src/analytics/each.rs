//! `each`: where in a request the list is whose members are its hits.
//!
//! A dotted path (`batch`, `data.events`, `streams.*.values`) or a JSON pointer (`/data/events`); `.` is the body itself, a
//! list or lines of JSON.

use std::sync::Arc;

use serde_json::Value;

use super::form;

/// A request holds a few dozen events at most; what holds more is no analytics.
const MOST: usize = 500;

/// A path to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Each {
    /// As written.
    pub text: String,
    keys: Vec<String>,
}

/// One member of the list that `each` names.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    body: Arc<Value>,
    path: Vec<String>,
    value: Value,
}

impl Each {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.trim();
        let keys: Vec<String> = match plain {
            "" => return Err("write the path of a list, such as `batch`, or `.` for the body itself".into()),
            "." => Vec::new(),
            _ => match plain.strip_prefix('/') {
                Some(pointer) => pointer.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect(),
                None => plain.split('.').map(str::to_owned).collect(),
            },
        };
        if keys.iter().any(String::is_empty) {
            return Err("write keys with a dot between each two, such as `data.events`".into());
        }
        Ok(Self { text: plain.to_owned(), keys })
    }

    /// The members of the list in a body; `None`: there is no such list. What stands where the list is expected, and is
    /// none, is a list of one.
    pub(super) fn members(&self, body: &Value) -> Option<Vec<Member>> {
        let body = Arc::new(body.clone());
        let mut lists = vec![(Vec::new(), body.as_ref())];
        for key in &self.keys {
            let mut next = Vec::new();
            for (path, value) in lists {
                let into = |key: String, inner| ([path.clone(), vec![key]].concat(), inner);
                match (key.as_str(), value) {
                    ("*", Value::Array(all)) => {
                        next.extend(all.iter().enumerate().map(|(n, inner)| into(n.to_string(), inner)));
                    }
                    ("*", Value::Object(all)) => next.extend(all.iter().map(|(key, inner)| into(key.clone(), inner))),
                    (_, Value::Object(all)) => next.extend(all.get(key).map(|inner| into(key.clone(), inner))),
                    (_, Value::Array(all)) => {
                        let at = key.parse::<usize>().ok();
                        next.extend(at.and_then(|at| all.get(at)).map(|inner| into(key.clone(), inner)));
                    }
                    _ => {}
                }
            }
            lists = next;
            lists.truncate(MOST);
        }
        if lists.is_empty() {
            return None;
        }
        let members = lists.into_iter().flat_map(|(path, list)| {
            let values: Vec<Value> = match list {
                Value::Array(all) => all.iter().take(MOST).cloned().collect(),
                Value::Null => Vec::new(),
                one => vec![one.clone()],
            };
            let body = &body;
            values.into_iter().map(move |value| Member { body: body.clone(), path: path.clone(), value })
        });
        Some(members.take(MOST).collect::<Vec<_>>())
    }
}

impl Member {
    /// The member itself.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether a JSON Schema is about the whole body, since it speaks of the list by its key.
    pub fn is_named_in(&self, schema: &Value) -> bool {
        let Some(head) = self.path.first() else { return is_of_list(schema) };
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        // A member may have a key of the list's name as well.
        self.value.get(head).is_none()
            && (properties.is_some_and(|all| all.contains_key(head))
                || required.is_some_and(|all| all.iter().any(|key| key == head)))
    }

    /// The body with no other member in the list.
    pub fn alone(&self) -> Value {
        let mut body = self.body.as_ref().clone();
        let mut place = Some(&mut body);
        for key in &self.path {
            place = place.and_then(|value| match value {
                Value::Object(all) => all.get_mut(key),
                Value::Array(all) => key.parse::<usize>().ok().and_then(|at| all.get_mut(at)),
                _ => None,
            });
        }
        match place {
            Some(list @ Value::Array(_)) => *list = Value::Array(vec![self.value.clone()]),
            Some(one) => one.clone_from(&self.value),
            None => {}
        }
        body
    }
}

/// Whether a JSON Schema is one of lists.
pub fn is_of_list(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "array")
        || ["items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"]
            .iter()
            .any(|key| schema.get(key).is_some())
}

/// The list in a request: in its JSON, else in a field of its form or its query that is JSON.
pub(super) fn of(each: &Each, json: Option<&Value>, fields: &[&serde_json::Map<String, Value>]) -> Option<Vec<Member>> {
    if let Some(members) = json.and_then(|json| each.members(json)) {
        return Some(members);
    }
    let (head, rest) = each.keys.split_first()?;
    let text = fields.iter().find_map(|fields| fields.get(head)?.as_str())?;
    let inner = form::held(text)?;
    Each { text: each.text.clone(), keys: rest.to_vec() }.members(&inner)
}
