//! `wfc providers`: which templates there are, and whether what they start is
//! there and fits.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use wfc_compiler::providers as builtin;
use wfc_diag::has_errors;
use wfc_ir::{Exec, Expr, InputMode, Op, Program, Provider, to_text};
use wfc_vm::{Question, Said, ask};

use crate::cli::{ProvidersArgs, ResultFormat};
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Checked, Session};
use crate::merge::Merged;
use crate::program_fit::{invocations, is_known, misfits, version};

/// A template, and where it is declared.
struct Row {
    name: String,
    origin: Origin,
    template: Provider,
    /// Do steps of the workflow name it?
    used: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Workflow(String),
    Project(String),
    BuiltIn,
}

impl Origin {
    fn title(&self) -> String {
        match self {
            Origin::Workflow(name) => format!("workflow {name}"),
            Origin::Project(file) => file.clone(),
            Origin::BuiltIn => "built in".to_owned(),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Origin::Workflow(name) => json!({ "kind": "workflow", "workflow": name }),
            Origin::Project(file) => json!({ "kind": "project", "file": file }),
            Origin::BuiltIn => json!({ "kind": "built_in" }),
        }
    }
}

/// Whether a template and its program go together.
enum Fit {
    Fits,
    NotFound,
    /// What the program does not take.
    Misfit(Vec<String>),
    /// It cannot be told; why.
    Unknown(String),
}

impl Fit {
    fn word(&self) -> &'static str {
        match self {
            Fit::Fits => "fits",
            Fit::NotFound => "not_found",
            Fit::Misfit(_) => "misfit",
            Fit::Unknown(_) => "unknown",
        }
    }

    fn problems(&self) -> Vec<&str> {
        match self {
            Fit::Fits | Fit::NotFound => Vec::new(),
            Fit::Misfit(problems) => problems.iter().map(String::as_str).collect(),
            Fit::Unknown(why) => vec![why],
        }
    }

    fn shown(&self) -> (Tone, String) {
        match self {
            Fit::Fits => (Tone::Good, "fits".to_owned()),
            Fit::NotFound => (Tone::Warn, "not found".to_owned()),
            Fit::Misfit(problems) => (Tone::Bad, problems.join("; ")),
            Fit::Unknown(why) => (Tone::Dim, format!("unknown: {why}")),
        }
    }

    /// Would a step with the template fail?
    fn is_bad(&self) -> bool {
        matches!(self, Fit::NotFound | Fit::Misfit(_))
    }
}

pub(super) fn run(args: &ProvidersArgs, console: &Console) -> Outcome {
    let session = Session::new()?;
    let Some(rows) = rows(args, &session, console)? else {
        return Ok(Exit::Usage);
    };
    let found = Found::out(&rows, Duration::from_secs(args.timeout))?;
    let fits: Vec<Fit> = rows.iter().map(|row| found.fit(&row.template)).collect();
    match args.format {
        ResultFormat::Human => console.print(&table(&rows, &fits, &found, console))?,
        ResultFormat::Json => console.print(&document(&rows, &fits, &found))?,
    }
    let fails = rows
        .iter()
        .zip(&fits)
        .any(|(row, fit)| row.used && fit.is_bad());
    Ok(match fails {
        true => Exit::Failed,
        false => Exit::Ok,
    })
}

/// The templates; `None` when a file has errors, which have been shown.
fn rows(
    args: &ProvidersArgs,
    session: &Session,
    console: &Console,
) -> Result<Option<Vec<Row>>, Fault> {
    let mut rows = Vec::new();
    let mut folder = Path::new("");
    if let Some(file) = &args.file {
        folder = file.parent().unwrap_or(folder);
        let compiled = session.compile(file, &args.source)?;
        let Checked::Program(program) = Checked::of(compiled, console)? else {
            return Ok(None);
        };
        rows.extend(of_program(&program));
    }
    let found = session.project(folder);
    if has_errors(&found.diagnostics) {
        let mut merged = Merged::default();
        merged.add(&found.sources, found.diagnostics);
        let (sources, diagnostics) = merged.finish();
        let compiled = wfc_compiler::Compiled {
            sources,
            diagnostics,
            ..wfc_compiler::Compiled::default()
        };
        crate::loading::show_findings(&compiled, console);
        return Ok(None);
    }
    let file = found.project.file().unwrap_or("wfc.toml").to_owned();
    let providers = found.project.providers().iter();
    rows.extend(providers.map(|(name, template)| Row {
        name: name.clone(),
        origin: Origin::Project(file.clone()),
        template: template.clone(),
        used: false,
    }));
    // A built-in template that a workflow uses is listed once, as built in.
    let (taken, own): (Vec<Row>, Vec<Row>) = rows
        .into_iter()
        .partition(|row| builtin::provider(&row.name).as_ref() == Some(&row.template));
    let used = |name: &str| taken.iter().any(|row| row.used && row.name == name);
    let built_in = builtin::names().filter_map(|name| {
        Some(Row {
            name: name.to_owned(),
            origin: Origin::BuiltIn,
            template: builtin::provider(name)?,
            used: used(name),
        })
    });
    Ok(Some(own.into_iter().chain(built_in).collect()))
}

