//! What may be said of any process, an agent or a command: how often it is
//! tried, what it may know, and what is kept of what it writes.

use wfc_diag::Span;
use wfc_ir::{Capture, CaptureMode, ReplayClass, Retries};
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::defs::{Name, guidance, type_ref};
use crate::lisp::hir::{Expr, File, Policy};
use crate::lisp::messages;
use crate::lisp::types::Ty;

/// How the files with one value each are written.
const FILES: &str = ":files ((name Type \"path\" :required false) …)";

impl Checker<'_, '_> {
    /// `:replay once`: what a resume does when how the step ended is not known.
    fn replay(&mut self, form: &str, arguments: &Arguments<'_>) -> Option<ReplayClass> {
        let datum = arguments.get("replay")?;
        let class = match datum.as_symbol() {
            Some("once") => Some(ReplayClass::Once),
            Some("rerun") => Some(ReplayClass::Rerun),
            _ => None,
        };
        if class.is_none() && datum.kind != DatumKind::Error {
            self.report(messages::shape(
                datum.span,
                form,
                ":replay once",
                "`:replay` is `rerun` or `once`",
            ));
        }
        class
    }

    /// What the keywords of a process say.
    pub(super) fn policy(
        &mut self,
        form: &str,
        arguments: &Arguments<'_>,
        fine: &mut bool,
    ) -> Policy {
        let retries = self.whole(form, ":retries 2", arguments, "retries");
        let delay = self.whole(form, ":retry-delay-ms 500", arguments, "retry-delay-ms");
        if let (None, Some(_), Some(datum)) = (retries, delay, arguments.get("retry-delay-ms")) {
            let why = "there is nothing to wait for without `:retries`";
            self.report(messages::shape(
                datum.span,
                form,
                ":retries 2 :retry-delay-ms 500",
                why,
            ));
        }
        let after = self.failures(form, arguments);
        if let (None, Some(datum)) = (retries, arguments.get("retry-after")) {
            let shape = ":retries 2 :retry-after (timeout)";
            let why = "how often is not said";
            self.report(messages::shape(datum.span, form, shape, why));
        }
        let retries = retries.map(|max| Retries {
            after,
            ..Retries::new(u32::try_from(max).unwrap_or(u32::MAX), delay.unwrap_or(0))
        });
        let depends = arguments
            .get("depends-on")
            .and_then(|files| self.dependencies(files, ":depends-on", fine));
        let shown = arguments
            .get("prompt-dependencies")
            .and_then(|files| self.dependencies(files, ":prompt-dependencies", fine));
        if let (Some(_), Some(_), Some(datum)) = (&depends, &shown, arguments.get("depends-on")) {
            let why = "`:prompt-dependencies` says the same, and shows the files";
            self.report(messages::shape(
                datum.span,
                form,
                ":depends-on (:required (path …))",
                why,
            ));
        }
        Policy {
            timeout_sec: self.timeout(form, arguments),
            limits: self.limits(form, arguments),
            retries,
            replay: self.replay(form, arguments),
            env: self.env(arguments, fine),
            secrets: self.secrets(arguments),
            capture: self.capture(form, arguments),
            output_file: arguments.get("output-file").map(|path| {
                let path = self.path_or_text(path);
                *fine &= path.ty != Ty::Error;
                path
            }),
            persist: self.flag(form, ":persist false", arguments, "persist", true),
            depends: shown.or(depends),
            files: self.files(arguments, fine),
        }
    }

