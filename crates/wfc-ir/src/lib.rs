//! The typed, versioned intermediate representation of a workflow.
//!
//! Both front ends lower to the [`Program`] of this crate; the passes of the
//! compiler turn it into a [`Plan`]; the machine executes the plan. This crate
//! alone is enough to read, check, print, hash and compare either. It knows no
//! files, no source language, no process and no async runtime: what it must
//! ask of the world it asks through [`Files`] and [`Env`].

mod agents;
mod canon;
mod contract;
mod core;
mod diff;
mod effect;
mod eval;
mod expr;
mod file_name;
mod files;
mod id;
mod limits;
mod materialize;
mod plan;
mod print;
mod render;
mod schema;
mod select;
mod types;
mod verify;
mod visit;
mod words;

pub use crate::core::{
    Artifact, Block, Capture, CaptureMode, Case, Consume, ConsumeBundle, Depends, Each, Exec,
    Finally, Inject, InjectMode, InputMode, Ledger, Loop, Notes, Op, Origin, OriginKind, Param,
    Place, Process, Program, Prompt, PromptAsset, PromptBase, PromptInput, PromptPosition,
    Provider, Publish, Routes, Shown, Step, Target, Wait, Workflow,
};
pub use agents::{
    Adjudication, Backend, Candidate, Confidentiality, Evaluator, JobEntry, JobMetadata, JobMode,
    JobPolicy, Managed, Protocol, Session, SessionMetadata, SessionSupport,
};
pub use canon::{canonical_json, hash_bytes, hash_of};
pub use contract::{Contract, ContractField, FileOutput, Guidance, Violation, ViolationKind};
pub use diff::{Change, ChangeKind, Judgement, Verdict, diff, judge};
pub use effect::{Effect, EffectClass, ReplayClass, effect_row, effects_of};
pub use eval::{Closed, Env, EvalError, eval, eval_cond, eval_text, to_text};
pub use expr::{Cond, Expr, OutcomeField, Prim, RunField, StepField, TextPart, WaitField};
pub use file_name::file_name;
pub use files::{Files, PathKind, placed_under};
pub use id::StepId;
pub use limits::{FailureClass, Limits, Retries};
pub use materialize::{MaterialSource, Materialized};
pub use plan::{
    EachNode, Jump, LoopNode, Node, NodeIx, NodeOp, Plan, PlanWorkflow, Region, RegionIx,
    RegionName,
};
pub use print::{print_plan, print_program};
pub use render::{render_contract, render_inputs};
pub use schema::{IR_MAJOR, IR_MINOR, Schema, ir_json_schema, plan_json_schema};
pub use select::{Extract, Requires, SNAPSHOT_BYTES, SNAPSHOT_BYTES_LIMIT, Select, Snapshot};
pub use types::{Field, Type, TypeError, Variant, json_schema_of, parse_text};
pub use verify::{VerifyError, verify, verify_plan};
pub use words::{Unsplit, split_words};

/// A run-time value: JSON. Paths are strings; a record is an object; a value
/// of a union is an object whose key `variant` names the variant.
pub type Value = serde_json::Value;

/// The key under which a union value names its variant.
pub const VARIANT_KEY: &str = "variant";

/// The name of the only artifact of a step whose result is not a record.
pub const RESULT_KEY: &str = "result";
