use std::collections::BTreeMap;

use super::*;

/// Names for tests: what they stand for is CSS.
struct Fixed(Vec<(&'static str, &'static str)>);

impl Names for Fixed {
    fn find(&mut self, name: &str) -> Named {
        match self.0.iter().find(|(known, _)| *known == name) {
            Some((_, css)) => Named::Parts(vec![Part::Css { selector: (*css).into() }]),
            None => Named::Unknown,
        }
    }

    fn all(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

fn names() -> Fixed {
    Fixed(vec![("launcher", "#root .open"), ("panel", ".chat"), ("button", ".ours")])
}

fn parts(text: &str) -> Vec<Part> {
    match parse(text, &mut names()) {
        Ok(locator) => locator.parts,
        Err(errors) => panic!("{text}: {errors:?}"),
    }
}

fn css(selector: &str) -> Part {
    Part::Css { selector: selector.into() }
}

fn exact(value: &str) -> TextMatch {
    TextMatch::Exact { value: value.into() }
}

fn contains(value: &str) -> TextMatch {
    TextMatch::Contains { value: value.into() }
}

fn regex(pattern: &str, flags: &str) -> TextMatch {
    TextMatch::Regex { pattern: pattern.into(), flags: flags.into() }
}

#[test]
fn every_kind() {
    assert_eq!(parts("#root > .a[title='x >> y'], b"), [css("#root > .a[title='x >> y'], b")]);
    assert_eq!(parts("role=button"), [Part::Role { role: "button".into(), name: None }]);
    assert_eq!(
        parts(r#"role=button[name="Talk to \"sales\""]"#),
        [Part::Role { role: "button".into(), name: Some(exact("Talk to \"sales\"")) }]
    );
    assert_eq!(
        parts("role=link[name=Home page]"),
        [Part::Role { role: "link".into(), name: Some(contains("Home page")) }]
    );
    assert_eq!(
        parts("role=link[ name = /a[/]]b/i ]"),
        [Part::Role { role: "link".into(), name: Some(regex("a[/]]b", "i")) }]
    );
    assert_eq!(parts("text=Don't  go"), [Part::Text { text: contains("Don't go") }]);
    assert_eq!(parts("text=\"a >> b\""), [Part::Text { text: exact("a >> b") }]);
    assert_eq!(parts(r"text=/^a >> \/b$/"), [Part::Text { text: regex(r"^a >> \/b$", "") }]);
    assert_eq!(parts("label=E-Mail"), [Part::Label { text: contains("E-Mail") }]);
    assert_eq!(parts("placeholder='Message'"), [Part::Placeholder { text: exact("Message") }]);
    assert_eq!(parts("testid=send-button"), [Part::Testid { id: "send-button".into() }]);
    assert_eq!(parts(".x >> nth=-1"), [css(".x"), Part::Nth { index: -1 }]);
    assert_eq!(parts("my-widget"), [css("my-widget")]);
    assert_eq!(parts("textarea"), [css("textarea")]);
    assert_eq!(parts("[data-x=\"${run.id}\"]"), [css("[data-x=\"${run.id}\"]")]);
}

#[test]
fn short_names_stand_for_their_parts() {
    assert_eq!(parts("launcher"), [css("#root .open")]);
    assert_eq!(parts("panel >> role=textbox >> nth=0")[0], css(".chat"));
    // The short name wins over the element, and only where it stands alone.
    assert_eq!(parts("button"), [css(".ours")]);
    assert_eq!(parts("button.primary"), [css("button.primary")]);
}

#[test]
fn every_mistake_has_its_place_and_help() {
    for (text, at, help) in [
        ("", "", "for example"),
        ("a >> ", ">>", "for example"),
        (">> a", ">>", "for example"),
        ("a >> >> b", ">>", "for example"),
        ("luncher", "luncher", "did you mean `launcher`?"),
        ("panel >> buton", "buton", "did you mean `button`?"),
        ("xyzzy", "xyzzy", "short names: `launcher`, `panel`, `button`"),
        ("launcher .icon", "launcher", "write `launcher >> .icon`"),
        ("rol=button", "rol=", "did you mean `role=`?"),
        ("css=.x", "css=", "CSS needs no prefix"),
        ("xpath=//a", "xpath=", "CSS needs no prefix"),
        ("//a", "//a", "use CSS"),
        ("role=buton", "buton", "did you mean `button`?"),
        ("role=button[nam=\"x\"]", "[nam=\"x\"]", "aria-expanded"),
        ("role=button[name=\"x\"", "[", "write `[name="),
        ("role=button[name=\"x]", "\"", "add a `\"`"),
        ("text=\"a\" b", "b", "put a text in quotes"),
        ("text=", "", "say what text"),
        ("text=''", "''", "leave the condition out"),
        ("text=/a", "/", "add a `/`"),
        ("text=/a/ii", "i", "leave it out"),
        ("testid=/a/", "/a/", "use CSS"),
        ("nth=0", "nth=0", "write `LOCATOR >> nth=0`"),
        ("a >> nth=x", "x", "`0` is the first"),
        (".a[b", "[", "add a `]`"),
        (".a)", ")", "add a `(`"),
        ("[a=\"b]", "\"", "add a `\"`"),
        ("> .a", ">", "write `A >> B`"),
        (".a,", ",", "leave it out"),
        ("button:has-text(\"Send\")", ":has-text", "write `button >> text=...`"),
        ("Talk to sales!", "!", "text="),
        ("text=${env.}", "${env.}", "letters, digits"),
    ] {
        let errors = parse(text, &mut names()).expect_err(text);
        assert_eq!(&text[errors[0].range.clone()], at, "{text}: {errors:?}");
        assert!(errors[0].help.contains(help), "{text}: {errors:?}");
    }
}

#[test]
fn references_are_replaced_in_every_part() {
    let variables = Variables {
        env: BTreeMap::from([("X".to_owned(), "a\"b.".to_owned())]),
        run_id: "r1".into(),
        journey: "j".into(),
    };
    let locator =
        parse("[title=\"${env.X}\"] >> text=/^${env.X} ${run.id}$/ >> text=${env.X}", &mut NoNames).expect("valid");
    assert_eq!(
        locator.render(&variables).parts,
        [
            css("[title=\"a\\\"b.\"]"),
            Part::Text { text: regex("^a\"b\\. r1$", "") },
            Part::Text { text: contains("a\"b.") }
        ]
    );
}

#[test]
fn messages_tell_what_a_short_name_stands_for() {
    for (text, told) in [
        ("launcher", "`launcher` (`#root .open`)"),
        (
            r#"panel >> role=button[name='a "b"'] >> nth=-1"#,
            r#"`panel >> role=button[name='a "b"'] >> nth=-1` (`.chat >> role=button[name="a \"b\""] >> nth=-1`)"#,
        ),
        ("ul >> text=/x/i", "`ul >> text=/x/i`"),
        (r#"label='Work email' >> text=a"#, r#"`label='Work email' >> text=a`"#),
        ("#root .open", "`#root .open`"),
    ] {
        assert_eq!(parse(text, &mut names()).unwrap_or_else(|errors| panic!("{errors:?}")).told(), told);
    }
}

#[test]
fn quotes_around_a_selector_are_a_mistake() {
    for text in [r#"panel >> "\#b2""#, "'.a'"] {
        let errors = parse(text, &mut names()).expect_err(text);
        assert_eq!(errors[0].message, "a selector has no quotes around it", "{text}");
    }
}
