//! A JSON document, written part by part, as `serde_json` lays it out for
//! people, and with secrets hidden where there are any.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::secrets::Mask;

/// A document, or a part of one that is written apart.
pub(super) struct Text<'a> {
    out: &'a mut dyn Write,
    mask: &'a Mask,
    depth: usize,
}

/// An object that is being written.
pub(super) struct Object<'t, 'a> {
    text: &'t mut Text<'a>,
    empty: bool,
}

impl<'a> Text<'a> {
    /// A document.
    pub(super) fn new(out: &'a mut dyn Write, mask: &'a Mask) -> Self {
        Text {
            out,
            mask,
            depth: 0,
        }
    }

    /// Writes an object.
    pub(super) fn object(
        &mut self,
        fill: impl FnOnce(&mut Object<'_, 'a>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.write_all(b"{")?;
        self.depth += 1;
        let mut object = Object {
            text: self,
            empty: true,
        };
        fill(&mut object)?;
        let empty = object.empty;
        self.depth -= 1;
        if !empty {
            line(self.out, self.depth)?;
        }
        self.out.write_all(b"}")
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> io::Result<()> {
        let layout = Layout {
            depth: self.depth,
            filled: false,
        };
        let mut to = Serializer::with_formatter(&mut self.out, layout);
        value.serialize(&mut to).map_err(io::Error::from)
    }
}

impl<'a> Object<'_, 'a> {
    /// A key and its value.
    pub(super) fn put<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> io::Result<()> {
        self.key(key)?;
        if self.text.mask.is_empty() {
            return self.text.value(value);
        }
        let hidden = self.text.mask.part(key, serde_json::to_value(value)?);
        self.text.value(&hidden)
    }

    /// A key and an object.
    pub(super) fn object(
        &mut self,
        key: &str,
        fill: impl FnOnce(&mut Object<'_, 'a>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.key(key)?;
        self.text.object(fill)
    }

    /// A key and a value that was put into [`words`](Self::words), or written
    /// to [`inner`](Self::inner).
    pub(super) fn text(&mut self, key: &str, words: &[u8]) -> io::Result<()> {
        self.key(key)?;
        self.text.out.write_all(words)
    }

    /// How a value is written in this object.
    pub(super) fn words<T: Serialize + ?Sized>(&self, value: &T) -> Box<[u8]> {
        let mut words = Vec::new();
        let mut inner = self.inner(&mut words);
        // Nothing can go wrong: it goes to memory.
        let _ = match inner.mask.is_empty() {
            true => inner.value(value),
            false => {
                let value = serde_json::to_value(value).unwrap_or_default();
                let hidden = inner.mask.state(value);
                inner.value(&hidden)
            }
        };
        words.into()
    }

    /// A value of this object that is written elsewhere.
    pub(super) fn inner<'w>(&self, out: &'w mut dyn Write) -> Text<'w>
    where
        'a: 'w,
    {
        Text {
            out,
            mask: self.text.mask,
            depth: self.text.depth,
        }
    }

    fn key(&mut self, key: &str) -> io::Result<()> {
        if !std::mem::take(&mut self.empty) {
            self.text.out.write_all(b",")?;
        }
        line(self.text.out, self.text.depth)?;
        self.text.value(key)?;
        self.text.out.write_all(b": ")
    }
}

fn line<W: Write + ?Sized>(out: &mut W, depth: usize) -> io::Result<()> {
    out.write_all(b"\n")?;
    (0..depth).try_for_each(|_| out.write_all(b"  "))
}

/// The layout of `serde_json`, from some depth on.
struct Layout {
    depth: usize,
    /// Whether the innermost list or object holds something.
    filled: bool,
}

impl Layout {
    fn begin<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn item<W: Write + ?Sized>(&self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        line(out, self.depth)
    }

    fn end<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            line(out, self.depth)?;
        }
        // For what it stands in.
        self.filled = true;
        out.write_all(bracket)
    }
}

impl Formatter for Layout {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn is_laid_out_as_serde_json_does_it() {
        let values = [
            json!(null),
            json!("a\nb"),
            json!([]),
            json!([[], {}, [1, [2]], { "k": [] }]),
            json!({ "a": { "b": [1, { "c": {} }], "d": "e" }, "f": 1.5 }),
        ];
        let (mut out, mask) = (Vec::new(), Mask::default());
        let written = Text::new(&mut out, &mask).object(|root| {
            root.object("nothing", |_| Ok(()))?;
            root.object("inner", |inner| {
                for (at, value) in values.iter().enumerate() {
                    inner.put(&format!("put \"{at}\""), value)?;
                    inner.text(&format!("words {at}"), &inner.words(value))?;
                }
                let mut apart = Vec::new();
                inner.inner(&mut apart).object(|o| o.put("list", &[1]))?;
                inner.text("apart", &apart)
            })?;
            root.put("last", "word")
        });
        written.unwrap();
        let text = String::from_utf8(out).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text, serde_json::to_string_pretty(&read).unwrap());
        assert_eq!(read["inner"]["words 4"], values[4]);
        assert_eq!(read["inner"].as_object().unwrap().len(), 11);
    }
}
