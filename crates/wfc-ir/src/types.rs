//! Types of values: what a contract, an input or an expression may hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

use crate::files::{Files, check_path};
use crate::{VARIANT_KEY, Value};

/// A type. Structural: the names that a front end gives to its types do not
/// reach the IR.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A 64-bit signed integer.
    Int,
    /// A finite 64-bit float; an integer is accepted.
    Float,
    /// Text.
    String,
    /// One of a closed set of words.
    Enum {
        /// The words, in authored order.
        allowed: Vec<String>,
    },
    /// A path relative to the workspace.
    Path {
        /// The directory the path must lie in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        under: Option<String>,
        /// Whether something must exist there.
        #[serde(default, skip_serializing_if = "is_false")]
        must_exist: bool,
    },
    /// An object with fixed fields.
    Record {
        /// The fields, in authored order.
        fields: Vec<Field>,
    },
    /// One of several tagged records; the tag is the key `variant`.
    Union {
        /// The variants, in authored order.
        variants: Vec<Variant>,
    },
    /// A list.
    List {
        /// The type of each item.
        item: Box<Type>,
    },
    /// An object with free keys.
    Map {
        /// The type of each value.
        value: Box<Type>,
    },
    /// The type, or null.
    Optional {
        /// The type when present.
        item: Box<Type>,
    },
    /// Any JSON.
    Json,
    /// A value that must never be shown.
    Secret,
}

/// A field of a record or of a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Its key.
    pub name: String,
    /// Its type.
    #[serde(flatten)]
    pub ty: Type,
}

/// A variant of a union.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// The tag.
    pub tag: String,
    /// The fields beside the tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// A value that does not fit a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeError {
    /// Where in the value, as `lines[2].qty`; empty for the value itself.
    pub at: String,
    /// What was wrong, such as `expected Int, found "two"`.
    pub message: String,
    /// Which rule was broken, in the words of the evidence files
    /// (`invalid_integer`, `outside_under_root`, ...).
    pub rule: String,
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.at, self.message)
        }
    }
}

impl Type {
    /// A path anywhere in the workspace that need not exist.
    pub fn any_path() -> Self {
        Type::Path {
            under: None,
            must_exist: false,
        }
    }

    /// The record with these fields.
    pub fn record(fields: Vec<Field>) -> Self {
        Type::Record { fields }
    }

