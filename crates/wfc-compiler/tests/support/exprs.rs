//! Expressions of a wanted type.

use indexmap::IndexMap;
use wfc_ir::{Expr, Prim, RESULT_KEY, RunField, StepField, StepId, TextPart};

use super::{Builder, Shape, tag_of};

impl Builder<'_> {
    /// A step of this shape, if one has been made; the latest, mostly.
    fn known(&mut self, shape: Shape) -> Option<StepId> {
        let back = usize::from(self.choose(3));
        let mut found = self.known.iter().rev().filter(|known| known.shape == shape);
        found.nth(back).map(|known| known.id.clone())
    }

    fn part(&mut self, name: &str) -> Option<Expr> {
        Some(Expr::artifact_of(self.known(Shape::Triple)?, name))
    }

    pub(super) fn triple(&mut self, loops: &[StepId]) -> Expr {
        if self.chance(4)
            && let Some(step) = self.known(Shape::Triple)
        {
            return Expr::value_of(step);
        }
        if self.chance(6)
            && let Some(each) = loops.last()
        {
            let step = each.clone();
            return match self.lists.contains(&step) {
                true => Expr::Item { step },
                false => Expr::LoopState { step },
            };
        }
        let fields = IndexMap::from([
            ("i".to_owned(), self.integer(2, loops)),
            ("s".to_owned(), self.text(2, loops)),
            ("b".to_owned(), self.boolean(2, loops)),
        ]);
        Expr::Record { fields }
    }

    pub(super) fn variant(&mut self, loops: &[StepId]) -> Expr {
        let tag = if self.chance(2) { "B" } else { "A" };
        Expr::Variant {
            tag: tag.to_owned(),
            fields: IndexMap::from([("s".to_owned(), self.text(2, loops))]),
        }
    }

    /// A word to match on: mostly `A` or `B`.
    pub(super) fn word(&mut self, loops: &[StepId]) -> Expr {
        match self.choose(4) {
            0 => Expr::lit("A"),
            1 => Expr::lit("B"),
            2 => match self.known(Shape::Union) {
                Some(step) => tag_of(step),
                None => Expr::lit("A"),
            },
            _ => self.text(1, loops),
        }
    }

    pub(super) fn integer(&mut self, depth: u8, loops: &[StepId]) -> Expr {
        let input = || Expr::Input {
            name: "n".to_owned(),
        };
        match self.choose(if depth == 0 { 5 } else { 9 }) {
            0 => Expr::lit(i64::from(self.choose(4))),
            1 => input(),
            2 => self.part("i").unwrap_or_else(input),
            3 => match self.known(Shape::Number) {
                Some(step) => Expr::artifact_of(step, RESULT_KEY),
                None => input(),
            },
            4 => match loops.last() {
                Some(each) => match self.choose(4) {
                    0 if self.lists.contains(each) => Expr::Item { step: each.clone() }.get("i"),
                    1 => Expr::LoopTotal { step: each.clone() },
                    _ => Expr::LoopIndex { step: each.clone() },
                },
                None => input(),
            },
            5 => self.binary(Prim::Add, depth, loops, Self::integer),
            6 => self.binary(Prim::Min, depth, loops, Self::integer),
            7 => self.binary(Prim::Div, depth, loops, Self::integer),
            _ => self.choice(depth, loops, Self::integer),
        }
    }

    pub(super) fn boolean(&mut self, depth: u8, loops: &[StepId]) -> Expr {
        let input = || Expr::Input {
            name: "flag".to_owned(),
        };
        match self.choose(if depth == 0 { 4 } else { 10 }) {
            0 => Expr::lit(true),
            1 => Expr::lit(false),
            2 => input(),
            3 => self.part("b").unwrap_or_else(input),
            4 => self.binary(Prim::Lt, depth, loops, Self::integer),
            5 => self.binary(Prim::Eq, depth, loops, Self::integer),
            6 => self.binary(Prim::TextEq, depth, loops, Self::text),
            7 => self.binary(Prim::And, depth, loops, Self::boolean),
            8 => self.binary(Prim::Or, depth, loops, Self::boolean),
            _ => Expr::prim(Prim::Not, vec![self.boolean(depth - 1, loops)]),
        }
    }

    pub(super) fn text(&mut self, depth: u8, loops: &[StepId]) -> Expr {
        let input = || Expr::Input {
            name: "word".to_owned(),
        };
        match self.choose(if depth == 0 { 6 } else { 10 }) {
            0 => Expr::lit("x"),
            1 => input(),
            2 => self.part("s").unwrap_or_else(input),
            3 => match self.known(Shape::Text) {
                Some(step) => Expr::artifact_of(step, "out"),
                None => input(),
            },
            4 => Expr::Context {
                key: "lang".to_owned(),
            },
            5 => match self.known(Shape::Text) {
                Some(step) => Expr::prim(
                    Prim::ToText,
                    vec![Expr::Step {
                        step,
                        field: StepField::Status,
                    }],
                ),
                None => Expr::Run {
                    field: RunField::Id,
                },
            },
            6 => Expr::prim(Prim::ToText, vec![self.integer(depth - 1, loops)]),
            7 => self.binary(Prim::Concat, depth, loops, Self::text),
            8 => Expr::Text {
                parts: vec![
                    TextPart::Text("t".to_owned()),
                    TextPart::Hole {
                        name: "hole".to_owned(),
                        value: self.text(depth - 1, loops),
                    },
                    TextPart::Hole {
                        name: "count".to_owned(),
                        value: self.integer(depth - 1, loops),
                    },
                ],
            },
            _ => self.choice(depth, loops, Self::text),
        }
    }

    fn binary(
        &mut self,
        prim: Prim,
        depth: u8,
        loops: &[StepId],
        operand: fn(&mut Self, u8, &[StepId]) -> Expr,
    ) -> Expr {
        let left = operand(self, depth - 1, loops);
        let right = operand(self, depth - 1, loops);
        Expr::prim(prim, vec![left, right])
    }

    fn choice(
        &mut self,
        depth: u8,
        loops: &[StepId],
        arm: fn(&mut Self, u8, &[StepId]) -> Expr,
    ) -> Expr {
        Expr::If {
            cond: Box::new(self.boolean(depth - 1, loops)),
            then: Box::new(arm(self, depth - 1, loops)),
            otherwise: Box::new(arm(self, depth - 1, loops)),
        }
    }
}
