//! `wfc convert`: a workflow in the other language, proved to be the same.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use wfc_compiler::convert::{Comments, Converted, Language, Unsupported};
use wfc_ir::Program;

use crate::cli::{ConvertArgs, SourceArgs};
use crate::console::Console;
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::{Checked, Session};

pub(super) fn run(args: &ConvertArgs, console: &Console) -> Outcome {
    let mut session = Session::new()?;
    let is_lisp = |file: &Path| file.extension().is_some_and(|end| end == "orc");
    let language = match is_lisp(&args.file) {
        true => Language::Yaml,
        false => Language::Lisp,
    };
    let compiled = session.compile(&args.file, &args.source)?;
    let comments = match &compiled.program {
        Some(program) => Comments::of(program, &compiled.sources),
        None => Comments::default(),
    };
    let Checked::Program(program) = Checked::of(compiled, console)? else {
        return Ok(Exit::Usage);
    };
    let converted = wfc_compiler::convert::convert(&program, language, &comments)
        .map_err(|gaps| refusal(&args.file, language, &gaps))?;
    let folder = match &args.output {
        Some(folder) => folder.clone(),
        None => args.file.parent().unwrap_or(Path::new("")).to_owned(),
    };
    prove(&mut session, &folder, &converted, &program)?;
    match &args.output {
        Some(folder) => {
            write(folder, &converted)?;
            for (name, _) in &converted.files {
                console.say(format!("wrote {}", folder.join(name).display()));
            }
        }
        None => console.print(&shown(&converted, language))?,
    }
    Ok(Exit::Ok)
}

fn name_of(language: Language) -> &'static str {
    match language {
        Language::Yaml => "the YAML DSL",
        Language::Lisp => "Workflow Lisp",
    }
}

fn refusal(file: &Path, language: Language, gaps: &[Unsupported]) -> Fault {
    let lines = gaps.iter().map(|gap| match &gap.step {
        Some(step) => format!("{}/{step}: {}", gap.workflow, gap.what),
        None => format!("{}: {}", gap.workflow, gap.what),
    });
    let name = name_of(language);
    Fault::new(format!("{} cannot be said in {name}", file.display()))
        .details(lines)
        .help(
            "nothing was written; what is listed has no form there, or none with the same meaning",
        )
}

/// Compiles what came out, and holds its hash against that of what went in.
fn prove(
    session: &mut Session,
    folder: &Path,
    converted: &Converted,
    program: &Program,
) -> Result<(), Fault> {
    let texts: HashMap<PathBuf, String> = converted
        .files
        .iter()
        .map(|(name, text)| (folder.join(name), text.clone()))
        .collect();
    session.replace(&texts);
    let Some((first, _)) = converted.files.first() else {
        return Ok(());
    };
    let again = session.compile(&folder.join(first), &SourceArgs::default())?;
    let differences: Vec<String> = match &again.program {
        Some(again) if again.core_hash() == program.core_hash() => return Ok(()),
        Some(again) => wfc_ir::diff(program, again)
            .iter()
            .map(ToString::to_string)
            .collect(),
        None => again
            .diagnostics
            .iter()
            .map(|finding| finding.message.clone())
            .collect(),
    };
    Err(
        Fault::new("what came out is not the same program, so nothing was written")
            .details(differences)
            .help("say in the source what the first line is about in another way, and try again"),
    )
}

/// Writes all files, or none.
fn write(folder: &Path, converted: &Converted) -> Result<(), Fault> {
    for (name, _) in &converted.files {
        let path = folder.join(name);
        if path.exists() {
            return Err(Fault::new(format!("{} is there already", path.display()))
                .help("name an empty folder with --output; nothing was written"));
        }
    }
    std::fs::create_dir_all(folder).map_err(|error| Fault::io("make", folder.display(), &error))?;
    for (name, text) in &converted.files {
        let path = folder.join(name);
        wfc_vm::write_atomic(&path, text.as_bytes(), true)
            .map_err(|error| Fault::io("write", path.display(), &error))?;
    }
    Ok(())
}

/// All files, each under its name when there are several.
fn shown(converted: &Converted, language: Language) -> String {
    let [(_, only)] = converted.files.as_slice() else {
        let mut text = String::new();
        for (name, file) in &converted.files {
            let mark = match language {
                Language::Lisp if name.ends_with(".orc") => ";;;",
                _ => "#",
            };
            let _ = writeln!(text, "{mark} {name}\n\n{file}");
        }
        return text;
    };
    only.clone()
}
