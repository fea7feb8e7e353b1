//! Output contracts: what a step must leave behind, and where.
//!
//! One contract is rendered into a prompt (`render`), into JSON Schema, and
//! enforced here; there is no second copy of a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Expr, Files, Type, TypeError, VARIANT_KEY, Value, parse_text};

/// What a step must write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "at most one for each step; a box would burden every reader"
)]
pub enum Contract {
    /// One small file for each artifact.
    Files {
        /// The files.
        files: Vec<FileOutput>,
    },
    /// One JSON file that holds every artifact.
    Bundle {
        /// Where; `None` lets the runtime choose a place in the run directory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<Expr>,
        /// What it holds.
        fields: Vec<ContractField>,
    },
    /// One JSON file that holds one of several sets of artifacts.
    Variant {
        /// Where; `None` lets the runtime choose a place in the run directory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<Expr>,
        /// The field that names the variant.
        discriminant: ContractField,
        /// Fields of every variant.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shared: Vec<ContractField>,
        /// The fields of each variant, by tag.
        variants: indexmap::IndexMap<String, Vec<ContractField>>,
        /// Pointers at which nothing may be, by tag.
        #[serde(default, skip_serializing_if = "indexmap::IndexMap::is_empty")]
        forbidden: indexmap::IndexMap<String, Vec<String>>,
    },
}

/// A file that holds one value as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileOutput {
    /// The artifact.
    pub name: String,
    /// The file, relative to the workspace.
    pub path: Expr,
    /// The type of the value.
    #[serde(flatten)]
    pub ty: Type,
    /// Whether the file must be there.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub required: bool,
    /// Words for the one who writes it.
    #[serde(default, skip_serializing_if = "Guidance::is_empty")]
    pub guidance: Guidance,
}

/// A value inside a JSON file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContractField {
    /// The artifact.
    pub name: String,
    /// RFC 6901 pointer to the value.
    pub pointer: String,
    /// The type of the value.
    #[serde(flatten)]
    pub ty: Type,
    /// Whether the value must be there.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub required: bool,
    /// Words for the one who writes it.
    #[serde(default, skip_serializing_if = "Guidance::is_empty")]
    pub guidance: Guidance,
}

/// Words for the one who writes a value; never enforced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Guidance {
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How to write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format_hint: Option<String>,
    /// An instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

impl Guidance {
    /// Is there nothing to say?
    pub fn is_empty(&self) -> bool {
        *self == Guidance::default()
    }
}

/// A broken contract rule, in the shape that `state.json` shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Which rule.
    #[serde(rename = "type")]
    pub kind: ViolationKind,
    /// What was found and what was expected.
    pub message: String,
    /// File, field and other facts.
    pub context: Value,
}

/// The name of a rule: `missing_output_file`, `invalid_integer`, ...
pub type ViolationKind = String;

/// The artifacts of a step.
type Artifacts = serde_json::Map<String, Value>;

impl Contract {
    /// The JSON file of a bundle or variant contract that has a place of its
    /// own, or the empty option.
    pub fn bundle_path(&self) -> Option<&Option<Expr>> {
        match self {
            Contract::Files { .. } => None,
            Contract::Bundle { path, .. } | Contract::Variant { path, .. } => Some(path),
        }
    }

    /// The type of the artifacts that the contract yields.
    pub fn result_type(&self) -> Type {
        let field = |name: &str, ty: &Type, required: bool| crate::Field {
            name: name.to_owned(),
            ty: if required {
                ty.clone()
            } else {
                Type::Optional {
                    item: Box::new(ty.clone()),
                }
            },
        };
        let of = |f: &ContractField| field(&f.name, &f.ty, f.required);
        match self {
            Contract::Files { files } => Type::record(
                files
                    .iter()
                    .map(|f| field(&f.name, &f.ty, f.required))
                    .collect(),
            ),
            Contract::Bundle { fields, .. } => Type::record(fields.iter().map(of).collect()),
            Contract::Variant {
                discriminant,
                shared,
                variants,
                ..
            } if discriminant.name == VARIANT_KEY => Type::Union {
                variants: variants
                    .iter()
                    .map(|(tag, fields)| crate::Variant {
                        tag: tag.clone(),
                        fields: shared.iter().chain(fields).map(of).collect(),
                    })
                    .collect(),
            },
            Contract::Variant {
                discriminant,
                shared,
                ..
            } => Type::record(
                std::iter::once(discriminant)
                    .chain(shared)
                    .map(of)
                    .collect(),
            ),
        }
    }

