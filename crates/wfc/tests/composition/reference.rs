//! What a program says, found out in the plainest way.

use serde_json::{Value, json};

use super::grow::{Made, Tail};
use super::text::MOODS;

/// The answer of the world to a question.
pub(crate) fn answer(kind: &str, x: i64) -> Value {
    match kind {
        "int" => json!((x * 7 + 3).rem_euclid(11)),
        "agent" => json!((x * 5 + 1).rem_euclid(13)),
        "bool" => json!(x.rem_euclid(3) == 1),
        "pair" => json!({ "a": (x * 3).rem_euclid(13), "b": x.rem_euclid(2) == 0 }),
        _ => match x.rem_euclid(4) {
            0 => json!({ "variant": "IDLE" }),
            1 => json!({ "variant": "STUCK", "why": x.rem_euclid(9), "flag": x > 4 }),
            _ => json!({ "variant": "DONE", "n": x.rem_euclid(4) - 2 }),
        },
    }
}

/// An interpreter, and what it has asked for.
pub(crate) struct Reference {
    pub(crate) asked: Vec<String>,
    vars: Vec<(String, Value)>,
}

impl Default for Reference {
    fn default() -> Self {
        Reference {
            asked: Vec::new(),
            vars: vec![
                ("n".to_owned(), json!(3)),
                ("flag".to_owned(), json!(true)),
                ("none".to_owned(), Value::Null),
            ],
        }
    }
}

impl Reference {
    fn ask(&mut self, kind: &str, x: i64) -> Value {
        self.asked.push(format!("{kind} {x}"));
        answer(kind, x)
    }

    fn var(&self, path: &str) -> Value {
        let mut parts = path.split('.');
        let first = parts.next().unwrap();
        let found = self.vars.iter().rev().find(|(name, _)| name == first);
        let value = found.unwrap().1.clone();
        parts.fold(value, |value, field| value[field].clone())
    }

    fn with<T>(&mut self, name: &str, value: Value, body: impl FnOnce(&mut Self) -> T) -> T {
        self.vars.push((name.to_owned(), value));
        let found = body(self);
        self.vars.pop();
        found
    }

    fn int(&mut self, made: &Made) -> i64 {
        self.run(made).as_i64().unwrap()
    }

    fn truth(&mut self, made: &Made) -> bool {
        self.run(made).as_bool().unwrap()
    }

    fn items(&mut self, made: &Made) -> Vec<Value> {
        self.run(made).as_array().unwrap().clone()
    }

    pub(crate) fn run(&mut self, made: &Made) -> Value {
        match made {
            Made::Int(n) => json!(n),
            Made::Bool(flag) => json!(flag),
            Made::Mood(mood) => json!(MOODS[*mood]),
            Made::Var(name) => self.var(name),
            Made::Op(op, parts) => self.operation(op, parts),
            Made::Let(name, value, body) => {
                let value = self.run(value);
                self.with(name, value, |this| this.run(body))
            }
            Made::Parts(a, b, whole, body) => {
                let whole = self.run(whole);
                self.with(a, whole["a"].clone(), |this| {
                    this.with(b, whole["b"].clone(), |this| this.run(body))
                })
            }
            Made::If(cond, then, otherwise) => match self.truth(cond) {
                true => self.run(then),
                false => self.run(otherwise),
            },
            Made::Cond(clauses, otherwise) => {
                for (cond, value) in clauses {
                    if self.truth(cond) {
                        return self.run(value);
                    }
                }
                self.run(otherwise)
            }
            Made::When(cond, body) => match self.truth(cond) {
                true => self.run(body),
                false => Value::Null,
            },
            Made::Do(first, last) => {
                self.run(first);
                self.run(last)
            }
            Made::Pair(a, b) => {
                let a = self.run(a);
                json!({ "a": a, "b": self.run(b) })
            }
            Made::Update(base, field, value) => {
                let mut base = self.run(base);
                base[*field] = self.run(value);
                base
            }
            Made::Done(n) => json!({ "variant": "DONE", "n": self.run(n) }),
            Made::Stuck(why, flag) => {
                let why = self.run(why);
                json!({ "variant": "STUCK", "why": why, "flag": self.run(flag) })
            }
            Made::Idle => json!({ "variant": "IDLE" }),
            Made::List(items) => items.iter().map(|item| self.run(item)).collect(),
            Made::ListMap(name, list, body) | Made::MapEffect(name, list, body) => {
                let items = self.items(list).into_iter();
                let values = items.map(|item| self.with(name, item, |this| this.run(body)));
                values.collect()
            }
            Made::Filter(name, list, body) => {
                let mut items = self.items(list);
                items.retain(|item| self.with(name, item.clone(), |this| this.truth(body)));
                json!(items)
            }
            Made::ForEach(name, list, body) => {
                let items = self.items(list);
                for item in &items {
                    self.with(name, item.clone(), |this| this.run(body));
                }
                json!(items.len())
            }
            Made::Cases(name, subject, [done, stuck, idle]) => {
                let subject = self.run(subject);
                let arm = match subject["variant"].as_str().unwrap() {
                    "DONE" => done,
                    "STUCK" => stuck,
                    _ => idle,
                };
                self.with(name, subject, |this| this.run(arm))
            }
            Made::Patterns(x, subject, [zero, guard, one, rest, stuck]) => {
                let subject = self.run(subject);
                match subject["variant"].as_str().unwrap() {
                    "DONE" if subject["n"] == 0 => self.run(zero),
                    "DONE" => self.with(x, subject["n"].clone(), |this| match this.truth(guard) {
                        true => this.run(one),
                        false => this.run(rest),
                    }),
                    "IDLE" => self.run(rest),
                    _ => self.with(x, subject["why"].clone(), |this| {
                        let flag = format!("{x}f");
                        this.with(&flag, subject["flag"].clone(), |this| this.run(stuck))
                    }),
                }
            }
            Made::Moods(mood, arms) => {
                let mood = self.mood(mood);
                self.run(&arms[mood])
            }
            Made::Numbers(x, subject, [zero, few, guard, one, rest]) => match self.int(subject) {
                0 => self.run(zero),
                1 | 2 => self.run(few),
                n => self.with(x, json!(n), |this| match this.truth(guard) {
                    true => this.run(one),
                    false => this.run(rest),
                }),
            },
            Made::There(name, subject, there, missing)
            | Made::IfThere(name, subject, there, missing) => match self.run(subject) {
                Value::Null => self.run(missing),
                value => self.with(name, value, |this| this.run(there)),
            },
            Made::Recur {
                max,
                name,
                init,
                exhausted,
                body,
            } => {
                let max = self.int(max);
                let mut state = self.run(init);
                for _ in 0..max {
                    match self.with(name, state.clone(), |this| this.tail(body)) {
                        Ok(next) => state = next,
                        Err(done) => return done,
                    }
                }
                self.with(name, state, |this| this.run(exhausted))
            }
            Made::Until(_, body, _) => self.run(body),
            Made::Ask(kind, x) => {
                let x = self.int(x);
                self.ask(kind, x)
            }
            Made::Call(x) => {
                let x = self.int(x);
                let found = self.ask("int", x).as_i64().unwrap();
                json!((found + x) % 97)
            }
            Made::Proc(x, y) => {
                let (x, y) = (self.int(x), self.int(y));
                let first = self.ask("int", x).as_i64().unwrap();
                let second = match y > 2 {
                    true => self.ask("int", y).as_i64().unwrap(),
                    false => first,
                };
                json!((first + second) % 97)
            }
        }
    }

