//! What is done for each item of a list.

use wfc_ir::{Block, Cond, Each as IrEach, Expr as Ir, Loop as IrLoop, Op, Prim, Type};

use super::{Lowerer, is_small, ledger};
use crate::lisp::hir::{Each, Expr, VarId};

/// What is done for each item of a list.
pub(super) struct Over<'e> {
    list: &'e Expr,
    item: VarId,
    max: Option<&'e Expr>,
    body: &'e Expr,
    /// Are the values of the body kept?
    collect: bool,
}

impl<'e> Over<'e> {
    pub(super) fn of(each: &'e Each) -> Self {
        Over {
            list: &each.list,
            item: each.item,
            max: each.max.as_ref(),
            body: &each.body,
            collect: each.collect,
        }
    }
}

impl Lowerer<'_> {
    /// A map that runs nothing is an expression, any other a loop.
    pub(super) fn map(
        &mut self,
        expr: &Expr,
        list: &Expr,
        item: VarId,
        body: &Expr,
        name: Option<&str>,
    ) -> Ir {
        if self.runs(body) {
            let over = Over {
                list,
                item,
                max: None,
                body,
                collect: true,
            };
            return self.each(expr, &over, name);
        }
        let list = self.parts(name, |this| this.expr(list, Some("list")));
        let outer = self.locals.len();
        let local = self.local(&self.world.vars[item].name.text);
        let value = Ir::Local {
            name: local.clone(),
        };
        self.reach.env.insert(item, value);
        let body = self.pure_value("item", |this| this.expr(body, None));
        self.locals.truncate(outer);
        Ir::Map {
            list: Box::new(list),
            item: local,
            body: Box::new(body),
        }
    }

    /// One iteration of a loop for each item. A failure ends it, as that of
    /// any step does.
    pub(super) fn each(&mut self, expr: &Expr, each: &Over<'_>, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("each");
        let (list, max) = self.parts(Some(own), |this| {
            let list = this.expr(each.list, Some("list"));
            let max = each.max.map(|max| this.expr(max, Some("max")));
            let list = match is_small(&list) {
                true => list,
                false => this.keep(list, &each.list.ty, "list", each.list.span),
            };
            (list, max)
        });
        let length = Ir::prim(Prim::Length, vec![list.clone()]);
        if let Some(max) = max {
            let ident = self.taken.free(&self.scope, &format!("{own}-fits"));
            let cond = Cond::pure(Ir::prim(Prim::Le, vec![length.clone(), max]));
            let nothing = Type::record(Vec::new());
            self.emit(ident, Op::Assert { cond }, nothing, false, expr.span);
        }
        let ident = self.taken.free(&self.scope, own);
        // Steps of the body are inside this one, so its name is taken now.
        self.taken.take(&ident);
        let step = ident.id.clone();
        let (index, state) = (Ir::LoopIndex { step: step.clone() }, Ir::LoopState { step });
        let body = self.region(self.scope.iteration(&ident), |this| {
            let item = Ir::prim(Prim::At, vec![list, index.clone()]);
            let own = &this.world.vars[each.item].name.text;
            this.bind(each.item, item, own, each.list.span);
            match each.collect {
                true => this.expr(each.body, None),
                false => {
                    this.statement(each.body);
                    Ir::lit(true)
                }
            }
        });
        self.note_body(&ident);
        let hidden = self.all_hidden([&body]);
        let next = Ir::prim(Prim::Add, vec![index, Ir::lit(1)]);
        let over = Ir::prim(Prim::Ge, vec![next, length.clone()]);
        let longer = Ir::prim(Prim::Append, vec![state.clone(), Ir::Out]);
        let made = IrLoop {
            state: each.collect.then(|| Ir::List { items: Vec::new() }),
            max: length.clone(),
            body,
            until: Cond::pure(over),
            next: each.collect.then(|| longer.clone()),
            value: if each.collect { longer } else { length },
            // A list of nothing has no iteration to end after.
            exhausted: Some(if each.collect { state } else { Ir::lit(0) }),
        };
        let value = self.value_of(&ident, &expr.ty);
        let result = self.type_of(&expr.ty);
        self.emit(ident, Op::Loop(Box::new(made)), result, hidden, expr.span);
        value
    }

    /// The same, where a step that fails lets the one behind it run, and fails
    /// nothing around it.
    pub(super) fn each_whatever(&mut self, expr: &Expr, each: &Each, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("each");
        let items = self.parts(Some(own), |this| this.expr(&each.list, Some("list")));
        let items = ledger::constant(items);
        let ident = self.taken.free(&self.scope, own);
        // Steps of the body are inside this one, so its name is taken now.
        self.taken.take(&ident);
        let step = ident.id.clone();
        let body = self.region(self.scope.iteration(&ident), |this| {
            this.reach.env.insert(each.item, Ir::Item { step });
            this.statement(&each.body);
            Ir::lit(true)
        });
        self.note_body(&ident);
        let hidden = self.all_hidden([&body]);
        let made = IrEach {
            items: items.clone(),
            body: Block {
                steps: body.steps,
                result: None,
            },
        };
        let nothing = Type::record(Vec::new());
        self.emit(ident, Op::Each(Box::new(made)), nothing, hidden, expr.span);
        Ir::prim(Prim::Length, vec![items])
    }
}
