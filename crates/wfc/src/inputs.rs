//! Inputs and context values from the command line and from files.

use std::io::Read;
use std::path::Path;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use wfc_diag::nearest;
use wfc_ir::{Files, Param, parse_text};

use crate::exit::Fault;

/// Reads the inputs of a workflow and holds them against their types.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub(crate) fn inputs(
    workflow: &str,
    params: &[Param],
    flags: &[String],
    file: Option<&Path>,
    files: &dyn Files,
) -> Result<Map<String, Value>, Fault> {
    let mut given = match file {
        Some(file) => object(file)?,
        None => Map::new(),
    };
    let mut problems = Vec::new();
    let mut broken: Vec<&str> = Vec::new();
    for flag in flags {
        let Some((name, text)) = flag.split_once('=') else {
            problems.push(format!("`--input {flag}` has no `=`; write `NAME=VALUE`"));
            continue;
        };
        if name.is_empty() {
            problems.push(format!(
                "`--input {flag}` names no input; write `NAME=VALUE`"
            ));
            continue;
        }
        let Some(param) = params.iter().find(|param| param.name == name) else {
            // Told below, together with those of the file.
            given.insert(name.to_owned(), Value::Null);
            continue;
        };
        match parse_text(&param.ty, text) {
            Ok(value) => {
                given.insert(name.to_owned(), value);
            }
            Err(error) => {
                given.shift_remove(name);
                broken.push(name);
                problems.push(format!("`{name}`: {error}{}", wanted(param)));
            }
        }
    }
    let names = || params.iter().map(|param| param.name.as_str());
    given.retain(|name, _| {
        let known = names().any(|known| known == name);
        if !known {
            problems.push(match nearest(name, names()) {
                Some(near) => {
                    format!("`{name}` is no input of `{workflow}`; did you mean `{near}`?")
                }
                None => format!("`{name}` is no input of `{workflow}`"),
            });
        }
        known
    });
    let missing = params.iter().filter(|param| {
        let bound = given.contains_key(&param.name) || broken.contains(&param.name.as_str());
        param.required && param.default.is_none() && !bound
    });
    for param in missing {
        problems.push(format!("`{}` is missing{}", param.name, wanted(param)));
    }
    for param in params {
        let Some(value) = given.get(&param.name).or(param.default.as_ref()) else {
            continue;
        };
        // An optional input may be left out by giving null.
        if let Err(errors) = param.ty.check(value, files) {
            problems.extend(errors.into_iter().map(|error| {
                let at = match error.at.as_str() {
                    "" => param.name.clone(),
                    at if at.starts_with('[') => format!("{}{at}", param.name),
                    at => format!("{}.{at}", param.name),
                };
                format!("`{at}`: {}{}", error.message, wanted(param))
            }));
        }
    }
    if problems.is_empty() {
        return Ok(given);
    }
    Err(
        Fault::new(format!("the inputs do not fit the workflow `{workflow}`"))
            .details(problems)
            .help(describe(params)),
    )
}

/// The type of an input and what it is for.
fn wanted(param: &Param) -> String {
    match &param.description {
        Some(words) => format!(" ({}: {})", param.ty, words.trim()),
        None => format!(" ({})", param.ty),
    }
}

/// All inputs in one sentence.
fn describe(params: &[Param]) -> String {
    if params.is_empty() {
        return "the workflow has no inputs".to_owned();
    }
    let all: Vec<String> = params
        .iter()
        .map(|param| {
            let note = match (&param.default, param.required) {
                (Some(default), _) => format!(", default {}", wfc_ir::to_text(default)),
                (None, true) => String::new(),
                (None, false) => ", optional".to_owned(),
            };
            format!("{} ({}{note})", param.name, param.ty)
        })
        .collect();
    format!("the inputs are {}", all.join(", "))
}

/// Reads context values: those of the file, then the flags, which win.
pub(crate) fn context(
    flags: &[String],
    file: Option<&Path>,
) -> Result<IndexMap<String, String>, Fault> {
    let mut context = IndexMap::new();
    if let Some(file) = file {
        for (name, value) in object(file)? {
            context.insert(name, wfc_ir::to_text(&value));
        }
    }
    for flag in flags {
        let Some((name, text)) = flag.split_once('=') else {
            return Err(Fault::new(format!(
                "`--context {flag}` has no `=`; write `NAME=VALUE`"
            )));
        };
        context.insert(name.to_owned(), text.to_owned());
    }
    Ok(context)
}

/// The JSON object in a file.
fn object(file: &Path) -> Result<Map<String, Value>, Fault> {
    let shown = file.display();
    let text = match shown.to_string().as_str() {
        "-" => {
            let mut text = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut text);
            read.map(|_| text)
        }
        _ => std::fs::read(file),
    };
    let text = text.map_err(|error| Fault::io("read", &shown, &error))?;
    match serde_json::from_slice(&text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Fault::new(format!("{shown} must hold a JSON object"))),
        Err(error) => Err(Fault::new(format!("{shown} is not JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use wfc_ir::{PathKind, Type};

    /// A workspace in which `there.md` exists.
    struct Workspace;

    impl Files for Workspace {
        fn read(&self, _path: &str) -> Option<Result<String, String>> {
            None
        }

        fn resolve(&self, path: &str) -> Result<(String, PathKind), String> {
            let kind = match path {
                "there.md" => PathKind::File,
                _ => PathKind::Missing,
            };
            Ok((path.to_owned(), kind))
        }
    }

    fn param(name: &str, ty: Type) -> Param {
        Param {
            name: name.to_owned(),
            ty,
            required: true,
            default: None,
            description: None,
        }
    }

    fn params() -> Vec<Param> {
        let lines = Type::List {
            item: Box::new(Type::record(vec![wfc_ir::Field {
                name: "qty".to_owned(),
                ty: Type::Int,
            }])),
        };
        let mut brief = param(
            "brief",
            Type::Path {
                under: None,
                must_exist: true,
            },
        );
        brief.description = Some("What is wanted.".to_owned());
        let mut rounds = param("rounds", Type::Int);
        rounds.default = Some(Value::from(3));
        vec![brief, rounds, param("lines", lines)]
    }

    /// The inputs as JSON, or the problems.
    fn check(flags: &[&str], expected: &[&str]) {
        let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        let found = match inputs("main", &params(), &flags, None, &Workspace) {
            Ok(map) => vec![Value::Object(map).to_string()],
            Err(fault) => fault.details,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn texts_are_read_by_type() {
        check(
            &[
                "brief=there.md",
                "lines=[{\"qty\": 2}]",
                "rounds=1",
                "rounds=2",
            ],
            &[r#"{"brief":"there.md","lines":[{"qty":2}],"rounds":2}"#],
        );
    }

    #[test]
    fn every_problem_is_told_at_once() {
        check(
            &[
                "breif=there.md",
                "rounds=two",
                "lines=[{\"qty\": 1}, {\"qty\": \"x\"}]",
                "odd",
                "=1",
            ],
            &[
                "`rounds`: expected an integer, found \"two\" (Int)",
                "`--input odd` has no `=`; write `NAME=VALUE`",
                "`--input =1` names no input; write `NAME=VALUE`",
                "`breif` is no input of `main`; did you mean `brief`?",
                "`brief` is missing (ExistingPath: What is wanted.)",
                "`lines[1].qty`: expected an integer, found \"x\" (List[{qty: Int}])",
            ],
        );
        check(
            &["brief=gone.md", "lines=[]"],
            &["`brief`: nothing exists at `gone.md` (ExistingPath: What is wanted.)"],
        );
    }
}
