//! The reference of site files: every verb, key, locator and substitution, with what it does and an example.
//!
//! Boundary: texts and names. The parser takes its lists of verbs and keys from here; `chatproof steps` prints this, and
//! tests hold the guide's tables and the descriptions of the published JSON Schema to it.

/// What a step can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verb {
    /// Its key: `click`.
    pub name: &'static str,
    /// How it is written: `click: LOCATOR`.
    pub form: &'static str,
    /// What it does.
    pub what: &'static str,
    /// A whole step, as it stands in a site file.
    pub example: &'static str,
}

/// A key that stands beside a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The one verb that it belongs to; `None`: any.
    pub of: Option<&'static str>,
    /// What it says.
    pub what: &'static str,
    /// What holds if it isn't there.
    pub default: &'static str,
    /// A whole step with it.
    pub example: &'static str,
}

/// A way to name an element, or a reference in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// As written.
    pub written: &'static str,
    /// What it finds, or becomes.
    pub what: &'static str,
}

/// The verbs, in the order of the reference.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "open",
        form: "open: /pricing",
        what: "goes to an address, relative to `base_url`",
        example: "- open: /pricing\n  fires: EVENT\n",
    },
    Verb { name: "reload", form: "reload: true", what: "loads the page again", example: "- reload: true\n" },
    Verb { name: "back", form: "back: true", what: "goes back one page", example: "- back: true\n" },
    Verb {
        name: "click",
        form: "click: LOCATOR",
        what: "clicks",
        example: "- click: role=button[name=\"Talk to sales\"]\n  fires: EVENT\n",
    },
    Verb {
        name: "double_click",
        form: "double_click: LOCATOR",
        what: "clicks twice, as one double click",
        example: "- double_click: text=\"Order 17\"\n",
    },
    Verb {
        name: "right_click",
        form: "right_click: LOCATOR",
        what: "clicks with the other mouse button; the browser's own menu stays away",
        example: "- right_click: .message\n  fires: EVENT\n",
    },
    Verb {
        name: "press_and_hold",
        form: "press_and_hold: LOCATOR",
        what: "presses, and lets go after a while",
        example: "- press_and_hold: role=button[name=\"Record\"]\n  for: 2s\n",
    },
    Verb {
        name: "drag",
        form: "drag: LOCATOR",
        what: "drags it with the mouse onto what `to` names, and drops it there",
        example: "- drag: role=slider\n  to: text=\"Very happy\"\n",
    },
    Verb {
        name: "swipe",
        form: "swipe: LOCATOR",
        what: "swipes a finger from its middle `toward` a side, half as far as it is large and at least 100 pixels",
        example: "- swipe: \".offers\"\n  toward: left\n",
    },
    Verb {
        name: "fill",
        form: "fill: LOCATOR",
        what: "replaces what is in an input, a text area or an editable element by `with`; `press: Enter` presses keys afterwards",
        example: "- fill: label=\"Work email\"\n  with: ada@example.com\n  press: Enter\n  fires: EVENT\n",
    },
    Verb {
        name: "press",
        form: "press: Enter",
        what: "presses keys in what has the focus, or in `on: LOCATOR`",
        example: "- press: Tab Enter\n",
    },
    Verb {
        name: "select",
        form: "select: LOCATOR",
        what: "chooses `option` in a native select",
        example: "- select: label=\"Country\"\n  option: France\n",
    },
    Verb {
        name: "upload",
        form: "upload: LOCATOR",
        what: "chooses `files` in a file input, which may be hidden, or drops them onto any other element",
        example: "- upload: label=\"Attachment\"\n  files: cv.pdf\n",
    },
    Verb {
        name: "download",
        form: "download: LOCATOR",
        what: "clicks, and waits until a file is downloaded",
        example: "- download: text=\"Save transcript\"\n  file: { name: \"*.txt\", size: \"> 1 kB\", contains: Ada }\n",
    },
    Verb {
        name: "scroll",
        form: "scroll: LOCATOR",
        what: "scrolls to an element, or to `top`, `bottom`, or a share of the page such as `50%`",
        example: "- scroll: 50%\n",
    },
    Verb {
        name: "hover",
        form: "hover: LOCATOR",
        what: "moves the mouse over it",
        example: "- hover: \"#launcher\"\n",
    },
    Verb {
        name: "wait_for",
        form: "wait_for: LOCATOR",
        what: "waits until at least one match can be seen",
        example: "- wait_for: text=\"An agent will be with you\"\n",
    },
    Verb {
        name: "wait_until_gone",
        form: "wait_until_gone: LOCATOR",
        what: "waits until no match can be seen",
        example: "- wait_until_gone: .typing\n",
    },
    Verb { name: "pause", form: "pause: 2s", what: "lets time pass", example: "- pause: 2s\n" },
    Verb {
        name: "advance",
        form: "advance: 10m",
        what: "lets the pages' time pass at once, in a journey with `clock: virtual`",
        example: "- advance: 10m\n  fires: EVENT\n",
    },
    Verb {
        name: "eval",
        form: "eval: SCRIPT",
        what: "runs JavaScript in the page, as the body of an async function; throwing fails the step",
        example: "- eval: localStorage.setItem(\"consent\", \"all\")\n",
    },
    Verb {
        name: "close_page",
        form: "close_page: true",
        what: "closes the actor's window; with `in: popup` the popup",
        example: "- close_page: true\n",
    },
    Verb {
        name: "do",
        form: "do: NAME",
        what: "does the steps that have this name above the journeys, with values for them as a map in `with`; `as` is who does those that don't say it",
        example: "- do: open-chat\n  with: { page: /pricing }\n",
    },
];

