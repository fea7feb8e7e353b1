//! `wfc fmt`: the one layout of workflows.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use wfc_diag::{Diagnostic, FileId, Sources, render};
use wfc_syntax::{Format, lisp, yaml};

use crate::cli::FmtArgs;
use crate::console::{Console, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::loading::read_stdin;
use crate::rewriting;

pub(super) fn run(args: &FmtArgs, console: &Console) -> Outcome {
    let mut work = Work {
        args,
        console,
        tally: Tally::default(),
    };
    let mut seen = BTreeSet::new();
    for path in &args.paths {
        if path == Path::new("-") {
            work.stdin()?;
        } else if path.is_dir() {
            for found in walk(path)? {
                if seen.insert(found.clone()) {
                    work.found(&found)?;
                }
            }
        } else if seen.insert(path.clone()) {
            work.file(path, &read(path)?)?;
        }
    }
    let stdin_only = args.paths.iter().all(|path| path == Path::new("-"));
    if !args.quiet && !stdin_only {
        console.say(work.tally.summary(args.check || args.diff, console));
    }
    Ok(work.tally.exit(args.check || args.diff))
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    changed: usize,
    same: usize,
    refused: usize,
    /// YAML files in a directory that are no workflows.
    others: usize,
}

struct Work<'a> {
    args: &'a FmtArgs,
    console: &'a Console,
    tally: Tally,
}

impl Work<'_> {
    fn stdin(&mut self) -> Result<(), Fault> {
        let name = &self.args.stdin_filename;
        let mut bytes = Vec::new();
        read_stdin(&mut bytes)?;
        let Some((text, formatted)) = self.format(name, &bytes)? else {
            return Ok(());
        };
        self.tell(name, &text, &formatted)?;
        match self.args.check || self.args.diff {
            true => Ok(()),
            false => self.console.print(&formatted),
        }
    }

    /// A file of a directory, if it is a workflow.
    fn found(&mut self, path: &Path) -> Result<(), Fault> {
        let bytes = read(path)?;
        if !is_lisp(path) && !is_workflow(&bytes) {
            self.tally.others += 1;
            return Ok(());
        }
        self.file(path, &bytes)
    }

    fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Fault> {
        let Some((text, formatted)) = self.format(path, bytes)? else {
            return Ok(());
        };
        self.tell(path, &text, &formatted)?;
        match text == formatted || self.args.check || self.args.diff {
            true => Ok(()),
            false => rewriting::replace(path, formatted.as_bytes())
                .map_err(|error| Fault::io("write", path.display(), &error)),
        }
    }

    /// The text of a file and its formatted text; nothing if it was refused.
    fn format(&mut self, name: &Path, bytes: &[u8]) -> Result<Option<(String, String)>, Fault> {
        let shown = name.display();
        let mut sources = Sources::default();
        let decoded = match wfc_syntax::decode(bytes) {
            Ok(decoded) => decoded.text,
            Err(error) => {
                let file = sources.add(shown.to_string(), error.lossy.clone());
                self.findings(&sources, &[error.diagnostic(file)]);
                return Ok(None);
            }
        };
        let file = sources.add(shown.to_string(), decoded.as_str());
        let formatted = match is_lisp(name) {
            true => lisp::format(file, &decoded),
            false => yaml::format(file, &decoded),
        };
        match formatted {
            Format::Done(formatted) => Ok(Some((decoded, formatted))),
            Format::Errors(findings) => {
                self.findings(&sources, &findings);
                Ok(None)
            }
            Format::Unsafe => {
                let fault = Fault::new(format!(
                    "formatting {shown} would change what it means, which is a bug in wfc"
                ))
                .help("the file is as it was; please report it with this message");
                self.refuse(&fault);
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, fault: &Fault) {
        self.tally.refused += 1;
        self.console.fault(fault);
    }

    /// A file with errors is left alone.
    fn findings(&mut self, sources: &Sources, findings: &[Diagnostic]) {
        self.tally.refused += 1;
        // Errors in writing to standard error have nowhere to go.
        let _ = render::render(
            render::Format::Human,
            sources,
            findings,
            self.console.colour_err(),
            &mut self.console.err(),
        );
    }

    /// Counts a file, and says what was asked about it.
    fn tell(&mut self, name: &Path, text: &str, formatted: &str) -> Result<(), Fault> {
        if text == formatted {
            self.tally.same += 1;
            return Ok(());
        }
        self.tally.changed += 1;
        let shown = name.display();
        if self.args.diff {
            let names = (format!("{shown}"), format!("{shown} (formatted)"));
            let diff = rewriting::unified(text, formatted, (&names.0, &names.1));
            self.console.print(&diff)
        } else if self.args.check {
            self.console.print(&format!("{shown}\n"))
        } else {
            Ok(())
        }
    }
}

impl Tally {
    fn exit(&self, only_shown: bool) -> Exit {
        match (self.refused, self.changed) {
            (0, 0) => Exit::Ok,
            (0, _) if only_shown => Exit::Failed,
            (0, _) => Exit::Ok,
            _ => Exit::Usage,
        }
    }

    fn summary(&self, only_shown: bool, console: &Console) -> String {
        let count = |n: usize| match n {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        };
        let done = if only_shown { "to format" } else { "formatted" };
        let mut parts = vec![match self.changed {
            0 => "nothing to format".to_owned(),
            n => format!("{} {done}", count(n)),
        }];
        let mut also = |n: usize, what: &str| {
            if n > 0 {
                parts.push(format!("{n} {what}"));
            }
        };
        also(self.same, "unchanged");
        also(self.refused, "not formatted because of errors");
        also(self.others, "skipped: no workflow (`version` and `steps`)");
        let tone = match self.exit(only_shown) {
            Exit::Ok => Tone::Good,
            _ => Tone::Plain,
        };
        console.paint(tone, parts.join(", "))
    }
}

fn is_lisp(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "orc")
}

/// Has a file the keys that every workflow has? One with errors counts by
/// what can be read of it.
fn is_workflow(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    // Both words are in a workflow; most other files need not be read.
    if !text.contains("version") || !text.contains("steps") {
        return false;
    }
    let (document, _) = yaml::parse(FileId(0), text);
    let root = document.as_ref().and_then(|read| read.root.as_mapping());
    root.is_some_and(|keys| keys.get("version").is_some() && keys.get("steps").is_some())
}

/// The YAML and Lisp files below a directory, by name. Links to directories
/// are not followed, so that the walk ends.
fn walk(root: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        let unreadable = |error: io::Error| Fault::io("read", directory.display(), &error);
        for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = entry.file_name();
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                let hidden = name.as_encoded_bytes().starts_with(b".");
                if !hidden && name != "node_modules" {
                    pending.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| ["yaml", "yml", "orc"].iter().any(|e| extension == *e))
                && path.is_file()
            {
                // Without the `./` of a search that began here.
                found.push(path.strip_prefix(".").map_or(path.clone(), Path::to_owned));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: io::Error| Fault::io("read", path.display(), &error);
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(bytes)
}
