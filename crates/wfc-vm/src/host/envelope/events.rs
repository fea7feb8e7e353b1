//! Text to events: one JSON object in a line, or one laid out over lines.

use std::io::{self, BufRead, Read};

use serde_json::Value;

use super::{Event, shortened};

/// The longest event, in bytes, so that memory stays bounded.
const LONGEST: usize = 16 * 1024 * 1024;

/// The events of a text, as they come.
pub(super) struct Events<R> {
    from: R,
    line: usize,
    /// Read and not yet handed out, the next one last.
    ready: Vec<Event>,
    count: usize,
    bytes: u64,
    /// The number of the first line that should be an event and is none, and
    /// why it is none.
    broken: Option<(usize, String)>,
    /// The first line that is something else.
    noise: Option<String>,
    /// The text ends within an event.
    cut: bool,
}

/// A line, or what there is of it.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

impl<R: BufRead> Events<R> {
    pub(super) fn new(from: R) -> Self {
        Events {
            from,
            line: 0,
            ready: Vec::new(),
            count: 0,
            bytes: 0,
            broken: None,
            noise: None,
            cut: false,
        }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop() {
                self.count += 1;
                return Ok(Some(event));
            }
            match self.line()? {
                Line::End => return Ok(None),
                Line::TooLong => {
                    self.broken(self.line, format!("it has more than {LONGEST} bytes"))
                }
                Line::Whole(line) => match line.trim_ascii() {
                    b"" => {}
                    open @ (b"{" | b"[") => {
                        let close = if open == b"{" { b'}' } else { b']' };
                        self.laid_out(open.to_owned(), close)?;
                    }
                    text if text.starts_with(b"{") || text.starts_with(b"[") => {
                        self.take(self.line, text);
                    }
                    text => {
                        let text = String::from_utf8_lossy(text);
                        self.noise.get_or_insert_with(|| shortened(&text));
                    }
                },
            }
        }
    }

    /// An event whose first line was `open`; it ends with a line that holds
    /// nothing but `close`.
    fn laid_out(&mut self, open: Vec<u8>, close: u8) -> io::Result<()> {
        let first = self.line;
        let mut text = open;
        loop {
            match self.line()? {
                Line::End => {
                    self.cut = true;
                    self.broken(first, "it does not end".to_owned());
                    return Ok(());
                }
                Line::Whole(line) if text.len() + line.len() <= LONGEST => {
                    text.extend_from_slice(&line);
                    // Without indentation, unlike what closes an inner one.
                    if line.trim_ascii_end() == [close] {
                        self.take(first, &text);
                        return Ok(());
                    }
                }
                Line::Whole(_) | Line::TooLong => {
                    self.broken(first, format!("it has more than {LONGEST} bytes"));
                    return Ok(());
                }
            }
        }
    }

    fn take(&mut self, line: usize, text: &[u8]) {
        self.cut = false;
        match serde_json::from_slice(text) {
            Ok(Value::Object(event)) => self.ready.push(event),
            Ok(Value::Array(items)) => {
                let objects = items.into_iter().rev().filter_map(|item| match item {
                    Value::Object(event) => Some(event),
                    _ => None,
                });
                self.ready.extend(objects);
            }
            Ok(_) => {}
            Err(error) => {
                self.cut = error.is_eof();
                self.broken(line, error.to_string());
            }
        }
    }

    fn broken(&mut self, line: usize, why: String) {
        self.broken.get_or_insert((line, why));
    }

    fn line(&mut self) -> io::Result<Line> {
        let mut line = Vec::new();
        let limit = LONGEST as u64 + 1;
        let read = (&mut self.from).take(limit).read_until(b'\n', &mut line)?;
        self.bytes += read as u64;
        if read == 0 {
            return Ok(Line::End);
        }
        self.line += 1;
        if line.len() <= LONGEST || line.ends_with(b"\n") {
            return Ok(Line::Whole(line));
        }
        drop(line);
        skip_line(&mut self.from)?;
        Ok(Line::TooLong)
    }

    /// Why the events have no end, when the one called `last` is missing.
    pub(super) fn verdict(&self, last: &str) -> String {
        match (&self.broken, &self.noise, self.count) {
            (None, None, 0) if self.bytes == 0 => "it is empty".to_owned(),
            (Some((line, _)), _, _) if self.cut => {
                format!("it breaks off in the event of line {line}, before {last}")
            }
            (Some((line, why)), _, _) => {
                format!("line {line} is no event ({why}), and there is no {last}")
            }
            (None, Some(noise), 0) => {
                format!("it holds no event, but text that begins with `{noise}`")
            }
            (None, _, count) => {
                format!("it ends after {count} events without {last}")
            }
        }
    }
}

/// Reads up to the end of the line and forgets it.
fn skip_line(from: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        from.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
