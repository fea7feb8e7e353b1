//! A line split into words, as a POSIX shell does before anything else; no
//! shell is started, and nothing is expanded.

/// Why a line cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsplit {
    /// The byte offset of the quote or backslash that has no end.
    pub at: usize,
    /// That character.
    pub mark: char,
}

impl std::fmt::Display for Unsplit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.mark {
            '\\' => f.write_str("the line ends with a backslash"),
            mark => write!(f, "the quote {mark} does not end"),
        }
    }
}

/// Splits a line at blanks. Single quotes keep everything as it is; double
/// quotes keep everything but `\` before `"`, `\`, `$` and a back-quote;
/// outside, `\` takes its meaning from the next character. `#` begins no
/// comment: a value that is filled in must not hide what follows it.
///
/// # Errors
/// When a quote does not end, or a backslash is the last character.
pub fn split_words(line: &str) -> Result<Vec<String>, Unsplit> {
    let mut words = Vec::new();
    // None between words: an empty pair of quotes is a word.
    let mut word: Option<String> = None;
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        let open = || Unsplit { at, mark: c };
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(open)?.1 {
                        '\'' => break,
                        other => word.push(other),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or_else(open)?.1 {
                        '"' => break,
                        '\\' => match chars.next().ok_or_else(open)?.1 {
                            '\n' => {}
                            escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        other => word.push(other),
                    }
                }
            }
            '\\' => match chars.next().ok_or_else(open)?.1 {
                '\n' => {}
                escaped => word.get_or_insert_default().push(escaped),
            },
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words with `|` between, or what is wrong and where.
    fn check(line: &str, expected: &str) {
        let found = match split_words(line) {
            Ok(words) => words.join("|"),
            Err(error) => format!("{error} (at {})", error.at),
        };
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn words() {
        check("", "");
        check("  a \t b\nc ", "a|b|c");
        check("a 'b  c' \"d e\"", "a|b  c|d e");
        check("a'b'\"c\"d", "abcd");
        check("'' \"\" x", "||x");
        check(r#"'a\n"b' "c\"\\\n'd'""#, r#"a\n"b|c"\\n'd'"#);
        check(r"a\ b \'c \\", r"a b|'c|\");
        check("a\\\nb \"c\\\nd\"", "ab|cd");
        check("echo # no comment", "echo|#|no|comment");
        check("é 'ü ß'", "é|ü ß");
        check("$HOME *.md a;b|c", "$HOME|*.md|a;b|c");
        check("\"\\$x \\`\"", "$x `");
        check("a 'b", "the quote ' does not end (at 2)");
        check("é \"b\\\"", "the quote \" does not end (at 3)");
        check("a\\", "the line ends with a backslash (at 1)");
        check("a \"b\\", "the quote \" does not end (at 2)");
    }
}
