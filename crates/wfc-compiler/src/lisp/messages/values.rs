//! Values: types that do not fit, fields, cases, operators.

use wfc_diag::{Applicability, Diagnostic, Edit, Fix, Sources, Span, codes, one_of};
use wfc_ir::Value;
use wfc_syntax::lisp::Datum;

use super::all_of;
use super::modules::kind_name;
use super::twins::tell_apart;
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::types::{Incomparable, Ty, TypeId, TypeKind, Types};

pub(in crate::lisp) fn mismatch(types: &Types, found: &Expr, want: &Ty) -> Diagnostic {
    let (have_text, want_text) = (types.show(&found.ty), types.show(want));
    let is_twin = have_text == want_text;
    let other = if is_twin { "another " } else { "" };
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        found.span,
        format!("expected {want_text}, found {other}{have_text}"),
    )
    .label(format!("this is {other}{have_text}"));
    let mut diagnostic = tell_apart(diagnostic, types, &found.ty, want);
    if let Ty::Named(id) = want
        && !is_twin
    {
        diagnostic = diagnostic.also(
            types.def(*id).name.span,
            format!("{want_text} is {}", kind_name(&types.def(*id).kind)),
        );
    }
    if let Some(why) = types.shape_difference(&found.ty, want) {
        return diagnostic.note(why);
    }
    match (want, &found.kind) {
        (Ty::Optional(item), _) if types.fits(&found.ty, item) => wrap(
            diagnostic.help("say that the value is there with `(some …)`"),
            found.span,
            "(some ",
            "wrap it in `(some …)`",
        ),
        (Ty::String, _) if found.ty == Ty::Int => wrap(
            diagnostic.help("turn the number into text with `(string/from-int …)`"),
            found.span,
            "(string/from-int ",
            "wrap it in `(string/from-int …)`",
        ),
        (Ty::String, _) if types.is_path(&found.ty) => {
            diagnostic.note("a path is not text, so that it cannot be taken apart")
        }
        (Ty::Named(id), ExprKind::Lit(Value::String(text))) => {
            enum_text(diagnostic, types, *id, text, found.span)
        }
        (_, _) if matches!(&found.ty, Ty::Optional(item) if types.fits(item, want)) => {
            diagnostic.help("it may be `none`; say what then, with `(or-else … value)`")
        }
        _ => diagnostic,
    }
}

/// Puts parentheses around a value.
fn wrap(diagnostic: Diagnostic, span: Span, open: &str, message: &str) -> Diagnostic {
    diagnostic.fix(Fix {
        message: message.to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![
            Edit {
                span: Span::at(span.file, span.start as usize),
                replacement: open.to_owned(),
            },
            Edit {
                span: Span::at(span.file, span.end as usize),
                replacement: ")".to_owned(),
            },
        ],
    })
}

/// A text where a member of an enum is wanted.
fn enum_text(
    diagnostic: Diagnostic,
    types: &Types,
    id: TypeId,
    text: &str,
    span: Span,
) -> Diagnostic {
    let Some(words) = types.words(id) else {
        return diagnostic;
    };
    if types.def(id).is_shape {
        let words = words.iter().map(|word| word.text.as_str());
        return diagnostic.note(format!("expected {}", one_of(words)));
    }
    let name = &types.def(id).name.text;
    let members: Vec<String> = words.iter().map(|w| format!("{name}.{}", w.text)).collect();
    let wanted = format!("{name}.{text}");
    if members.contains(&wanted) {
        return diagnostic.help(format!("write `{wanted}`")).replace(
            span,
            &wanted,
            format!("write `{wanted}`"),
            Applicability::Safe,
        );
    }
    diagnostic.suggest(span, &wanted, members.iter().map(String::as_str))
}

pub(in crate::lisp) fn arms_differ(types: &Types, found: &Expr, other: &Expr) -> Diagnostic {
    arm_differs(types, found, &other.ty, other.span)
}

pub(in crate::lisp) fn arm_differs(
    types: &Types,
    found: &Expr,
    ty: &Ty,
    first: Span,
) -> Diagnostic {
    let (have, want) = (types.show(&found.ty), types.show(ty));
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        found.span,
        format!("both ways must give one type, but one gives {have} and the other {want}"),
    )
    .label(format!("this is {have}"))
    .also(first, format!("this is {want}"))
}

pub(in crate::lisp) fn bad_default(types: &Types, datum: &Datum, ty: &Ty) -> Diagnostic {
    let shown = types.show(ty);
    let diagnostic = Diagnostic::new(
        codes::BAD_DEFAULT,
        datum.span,
        format!("this default is no {shown}"),
    )
    .label(format!("expected a constant of type {shown}"));
    let words = match ty {
        Ty::Named(id) => types.words(*id),
        _ => None,
    };
    match (words, datum.as_symbol().or(datum.as_str())) {
        (Some(words), Some(found)) => diagnostic.suggest(
            datum.span,
            found,
            words.iter().map(|word| word.text.as_str()),
        ),
        _ => diagnostic,
    }
}

