//! Variants, snapshots, and values that become artifacts.

use wfc_diag::{Diagnostic, Span, codes, one_of};
use wfc_ir::Type;

use super::{bad_contract, bad_reference, error, insert};

pub(crate) fn unproved_variant(
    span: Span,
    (name, declared): (&str, Span),
    variants: &[&str],
    discriminant: &str,
    step: &str,
) -> Diagnostic {
    error(
        codes::UNPROVED_VARIANT,
        span,
        format!(
            "`{name}` is there only when `{discriminant}` is {}",
            one_of(variants.iter().copied())
        ),
    )
    .label("may be absent")
    .also(declared, "declared for that variant")
    .help(format!(
        "read it inside a `match` on `{discriminant}`, in the case of that variant, or say `requires_variant: {{step: {step}, value: {}}}` on the step that reads it",
        variants.first().copied().unwrap_or("...")
    ))
}

/// A field of one variant that the guard of a step reads.
pub(crate) fn guard_comes_first(diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.note("`when` is asked before `requires_variant` of the same step")
}

/// Adds a fix that makes the step need the variant.
pub(crate) fn require_variant(
    diagnostic: Diagnostic,
    (first_key, indent): (Span, Option<usize>),
    step: &str,
    variant: &str,
) -> Diagnostic {
    let key = format!(
        "requires_variant: {{step: {}, value: {}}}",
        plain(step),
        plain(variant)
    );
    let text = match indent {
        Some(indent) => format!("{key}\n{}", " ".repeat(indent)),
        None => format!("{key}, "),
    };
    let message = format!("let the step need the variant {variant}");
    diagnostic.fix(insert(first_key, text, message))
}

/// A word as YAML reads it back as the same text.
fn plain(word: &str) -> String {
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic());
    let keyword = ["true", "false", "null", "yes", "no", "y", "n", "on", "off"]
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword));
    let fits = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    match starts && fits && !keyword {
        true => word.to_owned(),
        false => serde_json::Value::from(word).to_string(),
    }
}

/// A field of another variant than the one that is certain.
pub(crate) fn other_variant(
    span: Span,
    (name, declared): (&str, Span),
    variants: &[&str],
    discriminant: &str,
    (proved, said): (&str, Span),
) -> Diagnostic {
    error(
        codes::UNPROVED_VARIANT,
        span,
        format!(
            "`{name}` is there only when `{discriminant}` is {}, and here it is {proved}",
            one_of(variants.iter().copied())
        ),
    )
    .label("never there")
    .also(declared, "declared for that variant")
    .also(said, format!("says that it is {proved}"))
}

pub(crate) fn contradiction(
    span: Span,
    variant: &str,
    step: &str,
    (proved, said): (&str, Span),
) -> Diagnostic {
    error(
        codes::UNKNOWN_CASE,
        span,
        format!("step `{step}` never gives {variant} here, where it gave {proved}"),
    )
    .label("the step can never run")
    .also(said, format!("says that it is {proved}"))
    .help("take one of the two out")
}

pub(crate) fn gives_no_variant(span: Span, step: &str, place: Span) -> Diagnostic {
    bad_reference(
        span,
        format!("step `{step}` has only one shape of result, so no variant of it can be needed"),
        "gives no variant",
    )
    .also(place, "the step is here")
    .help("name a step with `variant_output` or `select_variant_output`")
}

pub(crate) fn forbids_itself(
    span: Span,
    pointer: &str,
    variant: &str,
    (field, declared): (&str, Span),
) -> Diagnostic {
    bad_contract(
        span,
        format!("{variant} forbids `{pointer}`, where its own `{field}` is"),
        "no bundle can pass",
    )
    .also(declared, format!("`{field}` is needed"))
    .help("take the pointer out of `forbidden`, or the field out of the variant")
}

pub(crate) fn contract_widened(
    span: Span,
    message: String,
    label: &str,
    declared: Span,
) -> Diagnostic {
    error(codes::CONTRACT_WIDENED, span, message)
        .label(label)
        .also(declared, "the contract of the source")
        .help("a contract may only narrow that of its source; leave the key out to keep it")
}

pub(crate) fn no_source(span: Span, sources: &[&str]) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        "a source does not say where the value comes from",
    )
    .label("comes from where?")
    .note(format!("expected {}", one_of(sources.iter().copied())))
}

pub(crate) fn no_path_to_point_to(
    span: Span,
    what: &str,
    (name, declared): (&str, Span),
    ty: &Type,
) -> Diagnostic {
    let shown = crate::yaml::check::shown(ty);
    bad_contract(
        span,
        format!("{what} is for a path, and `{name}` is {shown}"),
        "no path",
    )
    .also(declared, "the value is here")
    .help("only a value of `type: relpath` has a pointer file and a directory")
}

pub(crate) fn second_pointer(
    span: Span,
    own: &str,
    (artifact, declared): (&str, Span),
    canonical: &str,
) -> Diagnostic {
    bad_contract(
        span,
        format!(
            "the pointer `{own}` is not that of the artifact `{artifact}`, which is `{canonical}`"
        ),
        "two pointer files",
    )
    .also(declared, "the artifact is declared here")
    .help("leave the pointer out, or give both the same path")
}

pub(crate) fn no_name_hole(span: Span) -> Diagnostic {
    super::bad_value(
        span,
        "`pointer_template` must hold `{name}`, or all inputs would share one file",
        "no `{name}`",
    )
    .help("write `{name}` where the name of the input is to stand")
}

pub(crate) fn nothing_extracts(span: Span, field: &str) -> Diagnostic {
    error(
        codes::MISSING_KEY,
        span,
        format!("nothing gives `{field}` a value: a field that is no path needs `extract`"),
    )
    .label("never has a value")
    .help(
        "say how it is found in the file: `extract: {from: candidate_path, line_prefix: \"...\"}`",
    )
}

pub(crate) fn no_snapshot(span: Span) -> Diagnostic {
    bad_reference(span, "`evidence` must be a snapshot", "not a snapshot")
        .help("write `root.steps.<step>.snapshots.<name>`, for a step with `pre_snapshot`")
}

/// A snapshot where a value is wanted.
pub(crate) fn snapshot_is_no_value(span: Span, step: &str) -> Diagnostic {
    bad_reference(
        span,
        format!("a snapshot of step `{step}` is evidence, and no value"),
        "not a value",
    )
    .help("only `select_variant_output` reads snapshots, as its `evidence`")
}

pub(crate) fn no_candidate(
    span: Span,
    variant: &str,
    (snapshot, declared): (&str, Span),
) -> Diagnostic {
    bad_contract(
        span,
        format!("the snapshot `{snapshot}` has no candidate for {variant}"),
        "can never be selected",
    )
    .also(declared, "the snapshot is here")
    .help("give the snapshot one candidate for each variant")
}

pub(crate) fn no_variant_for(span: Span, word: &str, declared: Span) -> Diagnostic {
    bad_contract(
        span,
        format!("the snapshot has a candidate {word}, and there is no such variant"),
        "more candidates than variants",
    )
    .also(declared, "the candidate is here")
    .help("give the snapshot one candidate for each variant")
}
