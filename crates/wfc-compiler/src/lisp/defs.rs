//! Definitions as written: the shape of each form, without what its names
//! mean.

use wfc_diag::{Diagnostic, FileId, Span, codes};
use wfc_ir::Guidance;
use wfc_syntax::lisp::types::{TypeExpr, parse_type};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::messages;

mod params;
mod prompts;
mod resources;
mod settings;

pub(super) use resources::{ResourceDef, TransitionDef, UpdateKind};
pub(super) use settings::SettingsDef;

/// A name and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Span,
}

impl Name {
    /// Are they one name? The same word is another name in the expansion of a
    /// macro.
    pub(super) fn same(&self, other: &Name) -> bool {
        self.text == other.text && self.span.file == other.span.file
    }

    /// The name in a symbol; empty for anything else.
    pub(super) fn of(datum: &Datum) -> Self {
        Name {
            text: datum.as_symbol().unwrap_or_default().to_owned(),
            span: datum.span,
        }
    }
}

/// A type as written, or nothing when it was reported.
pub(super) type TypeRef = Option<TypeExpr>;

/// A definition.
pub(super) enum Def<'a> {
    Enum(Name, Vec<Name>),
    Path {
        name: Name,
        under: Option<String>,
        must_exist: bool,
    },
    Record(Name, Vec<FieldDef>),
    Union(Name, Vec<(Name, Vec<FieldDef>)>),
    /// Fields that other definitions include.
    Schema(Vec<FieldDef>),
    /// Another name for a type.
    Alias(Name, TypeRef),
    /// A record, union or alias with type parameters.
    Generic(Vec<Name>, Box<Def<'a>>),
    Callable(Callable<'a>),
    Resource(ResourceDef),
    Transition(TransitionDef<'a>),
    /// A definition that was reported; its name is known all the same.
    Broken(Name),
}

/// A field.
pub(super) struct FieldDef {
    pub(super) name: Name,
    pub(super) ty: TypeRef,
    pub(super) words: Words,
}

/// What stands behind the type of a field.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) guidance: Guidance,
    /// Where the field is in what is written, unless it is at its name.
    pub(super) pointer: Option<String>,
    /// May it be left out? Then it is optional.
    pub(super) required: bool,
}

impl Default for Words {
    fn default() -> Self {
        Words {
            guidance: Guidance::default(),
            pointer: None,
            required: true,
        }
    }
}

/// A workflow or procedure.
pub(super) struct Callable<'a> {
    pub(super) name: Name,
    pub(super) is_workflow: bool,
    /// Is it the text of a prompt?
    pub(super) is_prompt: bool,
    /// Its type parameters.
    pub(super) forall: Vec<Name>,
    /// What is asked of them.
    pub(super) bounds: Vec<BoundDef>,
    pub(super) params: Vec<ParamDef<'a>>,
    pub(super) ret: TypeRef,
    /// The effects it says it has, if it says so.
    pub(super) effects: Option<Vec<EffectDef>>,
    pub(super) settings: SettingsDef,
    /// Is it to be a workflow of its own where it is called?
    pub(super) is_private_workflow: bool,
    pub(super) body: Option<&'a Datum>,
}

/// A parameter.
pub(super) struct ParamDef<'a> {
    pub(super) name: Name,
    pub(super) ty: TypeRef,
    pub(super) default: Option<&'a Datum>,
    pub(super) description: Option<String>,
}

/// What is asked of a type parameter.
pub(super) struct BoundDef {
    pub(super) param: Name,
    pub(super) span: Span,
    pub(super) kind: BoundKind,
}

/// The kinds of bounds.
pub(super) enum BoundKind {
    IsRecord,
    IsUnion,
    HasField(FieldDef),
    HasVariant(Name, Vec<FieldDef>),
    /// Every variant has the field.
    HasSharedField(FieldDef),
}

/// An effect as declared.
pub(super) struct EffectDef {
    pub(super) kind: String,
    pub(super) subjects: Vec<String>,
}

