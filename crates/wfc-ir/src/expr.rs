//! Pure expressions.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{StepId, Value};

/// A pure, total-or-failing expression. It reads the frame it is evaluated in
/// and touches nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Expr {
    /// A constant.
    Lit {
        /// The value.
        value: Value,
    },
    /// A workflow input.
    Input {
        /// Its name.
        name: String,
    },
    /// A context value; always text.
    Context {
        /// Its key.
        key: String,
    },
    /// A fact about the run.
    Run {
        /// Which.
        field: RunField,
    },
    /// What a step of the same workflow left behind.
    Step {
        /// The step.
        step: StepId,
        /// Which part.
        #[serde(flatten)]
        field: StepField,
    },
    /// The state of an enclosing loop in the current iteration.
    LoopState {
        /// The loop.
        step: StepId,
    },
    /// The 0-based iteration of an enclosing loop.
    LoopIndex {
        /// The loop.
        step: StepId,
    },
    /// The item of an enclosing loop over a list.
    Item {
        /// The loop.
        step: StepId,
    },
    /// How many iterations an enclosing loop has at most: its bound, or the
    /// number of its items.
    LoopTotal {
        /// The loop.
        step: StepId,
    },
    /// The result of the loop body that has just finished; only in a loop's
    /// own `until`, `next`, `result` and `exhausted`.
    Out,
    /// The newest published version of an artifact.
    Artifact {
        /// Its name.
        name: String,
    },
    /// The version of an artifact that the step at hand consumes.
    Consumed {
        /// Its name.
        name: String,
    },
    /// The outcome of a probe of the enclosing [`Cond`].
    Probe {
        /// Index into [`Cond::probes`].
        index: usize,
    },
    /// A field of an object.
    Get {
        /// The object.
        base: Box<Expr>,
        /// The key.
        field: String,
    },
    /// An object.
    Record {
        /// Its fields, in order.
        fields: IndexMap<String, Expr>,
    },
    /// A value of a union.
    Variant {
        /// The variant.
        tag: String,
        /// Its fields, in order.
        fields: IndexMap<String, Expr>,
    },
    /// A list.
    List {
        /// Its items.
        items: Vec<Expr>,
    },
    /// Text with holes.
    Text {
        /// The pieces.
        parts: Vec<TextPart>,
    },
    /// Evaluates one of two expressions.
    If {
        /// The condition.
        cond: Box<Expr>,
        /// When true.
        then: Box<Expr>,
        /// When false.
        otherwise: Box<Expr>,
    },
    /// Chooses by a word (an enum value, or the tag of a union value).
    Match {
        /// The word.
        subject: Box<Expr>,
        /// One expression for each word.
        arms: IndexMap<String, Expr>,
        /// For every other word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<Box<Expr>>,
    },
    /// A primitive operation.
    Prim {
        /// Which.
        prim: Prim,
        /// Its operands.
        args: Vec<Expr>,
    },
    /// A value that has a name inside the expression.
    Local {
        /// The name.
        name: String,
    },
    /// Names values, each of which sees those before it.
    Let {
        /// The values.
        bound: IndexMap<String, Expr>,
        /// The expression in which they have their names.
        body: Box<Expr>,
    },
    /// The list of what an expression gives for each item of a list.
    Map {
        /// The list.
        list: Box<Expr>,
        /// What the item is called in the body.
        item: String,
        /// The expression.
        body: Box<Expr>,
    },
}

/// A piece of [`Expr::Text`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextPart {
    /// Literal text.
    Text(String),
    /// An expression whose value is rendered as text.
    Hole {
        /// The name as authored, for messages about undefined values.
        name: String,
        /// The expression.
        value: Expr,
    },
}

/// A fact about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunField {
    /// The run id.
    Id,
    /// The absolute directory of the run, or of the call frame in a callee.
    Root,
    /// When the run started.
    TimestampUtc,
}

