//! `wfc check`: every finding in several files.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use wfc_compiler::Compiled;
use wfc_diag::{Diagnostic, FileId, Label, Severity, Sources, Span, has_errors, render};

use crate::cli::{CheckArgs, CheckFormat, Deny};
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::Session;

pub(super) fn run(args: &CheckArgs, console: &Console) -> Outcome {
    let mut session = Session::new()?;
    if args.files.iter().any(|file| file == Path::new("-")) {
        session.read_stdin(&args.stdin_filename)?;
    }
    let mut all = Findings::default();
    for file in &args.files {
        let file = match file == Path::new("-") {
            true => &args.stdin_filename,
            false => file,
        };
        all.add(session.check(file, &args.source)?);
    }
    let Findings {
        sources,
        mut diagnostics,
        ..
    } = all;
    wfc_diag::sort_diagnostics(&mut diagnostics);
    if args.deny == Some(Deny::Warnings) {
        for each in &mut diagnostics {
            if each.severity == Severity::Warning {
                each.severity = Severity::Error;
            }
        }
    }
    let mut out = console.out();
    render::render(
        args.format.into(),
        &sources,
        &diagnostics,
        console.colour_out(),
        &mut out,
    )
    .and_then(|()| out.flush())
    .map_err(|error| Fault::io("write to", "standard output", &error))?;
    // The human format ends in a summary of its own when there are findings.
    let said = args.format == CheckFormat::Human && !diagnostics.is_empty();
    if !args.quiet && !said {
        let files = match args.files.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        };
        let tone = match diagnostics.is_empty() {
            true => Tone::Good,
            false => Tone::Plain,
        };
        let summary = render::summary_line(&diagnostics);
        console.say(format_args!("{files}: {}", console.paint(tone, summary)));
    }
    Ok(match has_errors(&diagnostics) {
        true => Exit::Usage,
        false => Exit::Ok,
    })
}

/// The findings of several compilations over one table of files.
#[derive(Default)]
struct Findings {
    sources: Sources,
    by_name: HashMap<String, FileId>,
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Adds what a compilation found. A file that several have read is in the
    /// table once, so that its findings are equal and shown once.
    fn add(&mut self, compiled: Compiled) {
        let mut ids = HashMap::new();
        for (id, file) in compiled.sources.iter() {
            let ours = *self
                .by_name
                .entry(file.name.clone())
                .or_insert_with(|| self.sources.add(file.name.clone(), file.text.clone()));
            ids.insert(id, ours);
        }
        let rebase = |span: &mut Span| {
            if let Some(ours) = ids.get(&span.file) {
                span.file = *ours;
            }
        };
        for mut each in compiled.diagnostics {
            let Label { span, .. } = &mut each.primary;
            rebase(span);
            each.secondary.iter_mut().for_each(|l| rebase(&mut l.span));
            if let Some(fix) = &mut each.fix {
                fix.edits.iter_mut().for_each(|edit| rebase(&mut edit.span));
            }
            self.diagnostics.push(each);
        }
    }
}
