//! Tokens and data.

use super::check;

#[test]
fn atoms() {
    check(
        "(a :b \"c\" -1 +2 1.5 .5 1e3 -2.5E-1 true false alias.Name mod/x -> + a:b)",
        r#"(a :b "c" -1 2 1.5 0.5 1000.0 -0.25 true false alias.Name mod/x -> + a:b)"#,
    );
}

#[test]
fn type_symbols_are_one_symbol() {
    check(
        "(f ((p ProcRef[(A B) -> C]) (m Map[String, List[Int]])) -> Optional[T])",
        "(f ((p ProcRef[(A B) -> C]) (m Map[String, List[Int]])) -> Optional[T])",
    );
    check(
        "(defrecord R\n  (m Map[String,Int)\n  (n Int))",
        "(defrecord R (m !) (n Int))
         2:9 lisp-syntax the `[` of this type is never closed [2:6+14 in this type] {2:20+0 \"]\"}",
    );
}

#[test]
fn strings() {
    check(
        "\"a\\n\\t\\\\\\\"\\u{e9}\"\n\"two\r\nlines\"",
        "\"a\\n\\t\\\\\\\"é\"
         \"two\\nlines\"",
    );
    check(
        r#"("\q \u{110000} \u41")"#,
        r#"("\\q \\u{110000} \\u41")
           1:3+2 lisp-string `\q` is not an escape {1:3+0 "\\"}
           1:6+10 lisp-string this `\u` escape names no character
           1:17+2 lisp-string this `\u` escape names no character"#,
    );
}

#[test]
fn heredocs_lose_their_common_indentation() {
    check(
        "(p #\"\"\"\n     Say \"hi\".\n\n       - deeper \\n\n     \"\"\")",
        r#"(p "Say \"hi\".\n\n  - deeper \\n")"#,
    );
    check("#\"\"\"one line\"\"\"", "\"one line\"");
    check(
        "(p \"\"\"\n  x\n  \"\"\")",
        "(p \"x\")
         1:4+3 lisp-string a heredoc string begins with `#\"\"\"` {1:4+0 \"#\"}",
    );
}

#[test]
fn comments_of_all_kinds() {
    check(
        "; one\n(a #| two #| nested |# |# b ; three\n #;(gone) c #; #; x y d)",
        "(a b c d)",
    );
    check(
        "(a #;)",
        "(a)
         1:4+2 lisp-syntax this `#;` has nothing to comment out {1:4+2 \"\"}",
    );
}

#[test]
fn doc_comments_stand_directly_above() {
    check(
        ";;; Far away.\n\n;;; Two\n;;| lines.\n(def a ;;; not this\n  ;;; A field.\n  (x Int))\n;;;; rule\n(b)\n;;; end",
        r##""Two\nlines."#(def a "A field."#(x Int))
           (b)"##,
    );
}

#[test]
fn numbers_have_limits() {
    check(
        "9223372036854775807 -9223372036854775808 9223372036854775808 1e999 1_000",
        "9223372036854775807
         -9223372036854775808
         !
         !
         !
         1:42+19 lisp-number `9223372036854775808` does not fit into 64 bits
         1:62+5 lisp-number `1e999` does not fit into a 64-bit float
         1:68+5 lisp-number `1_000` is not a number {1:68+5 \"1000\"}",
    );
}

#[test]
fn other_lisps_are_met_with_help() {
    check(
        "(a '(b c) [d (e)] #t f)",
        "(a ! ! ! f)
         1:4 lisp-syntax `'` does not quote: nothing here is data until it is run {1:4 \"\"}
         1:11 lisp-syntax square brackets do not make a list
         1:19+2 lisp-syntax `#t` has no meaning {1:19+2 \"true\"}",
    );
    check(
        "(a {b ] : \"c\"d)",
        "(a ! ! \"c\" d)
         1:4 lisp-syntax braces have no meaning here
         1:7 lisp-syntax this `]` closes nothing {1:7 \"\"}
         1:9 lisp-syntax a `:` stands alone
         1:14 lisp-syntax two values stand together without a space {1:14+0 \" \"}",
    );
}

#[test]
fn byte_order_mark_and_carriage_returns() {
    check("\u{feff}(a\r\n  b) ; c\r\n(d)", "(a b)\n(d)");
}

#[test]
fn characters_that_look_like_others() {
    check(
        "(a\u{a0}b \u{201c}c d\u{201d} \u{1})",
        "(a b !)
         1:3+2 lisp-syntax the invisible character U+00A0 stands between values {1:3+2 \" \"}
         1:6+9 lisp-string curly quotes do not make a string {1:6+3 \"\\\"\"} {1:10+3 \"\\\"\"}
         1:12 lisp-syntax the character U+0001 may not stand in a program",
    );
}

#[test]
fn unclosed_strings_end_where_they_probably_should() {
    // Every quote after it changes sides; only the culprit is named.
    check(
        "(defpath Plan :under \"docs :must-exist true)\n(defpath Note :under \"notes\")",
        r#"(defpath Plan :under "docs" :must-exist true)
           (defpath Note :under "notes")
           1:22 lisp-string this string is never closed [1:27+0 it probably should end here] {1:27+0 "\""}"#,
    );
    check(
        "(a (b \"see (c))\n   (d))",
        r#"(a (b "see (c)") (d))
           1:7 lisp-string this string is never closed [1:15+0 it probably should end here] {1:15+0 "\""}"#,
    );
    check(
        "(a \"some prose\n  that goes on)\n(b)",
        r#"(a "some prose\n  that goes on")
           (b)
           1:4 lisp-string this string is never closed [2:15+0 it probably should end here] {2:15+0 "\""}"#,
    );
}

#[test]
fn unclosed_comments_end_before_the_next_definition() {
    check(
        "(m\n  (defa)\n  #| why\n  (defb))",
        "(m (defa) (defb))
         3:3+2 lisp-syntax this block comment is never closed",
    );
    // What is lost with the end of the file is not reported as missing.
    check(
        "(m (a \"b\" #\"\"\" c)",
        r#"(m (a "b" " c)"))
           1:11+4 lisp-string this heredoc string is never closed"#,
    );
}