/// A part of a step's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "field", rename_all = "snake_case")]
pub enum StepField {
    /// One artifact.
    Artifact {
        /// Its name.
        name: String,
    },
    /// All artifacts, as an object: the value of the step.
    Artifacts,
    /// What it noted of some files before it ran.
    Snapshot {
        /// Which of its snapshots.
        name: String,
    },
    /// The exit code.
    ExitCode,
    /// `completed`, `failed` or `skipped`.
    Status,
    /// A part of the normalised outcome.
    Outcome {
        /// Which.
        part: OutcomeField,
    },
    /// Captured text.
    Output,
    /// Captured lines.
    Lines,
    /// Captured JSON, or something inside it.
    Json {
        /// Keys on the way in.
        path: Vec<String>,
    },
    /// What a wait has found.
    Wait {
        /// Which part.
        part: WaitField,
    },
    /// The whole record; of a loop over a list, the list of its iterations,
    /// each an object of records by the names of the steps.
    Whole,
    /// A part of the record of a step in one iteration of a loop over a list.
    Iteration {
        /// Which iteration, from 0.
        index: u64,
        /// The name of the step.
        name: String,
        /// Which part.
        read: Box<StepField>,
    },
}

/// A part of what a wait has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitField {
    /// The files, in order.
    Files,
    /// How long it took, in milliseconds.
    WaitDurationMs,
    /// How often it looked.
    PollCount,
    /// Whether it gave up.
    TimedOut,
}

impl WaitField {
    /// The parts and their keys in a record, in its order.
    pub const ALL: [(&str, WaitField); 4] = [
        ("files", WaitField::Files),
        ("wait_duration_ms", WaitField::WaitDurationMs),
        ("poll_count", WaitField::PollCount),
        ("timed_out", WaitField::TimedOut),
    ];

    /// Its key in a record.
    pub fn word(self) -> &'static str {
        let found = WaitField::ALL.iter().find(|(_, part)| *part == self);
        found.map_or("", |(word, _)| word)
    }
}

/// A part of a normalised outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeField {
    /// `completed`, `failed`, `skipped`.
    Status,
    /// `pre_execution`, `execution`, `post_execution`.
    Phase,
    /// `completed`, `command_failed`, ...
    Class,
    /// Whether trying again may help.
    Retryable,
}

/// A primitive operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prim {
    /// Equal, of one type.
    Eq,
    /// Not equal.
    Ne,
    /// Less, of numbers.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// All are true; stops at the first false.
    And,
    /// One is true; stops at the first true.
    Or,
    /// The opposite.
    Not,
    /// Sum; integers overflow to an error.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient; integers truncate; by zero is an error.
    Div,
    /// Remainder with the sign of the dividend.
    Mod,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Strings joined.
    Concat,
    /// Is the string empty?
    IsEmpty,
    /// Is the value there (not null)?
    IsSome,
    /// The first value if it is there, else the second.
    OrElse,
    /// The value as the text that a template shows.
    ToText,
    /// The value as compact JSON text.
    ToJson,
    /// The value as compact JSON text, the keys of every object sorted.
    CanonicalJson,
    /// The texts are equal; false when one is undefined.
    TextEq,
    /// The integer as a float.
    ToFloat,
    /// The float without its fraction, as an integer.
    Truncate,
    /// The greatest integer that is not above the number.
    Floor,
    /// The least integer that is not below the number.
    Ceiling,
    /// The nearest integer; from halfway the one further from zero.
    Round,
    /// The integer that a text shows, or null.
    ParseInt,
    /// The finite number that a text shows, or null.
    ParseFloat,
    /// A list of texts as one, with a text between them.
    Join,
    /// A text as the list of what stands between the places of another.
    Split,
    /// How many characters a text has, items a list, or entries a map.
    Length,
    /// Does the first text contain the second?
    Contains,
    /// Does the first text begin with the second?
    StartsWith,
    /// Does the first text end with the second?
    EndsWith,
    /// The text without blanks at both ends.
    Trim,
    /// The text in small letters.
    Lower,
    /// The text in capital letters.
    Upper,
    /// The first text with the third in every place of the second.
    Replace,
    /// The first item of a list, or null.
    Head,
    /// The last item of a list, or null.
    Last,
    /// The list without its first item.
    Rest,
    /// The list with one more item at its end.
    Append,
    /// The lists of a list as one.
    Flatten,
    /// The list from its end to its start.
    Reverse,
    /// The item of a list at a 0-based place, or null.
    At,
    /// Is a value an item of the list?
    Member,
    /// A map of keys and values in turn.
    MapOf,
    /// The value of a key of a map, or null.
    MapGet,
    /// The map with a value for a key.
    MapPut,
    /// The map without a key.
    MapRemove,
    /// Has the map this key?
    MapHas,
    /// The keys of a map, in their order.
    MapKeys,
    /// The values of a map, in the order of their keys.
    MapValues,
    /// A path inside of a directory: the directory, and the way from there.
    JoinPath,
}

