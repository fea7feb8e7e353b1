//! Type expressions.

use super::{FILE, describe};
use crate::lisp::types::{TypeExpr, TypeExprKind, parse_type};
use wfc_diag::Span;

/// Reads `input` as a type at offset 0; compares its form, each part with
/// the text of its span, or the finding.
fn check(input: &str, expected: &str) {
    let shown = match parse_type(input, Span::new(FILE, 0, input.len())) {
        Ok(found) => show(input, &found),
        Err(found) => describe(input, &found),
    };
    assert_eq!(shown, expected, "input: {input}");
}

fn show(input: &str, found: &TypeExpr) -> String {
    let all = |of: &[TypeExpr]| {
        let shown: Vec<String> = of.iter().map(|t| show(input, t)).collect();
        shown.join(" ")
    };
    let text = &input[found.span.start as usize..found.span.end as usize];
    match &found.kind {
        TypeExprKind::Named(name) => {
            assert_eq!(name, text);
            name.clone()
        }
        TypeExprKind::Apply(name, of) => format!("{name}<{}>@`{text}`", all(of)),
        TypeExprKind::Arrow(of, to) => format!("{{{} => {}}}@`{text}`", all(of), show(input, to)),
    }
}

#[test]
fn forms() {
    check("Name", "Name");
    check("mod/Name", "mod/Name");
    check("List[alias.Name]", "List<alias.Name>@`List[alias.Name]`");
    check(
        "Map[String, List[ V ]]",
        "Map<String List<V>@`List[ V ]`>@`Map[String, List[ V ]]`",
    );
    check(
        "ProcRef[(A B) -> C]",
        "ProcRef<{A B => C}@`(A B) -> C`>@`ProcRef[(A B) -> C]`",
    );
    check(
        "WorkflowRef[() -> Optional[T]]",
        "WorkflowRef<{ => Optional<T>@`Optional[T]`}@`() -> Optional[T]`>@`WorkflowRef[() -> Optional[T]]`",
    );
}

#[test]
fn mistakes() {
    check("", "1:1+0 lisp-syntax a type is missing");
    check(
        "List[]",
        "1:5+2 lisp-syntax `List` has empty brackets {1:5+2 \"\"}",
    );
    check("Map[A,,B]", "1:7 lisp-syntax a type is missing");
    check(
        "ProcRef[(A B) C]",
        "1:15 lisp-syntax a list of parameter types needs `-> Result` after it [1:9+6 these are the parameters]",
    );
    check(
        "ProcRef[(A B -> C]",
        "1:14 lisp-syntax a `)` is missing in this type [1:9 to close this] {1:13+0 \")\"}",
    );
    check(
        "List[A",
        "1:7+0 lisp-syntax a `]` is missing in this type [1:5 to close this] {1:7+0 \"]\"}",
    );
    check("List[A]x", "1:8 lisp-syntax a type ends before this");
    let deep = "L[".repeat(100_000);
    let found = parse_type(&deep, Span::new(FILE, 0, deep.len())).unwrap_err();
    assert_eq!(found.code.name(), "lisp-too-deep");
}