/// The heads of definitions.
pub(super) const FORMS: &[&str] = &[
    "defenum",
    "defpath",
    "defrecord",
    "defunion",
    "defschema",
    "deftype",
    "defproc",
    "defun",
    "defworkflow",
    "defmacro",
    "defprompt",
    "defresource",
    "deftransition",
];

/// Reads one definition.
pub(super) fn read<'a>(datum: &'a Datum, diagnostics: &mut Vec<Diagnostic>) -> Option<Def<'a>> {
    let Some(members) = datum.as_list() else {
        if datum.kind != DatumKind::Error {
            diagnostics.push(messages::not_a_definition(datum.span, FORMS));
        }
        return None;
    };
    let Some(head) = datum.head() else {
        if members.first().is_none_or(|m| m.kind != DatumKind::Error) {
            diagnostics.push(messages::not_a_definition(datum.span, FORMS));
        }
        return None;
    };
    let mut reader = Reader {
        diagnostics,
        form: datum.span,
    };
    let found = match head {
        "defenum" => reader.words(members),
        "defpath" => reader.path(members),
        "defrecord" | "defunion" | "deftype"
            if members.get(2).and_then(Datum::as_keyword) == Some("forall") =>
        {
            reader.generic(members, head)
        }
        "defrecord" => reader.record(members),
        "defunion" => reader.union(members),
        "defschema" => reader.schema(members),
        "deftype" => reader.alias(members),
        "defproc" | "defun" | "defworkflow" => reader.callable(members, head),
        "defprompt" => reader.prompt(members),
        "defresource" => reader.resource(members),
        "deftransition" => reader.transition(members),
        _ => {
            let span = members[0].span;
            diagnostics.push(messages::unknown_definition(span, head, FORMS));
            None
        }
    };
    let name = members.get(1).filter(|name| name.as_symbol().is_some());
    found.or_else(|| name.map(|name| Def::Broken(Name::of(name))))
}

struct Reader<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
    form: Span,
}