/// The keys beside the verbs, in the order of the reference.
pub const KEYS: &[Key] = &[
    Key {
        name: "with",
        of: Some("fill"),
        what: "the text to fill in",
        default: "must be there",
        example: "- fill: placeholder=\"Message\"\n  with: \"hello ${run.id}\"\n",
    },
    Key {
        name: "on",
        of: Some("press"),
        what: "the element to put the focus on first",
        default: "what has the focus",
        example: "- press: Escape\n  on: role=dialog\n",
    },
    Key {
        name: "option",
        of: Some("select"),
        what: "the option's label, else its value; a list for several",
        default: "must be there",
        example: "- select: label=\"Topics\"\n  option: [Sales, Support]\n",
    },
    Key {
        name: "files",
        of: Some("upload"),
        what: "a path relative to the site file, or a list of several",
        default: "must be there",
        example: "- upload: .drop-zone\n  files: [one.png, two.png]\n",
    },
    Key {
        name: "file",
        of: Some("download"),
        what: "what the file is to be: a glob over its name, or `{ name: GLOB, size: \"> 1 kB\", contains: TEXT }` with any of these",
        default: "any file",
        example: "- download: role=link[name=\"Terms\"]\n  file: \"terms-*.pdf\"\n",
    },
    Key {
        name: "for",
        of: Some("press_and_hold"),
        what: "how long, at most 20 seconds",
        default: "`1s`",
        example: "- press_and_hold: .message\n  for: 600ms\n",
    },
    Key {
        name: "to",
        of: Some("drag"),
        what: "where it is dropped: a locator",
        default: "must be there",
        example: "- drag: text=\"Ada\"\n  to: .team\n",
    },
    Key {
        name: "toward",
        of: Some("swipe"),
        what: "where the finger goes: `left`, `right`, `up` or `down`",
        default: "must be there",
        example: "- swipe: role=dialog\n  toward: down\n",
    },
    Key {
        name: "until",
        of: Some("scroll"),
        what: "scrolls in the list that `scroll` names, part by part, until a match of this locator can be seen",
        default: "scrolls to the element itself",
        example: "- scroll: role=listbox\n  until: text=\"Zimbabwe\"\n",
    },
    Key {
        name: "has",
        of: None,
        what: "of several matches of the step's locator, those in which this locator has a match",
        default: "all",
        example: "- click: .card\n  has: text=\"Pro plan\"\n",
    },
    Key {
        name: "near",
        of: None,
        what: "of several matches of the step's locator, the one that is nearest to a match of this locator",
        default: "all",
        example: "- click: role=button[name=\"Buy\"]\n  near: text=\"Pro plan\"\n",
    },
    Key {
        name: "in",
        of: None,
        what: "the window: `popup` is the newest one that the actor's page has opened, `{ popup: GLOB }` the newest whose address fits",
        default: "the actor's own window",
        example: "- click: role=button[name=\"Sign in\"]\n  in: { popup: \"*/login*\" }\n",
    },
    Key {
        name: "fires",
        of: None,
        what: "events that this step causes: a constant, a list, or a map of constants to payload fields; below `in_order`, in the order of the list",
        default: "none",
        example: "- click: text=\"Talk to sales\"\n  fires:\n    EVENT: { FIELD: Ada }\n",
    },
    Key {
        name: "may_fire",
        of: None,
        what: "events that it may cause: neither missing nor unexpected",
        default: "none",
        example: "- click: \"#launcher\"\n  may_fire: EVENT\n",
    },
    Key {
        name: "within",
        of: None,
        what: "how long after the act they may come",
        default: "`2s`; `10s` for `open`, `reload` and `back`",
        example: "- open: /\n  fires: EVENT\n  within: 20s\n",
    },
    Key {
        name: "timeout",
        of: None,
        what: "how long it waits for its element, and how long an `eval` or `advance` may take",
        default: "`10s`; `2s` if optional",
        example: "- wait_for: text=\"Connected\"\n  timeout: 1m\n",
    },
    Key { name: "as", of: None, what: "who does it", default: "`visitor`", example: "- open: /inbox\n  as: agent\n" },
    Key {
        name: "name",
        of: None,
        what: "what reports call it",
        default: "what it does",
        example: "- name: ask for a person\n  click: text=\"Talk to sales\"\n",
    },
    Key {
        name: "answer",
        of: None,
        what: "what it answers to dialogs of the page: `accept`, `dismiss`, `{ prompt: TEXT }` with what to type, or `{ user: NAME, password: TEXT }` to a login dialog",
        default: "OK to `alert` and to leaving a page, Cancel to `confirm` and `prompt`",
        example: "- click: text=\"End chat\"\n  answer: accept\n  fires: EVENT\n",
    },
    Key {
        name: "optional",
        of: None,
        what: "`true`: if its element isn't there, the journey goes on and its events aren't expected",
        default: "`false`",
        example: "- click: role=button[name=\"Accept cookies\"]\n  optional: true\n",
    },
];

