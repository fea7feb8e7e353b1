//! Resources and transitions.

use wfc_diag::{Diagnostic, Span, codes};

use super::a;
use crate::lisp::defs::Name;

pub(in crate::lisp) fn no_record(span: Span, shown: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("a record is needed here, and {shown} is none"),
    )
    .label("no record")
}

pub(in crate::lisp) fn unknown_state(name: &Name, wanted: &str, known: &[String]) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        name.span,
        format!("there is no {wanted} `{}`", name.text),
    )
    .label(format!("unknown {wanted}"))
    .suggest(name.span, &name.text, known.iter().map(String::as_str))
}

pub(in crate::lisp) fn other_kind(name: &Name, kind: &str, wanted: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        name.span,
        format!("`{}` is {}, not {}", name.text, a(kind), a(wanted)),
    )
    .label(format!("not {}", a(wanted)))
}

pub(in crate::lisp) fn other_resource(name: &Name, transition: &Name, own: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        name.span,
        format!(
            "`{}` is a transition of `{}`, not of `{}`",
            transition.text, own.text, name.text
        ),
    )
    .label("another resource")
    .also(transition.span, "defined here")
}

pub(in crate::lisp) fn write_set(
    span: Span,
    missing: &[&str],
    idle: &[&str],
) -> Option<Diagnostic> {
    let quoted = |names: &[&str]| super::all_of(names.iter().copied());
    let why = match (missing, idle) {
        ([], []) => return None,
        ([], idle) => format!("no update is of {}", quoted(idle)),
        ([only], _) => format!("`{only}` is missing"),
        (missing, _) => format!("{} are missing", quoted(missing)),
    };
    Some(
        Diagnostic::new(
            codes::LISP_FORM,
            span,
            format!("`:write-set` names the fields that are updated: {why}"),
        )
        .label("not the fields of the updates"),
    )
}

pub(in crate::lisp) fn no_list(span: Span, field: &str, shown: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`append-item` is for lists, and the field `{field}` is {shown}"),
    )
    .label("no list")
}

pub(in crate::lisp) fn not_clearable(span: Span, field: &str, shown: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("the field `{field}` cannot be cleared: it is {shown}"),
    )
    .label("always there")
    .help(format!(
        "make it Optional[{shown}] in the state of the resource"
    ))
}

pub(in crate::lisp) fn no_bridge(span: Span, resource: &str, param: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!(
            "the state of `{resource}` is in the file that `{}` names, and nothing has that name here",
            param.text
        ),
    )
    .label(format!("`{}` is not in reach", param.text))
    .also(param.span, "named here")
    .help(format!("add the parameter `{}`, a path", param.text))
}

pub(in crate::lisp) fn no_version(span: Span, param: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "a resource in a file of its own has no version".to_owned(),
    )
    .label("no version to expect")
    .also(param.span, "the file is named here")
}
