//! Canonical JSON and content hashes.

use std::cell::RefCell;
use std::io::{self, Write};
use std::ops::Range;
use std::rc::Rc;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use sha2::{Digest, Sha256};

/// Compact JSON with the keys of every object sorted, integers exact and
/// floats in their shortest form: equal values give equal bytes.
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> String {
    canonical_json_of(value, &|_, _, _| Keep::All)
}

/// `sha256:<hex>` of the canonical JSON of `value`.
pub fn hash_of<T: Serialize + ?Sized>(value: &T) -> String {
    hash_bytes(canonical_json(value).as_bytes())
}

/// What becomes of a key in [`canonical_json_of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It stands as it is.
    All,
    /// It stands, with an empty text.
    Key,
    /// It is left out.
    Nothing,
}

/// Is told how many objects stand around the object of a key, under which key
/// that object stands, alone or in a list, and the key.
type Asked<'a> = &'a dyn Fn(usize, &str, &str) -> Keep;

/// [`canonical_json`] of a part: `keep` is asked about each key.
pub(crate) fn canonical_json_of<T: Serialize + ?Sized>(value: &T, keep: Asked<'_>) -> String {
    let text = Rc::new(RefCell::new(Vec::new()));
    let sorter = Sorter {
        text: Rc::clone(&text),
        open: Vec::new(),
        keep,
    };
    // Serialising our own types cannot fail: keys are strings and there are
    // no custom serialisers that refuse.
    let mut to = Serializer::with_formatter(Shared(Rc::clone(&text)), sorter);
    let written = value.serialize(&mut to);
    drop(to);
    let text = text.take();
    match written {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => "null".to_owned(),
    }
}

/// Writes to a text that others see as well.
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sorts the entries of an object when all of them are written, so that no
/// tree of the whole value is needed.
struct Sorter<'a> {
    text: Rc<RefCell<Vec<u8>>>,
    /// The entries of the objects that are being written, outermost first.
    open: Vec<Vec<Entry>>,
    keep: Asked<'a>,
}

/// An entry of an object: where its key and its value stand.
struct Entry {
    key: Range<usize>,
    end: usize,
}

impl Sorter<'_> {
    fn here(&self) -> usize {
        self.text.borrow().len()
    }

    fn last(&mut self) -> Option<&mut Entry> {
        self.open.last_mut()?.last_mut()
    }

    /// Puts the entries of an object in order; they end the text.
    fn sort(&self, entries: Vec<Entry>) {
        let Some(begin) = entries.first().map(|entry| entry.key.start) else {
            return;
        };
        let mut text = self.text.borrow_mut();
        let written = text.split_off(begin);
        let at = |place: usize| place - begin;
        let around = self.open.last().and_then(|entries| entries.last());
        let around = around.map(|entry| decoded(&text[entry.key.clone()]));
        let around = around.unwrap_or_default();
        let mut entries: Vec<(String, Entry)> = entries
            .into_iter()
            .map(|entry| {
                let quoted = &written[at(entry.key.start)..at(entry.key.end)];
                (decoded(quoted), entry)
            })
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut entries = entries.into_iter().peekable();
        while let Some((key, entry)) = entries.next() {
            // Of two entries with one key the later counts.
            if entries.peek().is_some_and(|(next, _)| *next == key) {
                continue;
            }
            let kept = (self.keep)(self.open.len(), &around, &key);
            if kept == Keep::Nothing {
                continue;
            }
            if text.len() > begin {
                text.push(b',');
            }
            match kept {
                Keep::Key => {
                    text.extend_from_slice(&written[at(entry.key.start)..at(entry.key.end)]);
                    text.extend_from_slice(b":\"\"");
                }
                _ => text.extend_from_slice(&written[at(entry.key.start)..at(entry.end)]),
            }
        }
    }
}

/// The text that is quoted.
fn decoded(quoted: &[u8]) -> String {
    serde_json::from_slice(quoted).unwrap_or_default()
}

impl Formatter for Sorter<'_> {
    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open.push(Vec::new());
        CompactFormatter.begin_object(to)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let here = self.here();
        if let Some(entries) = self.open.last_mut() {
            entries.push(Entry {
                key: here..here,
                end: here,
            });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let here = self.here();
        if let Some(entry) = self.last() {
            entry.key.end = here;
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let here = self.here();
        if let Some(entry) = self.last() {
            entry.end = here;
        }
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        if let Some(entries) = self.open.pop() {
            self.sort(entries);
        }
        CompactFormatter.end_object(to)
    }
}

/// `sha256:<hex>` of `bytes`.
pub fn hash_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(bytes);
    let mut text = String::with_capacity(7 + 64);
    text.push_str("sha256:");
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    fn check(value: &Value, expected: &str) {
        assert_eq!(canonical_json(value), expected);
    }

    #[test]
    fn keys_are_sorted_as_texts() {
        check(&json!({}), "{}");
        check(&json!([]), "[]");
        check(&json!("a"), r#""a""#);
        check(
            &json!({ "b": { "z": [], "y": {} }, "a": [{ "d": 1, "c": 2.5 }, null] }),
            r#"{"a":[{"c":2.5,"d":1},null],"b":{"y":{},"z":[]}}"#,
        );
        // By what they are, not by how they are quoted.
        check(
            &json!({ "a\"": 1, "a!": 2, "a#": 3, "\n": 4, "é": 5, "": 6 }),
            r#"{"":6,"\n":4,"a!":2,"a\"":1,"a#":3,"é":5}"#,
        );
    }

    #[test]
    fn parts_are_left_out() {
        let value = json!({ "x": 1, "in": { "x": 1, "y": [{ "x": 1, "z": 2 }] } });
        let keep = |depth: usize, around: &str, key: &str| match (depth, around, key) {
            (1, "in", "x") => Keep::Nothing,
            (2, "y", "x") => Keep::Key,
            _ => Keep::All,
        };
        assert_eq!(
            canonical_json_of(&value, &keep),
            r#"{"in":{"y":[{"x":"","z":2}]},"x":1}"#
        );
    }
}
