//! `wfc doc`: what a module of Workflow Lisp offers.

use std::fmt::Write;

use serde_json::json;
use wfc_compiler::lisp::{self, ItemDoc, ModuleDoc};

use crate::cli::{DocArgs, DocFormat};
use crate::console::Console;
use crate::exit::{Exit, Outcome};
use crate::loading::{Session, show_findings};

pub(super) fn run(args: &DocArgs, console: &Console) -> Outcome {
    let session = Session::new()?;
    let Some(wanted) = &args.module else {
        let mut all = Vec::new();
        for name in lisp::library() {
            all.push(session.document(name, &args.source)?.0);
        }
        console.print(&list(&all, args.format))?;
        return Ok(Exit::Ok);
    };
    let (module, compiled) = session.document(wanted, &args.source)?;
    let exit = show_findings(&compiled, console);
    if exit == Exit::Ok {
        console.print(&match args.format {
            DocFormat::Text => text(&module),
            DocFormat::Markdown => markdown(&module),
            DocFormat::Json => format!("{:#}\n", value(&module)),
        })?;
    }
    Ok(exit)
}

/// The first sentence of what is said about something.
fn summary(doc: Option<&String>) -> String {
    let doc = doc.map_or("", String::as_str).replace('\n', " ");
    match doc.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => doc,
    }
}

fn list(modules: &[ModuleDoc], format: DocFormat) -> String {
    match format {
        DocFormat::Json => {
            let all: Vec<_> = modules
                .iter()
                .map(|each| json!({"name": each.name, "doc": each.doc}))
                .collect();
            format!("{:#}\n", json!(all))
        }
        DocFormat::Markdown => modules.iter().fold(String::new(), |mut text, each| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "- `{}`: {}", each.name, summary(each.doc.as_ref()));
            text
        }),
        DocFormat::Text => modules.iter().fold(String::new(), |mut text, each| {
            let _ = writeln!(text, "{:<16} {}", each.name, summary(each.doc.as_ref()));
            text
        }),
    }
}

fn effects(item: &ItemDoc) -> Option<String> {
    (!item.effects.is_empty()).then(|| item.effects.join(" "))
}

fn text(module: &ModuleDoc) -> String {
    let mut text = format!("{}  ({})\n", module.name, module.path);
    let indent = |text: &mut String, what: &str, by: &str| {
        for line in what.lines() {
            let _ = writeln!(text, "{by}{line}");
        }
    };
    indent(&mut text, module.doc.as_deref().unwrap_or(""), "  ");
    for item in &module.items {
        text.push('\n');
        indent(&mut text, &item.signature, "");
        if let Some(effects) = effects(item) {
            indent(&mut text, &format!("effects: {effects}"), "    ");
        }
        indent(&mut text, item.doc.as_deref().unwrap_or(""), "    ");
    }
    text
}

fn markdown(module: &ModuleDoc) -> String {
    let mut text = format!("# {}\n", module.name);
    if let Some(doc) = &module.doc {
        let _ = write!(text, "\n{doc}\n");
    }
    for item in &module.items {
        let _ = write!(
            text,
            "\n## {} ({})\n\n```lisp\n{}\n```\n",
            item.name, item.kind, item.signature
        );
        if let Some(doc) = &item.doc {
            let _ = write!(text, "\n{doc}\n");
        }
        if let Some(effects) = effects(item) {
            let _ = write!(text, "\nEffects: `{effects}`\n");
        }
    }
    text
}

fn value(module: &ModuleDoc) -> serde_json::Value {
    let items: Vec<_> = module
        .items
        .iter()
        .map(|item| {
            json!({
                "name": item.name,
                "kind": item.kind,
                "signature": item.signature,
                "effects": item.effects,
                "doc": item.doc,
                "file": item.file,
                "line": item.line,
            })
        })
        .collect();
    json!({
        "name": module.name,
        "path": module.path,
        "doc": module.doc,
        "exports": items,
    })
}
