//! Requirement ids of hand-built verdicts, by their texts: only of events whose names hold no dot.

use chatproof::verdict::RequirementId;

/// The id that reads like this.
pub fn id(text: &str) -> RequirementId {
    let parts: Vec<&str> = text.split('.').collect();
    let still = |text: &str| -> &'static str { text.to_owned().leak() };
    match parts.as_slice() {
        ["event", x, "payload", field, further] => RequirementId::payload(x, field, Some(further)),
        ["event", x, "payload", field] => RequirementId::payload(x, field, None),
        ["event", x, what] => RequirementId::event(x, still(what)),
        ["constant", x, what] => RequirementId::constant(x, still(what)),
        ["handler", x, what] => RequirementId::handler(x, still(what)),
        ["site", x, "payload", field] => RequirementId::site(x, field),
        ["coverage", x] => RequirementId::coverage(x),
        ["consistency", field] => RequirementId::consistency(field),
        ["forward", name, x, "value", field] => RequirementId::forwarded_value(name, x, field),
        ["forward", name, x, what] => RequirementId::forwarded(name, x, still(what)),
        ["forward", name, what] => RequirementId::forward(name, still(what)),
        _ => RequirementId::from(still(text)),
    }
}
