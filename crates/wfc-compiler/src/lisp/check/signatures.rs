//! The operators, and what each takes and gives.

use std::rc::Rc;

use wfc_ir::Prim;

use crate::lisp::hir::{Expr, ExprKind};
use crate::lisp::types::Ty;

/// An operator.
pub(in crate::lisp) struct Operator {
    pub(in crate::lisp) name: &'static str,
    pub(super) prim: Prim,
    pub(super) rule: Rule,
    /// How many operands it takes at most; nothing when there is no end.
    most: Option<usize>,
}

/// How an operator is typed.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Two values of one type; the result says whether they are equal.
    Equal,
    /// Numbers to a truth.
    Order,
    /// Truths to a truth.
    Logic,
    /// Numbers to a number.
    Number,
    /// An optional to a truth.
    IsSome,
    /// An optional and a value to a value.
    OrElse,
    /// Anything that is one word to a text.
    Words,
    /// Operands of these kinds, to a value of the last one.
    Plain(&'static [Kind], Kind),
}

/// A type in which the type of the items is open.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Texts,
    Int,
    Float,
    Bool,
    MaybeInt,
    MaybeFloat,
    /// The items, and what holds some.
    Item,
    List,
    Lists,
    Maybe,
    Map,
}

impl Kind {
    /// The type, with these items.
    pub(super) fn ty(self, item: Option<&Ty>) -> Option<Ty> {
        let maybe = |ty: &Ty| match ty {
            // What may be missing twice is missing once.
            ty @ Ty::Optional(_) => ty.clone(),
            ty => Ty::Optional(Rc::new(ty.clone())),
        };
        Some(match self {
            Kind::Text => Ty::String,
            Kind::Texts => Ty::List(Rc::new(Ty::String)),
            Kind::Int => Ty::Int,
            Kind::Float => Ty::Float,
            Kind::Bool => Ty::Bool,
            Kind::MaybeInt => maybe(&Ty::Int),
            Kind::MaybeFloat => maybe(&Ty::Float),
            Kind::Item => item?.clone(),
            Kind::List => Ty::List(Rc::new(item?.clone())),
            Kind::Lists => Ty::List(Rc::new(Ty::List(Rc::new(item?.clone())))),
            Kind::Maybe => maybe(item?),
            Kind::Map => Ty::Map(Rc::new(item?.clone())),
        })
    }

    /// Does it depend on what the items are?
    pub(super) fn has_item(self) -> bool {
        self.ty(None).is_none()
    }

    /// What the items of a value of this kind are.
    pub(super) fn item_of(self, ty: &Ty) -> Option<Ty> {
        match (self, ty) {
            (Kind::Item, ty) => Some(ty.clone()),
            (_, Ty::Unknown) => Some(Ty::Unknown),
            (Kind::List, Ty::List(item))
            | (Kind::Maybe, Ty::Optional(item))
            | (Kind::Map, Ty::Map(item)) => Some((**item).clone()),
            (Kind::Lists, Ty::List(inner)) => match &**inner {
                Ty::List(item) => Some((**item).clone()),
                Ty::Unknown => Some(Ty::Unknown),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type, for people.
    fn shown(self) -> &'static str {
        match self {
            Kind::Text => "String",
            Kind::Texts => "List[String]",
            Kind::Int => "Int",
            Kind::Float => "Float",
            Kind::Bool => "Bool",
            Kind::MaybeInt => "Optional[Int]",
            Kind::MaybeFloat => "Optional[Float]",
            Kind::Item => "T",
            Kind::List => "List[T]",
            Kind::Lists => "List[List[T]]",
            Kind::Maybe => "Optional[T]",
            Kind::Map => "Map[String, T]",
        }
    }

    /// What is wanted, in words.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Kind::List => "a list",
            Kind::Lists => "a list of lists",
            Kind::Map => "a map",
            Kind::Maybe => "an optional value",
            _ => "a value like the others",
        }
    }
}

impl Operator {
    /// How many operands it takes: at least, and at most.
    pub(super) fn count(&self) -> (usize, Option<usize>) {
        let least = match self.rule {
            Rule::Logic if self.prim == Prim::Not => 1,
            Rule::IsSome | Rule::Words => 1,
            Rule::Plain(params, _) => params.len(),
            _ => 2,
        };
        (least, self.most)
    }

