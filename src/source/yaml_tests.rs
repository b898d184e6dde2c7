use super::*;
use crate::source::Mistakes;

/// Every node: path, place, the file's text there, the value.
fn tree(text: &str) -> String {
    let source = SourceFile::new("t.yaml", text);
    let mut mistakes = Vec::new();
    let node = parse(&source, &mut mistakes);
    if let Err(mistakes) = Mistakes::check(&source, mistakes) {
        panic!("{mistakes}");
    }
    let mut out = String::new();
    show(text, &node.expect("a tree"), "", &mut out);
    out
}

fn show(text: &str, node: &Node, path: &str, out: &mut String) {
    let value = match &node.value {
        Value::Seq(_) => "seq".to_owned(),
        Value::Map(_) => "map".to_owned(),
        scalar => format!("{scalar:?}"),
    };
    *out += &format!("{path} {} = {value}\n", at(text, node.span));
    match &node.value {
        Value::Seq(items) => {
            items.iter().enumerate().for_each(|(i, item)| show(text, item, &format!("{path}[{i}]"), out))
        }
        Value::Map(entries) => entries.iter().for_each(|entry| {
            *out += &format!("{path} key {}\n", at(text, entry.key.span));
            show(text, &entry.value, &format!("{path}.{}", entry.key.text), out);
        }),
        _ => {}
    }
}

fn at(text: &str, span: Span) -> String {
    format!("{}:{} {:?}", span.line, span.column, &text[span.offset..span.offset + span.len])
}

/// Every mistake: place, the file's text there, message.
fn mistakes(text: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    parse(&SourceFile::new("t.yaml", text), &mut mistakes);
    mistakes.iter().map(|m| format!("{} {}", at(text, m.span), m.message)).collect()
}