impl Reader<'_> {
    fn shape(&mut self, span: Span, form: &str, shape: &str, why: &str) {
        self.diagnostics
            .push(messages::shape(span, form, shape, why));
    }

    fn name(&mut self, members: &[Datum], form: &str, shape: &str) -> Option<Name> {
        match members.get(1) {
            Some(name) if name.as_symbol().is_some() => Some(Name::of(name)),
            Some(other) => {
                if other.kind != DatumKind::Error {
                    self.shape(other.span, form, shape, "a name is needed here");
                }
                None
            }
            None => {
                self.shape(self.form, form, shape, "the name is missing");
                None
            }
        }
    }

    fn words<'a>(&mut self, members: &[Datum]) -> Option<Def<'a>> {
        const SHAPE: &str = "(defenum Name first second …)";
        let name = self.name(members, "defenum", SHAPE)?;
        let mut words: Vec<Name> = Vec::new();
        for each in &members[2..] {
            if each.as_symbol().is_none() {
                if each.kind != DatumKind::Error {
                    self.shape(each.span, "defenum", SHAPE, "a member is a symbol");
                }
                continue;
            }
            let word = Name::of(each);
            self.unique("member", &word, &words);
            words.push(word);
        }
        if words.is_empty() {
            self.shape(self.form, "defenum", SHAPE, "there is no member");
        }
        Some(Def::Enum(name, words))
    }

    fn unique(&mut self, what: &str, name: &Name, others: &[Name]) {
        if let Some(first) = others.iter().find(|other| other.text == name.text) {
            self.diagnostics
                .push(messages::duplicate(what, &name.text, name.span, first.span));
        }
    }

    fn path<'a>(&mut self, members: &[Datum]) -> Option<Def<'a>> {
        const SHAPE: &str = "(defpath Name :kind relpath :under \"folder\" :must-exist true)";
        let name = self.name(members, "defpath", SHAPE)?;
        let before = self.diagnostics.len();
        let (mut under, mut must_exist, mut rooted) = (None, false, false);
        for (key, value) in self.keywords("defpath", SHAPE, &members[2..]) {
            rooted |= key.as_keyword() == Some("under");
            match key.as_keyword().unwrap_or_default() {
                "kind" if value.as_symbol() == Some("relpath") => {}
                "kind" => self.shape(value.span, "defpath", SHAPE, "the only kind is `relpath`"),
                "under" => match value.as_str() {
                    Some(root) => {
                        let root = root.trim_end_matches('/');
                        if let Some(why) = unsafe_path(root) {
                            self.diagnostics
                                .push(messages::unsafe_path(value.span, root, why));
                        } else if root != "." {
                            under = Some(root.trim_start_matches("./").to_owned());
                        }
                    }
                    None => {
                        self.shape(value.span, "defpath", SHAPE, "a folder in quotes is needed")
                    }
                },
                "must-exist" => match value.kind {
                    DatumKind::Bool(flag) => must_exist = flag,
                    _ => self.shape(value.span, "defpath", SHAPE, "expected `true` or `false`"),
                },
                other => {
                    let diagnostic = messages::unknown_keyword(
                        key.span,
                        other,
                        "defpath",
                        &["kind", "under", "must-exist"],
                    );
                    self.diagnostics.push(diagnostic);
                }
            }
        }
        if !rooted && self.diagnostics.len() == before {
            let why = "`:under` is missing: the folder in which such files lie, `\".\"` for any";
            self.shape(name.span, "defpath", SHAPE, why);
        }
        Some(Def::Path {
            name,
            under,
            must_exist,
        })
    }

    /// Pairs of keyword and value; reports what is neither.
    fn keywords<'a>(
        &mut self,
        form: &str,
        shape: &str,
        members: &'a [Datum],
    ) -> Vec<(&'a Datum, &'a Datum)> {
        let mut pairs: Vec<(&Datum, &Datum)> = Vec::new();
        let mut rest = members.iter();
        while let Some(key) = rest.next() {
            if key.as_keyword().is_none() {
                if key.kind != DatumKind::Error {
                    self.shape(key.span, form, shape, "a keyword is needed here");
                }
                continue;
            }
            let Some(value) = rest.next() else {
                self.shape(key.span, form, shape, "this keyword has no value");
                break;
            };
            match pairs.iter().find(|(other, _)| other.kind == key.kind) {
                Some((first, _)) => self.diagnostics.push(messages::duplicate(
                    "keyword",
                    &format!(":{}", key.as_keyword().unwrap_or_default()),
                    key.span,
                    first.span,
                )),
                None => pairs.push((key, value)),
            }
        }
        pairs
    }

    fn record<'a>(&mut self, members: &[Datum]) -> Option<Def<'a>> {
        const SHAPE: &str = "(defrecord Name (field Type) …)";
        let name = self.name(members, "defrecord", SHAPE)?;
        Some(Def::Record(
            name,
            self.fields("defrecord", SHAPE, &members[2..]),
        ))
    }

    fn schema<'a>(&mut self, members: &[Datum]) -> Option<Def<'a>> {
        const SHAPE: &str = "(defschema Name (field Type) …)";
        self.name(members, "defschema", SHAPE)?;
        let fields = self.fields("defschema", SHAPE, &members[2..]);
        Some(Def::Schema(fields))
    }

    fn fields(&mut self, form: &str, shape: &str, members: &[Datum]) -> Vec<FieldDef> {
        let mut fields: Vec<FieldDef> = Vec::new();
        for member in members {
            let (name, ty, rest) = match member.as_list() {
                Some([name, ty, rest @ ..]) if name.as_symbol().is_some() => (name, ty, rest),
                _ => {
                    if member.kind != DatumKind::Error {
                        self.shape(member.span, form, shape, "a field is written `(name Type)`");
                    }
                    continue;
                }
            };
            let name = Name::of(name);
            if let Some(first) = fields.iter().find(|f| f.name.text == name.text) {
                self.diagnostics.push(messages::duplicate(
                    "field",
                    &name.text,
                    name.span,
                    first.name.span,
                ));
                continue;
            }
            let ty = self.type_ref(ty);
            let words = guidance(rest, self.diagnostics);
            fields.push(FieldDef { name, ty, words });
        }
        fields
    }

    fn field_words(&mut self, members: &[Datum]) -> Words {
        const SHAPE: &str = "(name Type :description \"…\" :format-hint \"…\" :example value)";
        const KEYS: &[&str] = &[
            "description",
            "format-hint",
            "example",
            "json-pointer",
            "required",
        ];
        let mut words = Words::default();
        for (key, value) in self.keywords("field", SHAPE, members) {
            let text = match &value.kind {
                DatumKind::Str(text) | DatumKind::Symbol(text) => text.clone(),
                DatumKind::Int(number) => number.to_string(),
                DatumKind::Float(number) => number.to_string(),
                DatumKind::Bool(flag) => flag.to_string(),
                _ => {
                    self.shape(value.span, "field", SHAPE, "a text is needed here");
                    continue;
                }
            };
            let guidance = &mut words.guidance;
            match key.as_keyword().unwrap_or_default() {
                "description" => guidance.description = Some(text),
                "format-hint" => guidance.format_hint = Some(text),
                "example" => guidance.example = Some(text),
                "json-pointer" if text.is_empty() || text.starts_with('/') => {
                    words.pointer = Some(text);
                }
                "json-pointer" => {
                    let why = "a JSON pointer begins with `/`";
                    self.shape(
                        value.span,
                        "field",
                        "(name Type :json-pointer \"/a/b\")",
                        why,
                    );
                }
                "required" => match value.kind {
                    DatumKind::Bool(flag) => words.required = flag,
                    _ => {
                        let why = "expected `true` or `false`";
                        self.shape(value.span, "field", "(name Type :required false)", why);
                    }
                },
                other => {
                    let diagnostic = messages::unknown_keyword(key.span, other, "field", KEYS);
                    self.diagnostics.push(diagnostic);
                }
            }
        }
        words
    }

    fn type_ref(&mut self, datum: &Datum) -> TypeRef {
        type_ref(datum, self.diagnostics)
    }

    fn union<'a>(&mut self, members: &[Datum]) -> Option<Def<'a>> {
        const SHAPE: &str = "(defunion Name (FIRST (field Type) …) (SECOND) …)";
        let name = self.name(members, "defunion", SHAPE)?;
        let mut variants: Vec<(Name, Vec<FieldDef>)> = Vec::new();
        for member in &members[2..] {
            let Some([tag, fields @ ..]) = member.as_list() else {
                if member.kind != DatumKind::Error {
                    self.shape(
                        member.span,
                        "defunion",
                        SHAPE,
                        "a variant is written `(TAG (field Type) …)`",
                    );
                }
                continue;
            };
            if tag.as_symbol().is_none() {
                if tag.kind != DatumKind::Error {
                    self.shape(tag.span, "defunion", SHAPE, "a variant begins with its tag");
                }
                continue;
            }
            let tag = Name::of(tag);
            if let Some((first, _)) = variants.iter().find(|(n, _)| n.text == tag.text) {
                self.diagnostics.push(messages::duplicate(
                    "variant", &tag.text, tag.span, first.span,
                ));
                continue;
            }
            let fields = self.fields("defunion", SHAPE, fields);
            if let Some(field) = fields.iter().find(|f| f.name.text == wfc_ir::VARIANT_KEY) {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::DUPLICATE_NAME,
                        field.name.span,
                        "a variant cannot have a field named `variant`",
                    )
                    .label("this key holds the tag of every union value"),
                );
            }
            variants.push((tag, fields));
        }
        if variants.is_empty() {
            self.shape(self.form, "defunion", SHAPE, "there is no variant");
        }
        Some(Def::Union(name, variants))
    }

    fn callable<'a>(&mut self, members: &'a [Datum], form: &str) -> Option<Def<'a>> {
        let is_workflow = form == "defworkflow";
        let shape = &format!("({form} name ((param Type) …) -> Result body)");
        let name = self.name(members, form, shape)?;
        let mut rest = &members[2..];
        let (mut forall, mut bounds) = (Vec::new(), Vec::new());
        self.type_params(&mut rest, form, &mut forall, &mut bounds);
        let params = match rest.split_first() {
            Some((list, more)) if list.as_list().is_some() => {
                rest = more;
                self.params(list.as_list().unwrap_or_default(), is_workflow)
            }
            other => {
                let span = other.map_or(self.form, |(datum, _)| datum.span);
                self.shape(span, form, shape, "the list of parameters is missing");
                return None;
            }
        };
        self.type_params(&mut rest, form, &mut forall, &mut bounds);
        let mut ret = None;
        match rest {
            [arrow, ty, more @ ..] if arrow.as_symbol() == Some("->") => {
                ret = self.type_ref(ty);
                rest = more;
            }
            // A type and a body: it is clear what the type is for.
            [ty, more @ ..] if !more.is_empty() && is_type_name(ty) => {
                self.shape(ty.span, form, shape, "`->` is missing before this");
                ret = self.type_ref(ty);
                rest = more;
            }
            _ => {
                let span = rest.first().map_or(self.form, |datum| datum.span);
                self.shape(span, form, shape, "`-> Result` is missing before this");
            }
        }
        // A function may do nothing.
        let mut effects = (form == "defun").then(Vec::new);
        let mut settings = SettingsDef::default();
        let mut is_private_workflow = false;
        while let [key, more @ ..] = rest
            && let Some(keyword) = key.as_keyword()
        {
            let value = more.first();
            match (keyword, value) {
                ("effects", Some(list)) if list.as_list().is_some() => {
                    effects = Some(self.effects(list.as_list().unwrap_or_default()));
                }
                // Procedures are always written out where they are called; but
                // what is to be a workflow must be able to be one.
                ("lowering", Some(word)) if word.as_symbol().is_some() => {
                    is_private_workflow = word.as_symbol() == Some("private-workflow");
                }
                ("effects" | "lowering", _) => {
                    self.shape(key.span, form, shape, "this keyword has no sensible value");
                }
                (other, Some(value)) if is_workflow && settings::KEYS.contains(&other) => {
                    self.setting(other, value, &mut settings);
                }
                (other, _) => {
                    let own = if is_workflow { settings::KEYS } else { &[] };
                    let allowed: Vec<&'static str> =
                        ["effects", "lowering"].iter().chain(own).copied().collect();
                    let found = messages::unknown_keyword(key.span, other, form, &allowed);
                    self.diagnostics.push(found);
                }
            }
            rest = more.get(1..).unwrap_or_default();
        }
        let body = match rest {
            [body] => Some(body),
            [] => {
                self.shape(self.form, form, shape, "the body is missing");
                None
            }
            [_, second, ..] => {
                self.shape(
                    second.span,
                    form,
                    shape,
                    "there is a second body; put both into `(do …)` or `(let* …)`",
                );
                rest.first()
            }
        };
        Some(Def::Callable(Callable {
            name,
            is_workflow,
            is_prompt: false,
            forall,
            bounds,
            params,
            ret,
            effects,
            settings,
            is_private_workflow,
            body,
        }))
    }

    fn params<'a>(&mut self, list: &'a [Datum], is_workflow: bool) -> Vec<ParamDef<'a>> {
        const SHAPE: &str = "((name Type) (other Type :default value) …)";
        let mut params: Vec<ParamDef<'a>> = Vec::new();
        for member in list {
            let Some([name, ty, rest @ ..]) = member.as_list() else {
                if member.kind != DatumKind::Error {
                    self.shape(
                        member.span,
                        "parameter",
                        SHAPE,
                        "a parameter is written `(name Type)`",
                    );
                }
                continue;
            };
            if name.as_symbol().is_none() {
                if name.kind != DatumKind::Error {
                    self.shape(name.span, "parameter", SHAPE, "a name is needed here");
                }
                continue;
            }
            let name = Name::of(name);
            if let Some(first) = params.iter().find(|p| p.name.same(&name)) {
                self.diagnostics.push(messages::duplicate(
                    "parameter",
                    &name.text,
                    name.span,
                    first.name.span,
                ));
                continue;
            }
            let ty = self.type_ref(ty);
            let (mut default, mut description) = (None, None);
            for (key, value) in self.keywords("parameter", SHAPE, rest) {
                match key.as_keyword().unwrap_or_default() {
                    "default" if is_workflow => default = Some(value),
                    "default" => self.shape(
                        key.span,
                        "parameter",
                        "((name Type) …)",
                        "only parameters of a workflow have defaults",
                    ),
                    "description" => match value.as_str() {
                        Some(text) => description = Some(text.to_owned()),
                        None => self.shape(value.span, "parameter", SHAPE, "a text is needed here"),
                    },
                    other => {
                        let allowed = ["default", "description"];
                        let diagnostic =
                            messages::unknown_keyword(key.span, other, "parameter", &allowed);
                        self.diagnostics.push(diagnostic);
                    }
                }
            }
            params.push(ParamDef {
                name,
                ty,
                default,
                description,
            });
        }
        params
    }

    fn effects(&mut self, list: &[Datum]) -> Vec<EffectDef> {
        const SHAPE: &str = "((uses-provider name …) (uses-command name …) …)";
        const KINDS: &[&str] = &[
            "uses-provider",
            "uses-command",
            "calls-workflow",
            "reads",
            "writes",
            "publishes",
            "updates-state",
        ];
        let mut effects = Vec::new();
        for member in list {
            let Some(([kind, subjects @ ..], head)) = member.as_list().zip(member.head()) else {
                if member.kind != DatumKind::Error {
                    self.shape(
                        member.span,
                        ":effects",
                        SHAPE,
                        "an effect is written `(kind subject …)`",
                    );
                }
                continue;
            };
            if !KINDS.contains(&head) {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::LISP_FORM,
                        kind.span,
                        format!("there is no kind of effect `{head}`"),
                    )
                    .label("unknown kind")
                    .suggest(kind.span, head, KINDS.iter().copied()),
                );
                continue;
            }
            effects.push(EffectDef {
                kind: head.to_owned(),
                subjects: subjects
                    .iter()
                    .filter_map(|s| s.as_symbol().map(str::to_owned))
                    .collect(),
            });
        }
        effects
    }
}