/// `Order`, or `Outcome.DONE`.
fn owner(types: &Types, id: TypeId, variant: Option<usize>) -> (String, Span) {
    let def = types.def(id);
    let tag = variant.and_then(|index| types.variants(id)?.get(index));
    match tag {
        Some(tag) => (
            format!("{}.{}", def.name.text, tag.name.text),
            tag.name.span,
        ),
        None => (def.name.text.clone(), def.name.span),
    }
}

pub(in crate::lisp) fn unknown_field(
    types: &Types,
    id: TypeId,
    variant: Option<usize>,
    field: &str,
    span: Span,
) -> Diagnostic {
    let (name, declared) = owner(types, id, variant);
    let fields: Vec<String> = types
        .fields_of(id, variant)
        .iter()
        .map(|f| format!(":{}", f.name.text))
        .collect();
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_FIELD,
        span,
        format!("`{name}` has no field `{field}`"),
    )
    .label("unknown field")
    .also(declared, "defined here");
    if fields.is_empty() {
        return diagnostic.note(format!("`{name}` has no fields"));
    }
    diagnostic.suggest(
        span,
        &format!(":{field}"),
        fields.iter().map(String::as_str),
    )
}

pub(in crate::lisp) fn missing_fields(
    types: &Types,
    id: TypeId,
    variant: Option<usize>,
    missing: &[&str],
    span: Span,
) -> Diagnostic {
    let (name, declared) = owner(types, id, variant);
    let word = if missing.len() == 1 {
        "field"
    } else {
        "fields"
    };
    Diagnostic::new(
        codes::MISSING_FIELD,
        span,
        format!(
            "`{name}` is made without the {word} {}",
            all_of(missing.iter().copied())
        ),
    )
    .label(format!("{} missing", all_of(missing.iter().copied())))
    .also(declared, "defined here")
}

pub(in crate::lisp) fn no_field(types: &Types, id: TypeId, field: &str, at: Span) -> Diagnostic {
    let def = types.def(id);
    Diagnostic::new(
        codes::UNKNOWN_FIELD,
        at,
        format!("`{}` has no field `{field}`", def.name.text),
    )
    .label("unknown field")
    .also(def.name.span, "defined here")
    .suggest(
        at,
        field,
        types
            .fields_of(id, None)
            .iter()
            .map(|f| f.name.text.as_str()),
    )
}

pub(in crate::lisp) fn no_field_of_variant(
    types: &Types,
    id: TypeId,
    index: usize,
    field: &str,
    at: Span,
) -> Diagnostic {
    let (name, declared) = owner(types, id, Some(index));
    let others: Vec<&str> = types
        .variants(id)
        .unwrap_or_default()
        .iter()
        .filter(|v| v.fields.iter().any(|f| f.name.text == field))
        .map(|v| v.name.text.as_str())
        .collect();
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_FIELD,
        at,
        format!("`{name}` has no field `{field}`"),
    )
    .label("not a field of this case")
    .also(declared, "the case is defined here");
    if others.is_empty() {
        diagnostic.suggest(
            at,
            field,
            types
                .fields_of(id, Some(index))
                .iter()
                .map(|f| f.name.text.as_str()),
        )
    } else {
        diagnostic.note(format!("only {} has it", all_of(others)))
    }
}

pub(in crate::lisp) fn no_fields(types: &Types, base: &Ty, field: &str, at: Span) -> Diagnostic {
    let shown = types.show(base);
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_FIELD,
        at,
        format!("a value of type {shown} has no field `{field}`"),
    )
    .label(format!("{shown} has no fields"));
    match base {
        Ty::Optional(_) => diagnostic
            .help("the value may be `none`; take it out with `(or-else value default)` first"),
        _ => diagnostic,
    }
}

pub(in crate::lisp) fn unproved(
    types: &Types,
    id: TypeId,
    field: &str,
    at: Span,
    whole: &str,
) -> Diagnostic {
    let def = types.def(id);
    let cases: Vec<&str> = types
        .variants(id)
        .unwrap_or_default()
        .iter()
        .filter(|v| v.fields.iter().any(|f| f.name.text == field))
        .map(|v| v.name.text.as_str())
        .collect();
    let subject = whole
        .rfind(&format!(".{field}"))
        .map_or(whole, |dot| &whole[..dot]);
    let diagnostic = Diagnostic::new(
        codes::UNPROVED_VARIANT,
        at,
        format!(
            "nothing shows which case of `{}` this value is",
            def.name.text
        ),
    )
    .also(def.name.span, "the union is defined here");
    match cases.as_slice() {
        [] => {
            let all: Vec<&str> = types
                .variants(id)
                .unwrap_or_default()
                .iter()
                .flat_map(|v| v.fields.iter().map(|f| f.name.text.as_str()))
                .collect();
            diagnostic
                .label(format!("no case has a field `{field}`"))
                .suggest(at, field, all.iter().copied())
        }
        [first, ..] => diagnostic
            .label(format!(
                "only there when the value is {}",
                one_of(cases.iter().copied())
            ))
            .help(format!(
                "read it inside an arm: `(match {subject} (({first} it) it.{field}) …)`"
            )),
    }
}

