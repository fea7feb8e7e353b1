//! The checked program for people: `--emit hir`.

use std::fmt::Write;

use wfc_ir::Prim;

use super::hir::{Callable, Expr, ExprKind, Pat, VarId};
use super::scope::World;
use super::types::{Field, Ty, TypeKind};

/// Prints every definition of every module, with the type of each step and
/// the effect row of each callable.
pub(super) fn print(world: &World<'_>) -> String {
    let mut printer = Printer {
        world,
        text: String::new(),
    };
    for def in &world.types.defs {
        printer.type_def(&def.name.text, &def.kind);
    }
    let own = world.callables.iter().filter(|each| each.linked.is_none());
    for callable in own {
        printer.callable(callable);
    }
    printer.text
}

struct Printer<'p> {
    world: &'p World<'p>,
    text: String,
}

impl Printer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn fields(&self, fields: &[Field]) -> String {
        let shown: Vec<String> = fields
            .iter()
            .map(|f| format!("{}: {}", f.name.text, self.world.types.show(&f.ty)))
            .collect();
        shown.join(", ")
    }

    fn type_def(&mut self, name: &str, kind: &TypeKind) {
        match kind {
            TypeKind::Enum(words) => {
                let words: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
                self.line(0, &format!("enum {name} = {}", words.join(" | ")));
            }
            TypeKind::Path { under, must_exist } => {
                let under = under.as_deref().unwrap_or(".");
                let exists = if *must_exist { ", must exist" } else { "" };
                self.line(0, &format!("path {name} = under {under}{exists}"));
            }
            TypeKind::Record(fields) => {
                let fields = self.fields(fields);
                self.line(0, &format!("record {name} = {{{fields}}}"));
            }
            TypeKind::Union(variants) => {
                self.line(0, &format!("union {name}"));
                for variant in variants {
                    let fields = self.fields(&variant.fields);
                    self.line(1, &format!("{} {{{fields}}}", variant.name.text));
                }
            }
            TypeKind::Any => {}
        }
    }

    fn callable(&mut self, callable: &Callable) {
        let params: Vec<String> = callable
            .params
            .iter()
            .map(|p| {
                let default = p.default.as_ref().map(|d| format!(" = {d}"));
                format!(
                    "{}: {}{}",
                    p.name.text,
                    self.world.types.show(&p.ty),
                    default.unwrap_or_default()
                )
            })
            .collect();
        let kind = if callable.is_workflow {
            "workflow"
        } else {
            "proc"
        };
        let module = &self.world.modules.all[callable.module].name.text;
        let row: Vec<String> = callable
            .effects
            .iter()
            .map(|e| format!("{} {}", e.kind, e.subject))
            .collect();
        let row = if row.is_empty() {
            "pure".to_owned()
        } else {
            row.join(", ")
        };
        let head = format!(
            "\n{kind} {module}::{}({}) -> {} ! {row}",
            callable.name.text,
            params.join(", "),
            self.world.types.show(&callable.ret)
        );
        self.line(0, &head);
        self.expr(1, "", &callable.body);
    }

    fn var(&self, var: VarId) -> &str {
        &self.world.vars[var].name.text
    }

    fn pattern(&self, pat: &Pat) -> String {
        let fields = |head: &str, fields: &[(String, Pat)]| {
            let mut text = head.to_owned();
            for (name, pat) in fields {
                let _ = write!(text, " :{name} {}", self.pattern(pat));
            }
            text
        };
        match pat {
            Pat::Error => "<error>".to_owned(),
            Pat::Any => "_".to_owned(),
            Pat::Meant(inner) => self.pattern(inner),
            Pat::Bind(var, inner) => match &**inner {
                Pat::Any => self.var(*var).to_owned(),
                inner => format!("{} {}", self.pattern(inner), self.var(*var)),
            },
            Pat::Const(value) => wfc_ir::to_text(value),
            Pat::Case(tag, all) => fields(tag, all),
            Pat::Record(all) => fields("record", all),
            Pat::Some(inner) => format!("some {}", self.pattern(inner)),
            Pat::None => "none".to_owned(),
            Pat::Or(all) => {
                let all: Vec<String> = all.iter().map(|pat| self.pattern(pat)).collect();
                all.join(" | ")
            }
        }
    }

    /// The expression in one line, if it is simple enough.
    fn inline(&self, expr: &Expr) -> Option<String> {
        let all = |items: &[Expr]| -> Option<String> {
            let items: Option<Vec<String>> = items.iter().map(|i| self.inline(i)).collect();
            Some(items?.join(" "))
        };
        let text = match &expr.kind {
            ExprKind::Error => "<error>".to_owned(),
            ExprKind::Lit(value) => value.to_string(),
            ExprKind::Var(var) => self.var(*var).to_owned(),
            ExprKind::Extern(_, name) => name.clone(),
            ExprKind::Ref(id) => format!("ref {}", self.world.callables[*id].name.text),
            ExprKind::BundlePath(var) => format!("file of {}", self.var(*var)),
            ExprKind::Get(base, field) => format!("{}.{field}", self.inline(base)?),
            ExprKind::Prim(prim, args) => format!("({} {})", prim_name(*prim), all(args)?),
            ExprKind::List(items) => format!("(list {})", all(items)?),
            ExprKind::Text(parts) => format!("(text {})", all(parts)?),
            ExprKind::Record(fields) | ExprKind::Variant(_, fields) => {
                let fields: Option<Vec<String>> = fields
                    .iter()
                    .map(|(name, value)| Some(format!(":{name} {}", self.inline(value)?)))
                    .collect();
                let fields = fields?.join(" ");
                format!("({} {fields})", self.world.types.show(&expr.ty))
            }
            ExprKind::Continue(value) => format!("(continue {})", self.inline(value)?),
            ExprKind::Done(value) => format!("(done {})", self.inline(value)?),
            _ => return None,
        };
        (text.chars().count() <= 70).then_some(text)
    }

    fn expr(&mut self, depth: usize, label: &str, expr: &Expr) {
        // What can only be of one type needs none beside it.
        let ty = match expr.ty {
            Ty::Tail | Ty::Provider | Ty::Prompt => String::new(),
            _ => format!(" : {}", self.world.types.show(&expr.ty)),
        };
        if let Some(text) = self.inline(expr) {
            self.line(depth, &format!("{label}{text}{ty}"));
            return;
        }
        let head = |printer: &mut Self, what: &str| {
            printer.line(depth, &format!("{label}{what}{ty}"));
        };
        match &expr.kind {
            ExprKind::Let(bound, body) => {
                head(self, "let");
                for (var, value) in bound {
                    let name = format!("{} = ", self.var(*var));
                    self.expr(depth + 1, &name, value);
                }
                self.expr(depth + 1, "in ", body);
            }
            ExprKind::If(cond, then, otherwise) => {
                head(self, "if");
                self.expr(depth + 1, "", cond);
                self.expr(depth + 1, "then ", then);
                self.expr(depth + 1, "else ", otherwise);
            }
            ExprKind::Match(each) => {
                head(self, "match");
                self.expr(depth + 1, "", &each.subject);
                for arm in &each.arms {
                    let label = format!("{} => ", self.pattern(&arm.pattern));
                    if let Some(guard) = &arm.guard {
                        self.expr(depth + 1, "when ", guard);
                    }
                    self.expr(depth + 1, &label, &arm.body);
                }
            }
            ExprKind::Call(id, args) => {
                let callee = &self.world.callables[*id];
                let word = if callee.is_workflow { "call" } else { "inline" };
                head(self, &format!("{word} {}", callee.name.text));
                for (index, value) in args {
                    let label = format!("{} = ", callee.params[*index].name.text);
                    self.expr(depth + 1, &label, value);
                }
            }
            ExprKind::Apply(var, args, _) => {
                head(self, &format!("apply {}", self.var(*var)));
                for (_, value) in args {
                    self.expr(depth + 1, "", value);
                }
            }
            ExprKind::LetProc(local, rest) => {
                let params: Vec<&str> = local.params.iter().map(|var| self.var(*var)).collect();
                let name = self.var(local.var);
                head(self, &format!("let-proc {name}({})", params.join(", ")));
                self.expr(depth + 1, "", &local.body);
                self.expr(depth + 1, "in ", rest);
            }
            ExprKind::Bind(base, args) => {
                head(self, "bind");
                self.expr(depth + 1, "", base);
                for (_, value) in args {
                    self.expr(depth + 1, "", value);
                }
            }
            ExprKind::Loop(each) => {
                let state = format!(
                    "loop {}: {}",
                    self.var(each.state),
                    self.world.types.show(&each.state_ty)
                );
                head(self, &state);
                self.expr(depth + 1, "max ", &each.max);
                self.expr(depth + 1, "from ", &each.init);
                self.expr(depth + 1, "body ", &each.body);
                if let Some(exhausted) = &each.exhausted {
                    self.expr(depth + 1, "exhausted ", exhausted);
                }
            }
            ExprKind::Until(each) => {
                head(self, "loop");
                self.expr(depth + 1, "max ", &each.max);
                self.expr(depth + 1, "body ", &each.body);
                let label = format!("until {} ", self.var(each.out));
                self.expr(depth + 1, &label, &each.test);
            }
            ExprKind::Map(list, item, body) => {
                head(self, "map");
                self.expr(depth + 1, &format!("{} in ", self.var(*item)), list);
                self.expr(depth + 1, "", body);
            }
            ExprKind::Each(each) => {
                head(
                    self,
                    if each.collect {
                        "map-effect"
                    } else {
                        "for-each"
                    },
                );
                self.expr(
                    depth + 1,
                    &format!("{} in ", self.var(each.item)),
                    &each.list,
                );
                if let Some(max) = &each.max {
                    self.expr(depth + 1, "max ", max);
                }
                self.expr(depth + 1, "", &each.body);
            }
            ExprKind::Provider(each) => {
                let timeout = each.policy.timeout_sec.map(|t| format!(" within {t} s"));
                head(self, &format!("provider{}", timeout.unwrap_or_default()));
                self.expr(depth + 1, "", &each.provider);
                if let Some(prompt) = &each.prompt {
                    self.expr(depth + 1, "prompt ", prompt);
                }
                for input in &each.inputs {
                    self.expr(depth + 1, &format!("input {} = ", input.name), &input.value);
                }
            }
            ExprKind::Command(each) => {
                head(self, &format!("command {}", each.name));
                for arg in &each.argv {
                    self.expr(depth + 1, "", arg);
                }
            }
            kind => {
                head(self, kind_name(kind));
                expr.each_child(&mut |child| self.expr(depth + 1, "", child));
            }
        }
    }
}

fn kind_name(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Record(_) => "record",
        ExprKind::Variant(..) => "variant",
        ExprKind::Update(..) => "record-update",
        ExprKind::Assert(_) => "assert",
        ExprKind::Wait(_) => "wait-for",
        ExprKind::View(_) => "materialize-view",
        ExprKind::Materialize(_) => "materialize",
        ExprKind::Step(_) => "as-step",
        ExprKind::Fact(_) | ExprKind::Left(..) => "fact",
        ExprKind::Exists(_) => "path/exists?",
        ExprKind::Finally(..) => "finally",
        ExprKind::List(_) => "list",
        ExprKind::Text(_) => "text",
        ExprKind::Do(..) => "do",
        ExprKind::Get(..) => "field",
        ExprKind::Continue(_) => "continue",
        ExprKind::Done(_) => "done",
        _ => "operation",
    }
}

fn prim_name(prim: Prim) -> String {
    let mut name = String::new();
    let _ = write!(name, "{prim:?}");
    name.to_lowercase()
}
