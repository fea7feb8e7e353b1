//! The idioms of queues and phases whose shape depends on the types of the
//! program that uses them: `produce-one-of`, `resume-or-start`, the moving of
//! an item of a queue, and `finalize-selected-item`. Each stands for simpler
//! forms, which are built here and checked in the place of the idiom.

use wfc_diag::Span;
use wfc_ir::Type;
use wfc_syntax::lisp::{Datum, DatumKind};

use super::keywords::Arguments;
use super::{Checker, Want};
use crate::lisp::hir::Expr;
use crate::lisp::messages;
use crate::lisp::types::{Field, Ty};

/// The command that moves an item.
const MOVE: &str = "apply_resource_transition";

/// Makes data that stand in the place of an idiom.
pub(super) struct Write {
    pub(super) span: Span,
}

impl Write {
    pub(super) fn datum(&self, kind: DatumKind) -> Datum {
        Datum {
            kind,
            span: self.span,
            doc: None,
        }
    }

    pub(super) fn symbol(&self, name: &str) -> Datum {
        self.datum(DatumKind::Symbol(name.to_owned()))
    }

    pub(super) fn keyword(&self, name: &str) -> Datum {
        self.datum(DatumKind::Keyword(name.to_owned()))
    }

    pub(super) fn list(&self, members: Vec<Datum>) -> Datum {
        self.datum(DatumKind::List(members))
    }

    /// `(head member …)`
    pub(super) fn call(&self, head: &str, mut members: Vec<Datum>) -> Datum {
        members.insert(0, self.symbol(head));
        self.list(members)
    }

    /// `((TAG binder) body)`
    pub(super) fn arm(&self, tag: &str, binder: &str, body: Datum) -> Datum {
        let pattern = self.list(vec![self.symbol(tag), self.symbol(binder)]);
        self.list(vec![pattern, body])
    }
}

