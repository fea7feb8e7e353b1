//! Versions of the public formats and their JSON Schemas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Plan, Program, Value};

/// The major version of the IR: a reader refuses any other.
pub const IR_MAJOR: u32 = 1;

/// The minor version of the IR: a reader refuses a newer one.
pub const IR_MINOR: u32 = 1;

/// The head of a versioned document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Schema {
    /// `wfc.ir` or `wfc.plan`.
    pub schema: String,
    /// The major version.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
}

impl Schema {
    /// The head that this version writes for a program.
    pub fn ir() -> Self {
        Schema {
            schema: "wfc.ir".to_owned(),
            major: IR_MAJOR,
            minor: IR_MINOR,
        }
    }

    /// The head that this version writes for a plan.
    pub fn plan() -> Self {
        Schema {
            schema: "wfc.plan".to_owned(),
            ..Schema::ir()
        }
    }

    /// Can this version read a document with this head, which should be of
    /// `kind`? If not, why.
    pub fn admits(&self, kind: &str) -> Result<(), String> {
        if self.schema != kind {
            return Err(format!(
                "this is a `{}` document, not a `{kind}`",
                self.schema
            ));
        }
        if self.major != IR_MAJOR || self.minor > IR_MINOR {
            return Err(format!(
                "this is version {}.{} of `{kind}`; this program reads {IR_MAJOR}.0 to {IR_MAJOR}.{IR_MINOR}",
                self.major, self.minor
            ));
        }
        Ok(())
    }
}

/// JSON Schema of the IR.
pub fn ir_json_schema() -> Value {
    schemars::schema_for!(Program).to_value()
}

/// JSON Schema of the plan.
pub fn plan_json_schema() -> Value {
    schemars::schema_for!(Plan).to_value()
}