    /// The name used in artifacts and contracts: `enum`, `integer`, `float`,
    /// `bool`, `relpath`, `string`, `list`, `map`, `optional`, ...
    pub fn keyword(&self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "integer",
            Type::Float => "float",
            Type::String => "string",
            Type::Enum { .. } => "enum",
            Type::Path { .. } => "relpath",
            Type::Record { .. } => "record",
            Type::Union { .. } => "union",
            Type::List { .. } => "list",
            Type::Map { .. } => "map",
            Type::Optional { .. } => "optional",
            Type::Json => "json",
            Type::Secret => "secret",
        }
    }

    /// The type of field `name`: of a record, or one that every variant of a
    /// union has with the same type.
    pub fn field(&self, name: &str) -> Option<&Type> {
        let find = |fields: &'_ [Field]| fields.iter().position(|f| f.name == name);
        match self {
            Type::Record { fields } => find(fields).map(|i| &fields[i].ty),
            Type::Union { variants } => {
                let (first, rest) = variants.split_first()?;
                let ty = &first.fields[find(&first.fields)?].ty;
                rest.iter()
                    .all(|v| v.fields.iter().any(|f| f.name == name && f.ty == *ty))
                    .then_some(ty)
            }
            _ => None,
        }
    }

    /// Can every value of this type be used where `other` is wanted? Equal
    /// types, int for float, a path under a narrower root or known to exist,
    /// an enum with fewer words, and the same inside containers.
    pub fn fits(&self, other: &Type) -> bool {
        match (self, other) {
            (_, Type::Json) => true,
            (Type::Int, Type::Float) => true,
            (Type::Enum { .. }, Type::String) => true,
            (Type::Enum { allowed: a }, Type::Enum { allowed: b }) => {
                a.iter().all(|word| b.contains(word))
            }
            (
                Type::Path {
                    under: a,
                    must_exist: x,
                },
                Type::Path {
                    under: b,
                    must_exist: y,
                },
            ) => {
                (*x || !*y)
                    && match (a, b) {
                        (_, None) => true,
                        (None, Some(_)) => false,
                        (Some(a), Some(b)) => {
                            a == b
                                || a.strip_prefix(b.as_str())
                                    .is_some_and(|r| r.starts_with('/'))
                        }
                    }
            }
            (Type::Optional { item: a }, Type::Optional { item: b }) => a.fits(b),
            (a, Type::Optional { item: b }) => a.fits(b),
            (Type::List { item: a }, Type::List { item: b }) => a.fits(b),
            (Type::Map { value: a }, Type::Map { value: b }) => a.fits(b),
            (Type::Record { fields: a }, Type::Record { fields: b }) => {
                a.len() == b.len()
                    && b.iter().all(|want| {
                        a.iter()
                            .any(|have| have.name == want.name && have.ty.fits(&want.ty))
                    })
            }
            (Type::Union { variants: a }, Type::Union { variants: b }) => a.iter().all(|have| {
                b.iter().any(|want| {
                    want.tag == have.tag
                        && Type::record(have.fields.clone())
                            .fits(&Type::record(want.fields.clone()))
                })
            }),
            (a, b) => a == b,
        }
    }

    /// Does the type, or a type inside it, demand that a path exists?
    pub fn asks_files(&self) -> bool {
        match self {
            Type::Path { .. } => true,
            Type::Record { fields } => fields.iter().any(|f| f.ty.asks_files()),
            Type::Union { variants } => variants
                .iter()
                .any(|v| v.fields.iter().any(|f| f.ty.asks_files())),
            Type::List { item } | Type::Optional { item } => item.asks_files(),
            Type::Map { value } => value.asks_files(),
            _ => false,
        }
    }

    /// Holds a value against the type. Returns it in normal form (paths made
    /// relative to the workspace), or everything that is wrong with it.
    pub fn check(&self, value: &Value, files: &dyn Files) -> Result<Value, Vec<TypeError>> {
        let mut errors = Vec::new();
        let checked = self.check_at(value, &mut String::new(), files, &mut errors);
        if errors.is_empty() {
            Ok(checked)
        } else {
            Err(errors)
        }
    }

    fn check_at(
        &self,
        value: &Value,
        at: &mut String,
        files: &dyn Files,
        errors: &mut Vec<TypeError>,
    ) -> Value {
        let mut fail = |rule: &str, message: String| {
            errors.push(TypeError {
                at: at.clone(),
                message,
                rule: rule.to_owned(),
            });
            Value::Null
        };
        let expected = |what: &str| format!("expected {what}, found {}", shown(value));
        match (self, value) {
            (Type::Json | Type::Secret, _) => value.clone(),
            (Type::Bool, Value::Bool(_)) => value.clone(),
            (Type::Bool, _) => fail("invalid_bool", expected("true or false")),
            (Type::Int, Value::Number(n)) if n.is_i64() => value.clone(),
            (Type::Int, Value::Number(n)) if n.is_u64() => fail(
                "invalid_integer",
                format!("{n} does not fit a 64-bit signed integer"),
            ),
            (Type::Int, _) => fail("invalid_integer", expected("an integer")),
            // A whole number is a float as well, so that a value looks the
            // same in texts however it was written.
            (Type::Float, Value::Number(number)) => {
                number.as_f64().map_or_else(|| value.clone(), Value::from)
            }
            (Type::Float, _) => fail("invalid_float", expected("a number")),
            (Type::String, Value::String(_)) => value.clone(),
            (Type::String, _) => fail("invalid_string", expected("a string")),
            (Type::Enum { allowed }, Value::String(word)) if allowed.contains(word) => {
                value.clone()
            }
            (Type::Enum { allowed }, _) => fail(
                "invalid_enum_value",
                expected(&format!("one of {}", allowed.join(", "))),
            ),
            (Type::Path { under, must_exist }, Value::String(path)) => {
                match check_path(path, under.as_deref(), *must_exist, files) {
                    Ok(path) => Value::String(path),
                    Err((rule, message)) => fail(rule, message),
                }
            }
            (Type::Path { .. }, _) => fail("invalid_relpath", expected("a path")),
            (Type::Optional { .. }, Value::Null) => Value::Null,
            (Type::Optional { item }, _) => item.check_at(value, at, files, errors),
            (Type::List { item }, Value::Array(items)) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, each)| {
                        within(at, &format!("[{index}]"), |at| {
                            item.check_at(each, at, files, errors)
                        })
                    })
                    .collect(),
            ),
            (Type::List { .. }, _) => fail("invalid_list", expected("a list")),
            (Type::Map { value: ty }, Value::Object(map)) => Value::Object(
                map.iter()
                    .map(|(key, each)| {
                        let checked = within(at, &format!(".{key}"), |at| {
                            ty.check_at(each, at, files, errors)
                        });
                        (key.clone(), checked)
                    })
                    .collect(),
            ),
            (Type::Map { .. }, _) => fail("invalid_map", expected("an object")),
            (Type::Record { fields }, Value::Object(map)) => {
                check_fields(fields, None, map, at, files, errors)
            }
            (Type::Record { .. }, _) => fail("invalid_record", expected("an object")),
            (Type::Union { variants }, Value::Object(map)) => {
                let tag = map.get(VARIANT_KEY);
                match variants
                    .iter()
                    .find(|v| Some(v.tag.as_str()) == tag.and_then(Value::as_str))
                {
                    Some(variant) => {
                        check_fields(&variant.fields, Some(&variant.tag), map, at, files, errors)
                    }
                    None => {
                        let tags: Vec<_> = variants.iter().map(|v| v.tag.as_str()).collect();
                        let (rule, found) = match tag {
                            None => ("variant_discriminant_missing", "nothing".to_owned()),
                            Some(tag) => ("variant_discriminant_invalid", shown(tag)),
                        };
                        fail(
                            rule,
                            format!(
                                "`variant` must be one of {}, found {found}",
                                tags.join(", ")
                            ),
                        )
                    }
                }
            }
            (Type::Union { .. }, _) => fail("invalid_variant_bundle", expected("an object")),
        }
    }
}

