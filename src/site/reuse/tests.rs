//! Whole site files with things said once and used often.

use indexmap::IndexMap;

use crate::site::{Known, Site, env_references, parse};
use crate::source::SourceFile;

fn read(text: &str) -> Result<Site, Vec<String>> {
    let known = Known {
        constants: vec!["A".into(), "B".into()],
        payload_fields: IndexMap::from([("A".to_owned(), vec!["plan".to_owned()])]),
        requirements: Vec::new(),
    };
    let text = format!("spec: s\nbase_url: https://a.example\nactors: {{ agent: {{ url: / }} }}\n{text}");
    parse(SourceFile::new("site.yaml", text), &known).map_err(|mistakes| {
        mistakes.list.iter().map(|one| format!("{}:{} {}", one.span.line, one.span.column, one.message)).collect()
    })
}

fn site(text: &str) -> Site {
    read(text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// The steps of a journey: line, who, what, and by what.
fn told(site: &Site, journey: &str) -> Vec<String> {
    let by =
        |by: &[crate::source::Call]| by.iter().map(|c| format!(" < {}:{}", c.name, c.span.line)).collect::<String>();
    let steps = site.journeys[journey].steps.iter();
    steps.map(|s| format!("{} {} {}{}", s.span.line, s.actor, s.describe(), by(&s.by))).collect()
}

const FRAGMENTS: &str = "\
steps:
  open-chat:
    - open: ${page}
      fires: ${event}
    - do: greet
      with: { text: 'hi ${who}' }
    - { click: .accept, as: agent }
  greet:
    with: { text: hello, where: .input }
    steps:
      - { fill: '${where}', with: '${text} $${x} ${run.id}' }
journeys:
";

#[test]
fn fragments_stand_where_they_are_done_and_say_by_what_they_came() {
    let site = site(&format!(
        "{FRAGMENTS}  j:\n    steps:\n      - do: open-chat\n        with: {{ page: /p, event: [A, B], who: '${{env.WHO}}' }}\n      - {{ do: greet, as: agent }}\n      - {{ do: greet, with: {{ text: 0049 }} }}\n"
    ));
    assert_eq!(
        told(&site, "j"),
        [
            "6 visitor open /p < open-chat:18",
            "14 visitor fill .input with \"hi ${env.WHO} $${x} ${run.id}\" < open-chat:18 < greet:8",
            "10 agent click .accept < open-chat:18",
            "14 agent fill .input with \"hello $${x} ${run.id}\" < greet:20",
            "14 visitor fill .input with \"0049 $${x} ${run.id}\" < greet:21",
        ]
    );
    let steps = &site.journeys["j"].steps;
    assert_eq!(steps[0].fires.iter().map(|one| one.constant.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(steps.iter().map(|step| step.index).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(
        env_references(&site).iter().map(|(name, at)| (name.as_str(), at.line)).collect::<Vec<_>>(),
        [("WHO", 14)]
    );
}

#[test]
fn what_is_wrong_with_a_do_is_told_where_it_stands() {
    let steps =
        |steps: &str| read(&format!("{FRAGMENTS}  j:\n    steps:\n      - open: /\n{steps}")).err().unwrap_or_default();
    for (step, want) in [
        ("      - do: opn-chat\n", "19:13 unknown fragment `opn-chat`"),
        ("      - do: open-chat\n", "19:13 `open-chat` needs `page`, `event`, `who`"),
        ("      - do: greet\n        with: { txt: x }\n", "20:17 unknown value of `greet` `txt`"),
        ("      - do: greet\n        fires: A\n", "20:9 unknown key `fires` in a `do` step"),
        ("      - do: greet\n        with: { text: [a] }\n", "14:35 `text` is a list, and can't stand within a text"),
        ("      - do: greet\n        with: { where: '#a >>' }\n", "20:28 a locator's part is empty"),
        ("      - do: greet\n        as: bot\n", "20:13 unknown actor `bot`"),
    ] {
        assert_eq!(steps(step), [want], "{step}");
    }
    // What comes behind isn't accused for it.
    assert_eq!(steps("      - do: nothing\n      - { click: a, as: agent }\n").len(), 1);
    let none = read("journeys:\n  j: { steps: [{ open: / }, { do: greet }] }\n").err().unwrap_or_default();
    assert_eq!(none, ["5:35 no steps are named `greet`"]);
}

#[test]
fn steps_that_do_themselves_are_refused_used_or_not() {
    let circle = "steps:\n  a: [{ do: b }]\n  b: [{ do: c }, { open: / }]\n  c: [{ do: a }]\n  d: [{ do: d }]\n";
    let mistakes = read(&format!("{circle}journeys:\n  j: {{ steps: [{{ open: / }}, {{ do: b }}] }}\n"));
    assert_eq!(
        mistakes.err().unwrap_or_default(),
        ["7:13 the steps `a` do themselves", "8:13 the steps `d` do themselves"]
    );
    // Nor can they ask for billions of steps.
    let mut text = "steps:\n  f0: [{ click: a }]\n".to_owned();
    for i in 1..16 {
        text += &format!("  f{i}: [{}]\n", vec![format!("{{ do: f{} }}", i - 1); 10].join(", "));
    }
    let mistakes = read(&format!("{text}journeys:\n  j: {{ steps: [{{ open: / }}, {{ do: f15 }}] }}\n"));
    assert!(mistakes.err().unwrap_or_default().iter().any(|one| one.contains("the journeys get too large")));
}

#[test]
fn a_fragment_s_own_mistakes_are_told_though_nothing_does_it() {
    let with = |steps: &str| read(&format!("steps:\n{steps}journeys:\n  j: {{ steps: [{{ open: / }}] }}\n"));
    for (steps, want) in [
        ("  a: []\n", "5:3 a fragment without steps"),
        ("  a: { step: [] }\n", "5:8 unknown key `step` in a fragment of steps"),
        ("  a: { with: { x: 1 }, steps: [{ open: / }] }\n", "5:19 `x` is never used"),
        ("  a: { with: { run.id: 1 }, steps: [{ open: / }] }\n", "5:16 `run.id` can't be the name of a value"),
        ("  a b: [{ open: / }]\n", "5:3 a fragment of steps can't be named `a b`"),
        ("  - open: /\n", "5:5 `steps` above the journeys must be a map of name to steps"),
    ] {
        assert_eq!(with(steps).err().unwrap_or_default()[..1], [want], "{steps}");
    }
}

#[test]
fn a_table_makes_a_journey_of_each_row() {
    let site = site(
        "journeys:
  buy:
    each:
      - { plan: free, price: 0 }
      - { plan: Pro & more, price: 1.50, name: pro }
      - { plan: true, price: 2 }
    title: A visitor buys ${price}
    defaults: { timeout: 5s }
    steps:
      - open: /${price}
      - { fill: .price, with: '${price}', fires: { A: { plan: '${plan}' } } }
      - { fill: .price, with: '€ ${price} ${journey}', optional: true }
  other: { steps: [{ open: / }] }
",
    );
    let names: Vec<(&str, &str)> = site.journeys.values().map(|j| (j.name.as_str(), j.title.as_str())).collect();
    assert_eq!(
        names,
        [
            ("buy.free", "A visitor buys 0"),
            ("buy.pro", "A visitor buys 1.50"),
            ("buy.true", "A visitor buys 2"),
            ("other", "other")
        ]
    );
    assert_eq!(
        told(&site, "buy.pro"),
        [
            "13 visitor open /1.50",
            "14 visitor fill .price with \"1.50\"",
            "15 visitor fill .price with \"€ 1.50 ${journey}\""
        ]
    );
    let plan = |journey: &str| site.journeys[journey].steps[1].fires[0].fields["plan"].schema.clone();
    assert_eq!(plan("buy.pro"), serde_json::json!({ "const": "Pro & more" }));
    assert_eq!(plan("buy.true"), serde_json::json!({ "const": true }), "a value stays what it is");
}

#[test]
fn what_is_wrong_with_a_table_is_told() {
    let with = |each: &str| {
        let text = format!("journeys:\n  buy:\n    each: {each}\n    steps: [{{ open: '/${{plan}}' }}]\n");
        read(&text).err().unwrap_or_default()
    };
    for (each, want) in [
        ("[]", "6:11 `each` has no rows"),
        ("{ plan: free }", "6:11 `each` must be a list of rows (`[{ plan: free }, { plan: pro }]`), not a map"),
        ("[{ plan: a }, { plan: a }]", "6:27 two journeys are called `buy.a`"),
        ("[{ plan: a }, { name: b }]", "6:27 row 2 of `each` lacks `plan`"),
        ("[{ a.b: a, plan: b }]", "6:14 `a.b` can't be the name of a value"),
        ("[{ other: a }]", "7:23 unknown reference `${plan}`"),
    ] {
        assert_eq!(with(each)[..1], [want], "{each}");
    }
}

#[test]
fn short_names_take_values() {
    let with = |names: &str, locator: &str| {
        read(&format!("names:\n{names}journeys:\n  j: {{ steps: [{{ open: / }}, {{ click: '{locator}' }}] }}\n"))
    };
    let names = "  chat: '#chat'
  choice(text): 'chat >> role=button[name=\"${text}\"]'
  cell(row, column): 'tr >> nth=${row} >> td >> nth=${column} >> choice(\"${env.X} ${row}\")'
  said(text): 'text=/^${text}$/i'
  any(role): 'role=${role}'
";
    for (locator, want) in [
        ("choice(\"Book a demo\")", "#chat >> role=button[name=\"Book a demo\"]"),
        ("choice(Book) >> b", "#chat >> role=button[name=\"Book\"] >> b"),
        ("choice(\"say \\\"no\\\"\")", "#chat >> role=button[name=\"say \\\"no\\\"\"]"),
        ("said(\"1+1?\")", "text=/^1\\+1\\?$/i"),
        ("cell(2, -1)", "tr >> nth=2 >> td >> nth=-1 >> #chat >> role=button[name=\"${env.X} 2\"]"),
    ] {
        let site = with(names, locator).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let super::super::Act::Click(target) = &site.journeys["j"].steps[1].act else { panic!("no click") };
        let parts: Vec<String> = target.locator.parts.iter().map(ToString::to_string).collect();
        assert_eq!(parts.join(" >> "), want);
        assert_eq!(target.text, locator);
        assert_eq!(env_references(&site).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["X"]);
    }
    for (locator, want) in [
        ("choice", "the short name `choice` takes one value"),
        ("choice(\"a\", b)", "the short name `choice` takes one value"),
        ("chat(a)", "the short name `chat` takes no value"),
        ("cell(a, 1)", "with these values `cell` isn\u{2019}t valid: `a` is no index"),
        ("chioce(a)", "no short name `chioce` takes values"),
        ("choice(\"a\"", "`choice(` is never closed"),
    ] {
        let found = with(names, locator).err().unwrap_or_default();
        let want = want.replace('\u{2019}', "'");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(&want), "{found:?} isn't {want:?}");
    }
    for (names, want) in [
        ("  a(x): 'b(\"${x}\")'\n  b(x): 'a(\"${x}\")'\n", "the short name `a` refers to itself"),
        ("  a(x): '.x'\n", "`a` doesn't use `x`"),
        ("  a(x): 'text=\"${y} ${x}\"'\n", "unknown reference `${y}`"),
        ("  a(x: '.x'\n", "`a(x` can't be a short name"),
        ("  a(x, x): 'text=${x}'\n", "`x` can't be the name of a value"),
        ("  a: .x\n  a(x): 'text=${x}'\n", "the short name `a` stands twice"),
        ("  a(x): 'text=\"${x}\"; '\n", "`;` doesn't belong here"),
    ] {
        let found = with(names, ".c").err().unwrap_or_default();
        assert!(found.len() == 1 && found[0].ends_with(want), "{names} {found:?}");
    }
    // Names that use each other don't cost more than they may find.
    let mut grow = "  n0(x): 'text=\"${x}\"'\n".to_owned();
    for i in 1..30 {
        grow += &format!("  n{i}(x): 'n{}(\"${{x}}${{x}}\") >> n{}(\"${{x}}\")'\n", i - 1, i - 1);
    }
    assert!(with(&grow, "n29(a)").is_err());
}