fn of_program(program: &Program) -> Vec<Row> {
    let mut rows = Vec::new();
    for (workflow, each) in &program.workflows {
        let mut named = BTreeSet::new();
        let mut computed = false;
        for step in each.steps() {
            let Op::Process(process) = &step.op else {
                continue;
            };
            match &process.exec {
                Exec::Provider {
                    provider: Expr::Lit { value },
                    ..
                } => {
                    named.insert(to_text(value));
                }
                Exec::Provider { .. } => computed = true,
                Exec::Adjudicated(each) => {
                    let candidates = each.candidates.iter().map(|each| &each.provider);
                    named.extend(candidates.chain([&each.evaluator.provider]).cloned());
                }
                Exec::Command { .. } => {}
            }
        }
        rows.extend(each.providers.iter().map(|(name, template)| Row {
            name: name.clone(),
            origin: Origin::Workflow(workflow.clone()),
            template: template.clone(),
            // A computed name may be any that the workflow itself declares.
            used: named.contains(name) || (computed && builtin::provider(name).is_none()),
        }));
    }
    rows
}

/// What is known about the programs.
struct Found {
    paths: HashMap<String, PathBuf>,
    said: HashMap<Question, Said>,
}

impl Found {
    /// Looks for the programs of all templates, and asks those that are known.
    fn out(rows: &[Row], limit: Duration) -> Result<Self, Fault> {
        let mut paths = HashMap::new();
        let mut questions: Vec<Question> = Vec::new();
        for invocation in rows.iter().flat_map(|row| invocations(&row.template)) {
            let Some(program) = invocation.words.first() else {
                continue;
            };
            let Some(path) = locate(program) else {
                continue;
            };
            if is_known(program) {
                let asked = [
                    version_question(&path),
                    help_question(&path, &invocation.words),
                ];
                for question in asked {
                    if !questions.contains(&question) {
                        questions.push(question);
                    }
                }
            }
            paths.insert(program.clone(), path);
        }
        let said = ask(&questions, limit)
            .map_err(|error| Fault::new(format!("programs cannot be asked: {error}")))?;
        Ok(Found {
            paths,
            said: questions.into_iter().zip(said).collect(),
        })
    }

    fn path(&self, template: &Provider) -> Option<&Path> {
        let program = template.command.first()?;
        self.paths.get(program).map(PathBuf::as_path)
    }

    fn version(&self, template: &Provider) -> Option<&str> {
        match self.said.get(&version_question(self.path(template)?))? {
            Said::Text(said) => version(said),
            _ => None,
        }
    }

    fn fit(&self, template: &Provider) -> Fit {
        let program = template.command.first().map_or("", String::as_str);
        let mut problems: Vec<String> = Vec::new();
        for invocation in invocations(template) {
            let program = invocation.words.first().map_or("", String::as_str);
            let Some(path) = self.paths.get(program) else {
                return Fit::NotFound;
            };
            if !is_known(program) {
                continue;
            }
            let words = invocation.words.join(" ");
            match self.said.get(&help_question(path, &invocation.words)) {
                Some(Said::Text(help)) if !help.trim().is_empty() => {
                    for problem in misfits(help, &invocation.flags) {
                        if !problems.contains(&problem) {
                            problems.push(problem);
                        }
                    }
                }
                Some(Said::TimedOut) => {
                    return Fit::Unknown(format!("`{words} --help` did not end in time"));
                }
                Some(Said::Failed(why)) => {
                    return Fit::Unknown(format!("`{words} --help` {why}"));
                }
                Some(Said::Text(_)) | None => {
                    return Fit::Unknown(format!("`{words} --help` says nothing"));
                }
            }
        }
        match (problems.is_empty(), is_known(program)) {
            (false, _) => Fit::Misfit(problems),
            (true, true) => Fit::Fits,
            (true, false) => Fit::Unknown("not an agent that wfc knows, so not asked".to_owned()),
        }
    }
}

fn version_question(path: &Path) -> Question {
    Question {
        program: path.to_owned(),
        args: vec!["--version".to_owned()],
    }
}

fn help_question(path: &Path, words: &[String]) -> Question {
    let words = words.iter().skip(1).cloned();
    Question {
        program: path.to_owned(),
        args: words.chain(["--help".to_owned()]).collect(),
    }
}

/// The file that the system would start.
fn locate(program: &str) -> Option<PathBuf> {
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        let path = PathBuf::from(program);
        return is_program(&path).then_some(path);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| is_program(path))
}

fn table(rows: &[Row], fits: &[Fit], found: &Found, console: &Console) -> String {
    let name_width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let program = |row: &Row| row.template.command.first().cloned().unwrap_or_default();
    let program_width = rows.iter().map(|row| program(row).len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut last: Option<&Origin> = None;
    for (row, fit) in rows.iter().zip(fits) {
        if last != Some(&row.origin) {
            let gap = if last.is_some() { "\n" } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{gap}{}",
                console.paint_out(Tone::Accent, row.origin.title())
            );
            last = Some(&row.origin);
        }
        let version = found.version(&row.template).unwrap_or("-");
        let (tone, fit) = fit.shown();
        let _ = writeln!(
            text,
            "  {:name_width$}  {:program_width$}  {version:<10}  {}",
            row.name,
            program(row),
            console.paint_out(tone, fit),
        );
    }
    text
}

fn document(rows: &[Row], fits: &[Fit], found: &Found) -> String {
    let all: Vec<_> = rows
        .iter()
        .zip(fits)
        .map(|(row, fit)| {
            json!({
                "name": row.name,
                "from": row.origin.json(),
                "used": row.used,
                "command": row.template.command,
                "input": match row.template.input {
                    InputMode::Argv => "argv",
                    InputMode::Stdin => "stdin",
                },
                "output": row.template.output.word(),
                "sessions": row.template.session.is_some(),
                "path": found.path(&row.template),
                "version": found.version(&row.template),
                "fit": fit.word(),
                "problems": fit.problems(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "providers": all }))
}