fn check_fields(
    fields: &[Field],
    tag: Option<&str>,
    map: &serde_json::Map<String, Value>,
    at: &mut String,
    files: &dyn Files,
    errors: &mut Vec<TypeError>,
) -> Value {
    let mut checked = serde_json::Map::new();
    if let Some(tag) = tag {
        checked.insert(VARIANT_KEY.to_owned(), Value::String(tag.to_owned()));
    }
    for field in fields {
        let found = match (map.get(&field.name), &field.ty) {
            (Some(found), _) => found,
            (None, Type::Optional { .. }) => &Value::Null,
            (None, _) => {
                errors.push(TypeError {
                    at: at.clone(),
                    message: format!("field `{}` is missing", field.name),
                    rule: "missing_field".to_owned(),
                });
                continue;
            }
        };
        let value = within(at, &format!(".{}", field.name), |at| {
            field.ty.check_at(found, at, files, errors)
        });
        checked.insert(field.name.clone(), value);
    }
    for key in map.keys() {
        let known = fields.iter().any(|f| f.name == *key) || (tag.is_some() && key == VARIANT_KEY);
        if !known {
            errors.push(TypeError {
                at: at.clone(),
                message: format!("unknown field `{key}`"),
                rule: "unknown_field".to_owned(),
            });
        }
    }
    Value::Object(checked)
}

fn within<T>(at: &mut String, segment: &str, body: impl FnOnce(&mut String) -> T) -> T {
    let length = at.len();
    at.push_str(if length == 0 {
        segment.trim_start_matches('.')
    } else {
        segment
    });
    let result = body(at);
    at.truncate(length);
    result
}

/// A value as an error message shows it: JSON, cut after 80 characters.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 80 {
        let cut: String = text.chars().take(77).collect();
        format!("{cut}...")
    } else {
        text
    }
}

