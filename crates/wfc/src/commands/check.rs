//! `wfc check`: every finding in several files.

use std::io::Write;
use std::path::Path;

use wfc_diag::{has_errors, render};

use crate::cli::CheckArgs;
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::Session;
use crate::merge::Merged;

pub(super) fn run(args: &CheckArgs, console: &Console) -> Outcome {
    let mut session = Session::new()?;
    if args.files.iter().any(|file| file == Path::new("-")) {
        session.read_stdin(&args.stdin_filename)?;
    }
    let mut all = Merged::default();
    for file in &args.files {
        let file = match file == Path::new("-") {
            true => &args.stdin_filename,
            false => file,
        };
        let compiled = session.compile(file, &args.source)?;
        all.add(&compiled.sources, compiled.diagnostics);
    }
    let (sources, diagnostics) = all.finish();
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
    if !args.quiet {
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
