//! Types of the IR under names, which Lisp needs and the IR does not have.

use std::fmt::Write;

use wfc_ir::{ContractField, Field, Guidance, Type, Variant};

use super::super::Gaps;

/// The definitions of a module so far.
#[derive(Default)]
pub(super) struct Types {
    defined: Vec<Defined>,
}

struct Defined {
    name: String,
    ty: Type,
    text: String,
}

/// A field with words for the prompt.
struct Worded<'a> {
    name: &'a str,
    ty: &'a Type,
    /// What stands behind the type.
    rest: String,
}

impl<'a> Worded<'a> {
    fn of(field: &'a ContractField) -> Self {
        let mut rest = words(&field.guidance);
        if field.pointer != format!("/{}", field.name) {
            let _ = write!(rest, " :json-pointer {}", string(&field.pointer));
        }
        if !field.required {
            rest.push_str(" :required false");
        }
        Worded {
            name: &field.name,
            ty: &field.ty,
            rest,
        }
    }
}

impl Types {
    /// The definitions, those that others need first.
    pub(super) fn text(&self) -> String {
        let texts = self.defined.iter().map(|each| each.text.as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// How a type is written. `hint` is what it would be called if it needs a
    /// name and has none.
    pub(super) fn written(&mut self, ty: &Type, hint: &str, gaps: &mut Gaps) -> String {
        match ty {
            Type::Bool => "Bool".to_owned(),
            Type::Int => "Int".to_owned(),
            Type::Float => "Float".to_owned(),
            Type::String => "String".to_owned(),
            Type::Json => "Json".to_owned(),
            Type::Secret => {
                gaps.add("a secret as an input");
                "String".to_owned()
            }
            Type::Path {
                under: None,
                must_exist: false,
            } => "PathRel".to_owned(),
            Type::List { item } => format!("List[{}]", self.written(item, hint, gaps)),
            Type::Optional { item } => format!("Optional[{}]", self.written(item, hint, gaps)),
            Type::Map { value } => format!("Map[String,{}]", self.written(value, hint, gaps)),
            Type::Enum { .. } | Type::Path { .. } | Type::Record { .. } | Type::Union { .. } => {
                self.named(ty, hint, gaps)
            }
        }
    }

    /// The name of an enum, path, record or union.
    pub(super) fn named(&mut self, ty: &Type, hint: &str, gaps: &mut Gaps) -> String {
        // A definition with words for a prompt is as good as one without.
        if let Some(known) = self.defined.iter().find(|each| each.ty == *ty) {
            return known.name.clone();
        }
        let plain = |field: &'_ Field| -> (String, Type) { (field.name.clone(), field.ty.clone()) };
        match ty {
            Type::Enum { allowed } => {
                if let Some(odd) = allowed.iter().find(|word| !is_symbol(word)) {
                    gaps.add(format!("the enum member {odd:?}, which is no symbol"));
                }
                let words = allowed.join(" ");
                self.define(ty, hint, |name| format!("(defenum {name} {words})"))
            }
            Type::Path { under, must_exist } => {
                let under = under.as_deref().unwrap_or(".");
                self.define(ty, hint, |name| {
                    format!(
                        "(defpath {name} :kind relpath :under {under:?} :must-exist {must_exist})"
                    )
                })
            }
            Type::Record { fields } => {
                let fields: Vec<(String, Type)> = fields.iter().map(plain).collect();
                let fields = worded(&fields);
                self.record(ty, &fields, hint, gaps)
            }
            Type::Union { variants } => {
                let fields = |variant: &Variant| variant.fields.iter().map(plain).collect();
                let variants: Vec<(&str, Vec<(String, Type)>)> = variants
                    .iter()
                    .map(|variant| (variant.tag.as_str(), fields(variant)))
                    .collect();
                let variants: Vec<(&str, Vec<Worded<'_>>)> = variants
                    .iter()
                    .map(|(tag, fields)| (*tag, worded(fields)))
                    .collect();
                self.union(ty, &variants, hint, gaps)
            }
            _ => self.written(ty, hint, gaps),
        }
    }

    /// The record of what a bundle holds, with the words of its fields.
    pub(super) fn bundle(
        &mut self,
        fields: &[ContractField],
        ty: &Type,
        hint: &str,
        gaps: &mut Gaps,
    ) -> String {
        let fields: Vec<Worded<'_>> = fields.iter().map(Worded::of).collect();
        if fields.iter().all(|field| field.rest.is_empty()) {
            return self.named(ty, hint, gaps);
        }
        // Not to be found by its type: another step says other words.
        let text = self.fields(&fields, hint, gaps);
        let name = self.free(hint);
        self.defined.push(Defined {
            text: format!("(defrecord {name} {text})"),
            ty: Type::Record { fields: Vec::new() },
            name: name.clone(),
        });
        name
    }

    /// The union of what a variant contract holds.
    pub(super) fn variants(
        &mut self,
        all: &[(&str, Vec<&ContractField>)],
        ty: &Type,
        hint: &str,
        gaps: &mut Gaps,
    ) -> String {
        let variants: Vec<(&str, Vec<Worded<'_>>)> = all
            .iter()
            .map(|(tag, fields)| {
                let worded = fields.iter().copied().map(Worded::of);
                (*tag, worded.collect())
            })
            .collect();
        self.union(ty, &variants, hint, gaps)
    }

    fn record(&mut self, ty: &Type, fields: &[Worded<'_>], hint: &str, gaps: &mut Gaps) -> String {
        let text = self.fields(fields, hint, gaps);
        self.define(ty, hint, |name| format!("(defrecord {name} {text})"))
    }

    fn union(
        &mut self,
        ty: &Type,
        variants: &[(&str, Vec<Worded<'_>>)],
        hint: &str,
        gaps: &mut Gaps,
    ) -> String {
        let mut text = String::new();
        for (tag, fields) in variants {
            let fields = self.fields(fields, &format!("{hint}-{tag}"), gaps);
            let _ = write!(text, " ({tag} {fields})");
        }
        self.define(ty, hint, |name| format!("(defunion {name}{text})"))
    }

    fn fields(&mut self, fields: &[Worded<'_>], hint: &str, gaps: &mut Gaps) -> String {
        let mut texts = Vec::new();
        for field in fields {
            if !is_symbol(field.name) {
                gaps.add(format!("the name {:?}, which is no symbol", field.name));
            }
            let ty = self.written(field.ty, &format!("{hint}-{}", field.name), gaps);
            texts.push(format!("({} {ty}{})", field.name, field.rest));
        }
        texts.join(" ")
    }

    fn define(&mut self, ty: &Type, hint: &str, text: impl FnOnce(&str) -> String) -> String {
        let name = self.free(hint);
        self.defined.push(Defined {
            text: text(&name),
            ty: ty.clone(),
            name: name.clone(),
        });
        name
    }

    /// A name that is not taken: `WriteNote`, `WriteNote2`.
    fn free(&self, hint: &str) -> String {
        let mut base = String::new();
        for word in hint.split(|c: char| !c.is_alphanumeric()) {
            let mut letters = word.chars();
            if let Some(first) = letters.next() {
                base.extend(first.to_uppercase());
                // `APPROVE` becomes `Approve`, `howMany` stays.
                match word.chars().any(char::is_lowercase) {
                    true => base.push_str(letters.as_str()),
                    false => base.extend(letters.flat_map(char::to_lowercase)),
                }
            }
        }
        const BUILT_IN: &[&str] = &[
            "", "String", "Int", "Float", "Bool", "Json", "Provider", "Prompt", "List", "Map",
            "Optional", "PathRel", "Symbol", "RunId", "Value", "Path",
        ];
        let taken = |name: &str| {
            BUILT_IN.contains(&name) || self.defined.iter().any(|each| each.name == name)
        };
        if base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit()) || taken(&base) {
            base.insert(0, 'T');
        }
        let numbered = (2..).map(|n| format!("{base}{n}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        names.find(|name| !taken(name)).unwrap_or(base)
    }
}

fn worded(fields: &[(String, Type)]) -> Vec<Worded<'_>> {
    fields
        .iter()
        .map(|(name, ty)| Worded {
            name,
            ty,
            rest: String::new(),
        })
        .collect()
}

/// The words about a value, as keywords.
pub(super) fn words(guidance: &Guidance) -> String {
    let words = [
        ("description", &guidance.description),
        ("format-hint", &guidance.format_hint),
        ("example", &guidance.example),
    ];
    let mut text = String::new();
    for (key, value) in words {
        if let Some(value) = value {
            let _ = write!(text, " :{key} {}", string(value));
        }
    }
    text
}

/// A text in quotes.
pub(super) fn string(text: &str) -> String {
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(written, "\\u{{{:x}}}", c as u32);
            }
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Can the text be the name of something?
pub(super) fn is_symbol(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts
        && !matches!(text, "true" | "false" | "none")
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
