use super::*;

fn dump(text: &str) -> String {
    let source = SourceFile::new("t.yaml", text);
    let mut mistakes = Vec::new();
    let mut out = String::new();
    if let Some(node) = parse(&source, &mut mistakes) {
        show(text, &node, "", &mut out);
    }
    for m in &mistakes {
        out += &format!("! {}:{} {:?} {} | {}\n", m.span.line, m.span.column, cut(text, m.span), m.message, m.label);
    }
    out
}
fn cut(text: &str, s: Span) -> &str { &text[s.offset..s.offset + s.len] }
fn show(text: &str, n: &Node, path: &str, out: &mut String) {
    *out += &format!("{path} {}:{} {:?} {}\n", n.span.line, n.span.column, cut(text, n.span), match &n.value { Value::Seq(_) => "seq".into(), Value::Map(_) => "map".into(), v => format!("{v:?}") });
    match &n.value {
        Value::Seq(items) => for (i, x) in items.iter().enumerate() { show(text, x, &format!("{path}[{i}]"), out) },
        Value::Map(es) => for e in es { *out += &format!("{path} key {}:{} {:?}\n", e.key.span.line, e.key.span.column, cut(text, e.key.span)); show(text, &e.value, &format!("{path}.{}", e.key.text), out) },
        _ => {}
    }
}
#[test]
fn explore() {
    for t in ["a: b\nc:  \"d e\" # x\nd:\n  - x\n  - y: 1\n    z: no\n", "ä: [ü, {k: 'v'}, {}]\n", "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  m: 2\n", "a: 1\na: 2\nb: {c: 1, c: 2}\n", "a: |\n  one\n  two\nb: >-\n  x\n  y\nc: plain\n  more\nd: 0123\ne: 1_0\nf: 1e3\ng: ~\nh:\n", "a: [1\nb: 2\n", "a:\n\t- b\n", "a: b: c\n", "", "- a\n- b\n", "\u{feff}a: b\r\nc: d\r\n", "a: *nope\n", "a: 1\n---\nb: 2\n", "1: x\ntrue: y\n~: z\n", "? [a]\n: b\n", "a: @x\n", "a: 'unclosed\nb: c\n", "a: !foo bar\n", "99999999999999999999: 18446744073709551615\nx: 99999999999999999999999\ny: .inf\n", "k: -1\nj: 0x1F\n", "a: .nan", "x: \"a\\tb\\u00e9\"\n"] {
        println!("=== {t:?}\n{}", dump(t));
    }
    println!("{}", dump(&"[".repeat(60)));
    println!("{}", dump(&format!("{}{}", "[".repeat(47), "]".repeat(47))).len());
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..12 { bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(",")); }
    println!("{}", dump(&bomb));
}
