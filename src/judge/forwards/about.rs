//! What the forward family's requirements are about.

use super::super::about::{
    About, CUT_SHORT, DIALOG_CANCELLED, Finding, LOST, REFUSED, VALUE_EMPTY, VALUE_NULL, VALUE_SCHEMA, VALUE_TYPE,
    VALUE_WRONG, finding,
};

/// The kinds of requirements.
pub(crate) const ABOUT: &[&About] = &[&SENT, &IN_TIME, &ONCE, &VALUE, &UNPROMPTED, &PII, &CONSENT, &RETIRED];

const NOT_WATCHED: Finding = finding(
    "not-watched",
    "the recording was made without watching this forward, or with another address",
    "run again with this site file",
);

const BODY_UNSEEN: Finding = finding(
    "body-unseen",
    "a request was sent there whose body this browser doesn't show",
    "use a newer browser, or another one",
);

const UNREADABLE: Finding = finding(
    "unreadable",
    "what was sent can't be read: it is encrypted, in a binary format such as Protocol Buffers, damaged, or too long",
    "let the library send JSON or a form in your test environment; most have a setting for that",
);

const SENT: About = About {
    form: "forward.NAME.EVENT.sent",
    looks_at: "each time that the event was heard: the hit that the site file names has to be sent for it",
    why: "an event that isn't sent on counts nowhere, however right it is",
    findings: &[
        finding(
            "missing",
            "the event was heard, and its hit was not sent",
            "the hint says what stands near: a script that threw, a mistyped name, another property, a consent that wasn't given",
        ),
        NOT_WATCHED,
        finding(
            "unplaced",
            "such a hit was sent by a shared or service worker, and whose it was can't be told",
            "run the journeys one by one: `--jobs 1`",
        ),
        BODY_UNSEEN,
        UNREADABLE,
        finding(
            "frame-gone",
            "no hit was seen, but the frame or window of the event went soon after it, and the browser doesn't always show what is sent as it goes",
            "a `pause` before the step that leaves gives the page time to send; Chromium shows also what is sent as a frame goes",
        ),
        LOST,
        DIALOG_CANCELLED,
        REFUSED,
        CUT_SHORT,
    ],
    example: "The site's handler throws: forward.ga4.CONVERSATION_ENGAGED.sent fails as missing.",
};
const IN_TIME: About = About {
    form: "forward.NAME.EVENT.in-time",
    looks_at: "the time from the event to its hit, against `within`",
    why: "what is sent long after is lost for visitors who have gone by then",
    findings: &[
        finding(
            "too-late",
            "it was sent later than `within` allows",
            "raise `within` if that is how the library works; else find what holds it back",
        ),
        CUT_SHORT,
    ],
    example: "A tag manager collects events for ten seconds: forward.ga4.CONVERSATION_ENGAGED.in-time fails as too-late.",
};
const ONCE: About = About {
    form: "forward.NAME.EVENT.once",
    looks_at: "hits of the same name and values as the one that was sent for the event, for each property",
    why: "what is sent twice counts twice",
    findings: &[
        finding(
            "duplicate",
            "the hit was sent more than once",
            "is the handler registered twice, or do the site and its tag manager both send it?",
        ),
        UNREADABLE,
        BODY_UNSEEN,
        CUT_SHORT,
    ],
    example: "The page and its tag manager both listen: forward.ga4.CONVERSATION_ENGAGED.once fails as duplicate.",
};
const VALUE: About = About {
    form: "forward.NAME.EVENT.value.FIELD",
    looks_at: "the field of the hit, against what the site file demands, with the event's own values in it",
    why: "a hit with another conversation's id is worse than none",
    findings: &[
        finding(
            "missing",
            "the hit doesn't have the field",
            "the hint names a field that is spelt nearly alike, or holds the value",
        ),
        VALUE_NULL,
        VALUE_EMPTY,
        VALUE_TYPE,
        VALUE_WRONG,
        VALUE_SCHEMA,
        UNREADABLE,
        BODY_UNSEEN,
        finding(
            "no-value",
            "the event itself lacks the field to compare it with",
            "see the event's payload: this follows from it",
        ),
        CUT_SHORT,
    ],
    example: "A handler keeps the id of the conversation before: forward.ga4.CONVERSATION_ENGAGED.value.conversation_id fails as wrong-value.",
};
const UNPROMPTED: About = About {
    form: "forward.NAME.unprompted",
    looks_at: "hits of the names that the site file gives, for which no event was heard",
    why: "such a hit counts something that didn't happen",
    findings: &[
        finding(
            "unprompted",
            "it was sent, and no event was heard that prompts it",
            "what else sends it? Or was the event missed?",
        ),
        UNREADABLE,
        BODY_UNSEEN,
        LOST,
        CUT_SHORT,
    ],
    example: "A button's own click handler sends chat_engaged as well: forward.ga4.unprompted fails as unprompted.",
};
const PII: About = About {
    form: "forward.NAME.pii",
    looks_at: "all that was sent, for e-mail addresses and phone numbers that a step typed: as they are, normalised, encoded, packed, hashed",
    why: "analytics products forbid it, and so do laws",
    findings: &[
        finding(
            "personal-data",
            "what a visitor typed was sent on",
            "send an id of your own; `pii: allow` if it is meant",
        ),
        UNREADABLE,
        BODY_UNSEEN,
    ],
    example: "A parameter holds the visitor's address as SHA-256: forward.ga4.pii warns as personal-data.",
};
const CONSENT: About = About {
    form: "forward.NAME.consent",
    looks_at: "what was sent before the step that `consent` names",
    why: "before a visitor has agreed nothing may be sent",
    findings: &[
        finding(
            "before-consent",
            "something was sent before that step",
            "let the tag wait for the consent; if pings without cookies are meant, say what they carry in `before`",
        ),
        UNREADABLE,
        BODY_UNSEEN,
    ],
    example: "The page counts its view before the banner is answered: forward.ga4.consent fails as before-consent.",
};
const RETIRED: About = About {
    form: "forward.NAME.retired",
    looks_at: "the product that the site file names",
    why: "what a retired product is sent is thrown away",
    findings: &[finding("retired", "the product doesn't take hits any more", "send them to its successor")],
    example: "The handler calls ga(): forward.ua.retired warns as retired.",
};