    /// A whole number that may be 0.
    pub(super) fn whole(
        &mut self,
        form: &str,
        shape: &str,
        arguments: &Arguments<'_>,
        keyword: &str,
    ) -> Option<u64> {
        let datum = arguments.get(keyword)?;
        match datum.kind {
            DatumKind::Int(count) if count >= 0 => Some(count.unsigned_abs()),
            DatumKind::Error => None,
            _ => {
                let why = format!("`:{keyword}` is a whole number, 0 or more");
                self.report(messages::shape(datum.span, form, shape, &why));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(
        &mut self,
        form: &str,
        shape: &str,
        arguments: &Arguments<'_>,
        keyword: &str,
        default: bool,
    ) -> bool {
        let Some(datum) = arguments.get(keyword) else {
            return default;
        };
        match datum.kind {
            DatumKind::Bool(flag) => flag,
            DatumKind::Error => default,
            _ => {
                let why = format!("`:{keyword}` is `true` or `false`");
                self.report(messages::shape(datum.span, form, shape, &why));
                default
            }
        }
    }

    /// The members of the value of a keyword, which is a list.
    pub(super) fn members<'d>(
        &mut self,
        arguments: &Arguments<'d>,
        keyword: &str,
        shape: &str,
    ) -> &'d [Datum] {
        let Some(datum) = arguments.get(keyword) else {
            return &[];
        };
        if datum.as_list().is_none() && datum.kind != DatumKind::Error {
            let form = format!(":{keyword}");
            let why = "a list in parentheses is needed here";
            self.report(messages::shape(datum.span, &form, shape, why));
        }
        datum.as_list().unwrap_or_default()
    }

    /// Says that a member of such a list is not as it must be.
    pub(super) fn misshapen(&mut self, member: &Datum, keyword: &str, shape: &str, why: &str) {
        if member.kind != DatumKind::Error {
            let form = format!(":{keyword}");
            self.report(messages::shape(member.span, &form, shape, why));
        }
    }

    fn env(&mut self, arguments: &Arguments<'_>, fine: &mut bool) -> Vec<(String, Expr)> {
        const SHAPE: &str = ":env ((NAME \"text\") …)";
        let mut found: Vec<(String, Expr)> = Vec::new();
        for member in self.members(arguments, "env", SHAPE) {
            let Some([name, value]) = member.as_list() else {
                self.misshapen(
                    member,
                    "env",
                    SHAPE,
                    "a variable is written `(NAME \"text\")`",
                );
                continue;
            };
            let Some(text) = name.as_symbol().or(name.as_str()) else {
                self.misshapen(
                    name,
                    "env",
                    SHAPE,
                    "the name of the variable is needed here",
                );
                continue;
            };
            let value = self.expr(value, &Want::Type(Ty::String));
            *fine &= value.ty != Ty::Error;
            found.push((text.to_owned(), value));
        }
        found
    }

    fn secrets(&mut self, arguments: &Arguments<'_>) -> Vec<String> {
        const SHAPE: &str = ":secrets (API_TOKEN …)";
        let mut found = Vec::new();
        for member in self.members(arguments, "secrets", SHAPE) {
            match member.as_symbol().or(member.as_str()) {
                Some(name) => found.push(name.to_owned()),
                None => {
                    self.misshapen(member, "secrets", SHAPE, "the name of a variable is needed")
                }
            }
        }
        found
    }

    fn capture(&mut self, form: &str, arguments: &Arguments<'_>) -> Capture {
        let mut capture = Capture::default();
        let Some(datum) = arguments.get("capture") else {
            return capture;
        };
        match datum.as_symbol() {
            Some("text") => {}
            Some("lines") => capture.mode = CaptureMode::Lines,
            Some("json") => capture.mode = CaptureMode::Json,
            Some("json-or-text") => {
                capture.mode = CaptureMode::Json;
                capture.allow_parse_error = true;
            }
            _ if datum.kind == DatumKind::Error => {}
            _ => {
                let why = "`:capture` is `text`, `lines`, `json` or `json-or-text`";
                self.report(messages::shape(datum.span, form, ":capture lines", why));
            }
        }
        capture
    }

    /// The files that a process must write, each with one value.
    fn files(&mut self, arguments: &Arguments<'_>, fine: &mut bool) -> Vec<File> {
        let mut found: Vec<(File, Span)> = Vec::new();
        for member in self.members(arguments, "files", FILES) {
            let (name, ty, path, words) = match member.as_list() {
                Some([name, ty, path, words @ ..]) if name.as_symbol().is_some() => {
                    (Name::of(name), ty, path, words)
                }
                _ => {
                    let why = "a file is written `(name Type \"path\")`";
                    self.misshapen(member, "files", FILES, why);
                    *fine = false;
                    continue;
                }
            };
            if let Some((_, first)) = found.iter().find(|(each, _)| each.name == name.text) {
                let first = *first;
                self.report(messages::duplicate("file", &name.text, name.span, first));
                *fine = false;
            }
            let written = type_ref(ty, self.diagnostics);
            let ty = self.world.resolve(&written, self.diagnostics);
            let path = self.path_or_text(path);
            *fine &= path.ty != Ty::Error && ty != Ty::Error;
            let words = guidance(words, self.diagnostics);
            let file = File {
                name: name.text,
                path,
                ty,
                required: words.required,
                guidance: words.guidance,
            };
            found.push((file, name.span));
        }
        found.into_iter().map(|(file, _)| file).collect()
    }

    /// The type of a process: what its files hold, what it returns, or
    /// nothing.
    pub(super) fn answer_type(
        &mut self,
        span: Span,
        form: &str,
        shape: &str,
        arguments: &Arguments<'_>,
        policy: &Policy,
    ) -> Ty {
        if let Some(files) = arguments.get("files") {
            for other in ["returns", "bundle"] {
                if let Some(datum) = arguments.get(other) {
                    let why = format!("`:files` says what is given, so `:{other}` has no place");
                    self.report(messages::shape(datum.span, form, FILES, &why));
                }
            }
            let fields = policy.files.iter().map(|file| {
                let ty = match file.required {
                    true => file.ty.clone(),
                    false => Ty::Optional(file.ty.clone().into()),
                };
                let name = Name {
                    text: file.name.clone(),
                    span: files.span,
                };
                (name, ty)
            });
            let fields = fields.collect();
            let id = self.world.types.unnamed_record("files", files.span, fields);
            return Ty::Named(id);
        }
        let returns = arguments.get("returns").map(Datum::as_symbol);
        let nothing = match returns {
            Some(word) => word == Some("none"),
            // Who asks an agent wants to know the answer, unless that is said.
            None => form == "command-result" && arguments.get("bundle").is_none(),
        };
        match nothing {
            true => Ty::Optional(Ty::Unknown.into()),
            false => self.returns(span, form, shape, arguments),
        }
    }
}
