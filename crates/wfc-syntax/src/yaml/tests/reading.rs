//! What well-formed files are read as.

use super::*;
use crate::yaml::resolve;

#[track_caller]
fn check(text: &str, tree: &str) {
    let (document, found) = read(text);
    assert_eq!(found, Vec::new());
    assert_eq!(dump(&document.root), tree);
}

#[test]
fn collections_and_scalars() {
    check("", "null");
    check("# nothing\n", "null");
    check(
        "a:\nb: ~\nc: []\nd: {}\n",
        "{a: null, b: null, c: [], d: {}}",
    );
    check(
        "steps:\n- a: 1\n  b: x\n- 2\n",
        r#"{steps: [{a: 1, b: "x"}, 2]}"#,
    );
    check("{\"a\": [1, true, null]}", "{a: [1, true, null]}");
    check(
        "a: 'it''s'\nb: \"x\\ty\\u00e9\"\n",
        r#"{a: "it's", b: "x\tyé"}"#,
    );
    check(
        "a: |\n  x\n\n  y\nb: >-\n  x\n  y\n",
        r#"{a: "x\n\ny\n", b: "x y"}"#,
    );
    check("a: |\n  x", r#"{a: "x"}"#);
    check("a: one\n  two\r\nb: 1\r\n", r#"{a: "one two", b: 1}"#);
    check("\u{FEFF}a: ü\n", r#"{a: "ü"}"#);
    check("%YAML 1.1\n---\non: off\n", r#"{on: "off"}"#);
    check("? a\n: 1\n'b': 2\n3: 4\n", "{a: 1, b: 2, 3: 4}");
}

#[test]
fn many_comments_in_a_row() {
    let text = format!("a:\n{}  b: 1\n", "  # c\n".repeat(1000));
    let (document, found) = read(&text);
    assert_eq!((found, document.comments.len()), (Vec::new(), 1000));
}

#[test]
fn aliases_and_merges() {
    check(
        "x: &x {a: 1, b: 2}\ny:\n  c: 0\n  <<: *x\n  b: 3\nz: {<<: [*x, {b: 9, d: 4}]}\n",
        "{x: {a: 1, b: 2}, y: {a: 1, b: 3, c: 0}, z: {a: 1, b: 2, d: 4}}",
    );
    check("a: &k v\n*k : 1\n\"<<\": 2\n", r#"{a: "v", v: 1, <<: 2}"#);
    let text = "a: &x [1]\nb: *x\n";
    let (document, _) = read(text);
    let b = &document.root.as_mapping().unwrap().get("b").unwrap().value;
    let of = |span: wfc_diag::Span| &text[span.start as usize..span.end as usize];
    assert_eq!((of(b.span), of(b.place())), ("[1]", "*x"));
    assert_eq!(of(document.anchors[0].span), "&x");
    assert_eq!(of(document.aliases[0].anchor), "&x");
}

#[test]
fn spans() {
    let text = "a: {b: 'é', c: [1]} # one\nd:\n  - x: |\n      t\n\n  - y\n";
    let (document, _) = read(text);
    let of = |node: &Node| &text[node.span.start as usize..node.span.end as usize];
    let root = document.root.as_mapping().unwrap();
    let a = &root.get("a").unwrap().value;
    assert_eq!(of(a), "{b: 'é', c: [1]}");
    let a = a.as_mapping().unwrap();
    assert_eq!(of(&a.get("b").unwrap().value), "'é'");
    assert_eq!(of(&a.get("c").unwrap().value), "[1]");
    let d = &root.get("d").unwrap().value;
    assert_eq!(of(d), "- x: |\n      t\n\n  - y");
    assert_eq!(of(&d.as_sequence().unwrap()[0]), "x: |\n      t");
    assert_eq!(of(&document.root), text.trim_end());
    assert_eq!(document.comments[0].text, " one");
}

/// Where `needle` of the value of `a` is in the file; `None` if all of the
/// value is meant.
#[track_caller]
fn check_span(text: &str, needle: &str, expected: Option<&str>) {
    let (document, found) = read(text);
    assert_eq!(found, Vec::new());
    let node = &document.root.as_mapping().unwrap().get("a").unwrap().value;
    let value = &node.as_scalar().unwrap().text;
    let at = value.find(needle).unwrap();
    let span = node.span_of(at..at + needle.len(), text);
    match expected {
        Some(expected) => {
            assert_eq!(&text[span.start as usize..span.end as usize], expected);
            assert!(span.start > node.span.start || needle.starts_with(&value[..1]));
        }
        None => assert_eq!(span, node.span),
    }
}

#[test]
fn a_range_of_the_text_is_found_in_the_file() {
    check_span("a: x ${y} z\n", "${y}", Some("${y}"));
    check_span("a: 'x ${y} z'\n", "${y}", Some("${y}"));
    check_span("a: 'it''s ${y}'\n", "${y}", Some("${y}"));
    check_span("a: \"é\\n\\u00e9${y}\"\n", "${y}", Some("${y}"));
    check_span("a: \"é\\n\\u00e9${y}\"\n", "é${y}", Some("\\u00e9${y}"));
    check_span(
        "a: |\n\n  p\n    q ${y}\n\n  r ${z}\n",
        "${y}",
        Some("${y}"),
    );
    check_span(
        "a: |\n\n  p\n    q ${y}\n\n  r ${z}\n",
        "${z}",
        Some("${z}"),
    );
    check_span("a: |2\n    q ${y}\r\n  z\r\n", "q ${y}", Some("q ${y}"));
    check_span("a: |+\n  q\n\n  z\n\n\n", "q\n\nz", Some("q\n\n  z"));
    check_span("a: >\n  q ${y}\n  z\n", "${y}", None);
    check_span("a: q ${y}\n  z\n", "${y}", None);
}

#[test]
fn plain_scalars() {
    let check = |text: &str, expected: Kind| {
        let found = resolve(text);
        // NaN is not equal to itself.
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{text}");
    };
    for text in ["", "~", "null", "Null", "NULL"] {
        check(text, Kind::Null);
    }
    for text in ["yes", "Yes", "YES", "true", "True", "TRUE"] {
        check(text, Kind::Bool(true));
    }
    for text in ["no", "No", "NO", "false", "False", "FALSE"] {
        check(text, Kind::Bool(false));
    }
    for text in [
        "on",
        "off",
        "On",
        "OFF",
        "y",
        "n",
        "yEs",
        "tRUE",
        "0o7",
        "08",
        "1e3",
        "1.5e3",
        "1.5E3",
        "+.5",
        "-.5",
        "._5",
        ".",
        "+",
        "-",
        "1:60",
        "0:30",
        "1:",
        "0x",
        "0b",
        "0b_",
        "0x_",
        "0X1F",
        "0b2",
        "1__x",
        "_1",
        "+.nan",
        ".INf",
        "1.2.3",
        "2.14.1",
        "=",
        "<<",
        "2024-1-1",
        "2024-01-01x",
        "1:30:",
        "0.5.",
        "--1",
        "1,000",
        "2024-01-01T10:00",
        "inf",
        "nan",
    ] {
        check(text, Kind::String);
    }
    for (text, value) in [
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("-3", -3),
        ("+4", 4),
        ("1_000", 1000),
        ("1__0_", 10),
        ("010", 8),
        ("-010", -8),
        ("0_7", 7),
        ("00", 0),
        ("0_", 0),
        ("0x1F", 31),
        ("-0xf_f", -255),
        ("0b101", 5),
        ("1:30", 90),
        ("1:30:05", 5405),
        ("-1:30", -90),
        ("1:5", 65),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        check(text, Kind::Int(value));
    }
    for text in [
        "9223372036854775808",
        "0xFFFFFFFFFFFFFFFFFF",
        "99999999999999999999999999",
    ] {
        check(text, Kind::BigInt);
    }
    for (text, value) in [
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5", -1.5),
        ("1_0.5_0", 10.5),
        ("1.5e+3", 1500.0),
        ("1.5E-3", 0.0015),
        ("1:30.5", 90.5),
        ("-1:30.", -90.0),
        (".inf", f64::INFINITY),
        ("-.Inf", f64::NEG_INFINITY),
        ("+.INF", f64::INFINITY),
        (".nan", f64::NAN),
        ("2.14", 2.14),
        (".5e+1", 5.0),
        ("0:30.", 30.0),
    ] {
        check(text, Kind::Float(value));
    }
    for text in [
        "2024-01-01",
        "2024-1-1T1:02:03",
        "2024-01-01 10:00:00",
        "2024-01-01T10:00:00Z",
        "2024-01-01t10:00:00.5 +01:00",
        "2024-01-01  1:00:00.-5",
    ] {
        check(text, Kind::Date);
    }
}
