//! Files, headers, imports, exports and definitions.

use wfc_diag::{Applicability, Diagnostic, Span, codes, one_of};
use wfc_syntax::lisp::Datum;

use super::{a, all_of};
use crate::lisp::defs::Name;

pub(in crate::lisp) fn module_not_found<'l>(
    wanted: &Name,
    tried: &[String],
    library: impl Iterator<Item = &'l str>,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        codes::MODULE_NOT_FOUND,
        wanted.span,
        format!("there is no module `{}`", wanted.text),
    )
    .label("not found")
    .suggest(wanted.span, &wanted.text, library);
    for path in tried {
        diagnostic = diagnostic.note(format!("tried `{path}`"));
    }
    diagnostic
        .help("correct the name, or add the folder that holds it to `source-roots` in wfc.toml")
}

pub(in crate::lisp) fn module_path(name: &Name, path: &str) -> Diagnostic {
    let end = format!("{}.orc", name.text);
    let diagnostic = Diagnostic::new(
        codes::MODULE_PATH,
        name.span,
        format!("the module `{}` is in the file `{path}`", name.text),
    )
    .label(format!("this name asks for a file that ends in `{end}`"))
    .help("rename the module or the file, or no import will find it");
    // The file name suggests a name, unless folders are part of it.
    let stem = path
        .rsplit('/')
        .next()
        .and_then(|file| file.strip_suffix(".orc"));
    match stem {
        Some(stem) if !name.text.contains('/') => diagnostic.replace(
            name.span,
            stem,
            format!("name the module `{stem}`"),
            Applicability::Unsafe,
        ),
        _ => diagnostic,
    }
}

pub(in crate::lisp) fn bad_module_name(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        format!("`{name}` cannot name a module"),
    )
    .label("not a module name")
    .help("a module is named like its file, folders and all: `shop/orders` is `shop/orders.orc`")
}

pub(in crate::lisp) fn import_cycle(import: &Name, way: &[&str]) -> Diagnostic {
    let mut way: Vec<&str> = way.to_vec();
    way.extend(way.first().copied());
    Diagnostic::new(
        codes::IMPORT_CYCLE,
        import.span,
        format!("importing `{}` goes round in a circle", import.text),
    )
    .label("this import closes the circle")
    .note(format!("the way round: {}", way.join(" -> ")))
    .help("move what both need into a module of its own")
}

pub(in crate::lisp) fn imported_twice(
    only: &Name,
    first: &Name,
    from: &str,
    also: &str,
) -> Diagnostic {
    let name = &only.text;
    Diagnostic::new(
        codes::DUPLICATE_NAME,
        only.span,
        format!("`{name}` is imported from `{from}` and from `{also}`"),
    )
    .label("the second meaning of this name")
    .also(first.span, "the first")
    .help(format!(
        "leave it out of one `:only`, and write `{also}/{name}` for that one"
    ))
}

pub(in crate::lisp) fn outside_wrapper(span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        span,
        "this stands outside of `(workflow-lisp …)`",
    )
    .label("not part of the program")
    .help("move it before the last `)` of the file")
}

pub(in crate::lisp) fn no_wrapper(start: Span, first: Option<&Datum>) -> Diagnostic {
    Diagnostic::new(
        codes::LISP_FORM,
        first.map_or(start, |datum| {
            let begin = datum.span.start as usize;
            Span::new(datum.span.file, begin, begin + 1)
        }),
        "this is not a Workflow Lisp module",
    )
    .label("expected `(workflow-lisp …)`")
    .help("begin the file with `(workflow-lisp (:language \"1.0\") (defmodule name) …)`")
}

pub(in crate::lisp) fn header_missing(at: Span, part: &str) -> Diagnostic {
    Diagnostic::new(codes::LISP_FORM, at, format!("the header lacks `{part}`"))
        .label(format!("`{part}` is missing in this module"))
}