/// Reads the text of an output file or a command-line argument as a value of
/// `ty`. Blanks around the text are not part of it, except in a `String`.
pub fn parse_text(ty: &Type, text: &str) -> Result<Value, TypeError> {
    let trimmed = text.trim();
    let fail = |rule: &str, what: &str| TypeError {
        at: String::new(),
        message: format!("expected {what}, found {}", shown(&json!(trimmed))),
        rule: rule.to_owned(),
    };
    match ty {
        Type::Bool => match trimmed.to_ascii_lowercase().as_str() {
            "true" => Ok(json!(true)),
            "false" => Ok(json!(false)),
            _ => Err(fail("invalid_bool", "true or false")),
        },
        Type::Int => trimmed
            .replace('_', "")
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| fail("invalid_integer", "an integer")),
        Type::Float => trimmed
            .parse::<f64>()
            .ok()
            .filter(|f| f.is_finite())
            .map(Value::from)
            .ok_or_else(|| fail("invalid_float", "a finite number")),
        Type::String => Ok(json!(text)),
        Type::Enum { .. } | Type::Path { .. } => Ok(json!(trimmed)),
        Type::Secret => Ok(json!(text)),
        Type::Optional { item } if trimmed.is_empty() || trimmed == "null" => {
            let _ = item;
            Ok(Value::Null)
        }
        Type::Optional { item } => parse_text(item, text),
        Type::Json
        | Type::Record { .. }
        | Type::Union { .. }
        | Type::List { .. }
        | Type::Map { .. } => serde_json::from_str(trimmed).map_err(|error| TypeError {
            at: String::new(),
            message: format!("expected JSON for {}: {error}", ty),
            rule: "invalid_json_document".to_owned(),
        }),
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |f: &mut fmt::Formatter<'_>, fields: &[Field]| {
            for (index, field) in fields.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                write!(f, "{comma}{}: {}", field.name, field.ty)?;
            }
            Ok(())
        };
        match self {
            Type::Bool => f.write_str("Bool"),
            Type::Int => f.write_str("Int"),
            Type::Float => f.write_str("Float"),
            Type::String => f.write_str("String"),
            Type::Json => f.write_str("Json"),
            Type::Secret => f.write_str("Secret"),
            Type::Enum { allowed } => write!(f, "Enum[{}]", allowed.join(" | ")),
            Type::Path { under, must_exist } => {
                f.write_str(if *must_exist { "ExistingPath" } else { "Path" })?;
                match under {
                    Some(root) => write!(f, "[{root}]"),
                    None => Ok(()),
                }
            }
            Type::Record { fields: all } => {
                f.write_str("{")?;
                fields(f, all)?;
                f.write_str("}")
            }
            Type::Union { variants } => {
                for (index, variant) in variants.iter().enumerate() {
                    let bar = if index == 0 { "" } else { " | " };
                    write!(f, "{bar}{}{{", variant.tag)?;
                    fields(f, &variant.fields)?;
                    f.write_str("}")?;
                }
                Ok(())
            }
            Type::List { item } => write!(f, "List[{item}]"),
            Type::Map { value } => write!(f, "Map[String, {value}]"),
            Type::Optional { item } => write!(f, "Optional[{item}]"),
        }
    }
}

/// JSON Schema (2020-12) of the values of a type.
pub fn json_schema_of(ty: &Type) -> Value {
    let object = |fields: &[Field], tag: Option<&str>| {
        let mut properties = serde_json::Map::new();
        let mut required = Vec::new();
        if let Some(tag) = tag {
            properties.insert(VARIANT_KEY.to_owned(), json!({ "const": tag }));
            required.push(json!(VARIANT_KEY));
        }
        for field in fields {
            properties.insert(field.name.clone(), json_schema_of(&field.ty));
            if !matches!(field.ty, Type::Optional { .. }) {
                required.push(json!(field.name));
            }
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Float => json!({ "type": "number" }),
        Type::String | Type::Secret => json!({ "type": "string" }),
        Type::Enum { allowed } => json!({ "enum": allowed }),
        Type::Path { under: None, .. } => json!({ "type": "string" }),
        Type::Path {
            under: Some(root), ..
        } => json!({ "type": "string", "description": format!("a path under {root}") }),
        Type::Record { fields } => object(fields, None),
        Type::Union { variants } => json!({
            "oneOf": variants.iter().map(|v| object(&v.fields, Some(&v.tag))).collect::<Vec<_>>(),
        }),
        Type::List { item } => json!({ "type": "array", "items": json_schema_of(item) }),
        Type::Map { value } => {
            json!({ "type": "object", "additionalProperties": json_schema_of(value) })
        }
        Type::Optional { item } => {
            json!({ "anyOf": [json_schema_of(item), { "type": "null" }] })
        }
        Type::Json => json!({}),
    }
}

pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}
