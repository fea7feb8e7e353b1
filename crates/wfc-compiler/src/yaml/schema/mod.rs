//! The JSON Schema of the DSL, for editors.
//!
//! Which keys there are is the reader's affair; since when, that of `gates`.
//! `shapes` adds what a person wants to know about each key and what form its
//! value has. A test holds that `shapes` and the reader know the same keys.
//!
//! The schema is the widest one: that of every version together. What a key
//! needs beside it, or what names lead to, is for `wfc check`.

mod shapes;
#[cfg(test)]
pub(super) mod tests;

use serde_json::{Map, Value, json};

use super::gates::{self, Version};
use super::reader::forms;
use shapes::{Form, Key, SHAPES, Shape};

/// The schema of a workflow file.
pub fn json_schema() -> Value {
    let shapes = SHAPES.iter();
    let defs: Map<String, Value> = shapes
        .map(|shape| (shape.name.to_owned(), object(shape)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wfc workflow",
        "description": "A workflow of the YAML DSL, in any version.",
        "$ref": "#/$defs/workflow",
        "$defs": defs,
    })
}

/// What the last key of `path` is, in one sentence: the keys of mappings on the
/// way to it from the top of a workflow file. Nothing for a name that the
/// author gave.
pub fn about_key(path: &[&str]) -> Option<String> {
    let mut forms = vec![&Form::Shape("workflow")];
    let mut found = None;
    for name in path {
        let (mut next, mut key) = (Vec::new(), None);
        for form in forms {
            into(form, name, &mut next, &mut key);
        }
        (forms, found) = (next, key);
    }
    found.map(about)
}

/// What the value of the key `name` may be in a value of some form, and the key
/// if the language has it.
fn into<'k>(form: &'k Form, name: &str, next: &mut Vec<&'k Form>, key: &mut Option<&'k Key>) {
    match form {
        Form::Shape(shape) => {
            let shape = SHAPES.iter().find(|each| each.name == *shape);
            let mut keys = shape.into_iter().flat_map(|shape| shape.keys);
            if let Some(known) = keys.find(|key| key.name == name) {
                next.push(&known.form);
                *key = Some(known);
            }
        }
        Form::List(item) | Form::Some(item) => into(item, name, next, key),
        // The name is the author's.
        Form::Map(value) => next.push(value),
        Form::Either(forms) => forms.iter().for_each(|form| into(form, name, next, key)),
        _ => {}
    }
}

/// The schema of a mapping.
fn object(shape: &Shape) -> Value {
    let keys = shape.keys.iter();
    let properties: Map<String, Value> = keys
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let keys = shape.keys.iter();
    let required: Vec<&str> = keys
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut schema = json!({
        "title": shape.what.replace('`', ""),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    match shape.name {
        // What it does is said once, and only some keys go with it.
        "step" => {
            let forms = forms();
            let one: Vec<Value> = forms
                .iter()
                .map(|(key, _)| json!({ "required": [key] }))
                .collect();
            schema["oneOf"] = one.into();
            let rest = forms.iter().map(|(key, own)| {
                let known = shape.keys.iter().map(|key| key.name);
                let others = known.filter(|name| {
                    name != key
                        && !own.contains(name)
                        && !forms.iter().any(|(form, _)| form == name)
                });
                let refused: Map<String, Value> = others
                    .map(|name| (name.to_owned(), Value::Bool(false)))
                    .collect();
                ((*key).to_owned(), json!({ "properties": refused }))
            });
            schema["dependentSchemas"] = Value::Object(rest.collect());
        }
        "condition" => {
            schema["minProperties"] = 1.into();
            schema["maxProperties"] = 1.into();
        }
        "score" => {
            let bounds = ["gt", "gte", "lt", "lte"].map(|key| json!({ "required": [key] }));
            schema["anyOf"] = bounds.to_vec().into();
        }
        _ => {}
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = form(&key.form);
    schema["description"] = about(key).into();
    schema
}

/// What a person reads about a key.
fn about(key: &Key) -> String {
    match gates::since(key.name) {
        Some(since) => format!("{} Since {since}.", key.about),
        None => key.about.to_owned(),
    }
}

fn form(form: &Form) -> Value {
    let scalar = json!(["string", "number", "boolean", "null"]);
    match form {
        Form::Any => json!({}),
        Form::Scalar => json!({ "type": scalar }),
        Form::Words => json!({ "type": ["string", "number", "boolean"] }),
        Form::Text => json!({ "type": "string" }),
        Form::Name => json!({ "type": "string", "pattern": "\\S" }),
        Form::Id => json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$" }),
        Form::Pointer => json!({ "type": "string", "pattern": "^(/.*)?$" }),
        Form::Version => json!({ "enum": Version::all().collect::<Vec<_>>() }),
        Form::OneOf(words) => json!({ "enum": words }),
        Form::Bool => json!({ "type": "boolean" }),
        Form::Number => json!({ "type": "number" }),
        Form::Seconds => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Form::Count(least) => json!({ "type": "integer", "minimum": least }),
        Form::Shape(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Form::List(item) => json!({ "type": "array", "items": self::form(item) }),
        Form::Some(item) => json!({ "type": "array", "items": self::form(item), "minItems": 1 }),
        Form::Map(value) => json!({ "type": "object", "additionalProperties": self::form(value) }),
        Form::Either(forms) => {
            let forms: Vec<Value> = forms.iter().map(self::form).collect();
            json!({ "anyOf": forms })
        }
    }
}