pub(in crate::lisp) fn language_version(
    keyword: &str,
    version: &str,
    span: Span,
    known: &[String],
) -> Diagnostic {
    Diagnostic::new(
        codes::LANGUAGE_VERSION,
        span,
        format!("there is no `:{keyword}` version {version}"),
    )
    .label("unknown version")
    .note(format!(
        "expected {}",
        one_of(known.iter().map(String::as_str))
    ))
}

pub(in crate::lisp) fn not_a_definition(span: Span, forms: &[&str]) -> Diagnostic {
    Diagnostic::new(codes::LISP_FORM, span, "a module consists of definitions")
        .label("this is no definition")
        .note(format!("expected {}", one_of(forms.iter().copied())))
}

pub(in crate::lisp) fn unknown_definition(span: Span, head: &str, forms: &[&str]) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_FORM,
        span,
        format!("there is no definition form `{head}`"),
    )
    .label("unknown form")
    .suggest(span, head, forms.iter().copied())
}

pub(in crate::lisp) fn export_of_nothing(export: &Name, names: &[&str]) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_EXPORTED,
        export.span,
        format!("`{}` is exported but not defined", export.text),
    )
    .label("no such definition in this module")
    .suggest(export.span, &export.text, names.iter().copied())
}

pub(in crate::lisp) fn not_exported(
    only: &Name,
    module: &str,
    declared: Option<Span>,
    exports: &[&str],
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::NOT_EXPORTED,
        only.span,
        format!("the module `{module}` does not export `{}`", only.text),
    )
    .label("not exported");
    match declared {
        Some(declared) => diagnostic
            .also(declared, "defined here")
            .help(format!("add `{}` to the `export` of `{module}`", only.text)),
        None => diagnostic.suggest(only.span, &only.text, exports.iter().copied()),
    }
}

pub(in crate::lisp) fn private(span: Span, name: &str, module: &str, declared: Span) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_EXPORTED,
        span,
        format!("the module `{module}` does not export `{name}`"),
    )
    .label("not exported")
    .also(declared, "defined here")
    .help(format!("add it to the `export` of `{module}`"))
}

pub(in crate::lisp) fn entry_unknown(at: Span, wanted: &str, candidates: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::ENTRY_WORKFLOW,
        at,
        format!("there is no workflow `{wanted}` to start"),
    )
    .label("not in this module");
    let listed = one_of(candidates.iter().map(String::as_str));
    let diagnostic = if listed.is_empty() {
        diagnostic
    } else {
        diagnostic.note(format!("expected {listed}"))
    };
    match wfc_diag::nearest(wanted, candidates.iter().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `--entry-workflow {near}`?")),
        None => diagnostic,
    }
}

pub(in crate::lisp) fn entry_needed(
    at: Span,
    exported: &[String],
    others: &[String],
) -> Diagnostic {
    if exported.is_empty() {
        return Diagnostic::new(
            codes::ENTRY_WORKFLOW,
            at,
            "the module exports no workflow to start",
        )
        .label("no workflow is exported")
        .help(format!(
            "export one of {}",
            all_of(others.iter().map(String::as_str))
        ));
    }
    Diagnostic::new(
        codes::ENTRY_WORKFLOW,
        at,
        "the module exports several workflows, and none was chosen",
    )
    .label(format!(
        "it exports {}",
        all_of(exported.iter().map(String::as_str))
    ))
    .help(format!(
        "choose one with `--entry-workflow {}`",
        exported[0]
    ))
}

/// A type, as in `` a record ``.
pub(super) fn kind_name(kind: &crate::lisp::types::TypeKind) -> String {
    use crate::lisp::types::TypeKind;
    a(match kind {
        TypeKind::Any => "type parameter",
        TypeKind::Enum(_) => "enum",
        TypeKind::Path { .. } => "path type",
        TypeKind::Record(_) => "record",
        TypeKind::Union(_) => "union",
    })
}