pub(in crate::lisp) fn no_members(
    types: &Types,
    id: TypeId,
    member: &str,
    span: Span,
) -> Diagnostic {
    let def = types.def(id);
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!(
            "`{}` is {}, and only enums have members",
            def.name.text,
            kind_name(&def.kind)
        ),
    )
    .label("not a value")
    .also(def.name.span, "defined here");
    match &def.kind {
        TypeKind::Union(_) => {
            diagnostic.help(format!("write `(variant {} {member} …)`", def.name.text))
        }
        _ => diagnostic,
    }
}

pub(in crate::lisp) fn unknown_member(
    types: &Types,
    id: TypeId,
    member: &str,
    at: Span,
) -> Diagnostic {
    let def = types.def(id);
    Diagnostic::new(
        codes::UNKNOWN_CASE,
        at,
        format!("the enum `{}` has no member `{member}`", def.name.text),
    )
    .label("unknown member")
    .also(def.name.span, "defined here")
    .suggest(
        at,
        member,
        types
            .words(id)
            .unwrap_or_default()
            .iter()
            .map(|w| w.text.as_str()),
    )
}

pub(in crate::lisp) fn bare_member(
    types: &Types,
    id: TypeId,
    name: &str,
    span: Span,
) -> Diagnostic {
    let full = format!("{}.{name}", types.def(id).name.text);
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("nothing here is named `{name}`"),
    )
    .label("unknown name")
    .also(
        types.def(id).name.span,
        "this enum has a member of that name",
    )
    .help(format!("write `{full}`"))
    .replace(span, &full, format!("write `{full}`"), Applicability::Safe)
}

pub(in crate::lisp) fn unknown_case(
    types: &Types,
    id: TypeId,
    tag: &str,
    span: Span,
) -> Diagnostic {
    let def = types.def(id);
    let (what, names): (&str, Vec<&str>) = match &def.kind {
        TypeKind::Union(all) => ("case", all.iter().map(|v| v.name.text.as_str()).collect()),
        TypeKind::Enum(all) => ("member", all.iter().map(|w| w.text.as_str()).collect()),
        _ => ("case", Vec::new()),
    };
    Diagnostic::new(
        codes::UNKNOWN_CASE,
        span,
        format!("`{}` has no {what} `{tag}`", def.name.text),
    )
    .label(format!("unknown {what}"))
    .also(def.name.span, "defined here")
    .suggest(span, tag, names.iter().copied())
}

pub(in crate::lisp) fn cannot_match(types: &Types, subject: &Expr) -> Diagnostic {
    let shown = types.show(&subject.ty);
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        subject.span,
        format!("`match` takes a value, found {shown}"),
    )
    .label(format!("this is {shown}"))
}

/// A `cond` that may come to its end.
pub(in crate::lisp) fn open_cond(span: Span, clauses: &[Datum], sources: &Sources) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNCOVERED_CASE,
        span,
        "this `cond` does not say what happens when no condition holds",
    )
    .label("a value is needed in every case")
    .help("add a clause `(else value)` at the end");
    let Some(last) = clauses.last() else {
        return diagnostic;
    };
    let file = sources.file(span.file);
    let column = file.line_column(last.span.start as usize).column - 1;
    diagnostic.replace(
        Span::at(last.span.file, last.span.end as usize),
        format!("\n{}(else TODO)", " ".repeat(column)),
        "insert the clause",
        Applicability::Unsafe,
    )
}

pub(in crate::lisp) fn unreachable_clause(span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(codes::UNREACHABLE, span, "this clause is never chosen")
        .label("comes too late")
        .also(first, "`else` takes everything that is left")
        .help("move the clause before `else`")
}

/// `record-update` of what has no fields.
pub(in crate::lisp) fn no_update(types: &Types, base: &Expr) -> Diagnostic {
    let shown = types.show(&base.ty);
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        base.span,
        format!("`record-update` takes a record, found {shown}"),
    )
    .label(format!("this is {shown}"));
    match &base.ty {
        Ty::Named(id) if types.variants(*id).is_some() => {
            diagnostic.help("which variant it is must be known: update it inside an arm of `match`")
        }
        _ => diagnostic,
    }
}

