//! Expressions: pure ones stay expressions, branches become steps when they
//! hold steps.

use indexmap::IndexMap;
use wfc_ir::{Block, Cond, Expr as Ir, Op, Prim, RESULT_KEY, TextPart, Type, Value};

use super::lists::Over;
use super::names::Ident;
use super::{Lowerer, is_small, project};
use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::types::{Field, Ty};

impl Lowerer<'_> {
    /// The value of an expression, after the steps that it needs. `name` is
    /// what the value is bound to.
    pub(super) fn form(&mut self, expr: &Expr, name: Option<&str>) -> Ir {
        match &expr.kind {
            // A program with errors is not lowered, so one was not told.
            ExprKind::Error => {
                let finding = crate::lisp::messages::untold(expr.span);
                self.findings.push(finding);
                Ir::lit(Value::Null)
            }
            ExprKind::Lit(value) => Ir::lit(value.clone()),
            ExprKind::Var(var) => self
                .reach
                .env
                .get(var)
                .cloned()
                .unwrap_or(Ir::lit(Value::Null)),
            ExprKind::Get(base, field) => {
                let base = self.parts(name, |this| this.expr(base, None));
                project(base, field)
            }
            ExprKind::Record(fields) => {
                let fields = self.fields(fields, &expr.ty, name);
                Ir::Record { fields }
            }
            ExprKind::Variant(tag, fields) => {
                let fields = self.fields(fields, &expr.ty, name);
                Ir::Variant {
                    tag: tag.clone(),
                    fields,
                }
            }
            ExprKind::Update(base, fields) => self.update(expr, base, fields, name),
            ExprKind::List(items) => Ir::List {
                items: self.operands(items, name),
            },
            ExprKind::Text(parts) => self.text(parts, name),
            ExprKind::Map(list, item, body) => self.map(expr, list, *item, body, name),
            ExprKind::Each(each) if each.lenient => self.each_whatever(expr, each, name),
            ExprKind::Each(each) => self.each(expr, &Over::of(each), name),
            ExprKind::Let(bound, body) => {
                self.parts(name, |this| {
                    for (var, value) in bound {
                        let own = &this.world.vars[*var].name.text;
                        if let Some(closure) = this.closure(value) {
                            this.reach.refs.insert(*var, closure);
                            continue;
                        }
                        let asked = this.world.vars[*var].bundle.clone();
                        this.asked = asked.map(|ty| (*var, ty));
                        let lowered = this.bound_value(*var, value, own);
                        this.bind(*var, lowered, own, value.span);
                    }
                });
                self.expr(body, name)
            }
            ExprKind::Do(steps, result) => {
                self.parts(name, |this| {
                    for step in steps {
                        this.statement(step);
                    }
                });
                self.expr(result, name)
            }
            ExprKind::If(cond, then, otherwise) => {
                let cond = self.parts(name, |this| this.condition(cond, None));
                self.branch(
                    expr,
                    name.unwrap_or("if"),
                    cond,
                    |this| this.expr(then, None),
                    |this| this.expr(otherwise, None),
                )
            }
            ExprKind::Match(each) => self.choice(expr, each, name),
            ExprKind::Prim(prim, args) => self.primitive(expr, *prim, args, name),
            ExprKind::Extern(kind, text) => self.external(*kind, text),
            ExprKind::Call(id, args) => self.invoke(expr, *id, args, name),
            ExprKind::Apply(var, args, keys) => self.apply(expr, *var, args, keys, name),
            ExprKind::LetProc(local, rest) => {
                self.local_proc(local);
                self.expr(rest, name)
            }
            // A reference is no value: whoever takes one asks what it is.
            ExprKind::Ref(_) | ExprKind::Bind(..) => Ir::lit(Value::Null),
            ExprKind::Loop(each) => self.repeat(expr, each, name),
            ExprKind::Until(each) => self.until(expr, each, name),
            ExprKind::Continue(value) => {
                let state = self.expr(value, Some("state"));
                super::loops::tail("CONTINUE", "state", state)
            }
            ExprKind::Done(value) => {
                let result = self.expr(value, Some(RESULT_KEY));
                super::loops::tail("DONE", "result", result)
            }
            ExprKind::Provider(each) => self.agent(expr, each, name),
            ExprKind::BundlePath(var) => self
                .reach
                .bundles
                .get(var)
                .cloned()
                .unwrap_or(Ir::lit(Value::Null)),
            ExprKind::Command(each) => self.command(expr, each, name),
            ExprKind::Assert(cond) => self.assert(expr, cond, name),
            ExprKind::Wait(each) => self.wait(expr, each, name),
            ExprKind::View(each) => self.view(expr, each, name),
            ExprKind::Materialize(values) => self.materialize(expr, values, name),
            ExprKind::Step(each) => self.step(expr, each, name),
            ExprKind::Fact(fact) => self.fact(expr.span, fact),
            ExprKind::Left(var, field) => self.left(expr.span, *var, field),
            ExprKind::Exists(pattern) => self.exists(expr.span, pattern),
            ExprKind::Inside(value, keys) => {
                let value = self.parts(name, |this| this.expr(value, None));
                keys.iter()
                    .fold(value, |value, key| value.get(key.as_str()))
            }
            // What runs at the end is no part of the value.
            ExprKind::Finally(body, _) => self.expr(body, name),
        }
    }

    /// An expression whose value nobody wants: a choice has no value to carry
    /// out of its branches, and a branch that only gives `none` is no branch.
    pub(super) fn statement(&mut self, expr: &Expr) {
        let ExprKind::If(cond, then, otherwise) = &expr.kind else {
            self.expr(expr, None);
            return;
        };
        let cond = self.condition(cond, None);
        let ident = self.taken.free(&self.scope, "if");
        let mut branch = |tag: &str, body: &Expr| {
            let mut block = self.region(self.scope.branch(&ident, tag), |this| {
                this.statement(body);
                Ir::lit(Value::Null)
            });
            block.result = None;
            block
        };
        let then = branch("then", then);
        let otherwise = branch("else", otherwise);
        if then.steps.is_empty() && otherwise.steps.is_empty() {
            return;
        }
        let otherwise = Some(otherwise).filter(|block| !block.steps.is_empty());
        let hidden = self.all_hidden(std::iter::once(&then).chain(&otherwise));
        self.note_branch(&ident, "then", hidden);
        if otherwise.is_some() {
            self.note_branch(&ident, "else", hidden);
        }
        let op = Op::If {
            cond,
            then,
            otherwise,
        };
        self.emit(ident, op, Type::record(Vec::new()), hidden, expr.span);
    }

    pub(super) fn operands(&mut self, items: &[Expr], name: Option<&str>) -> Vec<Ir> {
        self.parts(name, |this| {
            items.iter().map(|item| this.expr(item, None)).collect()
        })
    }

    /// Evaluates fields in the order in which they are written, and puts them
    /// in the order in which they are declared.
    fn fields(
        &mut self,
        fields: &[(String, Expr)],
        ty: &Ty,
        name: Option<&str>,
    ) -> IndexMap<String, Ir> {
        let mut values: IndexMap<String, Ir> = self.parts(name, |this| {
            fields
                .iter()
                .map(|(field, value)| (field.clone(), this.expr(value, Some(field))))
                .collect()
        });
        let declared = self.declared(ty);
        let place = |name: &str| declared.iter().position(|f| f.name.text == name);
        values.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
        values
    }

    /// The fields of a record or variant.
    fn declared(&self, ty: &Ty) -> &[Field] {
        match ty {
            Ty::Named(id) => self.world.types.fields_of(*id, None),
            Ty::Case(id, index) => self.world.types.fields_of(*id, Some(*index)),
            _ => &[],
        }
    }

    /// A record or variant in which some fields are new.
    fn update(
        &mut self,
        expr: &Expr,
        base: &Expr,
        fields: &[(String, Expr)],
        name: Option<&str>,
    ) -> Ir {
        let old = self.parts(name, |this| this.expr(base, Some("old")));
        let old = if is_small(&old) {
            old
        } else {
            let own = format!("{}_old", name.unwrap_or("record"));
            self.keep(old, &base.ty, &own, base.span)
        };
        let mut new = self.fields(fields, &expr.ty, name);
        let fields = self.declared(&expr.ty).iter().map(|field| {
            let field = &field.name.text;
            let value = new.swap_remove(field);
            let value = value.unwrap_or_else(|| project(old.clone(), field));
            (field.clone(), value)
        });
        let fields = fields.collect();
        match &expr.ty {
            Ty::Case(id, index) => Ir::Variant {
                tag: self
                    .world
                    .types
                    .tags(*id)
                    .nth(*index)
                    .unwrap_or_default()
                    .to_owned(),
                fields,
            },
            _ => Ir::Record { fields },
        }
    }

    /// One of two values: an expression when neither way holds steps.
    pub(super) fn branch(
        &mut self,
        expr: &Expr,
        name: &str,
        cond: Cond,
        then: impl FnOnce(&mut Self) -> Ir,
        otherwise: impl FnOnce(&mut Self) -> Ir,
    ) -> Ir {
        let ident = self.taken.free(&self.scope, name);
        let then = self.region(self.scope.branch(&ident, "then"), then);
        let otherwise = self.region(self.scope.branch(&ident, "else"), otherwise);
        // What the workspace was asked is noted by a step.
        let is_pure = cond.probes.is_empty();
        if is_pure && then.steps.is_empty() && otherwise.steps.is_empty() {
            return Ir::If {
                cond: Box::new(cond.test),
                then: Box::new(result_of(then)),
                otherwise: Box::new(result_of(otherwise)),
            };
        }
        self.one_of_two(ident, cond, then, otherwise, expr)
    }

    fn one_of_two(
        &mut self,
        ident: Ident,
        cond: Cond,
        then: Block,
        otherwise: Block,
        expr: &Expr,
    ) -> Ir {
        let hidden = self.all_hidden([&then, &otherwise]);
        self.note_branch(&ident, "then", hidden);
        self.note_branch(&ident, "else", hidden);
        let op = Op::If {
            cond,
            then,
            otherwise: Some(otherwise),
        };
        self.chosen(ident, op, expr, hidden)
    }

    pub(super) fn chosen(&mut self, ident: Ident, op: Op, expr: &Expr, hidden: bool) -> Ir {
        let value = self.value_of(&ident, &expr.ty);
        let result = self.type_of(&expr.ty);
        self.emit(ident, op, result, hidden, expr.span);
        value
    }

    /// What is written is text, everything else a hole with the words that it
    /// is written in.
    fn text(&mut self, parts: &[Expr], name: Option<&str>) -> Ir {
        let values = self.operands(parts, name);
        let mut made: Vec<TextPart> = Vec::new();
        for (part, value) in parts.iter().zip(values) {
            match (made.last_mut(), value) {
                (
                    Some(TextPart::Text(before)),
                    Ir::Lit {
                        value: Value::String(text),
                    },
                ) => {
                    before.push_str(&text);
                }
                (
                    _,
                    Ir::Lit {
                        value: Value::String(text),
                    },
                ) => made.push(TextPart::Text(text)),
                (_, value) => made.push(TextPart::Hole {
                    name: self.sources.text(part.span).to_owned(),
                    value,
                }),
            }
        }
        match made.as_slice() {
            [TextPart::Text(text)] => Ir::lit(text.as_str()),
            _ => Ir::Text { parts: made },
        }
    }

    fn primitive(&mut self, expr: &Expr, prim: Prim, args: &[Expr], name: Option<&str>) -> Ir {
        match (prim, args) {
            (Prim::And | Prim::Or, [first, rest @ ..]) if !rest.is_empty() => {
                let first = self.parts(name, |this| this.expr(first, None));
                self.logic(expr, prim, first, rest, name)
            }
            (Prim::OrElse, [value, other]) => self.or_else(expr, value, other, name),
            _ => Ir::prim(prim, self.operands(args, name)),
        }
    }

    /// `and` and `or` stop at the first operand that decides: an operand with
    /// steps runs only when it is reached.
    fn logic(
        &mut self,
        expr: &Expr,
        prim: Prim,
        first: Ir,
        rest: &[Expr],
        name: Option<&str>,
    ) -> Ir {
        let Some((next, more)) = rest.split_first() else {
            return first;
        };
        let own = name.unwrap_or(if prim == Prim::And { "and" } else { "or" });
        let ident = self.taken.free(&self.scope, own);
        let tag = if prim == Prim::And { "then" } else { "else" };
        let block = self.region(self.scope.branch(&ident, tag), |this| {
            let next = this.expr(next, None);
            this.logic(expr, prim, next, more, None)
        });
        if block.steps.is_empty() {
            let mut args = vec![first];
            match result_of(block) {
                Ir::Prim {
                    prim: same,
                    args: others,
                } if same == prim && !more.is_empty() => {
                    args.extend(others);
                }
                other => args.push(other),
            }
            return Ir::prim(prim, args);
        }
        let decided = Block {
            steps: Vec::new(),
            result: Some(Ir::lit(prim == Prim::Or)),
        };
        let (then, otherwise) = match prim {
            Prim::And => (block, decided),
            _ => (decided, block),
        };
        self.one_of_two(ident, Cond::pure(first), then, otherwise, expr)
    }

    /// The second operand runs only when the first is `none`.
    fn or_else(&mut self, expr: &Expr, value: &Expr, other: &Expr, name: Option<&str>) -> Ir {
        let lowered = self.parts(name, |this| this.expr(value, None));
        let own = name.unwrap_or("or_else");
        let ident = self.taken.free(&self.scope, own);
        let block = self.region(self.scope.branch(&ident, "else"), |this| {
            this.expr(other, None)
        });
        if block.steps.is_empty() {
            return Ir::prim(Prim::OrElse, vec![lowered, result_of(block)]);
        }
        let kept = if is_small(&lowered) {
            lowered
        } else {
            self.keep(lowered, &value.ty, &format!("{own}_value"), value.span)
        };
        let hidden = self.all_hidden([&block]);
        self.note_branch(&ident, "then", hidden);
        self.note_branch(&ident, "else", hidden);
        let op = Op::If {
            cond: Cond::pure(Ir::prim(Prim::IsSome, vec![kept.clone()])),
            then: Block {
                steps: Vec::new(),
                result: Some(kept),
            },
            otherwise: Some(block),
        };
        self.chosen(ident, op, expr, hidden)
    }
}

pub(super) fn result_of(block: Block) -> Ir {
    block.result.unwrap_or(Ir::lit(Value::Null))
}
