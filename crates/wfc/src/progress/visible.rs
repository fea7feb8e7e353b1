//! What programs write, as text that can do nothing to a terminal.

/// How much of a line that does not end is kept.
const LONGEST: usize = 8 * 1024;

/// Cuts output into lines. A carriage return ends a line too: what follows
/// would have been written over it.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes; `each` gets the lines that are complete.
    pub(super) fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(&str)) {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, ends) = match part.split_last() {
                Some((b'\n' | b'\r', text)) => (text, true),
                _ => (part, false),
            };
            self.open.extend_from_slice(text);
            if ends || self.open.len() >= LONGEST {
                self.end(each);
            }
        }
    }

    /// Passes on what stands on a line that has not ended.
    pub(super) fn end(&mut self, each: &mut dyn FnMut(&str)) {
        let text = visible(&self.open);
        self.open.clear();
        if !text.trim().is_empty() {
            each(&text);
        }
    }

    /// The line that has not ended.
    pub(super) fn open(&self) -> String {
        visible(&self.open)
    }
}

/// Text without control characters and without the sequences that move the
/// cursor or colour what follows.
fn visible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => match chars.next() {
                // CSI: parameters, then one letter.
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // OSC and other strings end with BEL or ESC \.
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    while let Some(c) = chars.next() {
                        match c {
                            '\u{7}' => break,
                            '\u{1b}' => {
                                chars.next_if_eq(&'\\');
                                break;
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            },
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[&str], expected: &[&str]) {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        for piece in pieces {
            lines.push(piece.as_bytes(), &mut |line| seen.push(line.to_owned()));
        }
        lines.end(&mut |line| seen.push(line.to_owned()));
        assert_eq!(seen, expected);
    }

    #[test]
    fn output_becomes_lines() {
        check(&["a\nb", "c\n\nd"], &["a", "bc", "d"]);
        check(&["10%\r20%\r", "30%\n"], &["10%", "20%", "30%"]);
        check(&["gr\u{c3}"], &["grÃ"]);
        check(&["\u{1b}[1;31mred\u{1b}[0m\n"], &["red"]);
        check(&["\u{1b}]0;title\u{7}x\u{1b}]8;;u\u{1b}\\y\n"], &["xy"]);
        check(&["\u{1b}[2J\u{1b}[H\n", "\u{8}\u{7}ok\n"], &["ok"]);
        check(&["cut \u{1b}["], &["cut "]);
        check(&[], &[]);
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut lines = Lines::default();
        let mut seen = 0;
        for _ in 0..100 {
            lines.push(&[b'x'; 1000], &mut |line| {
                seen += line.len();
                assert!(line.len() <= LONGEST + 1000);
            });
        }
        lines.end(&mut |line| seen += line.len());
        assert_eq!(seen, 100_000);
    }
}