impl Checker<'_, '_> {
    /// `(produce-one-of Union :producer (provider p :prompt q :inputs (…))
    /// :candidates ((TAG (field :target path :schema Path) …) …))`: an agent
    /// does one of several things, and says which. It is told where the files
    /// of each go.
    pub(super) fn produce_one_of(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const FORM: &str = "produce-one-of";
        const SHAPE: &str = "(produce-one-of Union :ctx ctx :producer (provider p :prompt q :inputs (…)) :candidates ((TAG (field :target path :schema Path)) …))";
        let mut arguments = self.arguments(FORM, args);
        self.known(FORM, &mut arguments, &["ctx", "producer", "candidates"]);
        self.extra(&arguments, 1, FORM, SHAPE);
        let parts = (
            arguments.plain.first(),
            arguments
                .get("producer")
                .filter(|p| p.head() == Some("provider")),
            arguments.get("candidates").and_then(Datum::as_list),
        );
        let (Some(union), Some(producer), Some(candidates)) = parts else {
            let why = "a union, `:producer` and `:candidates` are needed";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        self.same_cases(span, union, candidates);
        let write = Write { span };
        let mut shown: Vec<Datum> = Vec::new();
        // A field without a target is part of the answer only.
        let mut targets: Vec<(&str, &str, &Datum)> = Vec::new();
        for candidate in candidates.iter().filter_map(Datum::as_list) {
            let tag = candidate.first().and_then(Datum::as_symbol);
            for field in candidate.iter().skip(1) {
                if let Some([name, key, target, ..]) = field.as_list()
                    && key.as_keyword() == Some("target")
                {
                    let name = name.as_symbol().unwrap_or_default();
                    targets.push((tag.unwrap_or_default(), name, target));
                }
            }
        }
        for (tag, name, target) in &targets {
            // Two variants may call a file by one name.
            let same = targets.iter().filter(|(_, other, _)| other == name).count();
            let name = match same {
                1 => (*name).to_owned(),
                _ => format!("{}_{name}", tag.to_lowercase()),
            };
            shown.push(write.list(vec![
                write.keyword("as"),
                write.symbol(&name),
                (*target).clone(),
            ]));
        }
        let mut members = vec![write.symbol("provider-result")];
        let mut has_inputs = false;
        for (index, member) in producer
            .as_list()
            .unwrap_or_default()
            .iter()
            .enumerate()
            .skip(1)
        {
            let before = &producer.as_list().unwrap_or_default()[index - 1];
            match member.as_list() {
                Some(inputs) if before.as_keyword() == Some("inputs") => {
                    has_inputs = true;
                    members.push(write.list([inputs, &shown].concat()));
                }
                _ => members.push(member.clone()),
            }
        }
        if !has_inputs {
            members.push(write.keyword("inputs"));
            members.push(write.list(shown));
        }
        members.push(write.keyword("returns"));
        members.push((*union).clone());
        self.expr(&write.list(members), want)
    }

    /// Reports candidates that are no variant, and variants that are no
    /// candidate.
    fn same_cases(&mut self, span: Span, union: &Datum, candidates: &[Datum]) {
        let name = union.as_symbol().unwrap_or_default();
        let Ok(Ty::Named(id)) = self.world.type_named(union.span, name) else {
            return;
        };
        let tags: Vec<String> = self.world.types.tags(id).map(str::to_owned).collect();
        let mut given: Vec<&str> = Vec::new();
        for candidate in candidates {
            let tag = candidate.head().unwrap_or_default();
            if !tags.iter().any(|known| known == tag) {
                let found = messages::unknown_case(&self.world.types, id, tag, candidate.span);
                self.report(found);
            }
            given.push(tag);
        }
        let missing: Vec<&str> = tags
            .iter()
            .map(String::as_str)
            .filter(|tag| !given.contains(tag))
            .collect();
        if !missing.is_empty() {
            self.report(messages::missing_candidates(span, name, &missing));
        }
    }

    /// `(resume-or-start name :ctx ctx :resume-from path :valid-when (TAG …)
    /// :start value :returns Type)`: the value. A run that is resumed has what
    /// it had, so that no state is read.
    pub(super) fn resume_or_start(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const FORM: &str = "resume-or-start";
        const SHAPE: &str = "(resume-or-start name :ctx ctx :resume-from path :valid-when (TAG …) :start value :returns Type)";
        let mut arguments = self.arguments(FORM, args);
        let known = ["ctx", "resume-from", "valid-when", "start", "returns"];
        self.known(FORM, &mut arguments, &known);
        self.extra(&arguments, 1, FORM, SHAPE);
        let (Some(start), Some(returns)) = (arguments.get("start"), arguments.get("returns"))
        else {
            let why = "`:start` and `:returns` are needed";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        if let Some(ctx) = arguments.get("ctx") {
            self.expr(ctx, &Want::Any);
        }
        if let Some(path) = arguments.get("resume-from") {
            let found = self.expr(path, &Want::Any);
            if found.ty != Ty::Error && !self.is_state(&found.ty) {
                let why = "`:resume-from` needs a path under `state`";
                self.report(messages::shape(path.span, FORM, SHAPE, why));
            }
        }
        self.valid_when(span, &arguments, returns);
        let write = Write { span };
        let the = vec![write.symbol("the"), returns.clone(), start.clone()];
        self.expr(&write.list(the), want)
    }

    /// Which variants may be taken up is said for a union, and for nothing
    /// else.
    fn valid_when(&mut self, span: Span, arguments: &Arguments<'_>, returns: &Datum) {
        const FORM: &str = "resume-or-start";
        const SHAPE: &str = ":valid-when (TAG …)";
        let name = returns.as_symbol().unwrap_or_default();
        let Ok(Ty::Named(id)) = self.world.type_named(returns.span, name) else {
            return;
        };
        let is_union = self.world.types.variants(id).is_some();
        match (arguments.get("valid-when"), is_union) {
            (None, false) => {}
            (None, true) => {
                let why = "`:valid-when` is missing: which variants can be taken up";
                self.report(messages::shape(span, FORM, SHAPE, why));
            }
            (Some(tags), false) => {
                let why = "only a union has variants to choose";
                self.report(messages::shape(tags.span, FORM, SHAPE, why));
            }
            (Some(tags), true) => {
                for tag in tags.as_list().unwrap_or_default() {
                    let word = tag.as_symbol().unwrap_or_default();
                    if self.world.types.tag(id, word).is_none() {
                        let found = messages::unknown_case(&self.world.types, id, word, tag.span);
                        self.report(found);
                    }
                }
            }
        }
    }

    /// `(resource-transition name :ctx ctx :resource id :from a :to b :ledger
    /// path :event e :when bool)`: moves an item of a queue, by the command
    /// `apply_resource_transition`.
    pub(super) fn move_item(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const FORM: &str = "resource-transition";
        const SHAPE: &str = "(resource-transition name :ctx ctx :resource id :from Queue.a :to Queue.b :ledger path :event EVENT)";
        let mut arguments = self.arguments(FORM, args);
        let keys = ["ctx", "resource", "from", "to", "ledger", "event", "when"];
        self.known(FORM, &mut arguments, &keys);
        self.extra(&arguments, 1, FORM, SHAPE);
        if let Some(ctx) = arguments.get("ctx") {
            let found = self.expr(ctx, &Want::Any);
            let ledger = self.context_field(&found.ty, "ledger");
            if found.ty != Ty::Error && !ledger.is_some_and(|ty| self.is_state(&ty)) {
                let why = "the context of an item has a `ledger` under `state`";
                self.report(messages::shape(ctx.span, FORM, SHAPE, why));
                return Expr::error(span);
            }
        }
        let write = Write { span };
        let mut inputs = Vec::new();
        for (key, input) in [
            ("resource", "resource_id"),
            ("from", "from"),
            ("to", "to"),
            ("ledger", "ledger_path"),
            ("event", "event"),
            ("when", "when"),
        ] {
            let value = match arguments.get(key) {
                // The members of the event need not say of which enum they are.
                Some(value) if key == "event" && value.as_symbol().is_some() => {
                    let word = value.as_symbol().unwrap_or_default();
                    let bare = word.rsplit('.').next().unwrap_or(word);
                    write.datum(DatumKind::Str(bare.to_owned()))
                }
                Some(value) => value.clone(),
                None if key == "when" => continue,
                None => {
                    let why = format!("`:{key}` is missing");
                    self.report(messages::shape(span, FORM, SHAPE, &why));
                    return Expr::error(span);
                }
            };
            inputs.push(write.list(vec![write.symbol(input), value]));
        }
        let mut members = vec![write.symbol("command-result"), write.symbol(MOVE)];
        members.extend([write.keyword("inputs"), write.list(inputs)]);
        members.extend([
            write.keyword("returns"),
            write.symbol("ResourceTransitionResult"),
        ]);
        self.expr(&write.list(members), want)
    }

    /// `(finalize-selected-item :selected item :plan p :implementation i …)`:
    /// goes on when the plan was approved and carried out.
    pub(super) fn finalize_item(&mut self, span: Span, args: &[Datum], want: &Want) -> Expr {
        const FORM: &str = "finalize-selected-item";
        const SHAPE: &str = "(finalize-selected-item :ctx ctx :selected item :queue-transition moved :roadmap synced :plan plan :implementation done)";
        let mut arguments = self.arguments(FORM, args);
        let keys = [
            "ctx",
            "selected",
            "queue-transition",
            "roadmap",
            "plan",
            "implementation",
        ];
        self.known(FORM, &mut arguments, &keys);
        self.extra(&arguments, 0, FORM, SHAPE);
        let parts = (
            arguments.get("selected"),
            arguments.get("plan"),
            arguments.get("implementation"),
        );
        let (Some(selected), Some(plan), Some(implementation)) = parts else {
            let why = "`:selected`, `:plan` and `:implementation` are needed";
            self.report(messages::shape(span, FORM, SHAPE, why));
            return Expr::error(span);
        };
        for key in ["ctx", "queue-transition", "roadmap"] {
            if let Some(value) = arguments.get(key) {
                self.expr(value, &Want::Any);
            }
        }
        const RESULT: &str = "SelectedItemResult";
        let Ok(Ty::Named(result)) = self.world.type_named(span, RESULT) else {
            self.report(messages::needs_definition(span, FORM, RESULT));
            return Expr::error(span);
        };
        let item = self.expr(selected, &Want::Any);
        let write = Write { span };
        let ends = |this: &Self, tag: &str, report: &str| {
            let mut members = vec![write.symbol("variant"), write.symbol(RESULT)];
            members.push(write.symbol(tag));
            let index = this.world.types.tag(result, tag);
            for field in this.world.types.fields_of(result, index) {
                let name = field.name.text.as_str();
                let value = match name {
                    "summary-path" => Some(format!("%it.{report}")),
                    "blocker-class" => Some("%it.blocker-class".to_owned()),
                    _ => this.like(&item.ty, field).map(|own| format!("%item.{own}")),
                };
                if let Some(value) = value {
                    members.push(write.keyword(name));
                    members.push(write.symbol(&value));
                }
            }
            write.list(members)
        };
        let goes_on = ends(self, "CONTINUE", "execution-report-path");
        let stops = ends(self, "BLOCKED", "progress-report-path");
        let work = write.list(vec![
            write.symbol("match"),
            write.symbol("%work"),
            write.arm("COMPLETED", "%it", goes_on),
            write.arm("BLOCKED", "%it", stops.clone()),
        ]);
        let choice = write.list(vec![
            write.symbol("match"),
            write.symbol("%plan"),
            write.list(vec![write.symbol("APPROVED"), work]),
            write.arm("BLOCKED", "%it", stops),
        ]);
        let bind = |name: &str, value: &Datum| write.list(vec![write.symbol(name), value.clone()]);
        let bindings = vec![
            bind("%item", selected),
            bind("%plan", plan),
            bind("%work", implementation),
        ];
        let form = vec![write.symbol("let*"), write.list(bindings), choice];
        self.expr(&write.list(form), want)
    }

    /// Is it a path of the state of a run?
    pub(super) fn is_state(&self, ty: &Ty) -> bool {
        match self.world.types.lower(ty) {
            Type::Path {
                under: Some(under), ..
            } => under == "state" || under.starts_with("state/"),
            _ => false,
        }
    }

    /// The field of a record that can stand for another: of its name, or the
    /// first that fits.
    fn like(&self, ty: &Ty, wanted: &Field) -> Option<String> {
        let Ty::Named(id) = ty else {
            return None;
        };
        let own = self.world.types.fields(*id)?;
        let fits = |field: &&Field| self.world.types.fits(&field.ty, &wanted.ty);
        let named = own.iter().find(|field| field.name.text == wanted.name.text);
        let found = named.filter(fits).or_else(|| own.iter().find(fits))?;
        Some(found.name.text.clone())
    }
}