/// A condition: a boolean expression over the frame and over questions about
/// the workspace that are asked, and recorded, before it is evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cond {
    /// Glob patterns; probe `i` is true when pattern `i` matches something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Expr>,
    /// The test.
    pub test: Expr,
}

impl Cond {
    /// A condition that asks nothing of the workspace.
    pub fn pure(test: Expr) -> Self {
        Cond {
            probes: Vec::new(),
            test,
        }
    }
}

impl Expr {
    /// A constant.
    pub fn lit(value: impl Into<Value>) -> Self {
        Expr::Lit {
            value: value.into(),
        }
    }

    /// An artifact of a step.
    pub fn artifact_of(step: StepId, name: impl Into<String>) -> Self {
        Expr::Step {
            step,
            field: StepField::Artifact { name: name.into() },
        }
    }

    /// The value of a step.
    pub fn value_of(step: StepId) -> Self {
        Expr::Step {
            step,
            field: StepField::Artifacts,
        }
    }

    /// A field of an expression; folds where the object is known.
    pub fn get(self, field: impl Into<String>) -> Self {
        let field = field.into();
        match self {
            Expr::Step {
                step,
                field: StepField::Artifacts,
            } => Expr::artifact_of(step, field),
            Expr::Record { mut fields } if fields.contains_key(&field) => {
                fields.swap_remove(&field).unwrap_or(Expr::lit(Value::Null))
            }
            base => Expr::Get {
                base: Box::new(base),
                field,
            },
        }
    }

    /// An operation.
    pub fn prim(prim: Prim, args: Vec<Expr>) -> Self {
        Expr::Prim { prim, args }
    }

