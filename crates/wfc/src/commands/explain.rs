//! `wfc explain`: the page of a code.

use std::fmt::Write;

use serde_json::json;
use wfc_diag::{ALL_CODES, Code, code_by_id, nearest};

use crate::cli::{ExplainArgs, ResultFormat};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};

pub(super) fn run(args: &ExplainArgs, console: &Console) -> Outcome {
    let text = match &args.code {
        Some(wanted) => page(find(wanted)?, args.format),
        None => list(args.format),
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

fn find(wanted: &str) -> Result<Code, Fault> {
    code_by_id(wanted).ok_or_else(|| {
        let names = ALL_CODES.iter().flat_map(|code| [code.id(), code.name()]);
        let fault = Fault::new(format!("there is no code `{wanted}`"));
        match nearest(wanted, names) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help("`wfc explain --list` shows every code"),
        }
    })
}

fn describe(code: Code) -> serde_json::Value {
    json!({
        "code": code.id(),
        "name": code.name(),
        "severity": code.info().severity.as_str(),
    })
}

fn page(code: Code, format: ResultFormat) -> String {
    let page = wfc_diag::explain(code);
    match format {
        ResultFormat::Human => page.to_owned(),
        ResultFormat::Json => {
            let mut value = describe(code);
            value["page"] = json!(page);
            format!("{value:#}\n")
        }
    }
}

fn list(format: ResultFormat) -> String {
    match format {
        ResultFormat::Human => ALL_CODES.iter().fold(String::new(), |mut text, code| {
            let severity = code.info().severity.as_str();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}  {severity:<8} {}", code.id(), code.name());
            text
        }),
        ResultFormat::Json => {
            let codes: Vec<_> = ALL_CODES.iter().copied().map(describe).collect();
            format!("{:#}\n", json!(codes))
        }
    }
}
