//! Schemas.

use wfc_diag::{Diagnostic, Span, codes};

use super::{private, shape};
use crate::lisp::defs::Name;
use crate::lisp::scope::Missing;

pub(in crate::lisp) fn bad_include(span: Span) -> Diagnostic {
    shape(span, ":include", "(:include Schema)", "one schema is named")
}

pub(in crate::lisp) fn unknown_schema(
    span: Span,
    name: &str,
    missing: Missing,
    is_type: bool,
) -> Option<Diagnostic> {
    match missing {
        Missing::Reported => None,
        Missing::Private { module, declared } => Some(private(span, name, &module, declared)),
        Missing::Unknown(_) if is_type => Some(
            Diagnostic::new(
                codes::UNKNOWN_TYPE,
                span,
                format!("`{name}` is a type, and only schemas are included"),
            )
            .label("not a schema")
            .help(format!(
                "define the common fields with `defschema`, or give them a field of the type: `(name {name})`"
            )),
        ),
        Missing::Unknown(known) => Some(
            Diagnostic::new(
                codes::UNKNOWN_TYPE,
                span,
                format!("there is no schema `{name}`"),
            )
            .label("unknown schema")
            .suggest(span, name, known.iter().map(String::as_str)),
        ),
    }
}

pub(in crate::lisp) fn schema_as_type(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        format!("`{name}` is a schema, not a type"),
    )
    .label("no value has this type")
    .also(declared, "defined here")
    .help(format!(
        "include it in a record with `(:include {name})`, and use that"
    ))
}

pub(in crate::lisp) fn schema_cycle(span: Span, name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::SCHEMA_CYCLE,
        span,
        format!("the schema `{}` includes itself", name.text),
    )
    .label("this closes the circle")
    .also(name.span, "defined here")
    .help("move the fields that both need into a schema of their own")
}

pub(in crate::lisp) fn schemas_too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LARGE,
        span,
        format!("schemas include schemas more than {limit} deep"),
    )
    .label("one too deep")
}

pub(in crate::lisp) fn included_twice(
    span: Span,
    schema: &str,
    field: &Name,
    first: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        span,
        format!("the field `{}` is there twice", field.text),
    )
    .label(format!("comes in again with `{schema}`"))
    .also(first, "first here")
    .also(field.span, format!("in `{schema}`"))
}
