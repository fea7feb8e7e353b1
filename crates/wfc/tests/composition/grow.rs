//! Expressions of a wanted type, grown from bytes.

/// The types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Int,
    Bool,
    Mood,
    Pair,
    Outcome,
    Ints,
    Maybe,
}

const TYPES: [Ty; 7] = [
    Ty::Int,
    Ty::Bool,
    Ty::Mood,
    Ty::Pair,
    Ty::Outcome,
    Ty::Ints,
    Ty::Maybe,
];

type B = Box<Made>;

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Made {
    Int(i64),
    Bool(bool),
    Mood(usize),
    Var(String),
    /// An operator, or anything else that is written like one.
    Op(&'static str, Vec<Made>),
    Let(String, B, B),
    /// A pair taken apart: the names of its fields.
    Parts(String, String, B, B),
    If(B, B, B),
    Cond(Vec<(Made, Made)>, B),
    When(B, B),
    Do(B, B),
    Pair(B, B),
    /// A pair with another `a`, or another `b`.
    Update(B, &'static str, B),
    Done(B),
    Stuck(B, B),
    Idle,
    List(Vec<Made>),
    ListMap(String, B, B),
    Filter(String, B, B),
    MapEffect(String, B, B),
    ForEach(String, B, B),
    /// By the name of the value: what to do when it is each variant.
    Cases(String, B, [B; 3]),
    /// With patterns: DONE of 0; DONE `x` when a condition holds; DONE or
    /// IDLE; STUCK with names for its fields.
    Patterns(String, B, [B; 5]),
    Moods(B, [B; 3]),
    /// 0; 1 or 2; a name when a condition holds; the rest.
    Numbers(String, B, [B; 5]),
    There(String, B, B, B),
    /// A name that is known to be there.
    IfThere(String, B, B, B),
    Recur {
        max: B,
        name: String,
        init: B,
        exhausted: B,
        body: Box<Tail>,
    },
    Until(String, B, B),
    /// A command of this kind, or an agent.
    Ask(&'static str, B),
    Call(B),
    Proc(B, B),
}

/// The end of the body of a loop.
#[derive(Clone, Debug)]
pub(crate) enum Tail {
    Done(Made),
    Continue(Made),
    If(Made, Box<Tail>, Box<Tail>),
    Let(String, Made, Box<Tail>),
    Moods(Made, [Box<Tail>; 3]),
}

/// How many forms there are for every type.
pub(crate) const FORMS: u8 = 15;

pub(crate) struct Grower<'b> {
    bytes: &'b [u8],
    at: usize,
    vars: Vec<(String, Ty)>,
    names: u32,
    /// Nothing may be asked here.
    is_pure: bool,
    nodes: usize,
}

/// How many parts an expression may have.
const MAX_NODES: usize = 120;

impl<'b> Grower<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Grower {
            bytes,
            at: 0,
            vars: vec![("n".to_owned(), Ty::Int), ("flag".to_owned(), Ty::Bool)],
            names: 0,
            is_pure: false,
            nodes: 0,
        }
    }

    pub(crate) fn program(&mut self, depth: u32) -> (Ty, Made) {
        let ty = TYPES[self.choose(7)];
        let made = self.any(ty, depth);
        (ty, made)
    }

    /// One of `0..count`; the first when the bytes are used up.
    fn choose(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    fn with<T>(&mut self, names: &[(&str, Ty)], body: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.vars.len();
        let named = names.iter().map(|(name, ty)| ((*name).to_owned(), *ty));
        self.vars.extend(named);
        let made = body(self);
        self.vars.truncate(before);
        made
    }

    fn pure<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.is_pure, true);
        let made = body(self);
        self.is_pure = before;
        made
    }

    fn boxed(&mut self, ty: Ty, depth: u32) -> B {
        Box::new(self.any(ty, depth))
    }

    fn any(&mut self, ty: Ty, depth: u32) -> Made {
        self.nodes += 1;
        if depth == 0 || self.nodes > MAX_NODES {
            return self.leaf(ty);
        }
        let d = depth - 1;
        match self.choose(usize::from(FORMS) + 8) {
            0 => {
                let (name, of) = (self.name(), TYPES[self.choose(7)]);
                let value = self.boxed(of, d);
                let body = self.with(&[(&name, of)], |this| this.boxed(ty, d));
                Made::Let(name, value, body)
            }
            1 => Made::If(
                self.boxed(Ty::Bool, d),
                self.boxed(ty, d),
                self.boxed(ty, d),
            ),
            2 => {
                let clauses = (0..=self.choose(2))
                    .map(|_| (self.any(Ty::Bool, d), self.any(ty, d)))
                    .collect();
                Made::Cond(clauses, self.boxed(ty, d))
            }
            3 => {
                let name = self.name();
                let subject = self.boxed(Ty::Outcome, d);
                let field = |field: &str| format!("{name}.{field}");
                let done = self.with(&[(&field("n"), Ty::Int)], |this| this.boxed(ty, d));
                let stuck = [(field("why"), Ty::Int), (field("flag"), Ty::Bool)];
                let stuck: Vec<(&str, Ty)> = stuck.iter().map(|(n, t)| (n.as_str(), *t)).collect();
                let stuck = self.with(&stuck, |this| this.boxed(ty, d));
                let idle = self.boxed(ty, d);
                Made::Cases(name, subject, [done, stuck, idle])
            }
            4 => {
                let name = self.name();
                let subject = self.boxed(Ty::Outcome, d);
                let zero = self.boxed(ty, d);
                let x = (name.as_str(), Ty::Int);
                let guard = self.with(&[x], |this| this.pure(|this| this.boxed(Ty::Bool, d)));
                let one = self.with(&[x], |this| this.boxed(ty, d));
                let rest = self.boxed(ty, d);
                let flag = format!("{name}f");
                let stuck = self.with(&[x, (&flag, Ty::Bool)], |this| this.boxed(ty, d));
                Made::Patterns(name, subject, [zero, guard, one, rest, stuck])
            }
            5 => {
                let subject = self.boxed(Ty::Mood, d);
                Made::Moods(
                    subject,
                    [self.boxed(ty, d), self.boxed(ty, d), self.boxed(ty, d)],
                )
            }
            6 => {
                let name = self.name();
                let subject = self.boxed(Ty::Int, d);
                let (zero, few) = (self.boxed(ty, d), self.boxed(ty, d));
                let x = [(name.as_str(), Ty::Int)];
                let guard = self.with(&x, |this| this.pure(|this| this.boxed(Ty::Bool, d)));
                let one = self.with(&x, |this| this.boxed(ty, d));
                let rest = self.boxed(ty, d);
                Made::Numbers(name, subject, [zero, few, guard, one, rest])
            }
            7 => {
                let name = self.name();
                let subject = self.boxed(Ty::Maybe, d);
                let there = self.with(&[(&name, Ty::Int)], |this| this.boxed(ty, d));
                Made::There(name, subject, there, self.boxed(ty, d))
            }
            8 => {
                let name = self.name();
                let subject = self.boxed(Ty::Maybe, d);
                let inner = self.name();
                let there = self.with(&[(&inner, Ty::Int)], |this| this.boxed(ty, d));
                // What is known to be there may be computed with.
                let value = Made::Op("+", vec![Made::Var(name.clone()), Made::Int(0)]);
                let there = Box::new(Made::Let(inner, Box::new(value), there));
                Made::IfThere(name, subject, there, self.boxed(ty, d))
            }
            9 => {
                let (a, b) = (self.name(), self.name());
                let whole = self.boxed(Ty::Pair, d);
                let names = [(a.as_str(), Ty::Int), (b.as_str(), Ty::Bool)];
                let body = self.with(&names, |this| this.boxed(ty, d));
                Made::Parts(a, b, whole, body)
            }
            10 if !self.is_pure => Made::Do(self.boxed(Ty::Int, d), self.boxed(ty, d)),
            11 | 12 if !self.is_pure => self.recur(ty, d),
            13 if !self.is_pure => {
                let name = self.name();
                let body = self.boxed(ty, d);
                let test = self.with(&[(&name, ty)], |this| {
                    this.pure(|this| this.boxed(Ty::Bool, d))
                });
                Made::Until(name, body, test)
            }
            14 => {
                let name = self.name();
                let whole = self.boxed(Ty::Pair, d);
                let fields = [
                    (format!("{name}.a"), Ty::Int),
                    (format!("{name}.b"), Ty::Bool),
                ];
                let fields: Vec<(&str, Ty)> = fields
                    .iter()
                    .map(|(name, ty)| (name.as_str(), *ty))
                    .collect();
                let body = self.with(&fields, |this| this.boxed(ty, d));
                Made::Let(name, whole, body)
            }
            _ => self.own(ty, d),
        }
    }

    fn recur(&mut self, ty: Ty, d: u32) -> Made {
        let (name, of) = (self.name(), TYPES[self.choose(7)]);
        let max = Box::new(match self.choose(3) {
            0 => Made::Int(2),
            1 => Made::Int(3),
            _ => {
                let computed = self.any(Ty::Int, d.min(1));
                let bounded = Made::Op("min", vec![computed, Made::Int(3)]);
                Made::Op("max", vec![bounded, Made::Int(0)])
            }
        });
        let init = self.boxed(of, d);
        let exhausted = self.with(&[(&name, of)], |this| this.boxed(ty, d));
        let body = self.with(&[(&name, of)], |this| this.tail(ty, of, d));
        Made::Recur {
            max,
            name,
            init,
            exhausted,
            body: Box::new(body),
        }
    }

    fn tail(&mut self, ty: Ty, state: Ty, d: u32) -> Tail {
        if d == 0 {
            return match self.choose(3) {
                0 => Tail::Done(self.any(ty, 0)),
                _ => Tail::Continue(self.any(state, 0)),
            };
        }
        let tail = |this: &mut Self| Box::new(this.tail(ty, state, d - 1));
        match self.choose(5) {
            0 => Tail::Done(self.any(ty, d)),
            1 => Tail::Continue(self.any(state, d)),
            2 => Tail::If(self.any(Ty::Bool, d - 1), tail(self), tail(self)),
            3 => {
                let (name, of) = (self.name(), TYPES[self.choose(7)]);
                let value = self.any(of, d - 1);
                let body = self.with(&[(&name, of)], tail);
                Tail::Let(name, value, body)
            }
            _ => {
                let mood = self.any(Ty::Mood, d - 1);
                Tail::Moods(mood, [tail(self), tail(self), tail(self)])
            }
        }
    }

    /// A form that only this type has.
    fn own(&mut self, ty: Ty, d: u32) -> Made {
        let two =
            |this: &mut Self, name, of| Made::Op(name, vec![this.any(of, d), this.any(of, d)]);
        let each = |this: &mut Self, of: Ty, pure: bool| {
            let name = this.name();
            let list = this.boxed(Ty::Ints, d);
            let body = this.with(&[(&name, Ty::Int)], |this| match pure {
                true => this.pure(|this| this.boxed(of, d)),
                false => this.boxed(of, d),
            });
            (name, list, body)
        };
        let pure = self.is_pure;
        match (ty, self.choose(8)) {
            (Ty::Int, 0) => two(self, "+", Ty::Int),
            (Ty::Int, 1) => two(self, "*", Ty::Int),
            (Ty::Int, 2) => Made::Op(
                "or-else",
                vec![self.any(Ty::Maybe, d), self.any(Ty::Int, d)],
            ),
            (Ty::Int, 3) => Made::Op("list/length", vec![self.any(Ty::Ints, d)]),
            (Ty::Int, 4) if !pure => Made::Ask("int", self.boxed(Ty::Int, d)),
            (Ty::Int, 5) if !pure => Made::Call(self.boxed(Ty::Int, d)),
            (Ty::Int, 6) if !pure => Made::Proc(self.boxed(Ty::Int, d), self.boxed(Ty::Int, d)),
            (Ty::Int, 7) if !pure => match self.choose(2) {
                0 => Made::Ask("agent", self.boxed(Ty::Int, d)),
                _ => {
                    let (name, list, body) = each(self, Ty::Int, false);
                    Made::ForEach(name, list, body)
                }
            },
            (Ty::Int, _) => two(self, "-", Ty::Int),
            (Ty::Bool, 0) => two(self, "and", Ty::Bool),
            (Ty::Bool, 1) => two(self, "or", Ty::Bool),
            (Ty::Bool, 2) => Made::Op("not", vec![self.any(Ty::Bool, d)]),
            (Ty::Bool, 3) => two(self, "=", Ty::Mood),
            (Ty::Bool, 4) => Made::Op(
                "list/contains?",
                vec![self.any(Ty::Ints, d), self.any(Ty::Int, d)],
            ),
            (Ty::Bool, 5) => Made::Op("some?", vec![self.any(Ty::Maybe, d)]),
            (Ty::Bool, 6) if !pure => Made::Ask("bool", self.boxed(Ty::Int, d)),
            (Ty::Bool, _) => two(self, "<", Ty::Int),
            (Ty::Pair, 0) if !pure => Made::Ask("pair", self.boxed(Ty::Int, d)),
            (Ty::Pair, 1) => Made::Update(self.boxed(Ty::Pair, d), "a", self.boxed(Ty::Int, d)),
            (Ty::Pair, 2) => Made::Update(self.boxed(Ty::Pair, d), "b", self.boxed(Ty::Bool, d)),
            (Ty::Pair, _) => Made::Pair(self.boxed(Ty::Int, d), self.boxed(Ty::Bool, d)),
            (Ty::Outcome, 0 | 1) if !pure => Made::Ask("outcome", self.boxed(Ty::Int, d)),
            (Ty::Outcome, 2 | 3) => Made::Done(self.boxed(Ty::Int, d)),
            (Ty::Outcome, _) => Made::Stuck(self.boxed(Ty::Int, d), self.boxed(Ty::Bool, d)),
            (Ty::Mood, _) => Made::If(
                self.boxed(Ty::Bool, d),
                self.boxed(Ty::Mood, d),
                self.boxed(Ty::Mood, d),
            ),
            (Ty::Ints, 0) => {
                let (name, list, body) = each(self, Ty::Int, true);
                Made::ListMap(name, list, body)
            }
            (Ty::Ints, 1) => {
                let (name, list, body) = each(self, Ty::Bool, true);
                Made::Filter(name, list, body)
            }
            (Ty::Ints, 2 | 3) if !pure => {
                let (name, list, body) = each(self, Ty::Int, false);
                Made::MapEffect(name, list, body)
            }
            (Ty::Ints, 4) => Made::Op(
                "list/append",
                vec![self.any(Ty::Ints, d), self.any(Ty::Int, d)],
            ),
            (Ty::Ints, 5) => two(self, "list/concat", Ty::Ints),
            (Ty::Ints, _) => {
                Made::List((0..self.choose(3)).map(|_| self.any(Ty::Int, d)).collect())
            }
            (Ty::Maybe, 0) => Made::Op("list/head", vec![self.any(Ty::Ints, d)]),
            (Ty::Maybe, 1) => Made::When(self.boxed(Ty::Bool, d), self.boxed(Ty::Int, d)),
            (Ty::Maybe, 2) => Made::Op(
                "list/get",
                vec![self.any(Ty::Ints, d), self.any(Ty::Int, d)],
            ),
            (Ty::Maybe, _) => Made::Op("some", vec![self.any(Ty::Int, d)]),
        }
    }

    fn leaf(&mut self, ty: Ty) -> Made {
        let known: Vec<&String> = self
            .vars
            .iter()
            .filter(|(_, of)| *of == ty)
            .map(|(name, _)| name)
            .collect();
        let count = known.len();
        let known: Vec<String> = known.into_iter().cloned().collect();
        let choice = self.choose(2 + 2 * count);
        if choice >= 2 {
            return Made::Var(known[(choice - 2) / 2].clone());
        }
        match ty {
            Ty::Int => Made::Int(self.choose(7) as i64 - 1),
            Ty::Bool => Made::Bool(self.choose(2) == 0),
            Ty::Mood => Made::Mood(self.choose(3)),
            Ty::Pair => Made::Pair(Box::new(Made::Int(4)), Box::new(Made::Bool(true))),
            Ty::Outcome => match choice {
                0 => Made::Idle,
                _ => Made::Done(Box::new(Made::Int(2))),
            },
            Ty::Ints => Made::List((0..self.choose(3)).map(|i| Made::Int(i as i64)).collect()),
            Ty::Maybe => match choice {
                0 => Made::Var("none".to_owned()),
                _ => Made::Op("some", vec![Made::Int(5)]),
            },
        }
    }
}
