//! Explicit tags: those of the core schema say what a value is; others are
//! refused.

use wfc_diag::{Applicability, Diagnostic, Span, codes};

use super::events::Tag;
use super::{Kind, Node, Style, Value, resolve};

/// Gives the node the type its tag asks for. A tag that cannot be followed is
/// reported, and the node keeps its own type.
pub(super) fn apply_tag(tag: &Tag, span: Span, node: &mut Node) -> Option<Diagnostic> {
    let Some(core) = tag.core.as_deref() else {
        return Some(unknown(tag, span));
    };
    match (core, &mut node.value) {
        (_, Value::Error) => return None,
        ("!" | "seq", Value::Sequence(_)) | ("!" | "map", Value::Mapping(_)) => return None,
        ("!" | "str", Value::Scalar(scalar)) => {
            scalar.kind = Kind::String;
            return None;
        }
        ("null" | "bool" | "int" | "float", Value::Scalar(scalar)) => {
            let kind = match (core, resolve(&scalar.text)) {
                ("float", Kind::Int(value)) => {
                    // Only the nearest float can be meant.
                    #[allow(clippy::cast_precision_loss)]
                    let value = value as f64;
                    Some(Kind::Float(value))
                }
                ("null", kind @ Kind::Null)
                | ("bool", kind @ Kind::Bool(_))
                | ("int", kind @ (Kind::Int(_) | Kind::BigInt))
                | ("float", kind @ Kind::Float(_)) => Some(kind),
                _ => None,
            };
            if let Some(kind) = kind {
                scalar.kind = kind;
                return None;
            }
        }
        ("str" | "null" | "bool" | "int" | "float" | "seq" | "map", _) => {}
        _ => return Some(unknown(tag, span)),
    }
    let place = if node.style == Style::Missing {
        span
    } else {
        node.span
    };
    Some(
        Diagnostic::new(
            codes::YAML_TAG,
            place,
            format!("this value does not fit its tag `{}`", tag.written),
        )
        .label(format!("this is not {}", meaning(core)))
        .also(span, "the tag")
        .help("correct the value, or remove the tag"),
    )
}

fn unknown(tag: &Tag, span: Span) -> Diagnostic {
    Diagnostic::new(
        codes::YAML_TAG,
        span,
        format!(
            "tags such as `{}` have no meaning here",
            super::build::shown(&tag.written)
        ),
    )
    .label("not a plain value")
    .help("remove the tag, or put quotes around the value if it is meant as text")
    .replace(span, "", "remove the tag", Applicability::Unsafe)
}

fn meaning(core: &str) -> &'static str {
    match core {
        "null" => "null",
        "bool" => "`true` or `false`",
        "int" => "an integer",
        "float" => "a number",
        "seq" => "a list",
        "map" => "a mapping",
        _ => "a text",
    }
}
