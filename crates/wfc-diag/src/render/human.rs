//! Source excerpts with arrows, then the notes, the help and the fix.
//!
//! ariadne draws the excerpt. It is given characters, not bytes: in byte mode
//! it reads the place of a second file's heading as a byte offset although it
//! is a character offset, which is wrong in multi-byte text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::io::{self, Write};
use std::ops::Range;

use ariadne::{Cache, Color, Config, Fmt, IndexType, Report, ReportKind, Source};

use super::place::{Place, one_line, printable};
use crate::{Diagnostic, FileId, Label, LineColumn, Severity, Sources, Span};

/// Writes the findings with an empty line after each.
pub(super) fn render(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut texts = Texts {
        sources,
        drawn: HashMap::new(),
    };
    for diagnostic in diagnostics {
        let main = match diagnostic.severity {
            Severity::Error => Color::Red,
            Severity::Warning => Color::Yellow,
            Severity::Advice => Color::Cyan,
        };
        heading(diagnostic, Some(main).filter(|_| colour), out)?;
        if labels(diagnostic).all(|label| texts.fits(label.span)) {
            let mut buffer = Vec::new();
            excerpt(&mut texts, diagnostic, main, colour, &mut buffer)?;
            // Without ariadne's own heading, and the blanks it leaves at line ends.
            for line in String::from_utf8_lossy(&buffer).lines().skip(1) {
                writeln!(out, "{}", line.trim_end())?;
            }
        } else {
            places(sources, diagnostic, out)?;
        }
        footer(diagnostic, colour, out)?;
        writeln!(out)?;
    }
    Ok(())
}

/// `error[E0301 unknown-key]: message`.
fn heading(diagnostic: &Diagnostic, colour: Option<Color>, out: &mut dyn Write) -> io::Result<()> {
    let severity = diagnostic.severity.as_str();
    let (id, name) = (diagnostic.code.id(), diagnostic.code.name());
    let kind = format!("{severity}[{id} {name}]:");
    writeln!(out, "{} {}", kind.fg(colour), one_line(&diagnostic.message))
}

/// The primary label and then the others.
fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary)
}

/// The labels without the text they point at, which has a line too long to
/// show.
fn places(sources: &Sources, diagnostic: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    for label in labels(diagnostic) {
        let Place { file, start, .. } = Place::new(sources, label.span);
        let (name, message) = (one_line(&file.name), label_text(label));
        writeln!(out, "  {name}:{}:{}: {message}", start.line, start.column)?;
    }
    Ok(())
}

/// What is said about a place. ariadne marks only a span that has something
/// said about it.
fn label_text(label: &Label) -> Cow<'_, str> {
    match one_line(&label.message) {
        message if message.is_empty() => "here".into(),
        message => message,
    }
}

fn excerpt(
    texts: &mut Texts<'_>,
    diagnostic: &Diagnostic,
    main: Color,
    colour: bool,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let primary = &diagnostic.primary;
    let colours = std::iter::once(main).chain(std::iter::repeat(Color::Blue));
    let mut labels: Vec<(&Label, Color)> = labels(diagnostic).zip(colours).collect();
    // ariadne begins a new excerpt whenever a label is in another file or on
    // an earlier line than the one before it; in source order, with the file of
    // the finding first, there is one excerpt for each file.
    labels.sort_by_key(|(label, _)| {
        let end_line = Place::new(texts.sources, label.span).end.line;
        (
            label.span.file != primary.span.file,
            label.span.file,
            end_line,
            label.span,
        )
    });
    let labels: Vec<_> = labels
        .into_iter()
        .zip(0..)
        .map(|((label, colour), order)| {
            ariadne::Label::new(texts.characters(label.span))
                .with_message(label_text(label))
                .with_color(colour)
                .with_order(order)
        })
        .collect();
    let config = Config::new()
        .with_color(colour)
        .with_index_type(IndexType::Char)
        .with_label_attach(ariadne::LabelAttach::Start);
    Report::build(ReportKind::Error, texts.characters(primary.span))
        .with_config(config)
        .with_message(one_line(&diagnostic.message))
        .with_labels(labels)
        .finish()
        .write(texts, out)
}

fn footer(diagnostic: &Diagnostic, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    for note in &diagnostic.notes {
        remark("note", Color::Blue, note, colour, out)?;
    }
    if let Some(help) = &diagnostic.help {
        remark("help", Color::Green, help, colour, out)?;
    }
    if let Some(fix) = &diagnostic.fix {
        remark("fix", Color::Green, &fix.message, colour, out)?;
    }
    Ok(())
}

/// `  note: text`, with further lines of the text under its first.
fn remark(
    kind: &str,
    kind_colour: Color,
    text: &str,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let kind_colour = Some(kind_colour).filter(|_| colour);
    for (number, line) in text.lines().enumerate() {
        let line = one_line(line);
        if number == 0 {
            writeln!(out, "  {}: {line}", kind.fg(kind_colour))?;
        } else {
            writeln!(out, "  {:width$}  {line}", "", width = kind.len())?;
        }
    }
    Ok(())
}

/// The files as ariadne sees them, made when first drawn.
struct Texts<'a> {
    sources: &'a Sources,
    drawn: HashMap<FileId, Source<String>>,
}

impl Texts<'_> {
    /// The file as it is drawn. It has the lines and columns of the original:
    /// each character stands for one, with only the line feeds ending a line
    /// (ariadne knows six more line ends) and nothing that a terminal obeys. A
    /// blank at the end gives the end of the text a place to point at.
    fn drawn(&mut self, id: FileId) -> &Source<String> {
        self.drawn.entry(id).or_insert_with(|| {
            let drawn = |c| match c {
                '\n' | '\t' => c,
                c => printable(c),
            };
            let text = &self.sources.file(id).text;
            let text: String = text.chars().map(drawn).chain([' ']).collect();
            Source::from(text)
        })
    }

    /// Are the lines at both ends of the span short enough to show? A generated
    /// file can have all its text on one line.
    fn fits(&mut self, span: Span) -> bool {
        const LONGEST: usize = 1_000;
        let place = Place::new(self.sources, span);
        let source = self.drawn(span.file);
        [place.start, place.end].into_iter().all(|at| {
            let line = source.line(at.line - 1);
            line.is_none_or(|line| line.len() <= LONGEST)
        })
    }

    /// The span in characters, widened to one where it is empty.
    fn characters(&mut self, span: Span) -> (FileId, Range<usize>) {
        let place = Place::new(self.sources, span);
        let source = self.drawn(span.file);
        let offset = |at: LineColumn| {
            let line = source.line(at.line - 1);
            line.map_or(0, |line| line.offset() + at.column - 1)
        };
        let start = offset(place.start);
        (span.file, start..offset(place.end).max(start + 1))
    }
}

impl Cache<FileId> for Texts<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &FileId) -> Result<&Source<String>, impl Debug> {
        Ok::<_, Infallible>(self.drawn(*id))
    }

    fn display<'a>(&self, id: &'a FileId) -> Option<impl Display + 'a> {
        Some(one_line(&self.sources.file(*id).name).into_owned())
    }
}
