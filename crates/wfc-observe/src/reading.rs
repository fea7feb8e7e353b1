//! Reading files of which nothing is certain: they may be missing, half
//! written, or put there by somebody else.

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::Path;

/// The largest document that is read whole, and the longest line. A run that
/// leaves more has another illness than an unreadable report.
const LIMIT: u64 = 1 << 30;

/// Opens a file, and nothing else: a pipe in its place would be waited for.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    File::open(path)
}

/// All of a file.
pub(crate) fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = open(path)?.take(LIMIT + 1).read_to_end(&mut text)? as u64;
    match read <= LIMIT {
        true => Ok(text),
        false => Err(io::Error::other("too large to be read")),
    }
}

/// The lines of a file, without their ends; `None` for one that is too long.
pub(crate) struct Lines<R> {
    inner: R,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn of(inner: R) -> Self {
        Lines { inner }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Option<Vec<u8>>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        let read = (&mut self.inner).take(LIMIT).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() as u64 == LIMIT {
            return Some(self.inner.skip_until(b'\n').map(|_| None));
        }
        Some(Ok(Some(line)))
    }
}
