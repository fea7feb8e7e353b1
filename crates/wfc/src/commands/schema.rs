//! `wfc schema`: the JSON Schema of a format.

use crate::cli::{SchemaArgs, SchemaOf};
use crate::console::Console;
use crate::exit::{Exit, Outcome};
use crate::loading::deliver;

pub(super) fn run(args: &SchemaArgs, console: &Console) -> Outcome {
    let schema = match args.what {
        SchemaOf::Workflow => wfc_compiler::yaml::json_schema(),
        SchemaOf::Ir => wfc_ir::ir_json_schema(),
        SchemaOf::Plan => wfc_ir::plan_json_schema(),
    };
    deliver(&format!("{schema:#}\n"), args.output.as_deref(), console)?;
    Ok(Exit::Ok)
}