    /// Calls `visit` on this expression and on all inside it.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        self.each_part(&mut |part| part.walk(visit));
    }

    /// Calls `visit` on the expressions directly inside this one.
    pub fn each_part<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Expr::Lit { .. }
            | Expr::Input { .. }
            | Expr::Context { .. }
            | Expr::Run { .. }
            | Expr::Step { .. }
            | Expr::LoopState { .. }
            | Expr::LoopIndex { .. }
            | Expr::Item { .. }
            | Expr::LoopTotal { .. }
            | Expr::Out
            | Expr::Artifact { .. }
            | Expr::Consumed { .. }
            | Expr::Local { .. }
            | Expr::Probe { .. } => {}
            Expr::Get { base, .. } => visit(base),
            Expr::Record { fields } | Expr::Variant { fields, .. } => {
                fields.values().for_each(visit);
            }
            Expr::List { items } => items.iter().for_each(visit),
            Expr::Text { parts } => {
                for part in parts {
                    if let TextPart::Hole { value, .. } = part {
                        visit(value);
                    }
                }
            }
            Expr::If {
                cond,
                then,
                otherwise,
            } => {
                visit(cond);
                visit(then);
                visit(otherwise);
            }
            Expr::Match {
                subject,
                arms,
                default,
            } => {
                visit(subject);
                arms.values().for_each(&mut *visit);
                if let Some(default) = default {
                    visit(default);
                }
            }
            Expr::Prim { args, .. } => args.iter().for_each(visit),
            Expr::Let { bound, body } => {
                bound.values().for_each(&mut *visit);
                visit(body);
            }
            Expr::Map { list, body, .. } => {
                visit(list);
                visit(body);
            }
        }
    }

    /// A name that is read where nothing has it.
    pub fn free_local(&self) -> Option<&str> {
        fn free<'a>(expr: &'a Expr, bound: &mut Vec<&'a str>) -> Option<&'a str> {
            let outer = bound.len();
            let mut found = None;
            match expr {
                Expr::Local { name } => {
                    return (!bound.contains(&name.as_str())).then_some(name.as_str());
                }
                Expr::Let {
                    bound: values,
                    body,
                } => {
                    for (name, value) in values {
                        found = found.or_else(|| free(value, bound));
                        bound.push(name);
                    }
                    found = found.or_else(|| free(body, bound));
                }
                Expr::Map { list, item, body } => {
                    found = free(list, bound);
                    bound.push(item);
                    found = found.or_else(|| free(body, bound));
                }
                other => other.each_part(&mut |part| {
                    if found.is_none() {
                        found = free(part, bound);
                    }
                }),
            }
            bound.truncate(outer);
            found
        }
        free(self, &mut Vec::new())
    }

    /// Rebuilds the expression bottom-up.
    #[must_use]
    pub fn map(self, change: &mut dyn FnMut(Expr) -> Expr) -> Expr {
        let boxed = |e: Box<Expr>, change: &mut dyn FnMut(Expr) -> Expr| Box::new(e.map(change));
        let fields = |all: IndexMap<String, Expr>, change: &mut dyn FnMut(Expr) -> Expr| {
            all.into_iter()
                .map(|(key, e)| (key, e.map(change)))
                .collect()
        };
        let rebuilt = match self {
            // Not `get` on every base: that of a record would drop the other
            // fields, and with them an error that they may hold.
            Expr::Get { base, field } => match base.map(change) {
                base @ Expr::Step { .. } => base.get(field),
                base => Expr::Get {
                    base: Box::new(base),
                    field,
                },
            },
            Expr::Record { fields: all } => Expr::Record {
                fields: fields(all, change),
            },
            Expr::Variant { tag, fields: all } => Expr::Variant {
                tag,
                fields: fields(all, change),
            },
            Expr::List { items } => Expr::List {
                items: items.into_iter().map(|e| e.map(change)).collect(),
            },
            Expr::Text { parts } => Expr::Text {
                parts: parts
                    .into_iter()
                    .map(|part| match part {
                        TextPart::Hole { name, value } => TextPart::Hole {
                            name,
                            value: value.map(change),
                        },
                        text => text,
                    })
                    .collect(),
            },
            Expr::If {
                cond,
                then,
                otherwise,
            } => Expr::If {
                cond: boxed(cond, change),
                then: boxed(then, change),
                otherwise: boxed(otherwise, change),
            },
            Expr::Match {
                subject,
                arms,
                default,
            } => Expr::Match {
                subject: boxed(subject, change),
                arms: fields(arms, change),
                default: default.map(|e| boxed(e, change)),
            },
            Expr::Prim { prim, args } => Expr::Prim {
                prim,
                args: args.into_iter().map(|e| e.map(change)).collect(),
            },
            Expr::Let { bound, body } => Expr::Let {
                bound: fields(bound, change),
                body: boxed(body, change),
            },
            Expr::Map { list, item, body } => Expr::Map {
                list: boxed(list, change),
                item,
                body: boxed(body, change),
            },
            leaf => leaf,
        };
        change(rebuilt)
    }
}
