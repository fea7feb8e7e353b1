//! Macros.

use wfc_diag::{Diagnostic, Span, codes};

use crate::lisp::defs::Name;
use crate::lisp::macros::MAX_NODES;

/// The label at the use of a macro.
pub(in crate::lisp) fn in_expansion(name: &str) -> String {
    format!("in the expansion of this `{name}`")
}

/// The note on macros that use each other.
pub(in crate::lisp) fn expansion_way(names: &[&str]) -> String {
    format!("expanded on the way: {}", names.join(" -> "))
}

pub(in crate::lisp) fn reserved_name(name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::RESERVED_NAME,
        name.span,
        format!("a macro cannot be called `{}`", name.text),
    )
    .label("the name of a form of the language")
    .help("choose another name")
}

pub(in crate::lisp) fn rest_without_splice(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{name}` stands for several forms"),
    )
    .label("one form is needed here")
    .help(format!(
        "write `(splice {name})`, which puts them into the list around it; `(do (splice {name}))` runs them in order"
    ))
}

pub(in crate::lisp) fn splice_of_no_list(span: Span, name: &str, argument: Span) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_RESULT,
        span,
        format!("`(splice {name})` needs a list, and the argument is none"),
    )
    .label("takes a list apart")
    .also(argument, format!("this is `{name}`"))
}

pub(in crate::lisp) fn part_of_no_name(
    span: Span,
    symbol: &str,
    name: &str,
    argument: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_RESULT,
        span,
        format!("`{symbol}` needs a name for `{name}`, and the argument is none"),
    )
    .label("only names are filled in inside a symbol")
    .also(argument, format!("this is `{name}`"))
    .help("bind the value with `let*` and pass the name")
}

pub(in crate::lisp) fn mixed_type(span: Span, symbol: &str, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_RESULT,
        span,
        format!("the type `{symbol}` mixes names of the macro and of its user"),
    )
    .label(format!("`{name}` is a type of the macro's module"))
    .help("make the whole type a parameter")
}

pub(in crate::lisp) fn not_one_definition(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_RESULT,
        span,
        format!("`{name}` does not stand for a definition"),
    )
    .label("no definition comes out of this")
    .note("at the top level of a module, a macro stands for one definition of a type, procedure or workflow")
}

pub(in crate::lisp) fn definition_as_value(span: Span, name: &str, head: &str) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_RESULT,
        span,
        format!("`{name}` stands for a `{head}`, and an expression is needed here"),
    )
    .label("no value comes out of this")
    .help("use the macro at the top level of the module")
}

pub(in crate::lisp) fn macro_as_value(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("`{name}` is a macro, not a value"),
    )
    .label("not a value")
    .help(format!("write `({name} …)`"))
}

pub(in crate::lisp) fn call_of_macro(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{name}` is a macro, and `call` calls workflows"),
    )
    .label("not a workflow")
    .help(format!("write `({name} …)`"))
}

pub(in crate::lisp) fn macro_cycle(span: Span, way: &[&str], declared: Span) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_CYCLE,
        span,
        format!(
            "the macro `{}` stands for a form that uses it again",
            way.first().copied().unwrap_or_default()
        ),
    )
    .label("this use closes the circle")
    .also(declared, "defined here")
    .note(format!("the way round: {}", way.join(" -> ")))
    .help("a template has no conditions, so a macro that uses itself never ends; repeat with `loop/recur`")
}

pub(in crate::lisp) fn macros_too_deep(span: Span, name: &str, limit: usize) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_LIMIT,
        span,
        format!("macros expand to macros more than {limit} deep"),
    )
    .label(format!("`{name}` is one too deep"))
}

pub(in crate::lisp) fn too_many_expansions(span: Span, name: &str, limit: usize) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_LIMIT,
        span,
        format!("the program uses macros more than {limit} times"),
    )
    .label(format!("this `{name}` is one too many"))
    .help("make a procedure of what is used most; a macro that repeats its argument repeats the macros in it, unless the template binds it with `let*`")
}

pub(in crate::lisp) fn expansions_too_large(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_LIMIT,
        span,
        format!("the macros and schemas of the program stand for more than {MAX_NODES} words and lists"),
    )
    .label(format!("with this `{name}`"))
    .help("a macro that repeats its argument doubles it each time: bind the argument with `let*` in the template")
}

pub(in crate::lisp) fn expansion_too_deep(span: Span, name: &str, limit: usize) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_LIMIT,
        span,
        format!("`{name}` expands to lists more than {limit} deep"),
    )
    .label("too deep when it is filled in")
}

pub(in crate::lisp) fn nested_too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::new(
        codes::MACRO_LIMIT,
        span,
        format!("with its macros, this expression nests more than {limit} deep"),
    )
    .label("one too deep")
    .help("make a procedure of the inner part")
}

pub(in crate::lisp) fn hidden_effect(span: Span, form: &str, name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::HIDDEN_EFFECT,
        span,
        format!("the macro `{}` hides a `{form}`", name.text),
    )
    .label("an effect that is not seen where the macro is used")
    .note("in version \"0.1\" of the language, templates have no effects of their own")
    .help("pass the form as an argument, make the macro a procedure, or write `(:language \"1.0\")`, in which effects are inferred")
}