/// How elements are named.
pub const LOCATORS: &[Form] = &[
    Form { written: "`#chat .send`, `button`, `[data-x=\"1\"]`", what: "CSS" },
    Form { written: "`role=button[name=\"Send\"]`", what: "ARIA role, given or implied, and accessible name" },
    Form { written: "`text=\"Thank you\"`", what: "the innermost element with this text" },
    Form { written: "`label=\"Work email\"`", what: "a form control by its label, `aria-label` or `aria-labelledby`" },
    Form { written: "`placeholder=\"Message\"`", what: "a form control by its placeholder" },
    Form { written: "`testid=day-1`", what: "`data-testid`" },
    Form { written: "`launcher`", what: "a short name from `names`" },
    Form { written: "`choice(\"Book a demo\")`", what: "a short name that takes values: `choice(text)` in `names`" },
    Form { written: "`A >> B`", what: "`B` inside of `A`" },
    Form { written: "`A >> nth=0`", what: "the first match of `A`; `nth=-1` is the last" },
];

/// What else there is to know about locators.
pub const ABOUT_LOCATORS: &str = "Texts in quotes must be equal; without quotes any part will do, in any case; `/regular|expressions/i` work too. White \
     space is folded. All locators see into shadow roots, closed ones too, and into frames, those of other origins too. In YAML, \
     put a locator that begins with `#` or `[` in quotes.";

