//! Findings about generic definitions and references.

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use super::{Name, all_of, listed};
use crate::lisp::hir::Expr;
use crate::lisp::types::{Ty, TypeId, Types};

pub(in crate::lisp) fn generic_workflow(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "a workflow has no type parameters: it is run with values",
    )
    .label("not for workflows")
    .help("write a generic procedure with `defproc`, and call it in the workflow")
}

pub(in crate::lisp) fn not_a_type_param<'n>(
    param: &Name,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNKNOWN_TYPE,
        param.span,
        format!("`{}` is not a type parameter of this procedure", param.text),
    )
    .label("not in `:forall`")
    .suggest(param.span, &param.text, names.clone());
    match listed(names) {
        Some(all) => diagnostic.note(format!("`:forall` has {all}")),
        None => diagnostic.help(format!("add `:forall ({})`", param.text)),
    }
}

pub(in crate::lisp) fn record_and_union(param: &Name, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        second,
        format!("`{}` cannot be a record and a union", param.text),
    )
    .label("asks for a union")
    .also(first, "asks for a record")
}

pub(in crate::lisp) fn unbindable_param(name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        name.span,
        format!("no call can say what `{}` is", name.text),
    )
    .label("in no parameter and not in the result")
    .help("use it in the type of a parameter, or delete it")
}

pub(in crate::lisp) fn endless_type(name: &Name, is_alias: bool) -> Diagnostic {
    let message = match is_alias {
        true => format!("`{}` stands for itself", name.text),
        false => format!("`{}` contains ever larger versions of itself", name.text),
    };
    Diagnostic::new(codes::RECURSION, name.span, message).label("has no end")
}

/// `2 type arguments`
fn arguments(count: usize) -> String {
    match count {
        1 => "1 type argument".to_owned(),
        _ => format!("{count} type arguments"),
    }
}

pub(in crate::lisp) fn arity(
    span: Span,
    name: &str,
    wanted: usize,
    found: usize,
    declared: Span,
) -> Diagnostic {
    let message = match (wanted, found) {
        (0, _) => format!("`{name}` takes no type arguments"),
        (_, 0) => format!("`{name}` needs {}", arguments(wanted)),
        _ => format!(
            "`{name}` takes {}, and there {} {found}",
            arguments(wanted),
            if found == 1 { "is" } else { "are" }
        ),
    };
    Diagnostic::new(codes::UNKNOWN_TYPE, span, message)
        .label("wrong number of type arguments")
        .also(declared, "defined here")
}

pub(in crate::lisp) fn reference_type(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        format!("`{name}` needs the types of the parameters and of the result"),
    )
    .label("incomplete")
    .help(format!("write `{name}[(First Second) -> Result]`"))
}

pub(in crate::lisp) fn unfixed_params(
    types: &Types,
    head: Span,
    callee: &str,
    params: &[TypeId],
    declared: Span,
) -> Diagnostic {
    let names = params.iter().map(|id| types.def(*id).name.text.as_str());
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        head,
        format!(
            "this use of `{callee}` does not say what {} {}",
            all_of(names),
            if params.len() == 1 { "is" } else { "are" }
        ),
    )
    .label("the types of the arguments leave it open")
    .also(declared, "defined here")
    .help("give an argument whose type is known, or use it where a type is asked for")
}

pub(in crate::lisp) fn unmet_bounds(
    types: &Types,
    head: Span,
    callee: &str,
    unmet: &[(TypeId, Ty, String)],
    declared: Span,
) -> Diagnostic {
    let name = |id: &TypeId| types.def(*id).name.text.as_str();
    let (first, ty) = unmet.first().map_or(("_", String::new()), |(id, ty, _)| {
        (name(id), types.show(ty))
    });
    let mut diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        head,
        format!("{ty} cannot be `{first}` of `{callee}`"),
    )
    .label("a type does not have what is asked of it")
    .also(declared, "defined here");
    for (id, ty, why) in unmet {
        diagnostic = diagnostic.note(format!("{} as `{}`: {why}", types.show(ty), name(id)));
    }
    diagnostic
}

pub(in crate::lisp) fn too_many_instances(span: Span, most: usize) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_DEPTH,
        span,
        format!("generic procedures are used with more than {most} tuples of types"),
    )
    .label("one too many")
}

pub(in crate::lisp) fn needed_for(
    finding: Diagnostic,
    types: &Types,
    at: Span,
    args: &[(String, Ty)],
) -> Diagnostic {
    let args: Vec<String> = args
        .iter()
        .map(|(name, ty)| format!("{name} = {}", types.show(ty)))
        .collect();
    finding.also(at, format!("needed for {}", args.join(", ")))
}

