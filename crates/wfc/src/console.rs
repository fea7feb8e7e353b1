//! The two streams: data on standard output, words for people on standard
//! error; colour on either.

use std::io::{self, BufWriter, IsTerminal, Stderr, StdoutLock, Write};

use clap::builder::styling::{AnsiColor, Style};

use crate::cli::ColorWhen;
use crate::exit::Fault;

/// What the program knows about the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    colour_out: bool,
    colour_err: bool,
    /// Whether standard error is a terminal that can redraw a line.
    pub(crate) interactive: bool,
}

/// Styles of words on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Dim,
    Good,
    Bad,
    Warn,
    Accent,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Tone::Plain => Style::new(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Good => colour(AnsiColor::Green),
            Tone::Bad => colour(AnsiColor::Red).bold(),
            Tone::Warn => colour(AnsiColor::Yellow),
            Tone::Accent => colour(AnsiColor::Cyan),
        }
    }
}

impl Console {
    /// Decides about colour: `always` and `never` are obeyed; `auto` wants a
    /// terminal, and heeds `NO_COLOR` and `TERM=dumb`.
    pub(crate) fn new(when: ColorWhen) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let decide = |terminal: bool| match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => terminal && !set("NO_COLOR") && !dumb,
        };
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Console {
            colour_out: decide(out),
            colour_err: decide(err),
            interactive: err && !dumb,
        }
    }

    /// Whether data for people may be coloured.
    pub(crate) fn colour_out(&self) -> bool {
        self.colour_out
    }

    /// Whether messages may be coloured.
    pub(crate) fn colour_err(&self) -> bool {
        self.colour_err
    }

    /// Text in a tone, for [`print`](Self::print).
    pub(crate) fn paint_out(&self, tone: Tone, text: impl std::fmt::Display) -> String {
        if !self.colour_out || tone == Tone::Plain {
            return text.to_string();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }

    /// Standard output. A reader that has gone away is not an error: what is
    /// left is dropped.
    pub(crate) fn out(&self) -> Out {
        Out {
            inner: BufWriter::new(io::stdout().lock()),
            closed: false,
        }
    }

    /// Writes data to standard output.
    pub(crate) fn print(&self, text: &str) -> Result<(), Fault> {
        let mut out = self.out();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| Fault::io("write to", "standard output", &error))
    }

    /// Standard error. Errors in writing to it have nowhere to go.
    pub(crate) fn err(&self) -> Stderr {
        io::stderr()
    }

    /// A line for people.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        let _ = writeln!(self.err(), "{text}");
    }

    /// Text in a tone, for [`say`](Self::say).
    pub(crate) fn paint(&self, tone: Tone, text: impl std::fmt::Display) -> String {
        if !self.colour_err || tone == Tone::Plain {
            return text.to_string();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }

    /// Says why a command failed.
    pub(crate) fn fault(&self, fault: &Fault) {
        let label = self.paint(Tone::Bad, "error:");
        self.say(format_args!("{label} {}", fault.message));
        for detail in &fault.details {
            self.say(format_args!("  {detail}"));
        }
        if let Some(help) = &fault.help {
            let label = self.paint(Tone::Accent, "help:");
            self.say(format_args!("{label} {help}"));
        }
    }
}

/// Standard output that outlives its reader.
pub(crate) struct Out {
    inner: BufWriter<StdoutLock<'static>>,
    closed: bool,
}

impl Out {
    /// Whether its reader has gone away.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    fn pass<T>(&mut self, result: io::Result<T>, instead: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(instead)
            }
            other => other,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.pass(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.pass(result, ())
    }
}

/// `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}