    /// What it takes and gives, for people.
    pub(in crate::lisp) fn shown(&self) -> String {
        let (takes, gives) = match self.rule {
            Rule::Equal => (vec!["T", "T"], "Bool"),
            Rule::Order => (vec!["Number", "Number"], "Bool"),
            Rule::Logic if self.most == Some(1) => (vec!["Bool"], "Bool"),
            Rule::Logic => (vec!["Bool", "…"], "Bool"),
            Rule::Number if self.most.is_none() => (vec!["Number", "…"], "Number"),
            Rule::Number => (vec!["Number", "Number"], "Number"),
            Rule::IsSome => (vec!["Optional[T]"], "Bool"),
            Rule::OrElse => (vec!["Optional[T]", "T"], "T"),
            Rule::Words => (vec!["T"], "String"),
            Rule::Plain(params, result) => {
                let mut takes: Vec<&str> = params.iter().map(|kind| kind.shown()).collect();
                if self.most.is_none() {
                    takes.push("…");
                }
                (takes, result.shown())
            }
        };
        format!("({} {}) -> {gives}", self.name, takes.join(" "))
    }

    /// The operation on these operands.
    pub(super) fn apply(&self, operands: Vec<Expr>) -> ExprKind {
        if self.name != "list/concat" {
            return ExprKind::Prim(self.prim, operands);
        }
        let Some((ty, span)) = operands.first().map(|first| (first.ty.clone(), first.span)) else {
            return ExprKind::Error;
        };
        let lists = Expr {
            kind: ExprKind::List(operands),
            ty: Ty::List(Rc::new(ty)),
            span,
        };
        ExprKind::Prim(self.prim, vec![lists])
    }
}

const fn op(name: &'static str, prim: Prim, rule: Rule, most: Option<usize>) -> Operator {
    Operator {
        name,
        prim,
        rule,
        most,
    }
}

/// One that takes exactly these operands.
const fn plain(name: &'static str, prim: Prim, params: &'static [Kind], result: Kind) -> Operator {
    op(name, prim, Rule::Plain(params, result), Some(params.len()))
}

const TWO: Option<usize> = Some(2);