pub(in crate::lisp) fn field_not_asked_for(
    types: &Types,
    id: TypeId,
    field: &str,
    at: Span,
) -> Diagnostic {
    let def = types.def(id);
    let name = &def.name.text;
    Diagnostic::new(
        codes::UNKNOWN_FIELD,
        at,
        format!("it is not known whether a `{name}` has a field `{field}`"),
    )
    .label("not asked for")
    .also(def.name.span, "a type parameter")
    .help(format!(
        "ask for it: `:where (({name} has-field {field} Type))`"
    ))
}

pub(in crate::lisp) fn opaque_equality(types: &Types, side: &Expr, operator: &str) -> Diagnostic {
    let shown = types.show(&side.ty);
    Diagnostic::new(
        codes::NEVER_EQUAL,
        side.span,
        format!("`{operator}` cannot compare values of the type parameter {shown}"),
    )
    .label("not every type can be compared")
    .help(format!(
        "take a procedure that compares them: `(same ProcRef[({shown} {shown}) -> Bool])`"
    ))
}

pub(in crate::lisp) fn no_value_of_param(types: &Types, id: TypeId, span: Span) -> Diagnostic {
    let name = &types.def(id).name.text;
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("a value of `{name}` cannot be made here"),
    )
    .label("a type parameter: it may have more fields than are known")
    .help(format!(
        "take a procedure that makes it: `(make ProcRef[(…) -> {name}])`"
    ))
}

pub(in crate::lisp) fn not_made(span: Span, form: &str, ty: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`{form}` does not make a value of {ty}"),
    )
    .label(format!("not a type that `{form}` makes"))
}

pub(in crate::lisp) fn unknown_reference(
    span: Span,
    form: &str,
    name: &str,
    known: &[String],
) -> Diagnostic {
    let what = match form {
        "workflow-ref" => "workflow",
        _ => "procedure",
    };
    Diagnostic::new(
        codes::UNKNOWN_NAME,
        span,
        format!("there is no {what} `{name}` to refer to"),
    )
    .label("unknown name")
    .suggest(span, name, known.iter().map(String::as_str))
}

pub(in crate::lisp) fn other_reference(
    span: Span,
    form: &str,
    name: &str,
    declared: Span,
) -> Diagnostic {
    let (is, right) = match form {
        "proc-ref" => ("a workflow", "workflow-ref"),
        _ => ("a procedure", "proc-ref"),
    };
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`{name}` is {is}, which `{form}` does not refer to"),
    )
    .label(format!("write `({right} {name})`"))
    .also(declared, "defined here")
}

pub(in crate::lisp) fn bare_reference(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`{name}` is a procedure, not a value"),
    )
    .label("a reference is needed here")
    .replace(
        span,
        format!("(proc-ref {name})"),
        "refer to it",
        Applicability::Safe,
    )
}

pub(in crate::lisp) fn bare_local_proc(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "in the language 0.1 a local procedure is only passed to others",
    )
    .label("called where it is defined")
    .help("pass `(proc-ref name)`, or let the module say `(:language \"1.0\")`")
}

pub(in crate::lisp) fn no_reference(types: &Types, span: Span, ty: &Ty) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("`bind-proc` needs a reference, found {}", types.show(ty)),
    )
    .label("no reference")
    .help("write `(bind-proc (proc-ref name) :param value)`")
}

pub(in crate::lisp) fn nameless_reference(span: Span, key: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_BINDING,
        span,
        format!("it is not known here which parameter is `{key}`"),
    )
    .label("the reference may stand for any procedure of its type")
    .help("bind the parameter where `proc-ref` names the procedure")
}

pub(in crate::lisp) fn misplaced_reference(types: &Types, span: Span, ty: &Ty) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("a {} cannot be used here", types.show(ty)),
    )
    .label("which one it is must be known when the program is compiled")
    .help("a reference can be bound by `let*`, passed to a parameter, and called")
}

pub(in crate::lisp) fn keyword_of_other_place(
    span: Span,
    key: &str,
    target: &str,
    declared: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_BINDING,
        span,
        format!("`{key}` is not the parameter of `{target}` in this place"),
    )
    .label("arguments of a reference follow the order of its type")
    .also(declared, "the workflow that is passed here")
}

pub(in crate::lisp) fn reference_runs_something(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "a procedure that runs something is passed to a place where nothing may run",
    )
    .label("this would run there")
    .help("call it in a `let*` before, or loop with `for-each`")
}

pub(in crate::lisp) fn entry_takes_reference(at: Span, name: &str, param: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        param.span,
        format!(
            "`{name}` cannot be started: its parameter `{}` is a reference",
            param.text
        ),
    )
    .label("no input can be a reference")
    .also(at, "to be started from here")
    .help("start a workflow that calls it with a reference")
}