    /// Reads and checks what the step wrote. `paths` are the concrete paths:
    /// one for each file of `Files`, or the one JSON file.
    pub fn enforce(
        &self,
        paths: &[String],
        files: &dyn Files,
    ) -> Result<Artifacts, Vec<Violation>> {
        let mut found = Artifacts::new();
        let mut violations = Vec::new();
        match self {
            Contract::Files { files: outputs } => {
                for (output, path) in outputs.iter().zip(paths) {
                    match read_output(output, path, files) {
                        Ok(Some(value)) => {
                            found.insert(output.name.clone(), value);
                        }
                        Ok(None) => {}
                        Err(violation) => violations.push(violation),
                    }
                }
            }
            Contract::Bundle { fields, .. } => {
                if let Some(bundle) = read_bundle(paths, files, &mut violations) {
                    take_fields(fields, &bundle, files, &mut found, &mut violations);
                }
            }
            Contract::Variant {
                discriminant,
                shared,
                variants,
                forbidden,
                ..
            } => {
                let rule = VariantRule {
                    discriminant,
                    shared,
                    variants,
                    forbidden,
                };
                if let Some(bundle) = read_bundle(paths, files, &mut violations) {
                    take_variant(&rule, bundle, files, &mut found, &mut violations);
                }
            }
        }
        if violations.is_empty() {
            Ok(found)
        } else {
            Err(violations)
        }
    }
}

fn violation(kind: &str, message: impl Into<String>, context: Value) -> Violation {
    Violation {
        kind: kind.to_owned(),
        message: message.into(),
        context,
    }
}

fn read_output(
    output: &FileOutput,
    path: &str,
    files: &dyn Files,
) -> Result<Option<Value>, Violation> {
    let context = json!({ "name": output.name, "path": path });
    if let Err(message) = files.resolve(path) {
        return Err(violation("invalid_output_path", message, context));
    }
    let text = match files.read(path) {
        None if !output.required => return Ok(None),
        None => {
            return Err(violation(
                "missing_output_file",
                format!(
                    "the step was to write `{path}` (artifact `{}`) and did not",
                    output.name
                ),
                context,
            ));
        }
        Some(Err(message)) => {
            return Err(violation(
                "invalid_output_path",
                format!("`{path}`: {message}"),
                context,
            ));
        }
        Some(Ok(text)) => text,
    };
    let wrong = |error: TypeError| {
        let mut context = json!({ "name": output.name, "path": path, "value": text.trim() });
        add_allowed(&mut context, &output.ty);
        violation(
            &error.rule,
            format!("`{path}` (artifact `{}`): {error}", output.name),
            context,
        )
    };
    let value = parse_text(&output.ty, text.trim_end_matches(['\n', '\r'])).map_err(wrong)?;
    output
        .ty
        .check(&value, files)
        .map(Some)
        .map_err(|mut errors| wrong(errors.swap_remove(0)))
}

/// Says which values would have been right, where they can be counted.
fn add_allowed(context: &mut Value, ty: &Type) {
    match ty {
        Type::Enum { allowed } => context["allowed"] = json!(allowed),
        Type::Bool => context["allowed"] = json!(["true", "false"]),
        _ => {}
    }
}

/// A JSON file that a step wrote, and the variant that it chose.
struct Bundle<'a> {
    path: &'a str,
    document: Value,
    variant: Option<&'a str>,
}

impl Bundle<'_> {
    /// Where a field of the file is to be found.
    fn context(&self, field: &ContractField) -> Value {
        json!({ "name": field.name, "path": self.path, "json_pointer": field.pointer })
    }
}

fn read_bundle<'a>(
    paths: &'a [String],
    files: &dyn Files,
    violations: &mut Vec<Violation>,
) -> Option<Bundle<'a>> {
    let path = paths.first()?;
    let context = json!({ "path": path });
    let mut fail = |kind: &str, message: String| {
        violations.push(violation(kind, message, context.clone()));
        None
    };
    if let Err(message) = files.resolve(path) {
        return fail("invalid_bundle_path", message);
    }
    match files.read(path) {
        None => fail(
            "missing_bundle_file",
            format!("the step was to write `{path}` and did not"),
        ),
        Some(Err(message)) => fail("invalid_json_document", format!("`{path}`: {message}")),
        Some(Ok(text)) => match serde_json::from_str(&text) {
            Ok(document) => Some(Bundle {
                path,
                document,
                variant: None,
            }),
            Err(error) => fail(
                "invalid_json_document",
                format!("`{path}` is not JSON: {error}"),
            ),
        },
    }
}

