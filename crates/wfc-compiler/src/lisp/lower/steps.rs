//! What a workflow does by itself.

use wfc_ir::{
    Block, Depends as IrDepends, Expr as Ir, Finally, Inject, MaterialSource, Materialized, Op,
    Prim, RESULT_KEY, StepField, Type, Wait as IrWait, WaitField,
};

use super::Lowerer;
use crate::lisp::hir::{Depends, Expr, ExprKind, View, Wait};

impl Lowerer<'_> {
    pub(super) fn assert(&mut self, expr: &Expr, cond: &Expr, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("assert");
        let cond = self.parts(Some(own), |this| this.condition(cond, Some("condition")));
        let ident = self.taken.free(&self.scope, own);
        let nothing = Type::record(Vec::new());
        self.emit(ident, Op::Assert { cond }, nothing, false, expr.span);
        Ir::lit(true)
    }

    pub(super) fn wait(&mut self, expr: &Expr, each: &Wait, name: Option<&str>) -> Ir {
        let own = name.unwrap_or("wait");
        let glob = self.parts(Some(own), |this| this.expr(&each.glob, Some("pattern")));
        let ident = self.taken.free(&self.scope, own);
        let files = Ir::Step {
            step: ident.id.clone(),
            field: StepField::Wait {
                part: WaitField::Files,
            },
        };
        let op = Op::Wait(Box::new(IrWait {
            glob,
            timeout_sec: each.timeout_sec,
            poll_ms: each.poll_ms,
            min_count: each.min_count,
        }));
        self.emit(ident, op, Type::record(Vec::new()), false, expr.span);
        files
    }

    /// A step whose value is the path, and which writes the file.
    pub(super) fn view(&mut self, expr: &Expr, each: &View, name: Option<&str>) -> Ir {
        let own = name.unwrap_or(&each.name);
        let (value, target) = self.parts(Some(own), |this| {
            let value = this.expr(&each.value, Some("value"));
            (value, this.expr(&each.target, Some("target")))
        });
        let content = match each.renderer.as_str() {
            "canonical-json" => {
                let json = Ir::prim(Prim::CanonicalJson, vec![value]);
                Ir::prim(Prim::Concat, vec![json, Ir::lit("\n")])
            }
            "posix-path-line" => {
                let path = Ir::prim(Prim::ToText, vec![value]);
                Ir::prim(Prim::Concat, vec![path, Ir::lit("\n")])
            }
            _ => value,
        };
        // Nothing need be there before the file is written.
        let ty = match self.world.types.lower(&expr.ty) {
            Type::Path { under, .. } => Type::Path {
                under,
                must_exist: false,
            },
            other => other,
        };
        let values = vec![Materialized {
            name: RESULT_KEY.to_owned(),
            source: MaterialSource::Value(target),
            ty,
            pointer: None,
            ensure_parent: false,
            content: Some(content),
        }];
        let ident = self.taken.free(&self.scope, own);
        let value = Ir::artifact_of(ident.id.clone(), RESULT_KEY);
        let result = Materialized::result_type(&values);
        self.emit(ident, Op::Materialize { values }, result, false, expr.span);
        value
    }

    pub(super) fn depends(&mut self, each: &Depends) -> IrDepends {
        let mut paths = |all: &[Expr]| all.iter().map(|path| self.expr(path, None)).collect();
        IrDepends {
            required: paths(&each.required),
            optional: paths(&each.optional),
            inject: each.shown.then(|| Inject {
                mode: each.mode,
                instruction: each.instruction.clone(),
                position: each.position,
            }),
        }
    }

    /// What runs when the body of a workflow has ended.
    pub(super) fn finally(&mut self, body: &Expr) -> Option<Finally> {
        let ExprKind::Finally(_, cleanup) = &body.kind else {
            return None;
        };
        self.blocks.push(Vec::new());
        self.lets.push(None);
        let scope = self.scope.part("finally");
        self.scoped(scope, |this| {
            for each in cleanup {
                this.statement(each);
            }
        });
        self.lets.pop();
        let steps = self.blocks.pop().unwrap_or_default();
        Some(Finally {
            name: "finally".to_owned(),
            block: Block {
                steps,
                result: None,
            },
        })
    }
}
