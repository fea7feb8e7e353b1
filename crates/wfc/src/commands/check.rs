//! `wfc check`: every finding in several files, and their fixes.

use std::io::Write;
use std::path::Path;

use wfc_diag::{Diagnostic, Sources, has_errors, render};

use crate::cli::CheckArgs;
use crate::console::{Console, Tone, counted};
use crate::exit::{Exit, Fault, Outcome};
use crate::fixing::{self, Checked, Fixed};
use crate::loading::Session;
use crate::merge::Merged;

pub(super) fn run(args: &CheckArgs, console: &Console) -> Outcome {
    let mut session = Session::new()?;
    let stdin = args.files.iter().any(|file| file == Path::new("-"));
    if stdin {
        session.read_stdin(&args.stdin_filename)?;
    }
    if !args.fix && !args.diff {
        let (sources, found) = check(&session, args)?;
        show(
            &sources,
            &found,
            args,
            &mut console.out(),
            console.colour_out(),
        )
        .map_err(|error| Fault::io("write to", "standard output", &error))?;
        return Ok(sum_up(&found, args, console));
    }
    let fixed = fixing::fix(|texts| {
        session.replace(texts);
        check(&session, args)
    })?;
    finish(&fixed, args, &session, stdin, console)
}

/// Everything that is found in the files of the command line.
fn check(session: &Session, args: &CheckArgs) -> Result<Checked, Fault> {
    let mut all = Merged::default();
    for file in &args.files {
        let file = match file == Path::new("-") {
            true => &args.stdin_filename,
            false => file,
        };
        let compiled = session.compile(file, &args.source)?;
        all.add(&compiled.sources, compiled.diagnostics);
    }
    Ok(all.finish())
}

/// Writes or shows what the fixes made of the files, and what is left.
fn finish(
    fixed: &Fixed,
    args: &CheckArgs,
    session: &Session,
    stdin: bool,
    console: &Console,
) -> Outcome {
    let (sources, found) = &fixed.left;
    if args.diff {
        console.print(&fixed.diff())?;
    } else {
        let name = args.stdin_filename.to_string_lossy();
        fixed.write(session.workspace(), stdin.then_some(&*name))?;
        let result = if stdin {
            let text = sources.iter().find(|(_, file)| *file.name == *name);
            console.print(text.map_or("", |(_, file)| &file.text))?;
            show(
                sources,
                found,
                args,
                &mut console.err(),
                console.colour_err(),
            )
        } else {
            show(
                sources,
                found,
                args,
                &mut console.out(),
                console.colour_out(),
            )
        };
        result.map_err(|error| Fault::io("write to", "standard output", &error))?;
    }
    for name in &fixed.refused {
        console.say(format_args!(
            "{name}: its fixes bring errors to light and were left out"
        ));
    }
    if !args.quiet && !fixed.files.is_empty() {
        let verb = if args.diff { "would mend" } else { "mended" };
        let findings = counted(fixed.applied(), "finding");
        let files = counted(fixed.files.len(), "file");
        console.say(format_args!("{verb} {findings} in {files}"));
    }
    let exit = sum_up(found, args, console);
    Ok(match exit {
        Exit::Ok if args.diff && !fixed.files.is_empty() => Exit::Failed,
        exit => exit,
    })
}

fn show(
    sources: &Sources,
    found: &[Diagnostic],
    args: &CheckArgs,
    out: &mut dyn Write,
    colour: bool,
) -> std::io::Result<()> {
    render::render(args.format.into(), sources, found, colour, out)?;
    out.flush()
}

/// Says how many findings there are; says with what code to end.
fn sum_up(found: &[Diagnostic], args: &CheckArgs, console: &Console) -> Exit {
    if !args.quiet {
        let files = counted(args.files.len(), "file");
        let tone = match found.is_empty() {
            true => Tone::Good,
            false => Tone::Plain,
        };
        let summary = render::summary_line(found);
        console.say(format_args!("{files}: {}", console.paint(tone, summary)));
    }
    match has_errors(found) {
        true => Exit::Usage,
        false => Exit::Ok,
    }
}