/// What stands behind the type of a field.
pub(super) fn guidance(members: &[Datum], diagnostics: &mut Vec<Diagnostic>) -> Words {
    let form = members.first().map_or(Span::at(FileId(0), 0), |m| m.span);
    Reader { diagnostics, form }.field_words(members)
}

/// The type that a datum spells.
pub(super) fn type_ref(datum: &Datum, diagnostics: &mut Vec<Diagnostic>) -> TypeRef {
    match &datum.kind {
        DatumKind::Symbol(text) => match parse_type(text, datum.span) {
            Ok(ty) => Some(ty),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                None
            }
        },
        // H lets a result carry words for its writer: `(result T …)`.
        DatumKind::List(members) if datum.head() == Some("result") && members.len() > 1 => {
            type_ref(&members[1], diagnostics)
        }
        DatumKind::Error => None,
        _ => {
            diagnostics.push(messages::shape(
                datum.span,
                "type",
                "Int, Name or List[Name]",
                "a type is needed here",
            ));
            None
        }
    }
}

/// Why a path must not be used, if so.
pub(super) fn unsafe_path(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("it is empty")
    } else if path.starts_with('/') {
        Some("it is absolute")
    } else if path.split('/').any(|part| part == "..") {
        Some("it climbs out with `..`")
    } else {
        None
    }
}

/// Does this look like the name of a type?
fn is_type_name(datum: &Datum) -> bool {
    let name = datum.as_symbol().unwrap_or_default();
    name.starts_with(|first: char| first.is_ascii_uppercase())
}