pub(in crate::lisp) fn never_equal(types: &Types, left: &Expr, right: &Expr) -> Diagnostic {
    let (a, b) = (types.show(&left.ty), types.show(&right.ty));
    let diagnostic = Diagnostic::new(
        codes::NEVER_EQUAL,
        right.span,
        format!("{a} and {b} are never equal"),
    )
    .label(format!("this is {b}"))
    .also(left.span, format!("this is {a}"));
    match (&left.ty, &left.kind, &right.ty, &right.kind) {
        (Ty::Named(id), _, _, ExprKind::Lit(Value::String(text))) => {
            enum_text(diagnostic, types, *id, text, right.span)
        }
        (_, ExprKind::Lit(Value::String(text)), Ty::Named(id), _) => {
            enum_text(diagnostic, types, *id, text, left.span)
        }
        _ => diagnostic,
    }
}

/// Values that `=` does not compare.
pub(in crate::lisp) fn incomparable(
    types: &Types,
    side: &Expr,
    name: &str,
    why: Incomparable,
) -> Diagnostic {
    let (what, help) = match why {
        Incomparable::Union => (
            "values of a union",
            "use `match`, which also shows which fields are there",
        ),
        Incomparable::Float => (
            "Floats: two ways of computing one number seldom give exactly the same",
            "compare with `<` and `>`, or make integers of them first, with `int/round`",
        ),
    };
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        side.span,
        format!("`{name}` cannot compare {what}"),
    )
    .help(help);
    let shown = types.show(&side.ty);
    match (&side.ty, why) {
        (Ty::Float, _) => diagnostic.label("this is Float"),
        (Ty::Case(..), _) => diagnostic.label(format!("this is {shown}")),
        (Ty::Named(id), Incomparable::Union) if types.variants(*id).is_some() => {
            diagnostic.label(format!("this is {shown}"))
        }
        (_, Incomparable::Union) => {
            diagnostic.label(format!("this is {shown}, with a union in it"))
        }
        (_, Incomparable::Float) => {
            diagnostic.label(format!("this is {shown}, with a Float in it"))
        }
    }
}

/// An operand of another kind.
pub(in crate::lisp) fn wrong_operand(
    types: &Types,
    operand: &Expr,
    name: &str,
    wanted: &str,
) -> Diagnostic {
    let shown = types.show(&operand.ty);
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        operand.span,
        format!("`{name}` takes {wanted} here, found {shown}"),
    )
    .label(format!("this is {shown}"));
    match &operand.ty {
        Ty::Optional(item) if matches!(**item, Ty::List(_) | Ty::Map(_)) => {
            diagnostic.help("it may be `none`; say what then, with `(or-else … value)`")
        }
        _ => diagnostic,
    }
}

pub(in crate::lisp) fn not_a_path(types: &Types, ty: &Ty, span: Span) -> Diagnostic {
    let shown = types.show(ty);
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`path/join-under` makes a path, and {shown} is none"),
    )
    .label("not the type of a path")
    .help("define one: `(defpath Name :kind relpath :under \"docs\")`")
}

/// A path that is put together, and said to exist.
pub(in crate::lisp) fn made_path_exists(types: &Types, ty: &Ty, span: Span) -> Diagnostic {
    let shown = types.show(ty);
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("{shown} promises that something exists, and a path that is put together need not"),
    )
    .label("has `:must-exist true`")
    .help("use a path type without `:must-exist`")
}

pub(in crate::lisp) fn not_a_number(types: &Types, operand: &Expr, name: &str) -> Diagnostic {
    let shown = types.show(&operand.ty);
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        operand.span,
        format!("`{name}` takes numbers, found {shown}"),
    )
    .label(format!("this is {shown}"));
    if operand.ty == Ty::String && name == "+" {
        return diagnostic.help("texts are joined by `string/concat`");
    }
    diagnostic
}

pub(in crate::lisp) fn not_a_word(types: &Types, operand: &Expr, name: &str) -> Diagnostic {
    let shown = types.show(&operand.ty);
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        operand.span,
        format!("`{name}` takes single words, found {shown}"),
    )
    .label(format!("this is {shown}"))
    .note("a word is a String, Int, Float, Bool, an enum or a path")
}

pub(in crate::lisp) fn not_optional(types: &Types, operand: &Expr, name: &str) -> Diagnostic {
    let shown = types.show(&operand.ty);
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        operand.span,
        format!("`{name}` takes an optional value, found {shown}"),
    )
    .label(format!("this is {shown}, so it is always there"))
}

pub(in crate::lisp) fn constant_condition(span: Span, truth: bool) -> Diagnostic {
    Diagnostic::new(
        codes::ALWAYS_TRUE,
        span,
        format!("this condition is always {truth}"),
    )
    .label(if truth {
        "the second branch never runs"
    } else {
        "the first branch never runs"
    })
}