/// Every operator.
pub(in crate::lisp) const OPERATORS: &[Operator] = &[
    op("=", Prim::Eq, Rule::Equal, TWO),
    op("!=", Prim::Ne, Rule::Equal, TWO),
    op("<", Prim::Lt, Rule::Order, TWO),
    op("<=", Prim::Le, Rule::Order, TWO),
    op(">", Prim::Gt, Rule::Order, TWO),
    op(">=", Prim::Ge, Rule::Order, TWO),
    op("and", Prim::And, Rule::Logic, None),
    op("or", Prim::Or, Rule::Logic, None),
    op("not", Prim::Not, Rule::Logic, Some(1)),
    op("+", Prim::Add, Rule::Number, None),
    op("-", Prim::Sub, Rule::Number, TWO),
    op("*", Prim::Mul, Rule::Number, None),
    op("/", Prim::Div, Rule::Number, TWO),
    op("mod", Prim::Mod, Rule::Number, TWO),
    op("min", Prim::Min, Rule::Number, None),
    op("max", Prim::Max, Rule::Number, None),
    op("some?", Prim::IsSome, Rule::IsSome, Some(1)),
    op("or-else", Prim::OrElse, Rule::OrElse, TWO),
    op("symbol/name", Prim::ToText, Rule::Words, Some(1)),
    plain("float/from-int", Prim::ToFloat, &[Kind::Int], Kind::Float),
    plain(
        "float/parse",
        Prim::ParseFloat,
        &[Kind::Text],
        Kind::MaybeFloat,
    ),
    plain("int/from-float", Prim::Truncate, &[Kind::Float], Kind::Int),
    plain("int/floor", Prim::Floor, &[Kind::Float], Kind::Int),
    plain("int/ceiling", Prim::Ceiling, &[Kind::Float], Kind::Int),
    plain("int/round", Prim::Round, &[Kind::Float], Kind::Int),
    plain("int/parse", Prim::ParseInt, &[Kind::Text], Kind::MaybeInt),
    op(
        "string/concat",
        Prim::Concat,
        Rule::Plain(&[Kind::Text, Kind::Text], Kind::Text),
        None,
    ),
    plain(
        "string/same?",
        Prim::TextEq,
        &[Kind::Text, Kind::Text],
        Kind::Bool,
    ),
    plain("json/to-text", Prim::ToJson, &[Kind::Item], Kind::Text),
    plain("string/empty?", Prim::IsEmpty, &[Kind::Text], Kind::Bool),
    plain("string/length", Prim::Length, &[Kind::Text], Kind::Int),
    plain("string/from-int", Prim::ToText, &[Kind::Int], Kind::Text),
    plain(
        "string/from-float",
        Prim::ToText,
        &[Kind::Float],
        Kind::Text,
    ),
    plain(
        "string/join",
        Prim::Join,
        &[Kind::Texts, Kind::Text],
        Kind::Text,
    ),
    plain(
        "string/split",
        Prim::Split,
        &[Kind::Text, Kind::Text],
        Kind::Texts,
    ),
    plain(
        "string/contains?",
        Prim::Contains,
        &[Kind::Text, Kind::Text],
        Kind::Bool,
    ),
    plain(
        "string/starts-with?",
        Prim::StartsWith,
        &[Kind::Text, Kind::Text],
        Kind::Bool,
    ),
    plain(
        "string/ends-with?",
        Prim::EndsWith,
        &[Kind::Text, Kind::Text],
        Kind::Bool,
    ),
    plain("string/trim", Prim::Trim, &[Kind::Text], Kind::Text),
    plain("string/lower", Prim::Lower, &[Kind::Text], Kind::Text),
    plain("string/upper", Prim::Upper, &[Kind::Text], Kind::Text),
    plain(
        "string/replace",
        Prim::Replace,
        &[Kind::Text, Kind::Text, Kind::Text],
        Kind::Text,
    ),
    plain("list/empty?", Prim::IsEmpty, &[Kind::List], Kind::Bool),
    plain("list/length", Prim::Length, &[Kind::List], Kind::Int),
    plain("list/head", Prim::Head, &[Kind::List], Kind::Maybe),
    plain("list/last", Prim::Last, &[Kind::List], Kind::Maybe),
    plain("list/rest", Prim::Rest, &[Kind::List], Kind::List),
    plain("list/get", Prim::At, &[Kind::List, Kind::Int], Kind::Maybe),
    plain(
        "list/append",
        Prim::Append,
        &[Kind::List, Kind::Item],
        Kind::List,
    ),
    op(
        "list/concat",
        Prim::Flatten,
        Rule::Plain(&[Kind::List, Kind::List], Kind::List),
        None,
    ),
    plain("list/flatten", Prim::Flatten, &[Kind::Lists], Kind::List),
    plain("list/reverse", Prim::Reverse, &[Kind::List], Kind::List),
    plain(
        "list/contains?",
        Prim::Member,
        &[Kind::List, Kind::Item],
        Kind::Bool,
    ),
    plain("map/empty?", Prim::IsEmpty, &[Kind::Map], Kind::Bool),
    plain("map/length", Prim::Length, &[Kind::Map], Kind::Int),
    plain(
        "map/get",
        Prim::MapGet,
        &[Kind::Map, Kind::Text],
        Kind::Maybe,
    ),
    plain(
        "map/has?",
        Prim::MapHas,
        &[Kind::Map, Kind::Text],
        Kind::Bool,
    ),
    plain(
        "map/put",
        Prim::MapPut,
        &[Kind::Map, Kind::Text, Kind::Item],
        Kind::Map,
    ),
    plain(
        "map/remove",
        Prim::MapRemove,
        &[Kind::Map, Kind::Text],
        Kind::Map,
    ),
    plain("map/keys", Prim::MapKeys, &[Kind::Map], Kind::Texts),
    plain("map/values", Prim::MapValues, &[Kind::Map], Kind::List),
];

/// The operator of this name.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}
