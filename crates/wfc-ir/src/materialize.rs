//! Values that are taken from where they are, narrowed and kept as artifacts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::types::is_false;
use crate::{Expr, Field, Type};

/// One value of [`crate::Op::Materialize`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Materialized {
    /// The artifact.
    pub name: String,
    /// Where the value comes from.
    pub source: MaterialSource,
    /// What the value must be: the type of the source, or narrower.
    #[serde(flatten)]
    pub ty: Type,
    /// A file that gets the value and a line feed; for paths only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Expr>,
    /// Whether the directory in which the path lies is made.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ensure_parent: bool,
    /// The text that the file gets to which the value is the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Expr>,
}

/// Where a materialized value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaterialSource {
    /// An expression.
    Value(Expr),
    /// The clock: nanoseconds since 1970 in UTC, read when the step runs.
    NowNs,
}

impl Materialized {
    /// The expression, unless the value is read from the clock.
    pub fn value(&self) -> Option<&Expr> {
        match &self.source {
            MaterialSource::Value(value) => Some(value),
            MaterialSource::NowNs => None,
        }
    }

    /// The type of a step that makes `values`: a record of them.
    pub fn result_type(values: &[Materialized]) -> Type {
        Type::record(
            values
                .iter()
                .map(|value| Field {
                    name: value.name.clone(),
                    ty: value.ty.clone(),
                })
                .collect(),
        )
    }
}
