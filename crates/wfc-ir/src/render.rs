//! Contracts and prompt inputs as the text that an agent reads.

use std::fmt::Write;

use crate::{Contract, ContractField, Guidance, Type, Value};

/// The block that tells an agent what to write. `paths` are the concrete
/// paths, as for [`Contract::enforce`]. Ends with a line feed.
pub fn render_contract(contract: &Contract, paths: &[String]) -> String {
    let mut out = String::new();
    let path = paths.first().map_or("", String::as_str);
    match contract {
        Contract::Files { files } => {
            out.push_str(
                "## Output Contract\n\
                 Before you finish, write every file listed here, each with its one value and nothing else.\n\
                 The run continues only if all of them are there and hold a value of their type.\n",
            );
            out.push_str(PATH_REMARK);
            for (file, path) in files.iter().zip(paths) {
                let _ = writeln!(out, "- name: {}", file.name);
                let _ = writeln!(out, "  path: {path}");
                type_lines(&mut out, "  ", &file.ty, file.required, &file.guidance);
            }
        }
        Contract::Bundle { fields, .. } => {
            out.push_str("## Output Contract\n");
            out.push_str(BUNDLE_REMARK);
            out.push_str(PATH_REMARK);
            let _ = writeln!(out, "- path: {path}\n  format: JSON object\n  fields:");
            fields.iter().for_each(|f| field_lines(&mut out, "    ", f));
        }
        Contract::Variant {
            discriminant,
            shared,
            variants,
            forbidden,
            ..
        } => {
            out.push_str("## Variant Output Contract\n");
            out.push_str(BUNDLE_REMARK);
            out.push_str(PATH_REMARK);
            let _ = writeln!(
                out,
                "- path: {path}\n  format: JSON object\n  discriminant:"
            );
            let _ = writeln!(out, "    name: {}", discriminant.name);
            let _ = writeln!(out, "    json_pointer: {}", discriminant.pointer);
            let tags: Vec<&str> = variants.keys().map(String::as_str).collect();
            let _ = writeln!(out, "    type: enum\n    allowed: {}", tags.join(", "));
            if !shared.is_empty() {
                out.push_str("  shared_fields:\n");
                shared.iter().for_each(|f| field_lines(&mut out, "    ", f));
            }
            out.push_str("  variants:\n");
            for (tag, fields) in variants {
                let _ = writeln!(out, "    {tag}:\n      fields:");
                fields
                    .iter()
                    .for_each(|f| field_lines(&mut out, "        ", f));
                if let Some(pointers) = forbidden.get(tag).filter(|all| !all.is_empty()) {
                    let _ = writeln!(out, "      forbidden: {}", pointers.join(", "));
                }
            }
        }
    }
    out
}

const PATH_REMARK: &str = "# Relpath values are paths from the workspace root, with the `under` directory in front (artifacts/work/report.md, artifacts/review/verdict.md).\n";
const BUNDLE_REMARK: &str = "Before you finish, write one JSON file to the path below; ORCHESTRATOR_OUTPUT_BUNDLE_PATH names the same file and decides where it is read.\n";

fn field_lines(out: &mut String, indent: &str, field: &ContractField) {
    let _ = writeln!(out, "{indent}- name: {}", field.name);
    let inner = format!("{indent}  ");
    let _ = writeln!(out, "{inner}json_pointer: {}", field.pointer);
    type_lines(out, &inner, &field.ty, field.required, &field.guidance);
}

fn type_lines(out: &mut String, indent: &str, ty: &Type, required: bool, guidance: &Guidance) {
    let _ = writeln!(out, "{indent}type: {}", ty.keyword());
    constraint_lines(out, indent, ty);
    if !required {
        let _ = writeln!(out, "{indent}required: false");
    }
    guidance_lines(out, indent, guidance);
}

fn guidance_lines(out: &mut String, indent: &str, guidance: &Guidance) {
    let words = [
        ("description", &guidance.description),
        ("format_hint", &guidance.format_hint),
        ("example", &guidance.example),
    ];
    for (key, words) in words {
        if let Some(words) = words {
            let _ = writeln!(out, "{indent}{key}: {words}");
        }
    }
}

fn constraint_lines(out: &mut String, indent: &str, ty: &Type) {
    let deeper = format!("{indent}  ");
    match ty {
        Type::Enum { allowed } => {
            let _ = writeln!(out, "{indent}allowed: {}", allowed.join(", "));
        }
        Type::Path { under, must_exist } => {
            if let Some(root) = under {
                let _ = writeln!(out, "{indent}under: {root}");
            }
            if *must_exist {
                let _ = writeln!(out, "{indent}must_exist_target: true");
            }
        }
        Type::List { item } => {
            let _ = writeln!(out, "{indent}items:\n{deeper}type: {}", item.keyword());
            constraint_lines(out, &deeper, item);
        }
        Type::Optional { item } => {
            let _ = writeln!(out, "{indent}item:\n{deeper}type: {}", item.keyword());
            constraint_lines(out, &deeper, item);
        }
        Type::Map { value } => {
            let _ = writeln!(out, "{indent}keys:\n{deeper}type: string");
            let _ = writeln!(out, "{indent}values:\n{deeper}type: {}", value.keyword());
            constraint_lines(out, &deeper, value);
        }
        Type::Record { fields } => {
            let _ = writeln!(out, "{indent}fields:");
            record_lines(out, &deeper, fields);
        }
        Type::Union { variants } => {
            let _ = writeln!(out, "{indent}variants:");
            for variant in variants {
                let _ = writeln!(out, "{deeper}{}:", variant.tag);
                record_lines(out, &format!("{deeper}  "), &variant.fields);
            }
        }
        Type::Bool | Type::Int | Type::Float | Type::String | Type::Json | Type::Secret => {}
    }
}

fn record_lines(out: &mut String, indent: &str, fields: &[crate::Field]) {
    for field in fields {
        let _ = writeln!(out, "{indent}- name: {}", field.name);
        let inner = format!("{indent}  ");
        let _ = writeln!(out, "{inner}type: {}", field.ty.keyword());
        constraint_lines(out, &inner, &field.ty);
    }
}

/// The block that gives an agent the values it is to work from. `inputs` are
/// sorted by name here. Ends with a line feed.
pub fn render_inputs<'a>(
    inputs: impl IntoIterator<Item = (&'a str, &'a Value, &'a Guidance)>,
) -> String {
    let mut inputs: Vec<_> = inputs.into_iter().collect();
    inputs.sort_by_key(|(name, _, _)| *name);
    let mut out = String::from("## Consumed Artifacts\n");
    for (name, value, guidance) in inputs {
        let shown = match value {
            // The evidence format capitalises booleans.
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Array(_) | Value::Object(_) => crate::canonical_json(value),
            other => crate::to_text(other),
        };
        let _ = writeln!(out, "- {name}: {shown}");
        guidance_lines(&mut out, "  ", guidance);
    }
    out.push_str("Where a value is a path, read that file before you act.\n");
    out
}
