//! One mistake each, and files with several: what is said, where, and what is
//! still read.

use wfc_diag::codes;

use super::*;

/// `findings` as `line:column name sentence`; `tree` is what is still read.
#[track_caller]
fn check(text: &str, findings: &[&str], tree: &str) {
    let (document, found) = read(text);
    let found: Vec<String> = found.iter().map(|f| short(text, f)).collect();
    assert_eq!(found, findings);
    assert_eq!(dump(&document.root), tree);
}

/// A file with one finding, whose fix gives `fixed`, which has none.
#[track_caller]
fn check_fix(text: &str, fixed: &str) {
    let (_, found) = read(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    let fixes = found.iter().flat_map(|f| &f.fix);
    let result = wfc_diag::apply_fixes(FILE, text, fixes, true);
    assert_eq!(result.text, fixed);
    assert_eq!(read(fixed).1, Vec::new());
}

#[test]
fn the_steps_around_a_mistake_are_read() {
    check(
        "steps:\n  - name: A\n    command: [a]\n  - name: B\n    command: [b, c\n  - name: C\nfinally: x\n",
        &["5:14 yaml-syntax this `[` is never closed"],
        r#"{steps: [{name: "A", command: ["a"]}, {name: "B", command: ["b", "c"]}, {name: "C"}], finally: "x"}"#,
    );
    check(
        "steps:\n  - name: A\n  - name: B\n    timeout 3\n    id: b\n  - name: C\nfinally: x\n",
        &["4:5 yaml-syntax `timeout 3` is not `key: value`"],
        r#"{steps: [{name: "A"}, {name: "B", id: "b"}, {name: "C"}], finally: "x"}"#,
    );
}

#[test]
fn six_mistakes_are_six_findings() {
    check(
        concat!(
            "on: 1\nsteps:\n  - name: A\n    command: [\"echo \\$x\"]\n    left: \"a\n",
            "    right: b\n  - name: B\n    timeout_sec 3\n    command: [x]\n  - nam: C\n",
            "  -name: D\n   command: [y]\noutputs:\n  q: {from: {ref: root.steps.A.x}\nz: 1\n",
        ),
        &[
            "4:21 yaml-syntax `\\$` is not an escape in double quotes",
            "5:11 yaml-unterminated-quote the text that this quote opens is never closed",
            "8:5 yaml-syntax `timeout_sec 3` is not `key: value`",
            "11:3 yaml-syntax a blank is missing after the dash",
            "12:4 yaml-indentation this line is indented by 3 spaces, but the keys it can belong to by 0 or 4",
            "14:6 yaml-syntax this `{` is never closed",
        ],
        concat!(
            r#"{on: 1, steps: [{name: "A", command: ["echo \\$x"], left: "a", right: "b"}, "#,
            r#"{name: "B", command: ["x"]}, {nam: "C"}, {name: "D", command: ["y"]}], "#,
            r#"outputs: {q: {from: {ref: "root.steps.A.x"}}}, z: 1}"#,
        ),
    );
}

#[test]
fn tabs() {
    check(
        "steps:\n\t- name: A\n\t  id: a\n\t- name: B\nz: 1\n",
        &["2:1 yaml-tab-indentation a tab cannot indent a line"],
        r#"{steps: [{name: "A", id: "a"}, {name: "B"}], z: 1}"#,
    );
    check(
        "a:\n  b: 1\n\tc: 2\n",
        &["3:1 yaml-tab-indentation a tab cannot indent a line"],
        "{a: {b: 1, c: 2}}",
    );
    check_fix("a:\n\tb: 1\n\tc: 2\n", "a:\n  b: 1\n  c: 2\n");
    // A tab stands for whatever fits the line above.
    check_fix(
        "steps:\n  - name: A\n\tcommand: [x]\n  - name: B\n    env:\n\t\tX: y\n",
        "steps:\n  - name: A\n    command: [x]\n  - name: B\n    env:\n      X: y\n",
    );
    check_fix(
        "steps:\n  - name: A\n    id: a\n\t- name: B\n\t  id: b\n",
        "steps:\n  - name: A\n    id: a\n  - name: B\n    id: b\n",
    );
    // A tab inside a block text is text.
    check("a: |\n  x\n  \ty\n", &[], "{a: \"x\\n\\ty\\n\"}");
}

#[test]
fn columns() {
    let found = "3:4 yaml-indentation this line is indented by 3 spaces, but the keys it can belong to by 0 or 4";
    check(
        "steps:\n  - name: A\n   id: a\n  - name: C\n",
        &[found],
        r#"{steps: [{name: "A", id: "a"}, {name: "C"}]}"#,
    );
    check_fix(
        "a:\n  b: 1\n   c: 2\n   d: 3\n",
        "a:\n  b: 1\n  c: 2\n  d: 3\n",
    );
    check(
        "steps:\n  - name: A\n    id: x\n    - name: B\n    id: y\n",
        &[
            "4:5 yaml-indentation this line is indented by 4 spaces, but the items it can belong to by 2",
        ],
        r#"{steps: [{name: "A", id: "x"}, {name: "B", id: "y"}]}"#,
    );
    check(
        "a: |\n  foo\n bar\nb: 1\n",
        &["3:2 yaml-indentation this line is indented less than the text it belongs to"],
        r#"{a: "foo\n", b: 1}"#,
    );
    check(
        "- a\nb: c\n",
        &["2:1 yaml-indentation a key stands here, where a `- ` list item is expected"],
        r#"["a"]"#,
    );
}

#[test]
fn quotes() {
    check(
        "a: 1\nname: 'demo\nsteps:\n  - x: 1\n",
        &["2:7 yaml-unterminated-quote the text that this quote opens is never closed"],
        r#"{a: 1, name: "demo", steps: [{x: 1}]}"#,
    );
    check(
        "a: \"x\nb: \"y\"\nc: 1\n",
        &["1:4 yaml-unterminated-quote the text that this quote opens is never closed"],
        r#"{a: "x", b: "y", c: 1}"#,
    );
    check(
        "a: [x, \"y]\nb: 1\n",
        &["1:8 yaml-unterminated-quote the text that this quote opens is never closed"],
        "{a: <error>, b: 1}",
    );
    check_fix("a: \"x\nb: 1\n", "a: \"x\"\nb: 1\n");
    check_fix("a: 'it's'\n", "a: \"it's\"\n");
    check_fix("a: \"\\d+\\n\"\n", "a: \"\\\\d+\\n\"\n");
}

#[test]
fn values_that_need_quotes() {
    check(
        "a: b: c\nd: e\n",
        &["1:4 yaml-syntax a value with a colon and a blank in it must be in quotes"],
        r#"{a: "b: c", d: "e"}"#,
    );
    check_fix("a: b: c\n  d\n", "a: \"b: c\n  d\"\n");
    check_fix("a: @x # c\n", "a: \"@x\" # c\n");
    check_fix("a: [echo, ${x}/y, b]\n", "a: [echo, \"${x}/y\", b]\n");
    check_fix("a: *.md\n", "a: \"*.md\"\n");
}

#[test]
fn blanks_that_are_missing() {
    check_fix("a: 1\nb:2\nc: 3\n", "a: 1\nb: 2\nc: 3\n");
    check_fix("- a\n-b\n", "- a\n- b\n");
    check_fix("a: 'x'#c\n", "a: 'x' #c\n");
}

#[test]
fn brackets() {
    check(
        "{ \"a\": 1,\n  \"b\": [1, 2\n}\n",
        &["2:8 yaml-syntax this `[` is never closed"],
        "{a: 1, b: [1, 2]}",
    );
    check(
        "a: [1}\nb: ]\nc: [x, , y]\nd: [\"a\" b]\ne: 1\n",
        &[
            "1:6 yaml-syntax `[` is closed by `}`",
            "2:4 yaml-syntax this `]` closes nothing",
            "3:8 yaml-syntax a value is missing before this comma",
            "4:9 yaml-syntax something follows the closing quote",
        ],
        "{a: [1], b: <error>, c: <error>, d: [<error>], e: 1}",
    );
    check(
        "a: {{ name }}\n",
        &["1:5 yaml-key-not-scalar a mapping cannot be a key"],
        "{a: {}}",
    );
}

#[test]
fn duplicate_keys_keep_the_last_value() {
    let text = "a: 1\nb: 2\na: 3\n";
    check(
        text,
        &["3:1 yaml-duplicate-key the key `a` is given twice in one mapping"],
        "{a: 3, b: 2}",
    );
    let (_, found) = read(text);
    assert_eq!(found[0].secondary[0].span, Span::new(FILE, 0, 1));
    // The same with an index in place of a search.
    let many: String = (0..40).map(|i| format!("k{i}: {i}\n")).collect();
    let (document, found) = read(&format!("{many}k7: x\n"));
    assert_eq!(found.len(), 1);
    let mapping = document.root.as_mapping().unwrap();
    assert_eq!(mapping.len(), 40);
    assert_eq!(mapping.get("k7").unwrap().value.as_str(), Some("x"));
    assert!(mapping.get("k40").is_none());
}

#[test]
fn anchors() {
    check(
        "a: &nape 1\nb: *nope\nc: 2\n",
        &["2:4 yaml-unknown-anchor no anchor `&nope` is set before this alias"],
        "{a: 1, b: <error>, c: 2}",
    );
    check(
        "a: &x [1, *x]\n",
        &["1:11 yaml-unknown-anchor an alias cannot stand for a value that contains it"],
        "{a: [1, <error>]}",
    );
    let (_, found) = read("a: &nape 1\nb: *nope\n");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `*nape`?"));
}

#[test]
fn documents() {
    check(
        "a: 1\n---\nb: 2\n",
        &["2:1 yaml-multi-document a file holds one document, but a second one begins here"],
        "{a: 1}",
    );
    check("---\na: 1\n...\n", &[], "{a: 1}");
}

#[test]
fn tags() {
    check(
        "a: !foo bar\nb: !!str 1\nc: !!int x\nd: !!python/object:x y\ne: !e!x z\nf: !!float 1\n",
        &[
            "1:4 yaml-tag tags such as `!foo` have no meaning here",
            "3:10 yaml-tag this value does not fit its tag `!!int`",
            "4:4 yaml-tag tags such as `!!python/object:x` have no meaning here",
            "5:4 yaml-tag `!e!x` is not a tag that can be read",
        ],
        r#"{a: "bar", b: "1", c: "x", d: "y", e: "!e!x z", f: float 1}"#,
    );
}

#[test]
fn characters_nobody_sees() {
    check(
        "a: x\u{1}y\nb: 1\u{1}\n",
        &["1:5 yaml-syntax the character U+0001 is not allowed in YAML"],
        r#"{a: "xy", b: 1}"#,
    );
}

#[test]
fn a_bomb_of_aliases_is_one_finding() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let (_, found) = read(&text);
    let found: Vec<String> = found.iter().map(|f| short(&text, f)).collect();
    assert_eq!(
        found,
        ["5:45 yaml-alias-limit the aliases of this file stand for too many values"]
    );
    // A long text costs what it weighs.
    let text = format!(
        "- &a \"{}\"\n{}",
        "x".repeat(100_000),
        "- *a\n".repeat(1000)
    );
    let (_, found) = read(&text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code.name(), "yaml-alias-limit");
}

