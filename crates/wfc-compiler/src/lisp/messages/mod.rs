//! Every finding of the front end, worded in one place. A message is one
//! sentence that stands alone; the label says what is wrong at the place; the
//! note says what was allowed; the help says what to do.

mod calls;
mod externs;
mod generics;
mod lints;
mod macros;
mod modules;
mod patterns;
mod phases;
mod programs;
mod resources;
mod runs;
mod schemas;
mod steps;
mod twins;
mod types;
mod values;

use wfc_diag::{Applicability, Diagnostic, Span, codes, one_of};
use wfc_syntax::lisp::Datum;

use super::defs::Name;

pub(super) use calls::*;
pub(super) use externs::*;
pub(super) use generics::*;
pub(super) use lints::*;
pub(super) use macros::*;
pub(super) use modules::*;
pub(super) use patterns::*;
pub(super) use phases::*;
pub(super) use programs::*;
pub(super) use resources::*;
pub(super) use runs::*;
pub(super) use schemas::*;
pub(super) use steps::*;
pub(super) use types::*;
pub(super) use values::*;

/// `a record` or `an enum`.
fn a(noun: &str) -> String {
    let is_spoken_you = noun.starts_with("union");
    let article =
        if !is_spoken_you && noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) {
            "an"
        } else {
            "a"
        };
    format!("{article} {noun}")
}

/// `` `a`, `b` and `c` ``
pub(in crate::lisp) fn all_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, init)) => format!("{} and {last}", init.join(", ")),
    }
}

/// A form that is not written as it must be.
pub(super) fn shape(span: Span, form: &str, shape: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{form}` is not well formed: {why}"),
    )
    .label(why)
    .help(format!("write `{shape}`"))
}

/// Two things of one kind with one name.
pub(super) fn duplicate(what: &str, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        span,
        format!("the {what} `{name}` is there twice"),
    )
    .label("repeated here")
    .also(first, "first here")
}

/// A keyword that a form does not know.
pub(super) fn unknown_keyword(
    span: Span,
    keyword: &str,
    form: &str,
    allowed: &[&str],
) -> Diagnostic {
    let allowed: Vec<String> = allowed.iter().map(|each| format!(":{each}")).collect();
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{form}` has no keyword `:{keyword}`"),
    )
    .label("unknown keyword")
    .suggest(
        span,
        &format!(":{keyword}"),
        allowed.iter().map(String::as_str),
    )
}

/// A keyword where a value must stand.
pub(super) fn stray_keyword(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("the keyword `:{name}` is no value"),
    )
    .label("expected a value here")
    .help("keywords name the arguments of a form; write one before each value")
}

/// A value after keywords that has no keyword of its own.
pub(super) fn keyword_needed(span: Span, form: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("this argument of `{form}` has the wrong place"),
    )
    .label("not expected here")
    .note("arguments without a keyword come first; after a keyword comes one value")
}

/// A keyword without a value.
pub(super) fn keyword_alone(span: Span, keyword: &str, form: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`:{keyword}` of `{form}` has no value"),
    )
    .label("a value must follow")
}

/// `()` as an expression.
pub(super) fn empty_list(span: Span) -> Diagnostic {
    Diagnostic::new(codes::LISP_FORM, span, "an empty list has no meaning")
        .label("a form, an operator or a procedure is needed first")
        .help("write `(list)` for the list without items")
}

/// A list that does not begin with a name.
pub(super) fn no_head(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "a list begins with the name of a form, an operator or a procedure",
    )
    .label("this is no such name")
    .help("write `(list …)` for a list of values, and `(do …)` to run one thing after the other")
}

/// A binding of `let*` that is no pair.
pub(super) fn bad_binding(pair: &Datum, list: &Datum, form: &str) -> Diagnostic {
    let why = if pair.as_list().is_none() {
        "each binding is a list of its own"
    } else {
        "a binding is a name and one value"
    };
    let help = format!("write `({form} ((name value)) body)`");
    let flat = list
        .as_list()
        .filter(|all| all.len() == 2 && all[0].as_symbol().is_some());
    let diagnostic = Diagnostic::new(
        codes::LISP_FORM,
        pair.span,
        format!("`{form}` is not well formed: {why}"),
    )
    .label(why)
    .help(help);
    match flat {
        // `(let* (a 1) …)`: parentheses around both.
        Some(_) => {
            let (start, end) = (list.span.start as usize, list.span.end as usize);
            diagnostic.fix(wfc_diag::Fix {
                message: "add the parentheses of the binding".to_owned(),
                applicability: Applicability::Safe,
                edits: vec![
                    wfc_diag::Edit {
                        span: Span::at(list.span.file, start),
                        replacement: "(".to_owned(),
                    },
                    wfc_diag::Edit {
                        span: Span::at(list.span.file, end),
                        replacement: ")".to_owned(),
                    },
                ],
            })
        }
        None => diagnostic,
    }
}

/// A name that means nothing.
pub(super) fn unknown_name(
    name: &str,
    span: Span,
    near: Option<&str>,
    known: &[String],
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("nothing here is named `{name}`"),
    )
    .label("unknown name");
    let diagnostic = match one_of(known.iter().map(String::as_str)) {
        names if names.is_empty() => diagnostic,
        names => diagnostic.note(format!("in reach here: {names}")),
    };
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).replace(
            span,
            near,
            format!("replace `{name}` with `{near}`"),
            Applicability::Unsafe,
        ),
        None => diagnostic,
    }
}