/// References in texts.
pub const SUBSTITUTIONS: &[Form] = &[
    Form {
        written: "`${env.NAME}`",
        what: "an environment variable; a run that needs it doesn't begin if it isn't set",
    },
    Form { written: "`${run.id}`", what: "a name that no other run has" },
    Form { written: "`${journey}`", what: "the journey's name" },
    Form { written: "`${NAME}`", what: "a value from a row of `each`, or from the `with` of a `do`" },
    Form { written: "`$${`", what: "`${`" },
];

/// Where references work.
pub const ABOUT_SUBSTITUTIONS: &str = "They work in addresses, locators, texts, options and scripts. What is expected of a payload may use `${run.id}` and \
     `${journey}` only, since a recording has to be judged the same anywhere.";

/// How keys to press are named.
pub const ABOUT_KEYS: &str = "Keys have the names of the web: `Enter`, `Tab`, `Escape`, `ArrowDown`, `F5`, or a single character, with `Control+a`, \
     `Shift+Tab` and the like; several are separated by blanks or put in a list.";

/// How durations are written.
pub const ABOUT_DURATIONS: &str = "Durations are written `500ms`, `2s`, `1.5s` or `10m`.";

/// The verbs' names.
pub(super) const VERB_NAMES: [&str; VERBS.len()] = {
    let mut names = [""; VERBS.len()];
    let mut at = 0;
    while at < VERBS.len() {
        names[at] = VERBS[at].name;
        at += 1;
    }
    names
};

/// All keys that a step may have: the verbs, and what stands beside them.
pub(super) const STEP_KEYS: [&str; VERBS.len() + KEYS.len()] = {
    let mut names = [""; VERBS.len() + KEYS.len()];
    let mut at = 0;
    while at < VERBS.len() {
        names[at] = VERBS[at].name;
        at += 1;
    }
    while at < names.len() {
        names[at] = KEYS[at - VERBS.len()].name;
        at += 1;
    }
    names
};

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::site::{Known, parse};
    use crate::source::SourceFile;

    /// The examples are what a reader copies first.
    #[test]
    fn every_example_is_a_step_that_the_parser_takes() {
        let known = Known {
            constants: vec!["EVENT".into()],
            payload_fields: IndexMap::from([("EVENT".to_owned(), vec!["FIELD".to_owned()])]),
            requirements: vec![],
        };
        let verbs = VERBS.iter().map(|verb| (verb.name, verb.example));
        for (name, example) in verbs.chain(KEYS.iter().map(|key| (key.name, key.example))) {
            let step: String = example.lines().map(|line| format!("      {line}\n")).collect();
            let text = format!(
                "spec: s\nbase_url: https://a.example\nactors: {{ agent: {{}} }}\nsteps: {{ open-chat: [{{ open: '${{page}}' }}] }}\njourneys:\n  j:\n    clock: virtual\n    steps:\n      - open: /\n{step}"
            );
            match parse(SourceFile::new("s.yaml", text), &known) {
                Ok(site) => assert_eq!(site.journeys["j"].steps.len(), 2, "{name}"),
                Err(mistakes) => panic!("{name}: {mistakes}"),
            }
            assert!(example.contains(&format!("{name}:")), "the example of `{name}` doesn't have it");
        }
    }

    #[test]
    fn the_published_schema_describes_every_key_in_these_words() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../specs/site.schema.json")).expect("JSON");
        let said = |name: &str| schema["$defs"]["step"]["properties"][name]["description"].as_str().unwrap_or("");
        for Verb { name, what, .. } in VERBS {
            assert_eq!(said(name), *what, "{name}");
        }
        for Key { name, what, default, of, .. } in KEYS {
            let of = of.map(|verb| format!("With `{verb}`: ")).unwrap_or_default();
            assert_eq!(
                said(name),
                format!("{of}{what}. Default: {default}").replace(". Default: must be there", ""),
                "{name}"
            );
        }
    }
}
