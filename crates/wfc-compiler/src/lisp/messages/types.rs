//! Types and their definitions.

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use super::modules::kind_name;
use super::private;
use crate::lisp::defs::Name;
use crate::lisp::scope::Missing;
use crate::lisp::types::{BUILT_IN, TypeId, Types};

/// Types as other languages call them.
const SYNONYMS: [(&str, &str); 8] = [
    ("Integer", "Int"),
    ("Number", "Float"),
    ("Double", "Float"),
    ("Boolean", "Bool"),
    ("Str", "String"),
    ("Text", "String"),
    ("Dict", "Map"),
    ("Array", "List"),
];

pub(in crate::lisp) fn unknown_type(
    span: Span,
    name: &str,
    missing: Missing,
) -> Option<Diagnostic> {
    match missing {
        Missing::Reported => None,
        Missing::Private { module, declared } => Some(private(span, name, &module, declared)),
        Missing::Unknown(mut names) => {
            names.extend(BUILT_IN.iter().map(|&name| name.to_owned()));
            let found = Diagnostic::new(
                codes::UNKNOWN_TYPE,
                span,
                format!("there is no type `{name}`"),
            )
            .label("unknown type")
            .suggest(span, name, names.iter().map(String::as_str));
            Some(match SYNONYMS.iter().find(|(other, _)| *other == name) {
                Some((_, own)) => found
                    .help(format!("the type is called `{own}` here"))
                    .replace(
                        span,
                        *own,
                        format!("replace `{name}` with `{own}`"),
                        Applicability::Unsafe,
                    ),
                None => found,
            })
        }
    }
}

pub(in crate::lisp) fn built_in_type(name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        name.span,
        format!("`{}` is a built-in type", name.text),
    )
    .label("cannot be defined again")
    .help("choose another name")
}

pub(in crate::lisp) fn type_arguments(span: Span, name: &str) -> Diagnostic {
    let shape = match name {
        "Map" => "Map[String, Int]",
        "List" => "List[Int]",
        _ => "Optional[Int]",
    };
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        format!("`{name}` needs the type of what it holds"),
    )
    .label("the argument is missing, or there are too many")
    .help(format!("write, say, `{shape}`"))
}

pub(in crate::lisp) fn no_arguments(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        format!("`{name}` takes no arguments"),
    )
    .label("brackets are not expected here")
    .note("`List`, `Map`, `Optional` and definitions with `:forall` take arguments")
}

pub(in crate::lisp) fn no_function_types(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        "a type with `->` has a meaning only inside of a reference type",
    )
    .label("not a type by itself")
    .help("write `ProcRef[(First Second) -> Result]` or `WorkflowRef[(First) -> Result]`")
}

pub(in crate::lisp) fn map_key(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        "the keys of a map are always `String`",
    )
    .label("not a `String`")
}

pub(in crate::lisp) fn optional_twice(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_TYPE,
        span,
        "a value cannot be optional twice",
    )
    .label("this holds an optional already")
    .note("`none` inside and `none` outside could not be told apart")
}

pub(in crate::lisp) fn recursive_type(name: &Name, way: &[&str], field: Span) -> Diagnostic {
    let mut way: Vec<&str> = way.to_vec();
    way.extend(way.first().copied());
    Diagnostic::new(
        codes::RECURSION,
        name.span,
        format!("the type `{}` contains itself", name.text),
    )
    .label("no value of it could ever be complete")
    .also(field, "this field closes the circle")
    .note(format!("the way round: {}", way.join(" -> ")))
}

pub(in crate::lisp) fn huge_type(name: &Name) -> Diagnostic {
    Diagnostic::new(
        codes::TOO_LARGE,
        name.span,
        format!("the type `{}` is too large", name.text),
    )
    .label("written out in full, it has too many parts or nests too deep")
    .help("split it, or pass the inner part as `Json`")
}

pub(in crate::lisp) fn not_data(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!("a `{ty}` is not data: it can only be a parameter"),
    )
    .label("cannot be stored, shown or returned")
}

pub(in crate::lisp) fn not_a_record(types: &Types, id: TypeId, span: Span) -> Diagnostic {
    let def = types.def(id);
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!(
            "`{}` is {}, not a record",
            def.name.text,
            kind_name(&def.kind)
        ),
    )
    .label("not a record")
    .also(def.name.span, "defined here");
    match types.variants(id) {
        Some(_) => diagnostic.help(format!("write `(variant {} TAG …)`", def.name.text)),
        None => diagnostic,
    }
}

pub(in crate::lisp) fn not_a_union(types: &Types, id: TypeId, span: Span) -> Diagnostic {
    let def = types.def(id);
    let diagnostic = Diagnostic::new(
        codes::TYPE_MISMATCH,
        span,
        format!(
            "`{}` is {}, not a union",
            def.name.text,
            kind_name(&def.kind)
        ),
    )
    .label("not a union")
    .also(def.name.span, "defined here");
    match (types.fields(id), types.words(id).and_then(|w| w.first())) {
        (Some(_), _) => diagnostic.help(format!("write `(record {} …)`", def.name.text)),
        (_, Some(word)) => diagnostic.help(format!("write `{}.{}`", def.name.text, word.text)),
        _ => diagnostic,
    }
}