#[test]
fn depth_is_one_finding_and_no_overflow() {
    let levels = 100_000;
    let flow = "[".repeat(levels);
    let closed = format!("{flow}{}", "]".repeat(levels));
    let braces = "{a: ".repeat(levels);
    let dashes = format!("{}x", "- ".repeat(levels));
    let keys = format!("{}x", "? ".repeat(levels));
    let indented: String = (0..1000)
        .map(|i| format!("{}a:\n", " ".repeat(i)))
        .collect();
    for text in [flow, closed, braces, dashes, keys, indented] {
        let found: Vec<String> = read(&text).1.iter().map(|f| f.code.name().into()).collect();
        assert_eq!(found, ["yaml-too-deep"], "{}", &text[..20]);
    }
    let text = format!("a: {}\nb: 1\n", "[".repeat(levels));
    check(
        &text,
        &["1:52 yaml-too-deep lists and mappings are nested more than 48 deep"],
        "{a: <error>, b: 1}",
    );
}

#[test]
fn aliases_cannot_add_up_to_a_depth() {
    let nest = |inner: &str| format!("{}{inner}{}", "[".repeat(40), "]".repeat(40));
    let text = format!(
        "a: &a {}\nb: &b {}\nc: {}\n",
        nest("1"),
        nest("*a"),
        nest("*b")
    );
    let names: Vec<&str> = read(&text).1.iter().map(|f| f.code.name()).collect();
    // Once for each alias that would be too deep where it stands.
    assert_eq!(names, ["yaml-too-deep", "yaml-too-deep"]);
}

