//! Patterns and arms of `match`.

use wfc_diag::{Applicability, Diagnostic, Sources, Span, codes};

use super::all_of;
use crate::lisp::hir::{Expr, Pat};
use crate::lisp::types::{Ty, TypeKind, Types};

pub(in crate::lisp) fn unreachable_arm(span: Span, wildcard: Span) -> Diagnostic {
    Diagnostic::new(codes::UNREACHABLE, span, "this arm is never chosen")
        .label("comes too late")
        .also(wildcard, "this takes every value that is left")
        .help("move it in front of the arm that takes them")
}

pub(in crate::lisp) fn useless_wildcard(span: Span) -> Diagnostic {
    Diagnostic::new(codes::UNREACHABLE, span, "this arm is never chosen")
        .label("every case has an arm already")
        .help("remove it, so that a case that is added later is noticed here")
}

/// An arm whose values are all taken by several arms before it.
pub(in crate::lisp) fn taken_before(span: Span) -> Diagnostic {
    Diagnostic::new(codes::UNREACHABLE, span, "this arm is never chosen")
        .label("the arms before it take all of its values")
        .help("remove it, or move it up")
}

/// An arm for what has an arm.
pub(in crate::lisp) fn case_twice(pattern: &Pat, span: Span, first: Span) -> Diagnostic {
    match named(pattern) {
        Some(name) => super::duplicate("case", &name, span, first),
        None => taken_before(span).also(first, "this arm takes the same"),
    }
}

fn named(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Bind(_, inner) | Pat::Meant(inner) => named(inner),
        Pat::Const(value) => Some(wfc_ir::to_text(value)),
        Pat::Case(tag, fields) if fields.is_empty() => Some(tag.clone()),
        Pat::None => Some("none".to_owned()),
        _ => None,
    }
}

/// Values without an arm: how each is named, and the pattern of its arm.
pub(in crate::lisp) fn uncovered(
    types: &Types,
    subject: &Expr,
    missing: &[(String, String)],
    span: Span,
    after: Span,
    sources: &Sources,
) -> Diagnostic {
    let file = sources.file(span.file);
    let column = if after == subject.span {
        file.line_column(span.start as usize).column + 1
    } else {
        file.line_column(after.start as usize).column - 1
    };
    let indent = " ".repeat(column);
    let arms: String = missing
        .iter()
        .map(|(_, pattern)| format!("\n{indent}({pattern} TODO)"))
        .collect();
    let names = match missing {
        [(only, _)] if only == "_" => "every other value".to_owned(),
        all => all_of(all.iter().map(|(name, _)| name.as_str())),
    };
    let word = if missing.len() == 1 { "an arm" } else { "arms" };
    let diagnostic = Diagnostic::new(
        codes::UNCOVERED_CASE,
        subject.span,
        format!("this `match` does not say what happens for {names}"),
    )
    .label(format!("{names} can occur here"))
    .help(format!("add {word} for {names}"))
    .replace(
        Span::at(after.file, after.end as usize),
        arms,
        format!("insert {word}"),
        Applicability::Unsafe,
    );
    match &subject.ty {
        Ty::Named(id) | Ty::Case(id, _) | Ty::Tag(id) => {
            let def = types.def(*id);
            let name = &def.name.text;
            diagnostic.also(def.name.span, format!("`{name}` is defined here"))
        }
        _ => diagnostic,
    }
}

/// A match of which it takes too long to say what it leaves out.
pub(in crate::lisp) fn unclear_match(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNCOVERED_CASE,
        span,
        "the patterns of this `match` are too many to say whether they take every value",
    )
    .label("matched here")
    .help("end it with an arm `(_ result)`, or split it in two")
}

/// A pattern for another kind of value.
pub(in crate::lisp) fn no_such_pattern(
    types: &Types,
    span: Span,
    head: &str,
    ty: &Ty,
) -> Diagnostic {
    let shown = types.show(ty);
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`{head}` is no pattern for a value of type {shown}"),
    )
    .label(format!("the value is {shown}"));
    match ty {
        Ty::Optional(_) => diagnostic.help("write `(some name)` or `none`"),
        Ty::Bool => diagnostic.help("write `true` or `false`"),
        Ty::Int | Ty::String => diagnostic.help("write a constant, a name or `_`"),
        Ty::Named(id) if matches!(types.def(*id).kind, TypeKind::Record(_)) => {
            diagnostic.help("write `(record :field pattern …)`, a name or `_`")
        }
        _ => diagnostic.help("write a name or `_`"),
    }
}

pub(in crate::lisp) fn name_in_alternative(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("the name `{name}` cannot be bound inside `or`"),
    )
    .label("the other alternatives do not bind it")
    .help("write `_`, or an arm for each alternative")
}

pub(in crate::lisp) fn deep_pattern(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LARGE,
        span,
        format!("patterns nest to {most} levels at most"),
    )
    .label("too deep")
    .help("bind the value to a name, and match that")
}

/// More arms than can be tried one after the other.
pub(in crate::lisp) fn many_arms(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LARGE,
        span,
        format!("a `match` with conditions or nested patterns has {most} arms at most"),
    )
    .label("too many arms")
    .help("split it in two: match the case first, and its fields inside the arm")
}

/// A binding whose pattern does not fit every value.
pub(in crate::lisp) fn refutable(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNCOVERED_CASE,
        span,
        "this pattern does not fit every value",
    )
    .label("bound here")
    .help("use `match`, which says what happens for the others")
}

/// Work where there may be none.
pub(in crate::lisp) fn runs_something(span: Span, inside: Span, what: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("{what} may look at the value, and may run nothing"),
    )
    .label("this runs something")
    .help("bind what it gives with `let*` before, and look at that");
    match span == inside {
        true => diagnostic,
        false => diagnostic.also(inside, "inside of this"),
    }
}