    fn mood(&mut self, made: &Made) -> usize {
        let mood = self.run(made);
        MOODS.iter().position(|each| mood == *each).unwrap()
    }

    /// The next state, or the end.
    fn tail(&mut self, made: &Tail) -> Result<Value, Value> {
        match made {
            Tail::Done(value) => Err(self.run(value)),
            Tail::Continue(value) => Ok(self.run(value)),
            Tail::If(cond, then, otherwise) => match self.truth(cond) {
                true => self.tail(then),
                false => self.tail(otherwise),
            },
            Tail::Let(name, value, body) => {
                let value = self.run(value);
                self.with(name, value, |this| this.tail(body))
            }
            Tail::Moods(mood, arms) => {
                let mood = self.mood(mood);
                self.tail(&arms[mood])
            }
        }
    }

    fn operation(&mut self, op: &str, parts: &[Made]) -> Value {
        match op {
            "and" => return json!(self.truth(&parts[0]) && self.truth(&parts[1])),
            "or" => return json!(self.truth(&parts[0]) || self.truth(&parts[1])),
            "or-else" => {
                return match self.run(&parts[0]) {
                    Value::Null => self.run(&parts[1]),
                    value => value,
                };
            }
            _ => {}
        }
        let values: Vec<Value> = parts.iter().map(|part| self.run(part)).collect();
        let int = |at: usize| values[at].as_i64().unwrap();
        let list = |at: usize| values[at].as_array().unwrap().clone();
        match op {
            "+" => json!((int(0) + int(1)) % 97),
            "*" => json!((int(0) * int(1)) % 97),
            "-" => json!(int(0) - int(1)),
            "min" => json!(int(0).min(int(1))),
            "max" => json!(int(0).max(int(1))),
            "<" => json!(int(0) < int(1)),
            "=" => json!(values[0] == values[1]),
            "not" => json!(!values[0].as_bool().unwrap()),
            "some?" => json!(!values[0].is_null()),
            "some" => values[0].clone(),
            "list/length" => json!(list(0).len()),
            "list/contains?" => json!(list(0).contains(&values[1])),
            "list/head" => list(0).first().cloned().unwrap_or(Value::Null),
            "list/get" => {
                let place = usize::try_from(int(1)).ok();
                let found = place.and_then(|place| list(0).get(place).cloned());
                found.unwrap_or(Value::Null)
            }
            "list/append" => {
                let mut all = list(0);
                all.push(values[1].clone());
                json!(all)
            }
            "list/concat" => [list(0), list(1)].concat().into(),
            other => panic!("unknown operator {other}"),
        }
    }
}
