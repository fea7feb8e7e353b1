//! What the layout is, by example.

use super::*;

/// A text that is formatted already.
#[track_caller]
fn stays(text: &str) {
    check(text, text);
}

#[test]
fn indentation_and_spaces() {
    check(
        "a:   1\nb:\n     c:  x y\n     d :  'q'\nl:\n- 1\n-   - 2\n    - 3\n-\n  x: 1\n  y:\n  - 4\n",
        "a: 1\nb:\n  c: x y\n  d: \"q\"\nl:\n  - 1\n  - - 2\n    - 3\n  - x: 1\n    y:\n      - 4\n",
    );
    check("a:\n  1\nb:\n  \"x\"   \n", "a: 1\nb: \"x\"\n");
    check("- a\n- b: 1", "- a\n- b: 1\n");
    check("", "");
    check("\n\n", "");
    stays("  one\n text");
    stays("   --- x: 1");
    check("\u{FEFF}a:  1", "\u{FEFF}a: 1\n");
    check("a: 1\r\nb: |\r\n  x\r\n", "a: 1\nb: |\n  x\n");
}

#[test]
fn blank_lines() {
    check(
        "\n\na: 1\n\n\n\nb:\n\n  - x\n\n  - y\n   \n\n",
        "a: 1\n\nb:\n\n  - x\n\n  - y\n",
    );
    check(
        "a: [\n  1,\n\n  2\n\n]\n\nb: 1\n",
        "a:\n  - 1\n\n  - 2\n\nb: 1\n",
    );
}

#[test]
fn comments_stay_with_what_they_are_about() {
    check(
        "# top\n\nsteps: # the steps\n# about A\n- name: A # why\n  # about x\n  x: 1\n# about B\n\n- name: B\n  # the end of B\n\n# the end\n",
        "# top\n\nsteps: # the steps\n  # about A\n  - name: A # why\n    # about x\n    x: 1\n  # about B\n\n  - name: B\n    # the end of B\n\n# the end\n",
    );
    check(
        "a:\n    b:\n        c: 1\n        # in b\n    # in a\n  # also in a\n# before z\nz: 1\n",
        "a:\n  b:\n    c: 1\n    # in b\n  # in a\n  # also in a\n# before z\nz: 1\n",
    );
    check(
        "a:\n    # nothing yet\nb:\n-\n   # nor here\n- x\n",
        "a:\n  # nothing yet\nb:\n  -\n    # nor here\n  - x\n",
    );
    // Behind an opener, before what it opens.
    stays("a: # one\n  two\nb:\n  - # three\n    x: 1\n  -\n    # four\n    y: 2\n");
    stays("a: # one\n  # two\n  |\n  text\nb: &x # three\n  c: 1\n");
    // Distances are kept: they may be a column.
    stays("a: 1    # x\nbb: 22  # y\nc: 1 # z\n");
    stays("# only\n\n# comments\n");
    check(
        "--- # a\n# b\nx: 1\n... # c\n# d",
        "--- # a\n# b\nx: 1\n... # c\n# d\n",
    );
}

#[test]
fn brackets() {
    check(
        "a: [1,2 , {x: 1,y}]\nb: {  }\nc: [ ]\nd: {x: [ ], \"y\":1}\n",
        "a: [1, 2, { x: 1, y }]\nb: {}\nc: []\nd: { x: [], \"y\": 1 }\n",
    );
    check(
        "a: [1,\n  {x: 1, y: [2]}, # two\n  # end\n] # behind\nb: {c: 1,\n d: [\n2]}\n",
        "a:\n  - 1\n  - { x: 1, y: [2] } # two\n  # end\n  # behind\nb:\n  c: 1\n  d:\n    - 2\n",
    );
    let long = "x".repeat(60);
    check(
        &format!("command: [bash, -c, \"{long}\", '{long}'] # c\n"),
        &format!("command:\n  - bash\n  - -c\n  - \"{long}\"\n  - \"{long}\" # c\n"),
    );
    check("{a: 1,\n \"b\": {c: d}}", "a: 1\n\"b\": { c: d }\n");
    check(
        "- [a, ? b]\n- [a: b, ? c : d]\n- [a: b,\n c: d]\n",
        "- [a, ? b]\n- [a: b, c: d]\n- - a: b\n  - c: d\n",
    );
}

#[test]
fn quotes() {
    check(
        "a: 'x'\nb: 'it''s'\nc: 'say \"x\"'\nd: 'a\\b'\ne: \"it's\"\nf: '${x}'\n'g h': ''\n",
        "a: \"x\"\nb: \"it's\"\nc: 'say \"x\"'\nd: 'a\\b'\ne: \"it's\"\nf: \"${x}\"\n\"g h\": \"\"\n",
    );
}

#[test]
fn texts_of_several_lines() {
    check(
        "a:\n      b: |  # why\n          x\n            y  \n\n          z\n\n\n      c: >-\n          q\n",
        "a:\n  b: |  # why\n    x\n      y  \n\n    z\n\n  c: >-\n    q\n",
    );
    check("a: |4\n      x\n    y\n", "a: |2\n    x\n  y\n");
    check(
        "a: |+\n   x\n\n\nb: |+\n\n\nc: |\nd: >-\n",
        "a: |+\n  x\n\n\nb: |+\n\n\nc: |\nd: >-\n",
    );
    check("a: |\n   x", "a: |-\n  x\n");
    check("a: |+\n   x", "a: |-\n  x\n");
    check("a: |\n   x\n # c\nb: 1\n", "a: |\n  x\n# c\nb: 1\n");
    check("- |\n x\n- - >\n   y\n", "- |\n  x\n- - >\n    y\n");
    check(
        "a: one\n two  \n\n     three\nb: \"x \\\n     y\\ \n  z\"\n",
        "a: one\n  two\n\n  three\nb: \"x \\\n  y\\ \n  z\"\n",
    );
}

#[test]
fn anchors_aliases_tags_and_merge_keys() {
    check(
        "a: &x   {b: 1}\nc: &y\n    <<: *x\n    d: !!str   1\ne:\n- &z\n  f: 1\n- &k g: 1\n- *z\n*k : 2\nh: &n\ni: !!seq\n- 1\n",
        "a: &x { b: 1 }\nc: &y\n  <<: *x\n  d: !!str 1\ne:\n  - &z\n    f: 1\n  - &k g: 1\n  - *z\n*k : 2\nh: &n\ni: !!seq\n  - 1\n",
    );
    check(
        "%YAML 1.2\n# c\n---\na:  1\n...\n",
        "%YAML 1.2\n# c\n---\na: 1\n...\n",
    );
    check(
        "? a\n: b\n?   c\n? \"d\n  e\"\n:  - 1\n",
        "? a\n: b\n? c\n? \"d\n  e\"\n:\n  - 1\n",
    );
}

/// A line that ends with a colon begins a mapping, except between braces.
#[test]
fn a_text_that_would_look_like_a_key() {
    check("a: { x\n  y:: b }\n", "a:\n  ? \"x\n    y:\"\n  : b\n");
}

#[test]
fn a_text_with_errors_is_left_alone() {
    for text in [
        "a: [1\n",
        "a: 1\na: 2\n",
        "a: *x\n",
        "a: 1\n---\nb: 1\n",
        "a: !x 1\n",
    ] {
        assert!(matches!(format(FILE, text), Format::Errors(found) if !found.is_empty()));
    }
    let deep = "[".repeat(100) + &"]".repeat(100);
    assert!(matches!(format(FILE, &deep), Format::Errors(_)));
}
