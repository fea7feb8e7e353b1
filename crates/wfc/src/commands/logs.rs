//! `wfc logs`: what the steps of a run were told and wrote.

use std::io::{self, Write};
use std::time::Duration;

use wfc_observe::{LogReader, Pace, Piece, Selection, Stream};

use crate::cli::LogsArgs;
use crate::console::{Console, Out, Tone};
use crate::exit::{Exit, Fault, Outcome};
use crate::recorded::{fault, find_run, find_step, id_of, plain};

/// How often a live run is looked at.
const POLL: Duration = Duration::from_millis(100);

pub(super) fn run(args: &LogsArgs, console: &Console) -> Outcome {
    let dir = find_run(&args.root.runs_root, &args.run)?;
    let step = match &args.step {
        None => None,
        Some(given) => {
            let report = wfc_observe::report(&dir).map_err(|error| fault(&error))?;
            Some(find_step(&report, given)?.name)
        }
    };
    let streams = streams(args);
    let mut printer = Printer {
        out: console.out(),
        console,
        // The log of one step is passed on byte for byte.
        titled: step.is_none() || streams.len() > 1,
        last: None,
        line_open: false,
        wrote: false,
    };
    let mut reader = LogReader::new(
        &dir,
        Selection {
            step: step.clone(),
            streams,
            tail: args.tail,
        },
    );
    let fail = |error: io::Error| Fault::io("write to", "standard output", &error);
    loop {
        let pace = reader
            .poll(&mut |piece| printer.take(piece))
            .map_err(fail)?;
        printer.out.flush().map_err(fail)?;
        // A reader that has gone away has seen enough.
        if !args.follow || pace == Pace::Over || printer.out.is_closed() {
            break;
        }
        std::thread::sleep(POLL);
    }
    let closed = printer.out.is_closed();
    let wrote = printer.wrote;
    drop(printer);
    if args.follow && !closed {
        console.say(format_args!("run {} {}", id_of(&dir), reader.status()));
    } else if !wrote && args.tail != Some(0) {
        let what = step.map_or_else(|| format!("run {}", id_of(&dir)), |step| plain(&step));
        console.say(format_args!("{what} has no such logs"));
    }
    Ok(Exit::Ok)
}

fn streams(args: &LogsArgs) -> Vec<Stream> {
    let asked = [
        (args.prompt, Stream::Prompt),
        (args.stdout, Stream::Stdout),
        (args.stderr, Stream::Stderr),
    ];
    let asked: Vec<Stream> = asked
        .into_iter()
        .filter_map(|(asked, stream)| asked.then_some(stream))
        .collect();
    match asked.is_empty() {
        true => vec![Stream::Stdout, Stream::Stderr],
        false => asked,
    }
}

/// Writes pieces one after another, with a title where another log begins.
struct Printer<'a> {
    out: Out,
    console: &'a Console,
    titled: bool,
    last: Option<(String, Stream)>,
    line_open: bool,
    wrote: bool,
}

impl Printer<'_> {
    fn take(&mut self, piece: Piece<'_>) -> io::Result<()> {
        let same = |(step, stream): &(String, Stream)| {
            step == piece.step && *stream == piece.stream && !piece.first
        };
        if self.titled && !self.last.as_ref().is_some_and(same) {
            if self.line_open {
                self.out.write_all(b"\n")?;
            }
            let title = format!("==> {} {} <==", plain(piece.step), piece.stream.word());
            let title = self.console.paint_out(Tone::Dim, title);
            writeln!(self.out, "{title}")?;
            self.last = Some((piece.step.to_owned(), piece.stream));
        }
        self.out.write_all(piece.bytes)?;
        self.line_open = piece.bytes.last() != Some(&b'\n');
        self.wrote = true;
        Ok(())
    }
}