#[test]
fn every_key_and_value_has_its_exact_place() {
    insta::assert_snapshot!(tree("a: b\nü:  \"d e\" # x\nd:\n  - x\n  - y: 1\n    z: 'q'\n"), @r#"
     1:1 "a" = map
     key 1:1 "a"
    .a 1:4 "b" = String("b")
     key 2:1 "ü"
    .ü 2:5 "\"d e\"" = String("d e")
     key 3:1 "d"
    .d 4:5 "x" = seq
    .d[0] 4:5 "x" = String("x")
    .d[1] 5:5 "y" = map
    .d[1] key 5:5 "y"
    .d[1].y 5:8 "1" = Int(1)
    .d[1] key 6:5 "z"
    .d[1].z 6:8 "'q'" = String("q")
    "#);
}

#[test]
fn flow_collections_are_marked_from_bracket_to_bracket() {
    insta::assert_snapshot!(tree("ä: [ü, {k: 'v'}, {}, [ ]]\n"), @r#"
     1:1 "ä" = map
     key 1:1 "ä"
    .ä 1:4 "[ü, {k: 'v'}, {}, [ ]]" = seq
    .ä[0] 1:5 "ü" = String("ü")
    .ä[1] 1:8 "{k: 'v'}" = map
    .ä[1] key 1:9 "k"
    .ä[1].k 1:12 "'v'" = String("v")
    .ä[2] 1:18 "{}" = map
    .ä[3] 1:22 "[ ]" = seq
    "#);
}

#[test]
fn texts_of_several_lines_windows_line_ends_and_tabs() {
    insta::assert_snapshot!(tree("\u{feff}a: |\r\n  one\r\n  two\r\nb: plain\r\n  more\r\nc:\t\"tab\\t\\u00e9\"\t# t\r\n"), @r#"
     1:1 "a" = map
     key 1:1 "a"
    .a 2:3 "one\r\n  two" = String("one\ntwo\n")
     key 4:1 "b"
    .b 4:4 "plain\r\n  more" = String("plain more")
     key 6:1 "c"
    .c 6:4 "\"tab\\t\\u00e9\"" = String("tab\té")
    "#);
}

#[test]
fn plain_scalars_follow_yaml_1_2() {
    insta::assert_snapshot!(tree("[no, yes, on, true, ~, 0123, 1_0, 0x1F, -1, 1e3, 18446744073709551615, '1', 1:30]"), @r#"
     1:1 "[no, yes, on, true, ~, 0123, 1_0, 0x1F, -1, 1e3, 18446744073709551615, '1', 1:30]" = seq
    [0] 1:2 "no" = String("no")
    [1] 1:6 "yes" = String("yes")
    [2] 1:11 "on" = String("on")
    [3] 1:15 "true" = Bool(true)
    [4] 1:21 "~" = Null
    [5] 1:24 "0123" = String("0123")
    [6] 1:30 "1_0" = String("1_0")
    [7] 1:35 "0x1F" = Int(31)
    [8] 1:41 "-1" = Int(-1)
    [9] 1:45 "1e3" = Float(1000.0)
    [10] 1:50 "18446744073709551615" = Float(1.8446744073709552e19)
    [11] 1:72 "'1'" = String("1")
    [12] 1:77 "1:30" = String("1:30")
    "#);
}

#[test]
fn aliases_and_merged_keys_point_at_what_they_repeat() {
    insta::assert_snapshot!(tree("a: &x {k: 1, m: 0}\nb: *x\nc:\n  <<: *x\n  m: 2\n"), @r#"
     1:1 "a" = map
     key 1:1 "a"
    .a 1:7 "{k: 1, m: 0}" = map
    .a key 1:8 "k"
    .a.k 1:11 "1" = Int(1)
    .a key 1:14 "m"
    .a.m 1:17 "0" = Int(0)
     key 2:1 "b"
    .b 1:7 "{k: 1, m: 0}" = map
    .b key 1:8 "k"
    .b.k 1:11 "1" = Int(1)
    .b key 1:14 "m"
    .b.m 1:17 "0" = Int(0)
     key 3:1 "c"
    .c 5:3 "m" = map
    .c key 5:3 "m"
    .c.m 5:6 "2" = Int(2)
    .c key 1:8 "k"
    .c.k 1:11 "1" = Int(1)
    "#);
}

#[test]
fn duplicates_are_mistakes_at_the_second_key() {
    assert_eq!(
        mistakes("a: 1\nb: {c: 1, c: 2}\na: 2\n"),
        ["2:11 \"c\" `c` stands twice in this map", "3:1 \"a\" `a` stands twice in this map"]
    );
}

#[test]
fn syntax_errors_have_their_place() {
    for (text, want) in [
        ("a: [1\nb: 2\n", "2:2 \"\" illegal placement of ':' indicator"),
        ("a:\n\t- b\n", "2:2 \"\" a tab can't indent a line"),
        ("ä: b: c\n", "1:5 \"\" mapping values are not allowed in this context"),
        ("a: *nope\n", "1:4 \"\" alias references unknown anchor"),
        ("a: 1\n---\nb: 2\n", "3:1 \"\" a second YAML document begins here"),
        ("~: z\n", "1:1 \"~\" a key can't be empty"),
        ("? [a]\n: b\n", "1:3 \"[\" a key must be a text"),
        ("a: 'unclosed\nb: c\n", "1:4 \"\" unclosed quote"),
        ("x: .inf\n", "1:4 \".inf\" infinite numbers have no meaning here"),
    ] {
        assert_eq!(mistakes(text), [want], "{text}");
    }
}

#[test]
fn bombs_are_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..12 {
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(","));
    }
    assert_eq!(mistakes(&bomb).len(), 1);
    assert_eq!(mistakes(&"[".repeat(10_000)).len(), 1);
    assert_eq!(mistakes(&"- ".repeat(10_000)).len(), 1);
    assert_eq!(mistakes(&format!("{}{}", "[".repeat(200), "]".repeat(200))).len(), 1);
}

/// A file of many journeys is long, and no bomb.
#[test]
fn a_long_file_is_read_and_one_that_repeats_itself_without_end_is_not() {
    let read = |text: String| {
        let mut mistakes = Vec::new();
        (parse(&SourceFile::new("f.yaml", text), &mut mistakes).is_some(), mistakes.len())
    };
    let long: String = (0..60_000).map(|nth| format!("k{nth}: [1, 2]\n")).collect();
    assert_eq!(read(long), (true, 0));
    let mut bomb = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8]\n".to_owned();
    for nth in 1..12 {
        bomb += &format!("a{nth}: &a{nth} [{}]\n", vec![format!("*a{}", nth - 1); 8].join(", "));
    }
    assert_eq!(read(bomb), (false, 1));
}