/// The pages of the codes promise what is found and what is not.
#[test]
fn the_examples_of_the_pages() {
    let mut failing = 0;
    for &code in wfc_diag::ALL_CODES {
        let yaml = code.name().starts_with("yaml-");
        for example in wfc_diag::examples(code) {
            if example.language != "yaml" {
                continue;
            }
            let found: Vec<_> = read(example.text).1.iter().map(|f| f.code).collect();
            if yaml && example.kind == wfc_diag::ExampleKind::Fail {
                assert_eq!(found, [code], "the failing example of {}", code.id());
                failing += 1;
            } else {
                assert_eq!(found, [], "an example of {}", code.id());
            }
        }
    }
    assert!(failing > 5);
}

#[test]
fn endless_findings_are_cut() {
    let text = "- *a\n".repeat(1000);
    let (_, found) = read(&text);
    assert_eq!(found.len(), 200);
    assert_eq!(
        found[199].notes,
        ["800 further findings in this file are not shown"]
    );
}

#[test]
fn a_text_that_is_not_yaml_ends_soon() {
    let words = "lorem ipsum: dolor: [sit\n  amet, \"consectetur\n\tadipiscing} elit\n";
    let (_, found) = read(&words.repeat(20_000));
    let syntax = found.iter().filter(|f| f.code != codes::YAML_DUPLICATE_KEY);
    let count = syntax.count();
    assert!(
        count > 0 && count <= crate::limits::MAX_REPAIRS + 1,
        "{count}"
    );
}