fn take_fields(
    fields: &[ContractField],
    bundle: &Bundle<'_>,
    files: &dyn Files,
    found: &mut Artifacts,
    violations: &mut Vec<Violation>,
) {
    for field in fields {
        let mut context = bundle.context(field);
        let Some(value) = bundle.document.pointer(&field.pointer) else {
            match (&field.ty, field.required) {
                (Type::Optional { .. }, _) => {
                    found.insert(field.name.clone(), Value::Null);
                }
                (_, false) => {}
                (_, true) => {
                    let kind = match bundle.variant {
                        None => "json_pointer_not_found",
                        Some(variant) => {
                            context["variant"] = json!(variant);
                            "variant_required_field_missing"
                        }
                    };
                    violations.push(violation(
                        kind,
                        format!(
                            "`{}`: nothing at `{}` for `{}`, expected {}",
                            bundle.path, field.pointer, field.name, field.ty
                        ),
                        context,
                    ));
                }
            }
            continue;
        };
        match field.ty.check(value, files) {
            Ok(value) => {
                found.insert(field.name.clone(), value);
            }
            Err(errors) => violations.extend(errors.into_iter().map(|mut error| {
                error.at = match error.at.as_str() {
                    "" => field.name.clone(),
                    at if at.starts_with('[') => format!("{}{at}", field.name),
                    at => format!("{}.{at}", field.name),
                };
                let mut context = context.clone();
                context["value"] = value.clone();
                add_allowed(&mut context, &field.ty);
                if let Some(variant) = bundle.variant {
                    context["variant"] = json!(variant);
                    error.rule = "variant_field_type_invalid".to_owned();
                }
                let message = format!("`{}`: {error}", bundle.path);
                violation(&error.rule, message, context)
            })),
        }
    }
}

/// The parts of a variant contract.
struct VariantRule<'a> {
    discriminant: &'a ContractField,
    shared: &'a [ContractField],
    variants: &'a indexmap::IndexMap<String, Vec<ContractField>>,
    forbidden: &'a indexmap::IndexMap<String, Vec<String>>,
}

fn take_variant<'a>(
    rule: &VariantRule<'a>,
    mut bundle: Bundle<'a>,
    files: &dyn Files,
    found: &mut Artifacts,
    violations: &mut Vec<Violation>,
) {
    let VariantRule {
        discriminant,
        shared,
        variants,
        forbidden,
    } = *rule;
    let mut context = bundle.context(discriminant);
    let tag = bundle.document.pointer(&discriminant.pointer).cloned();
    let Some(tag) = tag else {
        violations.push(violation(
            "variant_discriminant_missing",
            format!(
                "`{}`: nothing at `{}` says which variant this is, expected one of {}",
                bundle.path,
                discriminant.pointer,
                words_of(variants)
            ),
            context,
        ));
        return;
    };
    let Some((tag, fields)) = tag.as_str().and_then(|tag| variants.get_key_value(tag)) else {
        let tags: Vec<&String> = variants.keys().collect();
        context["value"] = tag.clone();
        context["allowed"] = json!(tags);
        violations.push(violation(
            "variant_discriminant_invalid",
            format!(
                "`{}`: {}: expected one of {}, found {tag}",
                bundle.path,
                discriminant.name,
                words_of(variants)
            ),
            context,
        ));
        return;
    };
    found.insert(discriminant.name.clone(), json!(tag));
    bundle.variant = Some(tag);
    take_fields(shared, &bundle, files, found, violations);
    take_fields(fields, &bundle, files, found, violations);
    for (other, others) in variants {
        for field in others {
            let own = shared
                .iter()
                .chain(fields)
                .any(|f| f.pointer == field.pointer);
            if other != tag && !own && bundle.document.pointer(&field.pointer).is_some() {
                let mut context = bundle.context(field);
                context["selected_variant"] = json!(tag);
                context["forbidden_variant"] = json!(other);
                violations.push(violation(
                    "variant_forbidden_field_present",
                    format!(
                        "`{}`: `{}` belongs to {other}, and the variant is {tag}",
                        bundle.path, field.pointer
                    ),
                    context,
                ));
            }
        }
    }
    for pointer in forbidden.get(tag).into_iter().flatten() {
        if bundle.document.pointer(pointer).is_some() {
            violations.push(violation(
                "variant_forbidden_field_present",
                format!(
                    "`{}`: nothing may be at `{pointer}` when the variant is {tag}",
                    bundle.path
                ),
                json!({
                    "path": bundle.path,
                    "json_pointer": pointer,
                    "selected_variant": tag,
                }),
            ));
        }
    }
}

fn words_of<T>(variants: &indexmap::IndexMap<String, T>) -> String {
    let words: Vec<&str> = variants.keys().map(String::as_str).collect();
    words.join(", ")
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}
