//! A terminal to run the program on, and what one would see there.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal of 100 columns: the end that a program is given, and ours.
pub fn open() -> (OwnedFd, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let size = Winsize {
        ws_row: 40,
        ws_col: COLUMNS as u16,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, size).unwrap();
    (theirs, File::from(ours))
}

/// Everything that is written until the last program has closed its end.
pub fn read_all(mut ours: File) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    // A terminal that nobody writes to any more is an error, not an end.
    while let Ok(read @ 1..) = ours.read(&mut buffer) {
        all.extend_from_slice(&buffer[..read]);
    }
    all
}

/// How wide it is.
const COLUMNS: usize = 100;

/// What is seen in the end, without blank lines at the foot. Of the sequences
/// only those are obeyed that progress lines need; colours are left out.
pub fn screen(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column): (usize, usize) = (0, 0);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                column = 0;
            }
            '\u{1b}' => {
                if chars.next() != Some('[') {
                    continue;
                }
                let mut number = String::new();
                let letter = loop {
                    match chars.next() {
                        Some(c @ ('0'..='9' | ';' | '?')) => number.push(c),
                        other => break other,
                    }
                };
                let count = number.parse().unwrap_or(1);
                match letter {
                    Some('A') => row = row.saturating_sub(count),
                    Some('B') => row += count,
                    Some('K') => {
                        let from = if number == "2" { 0 } else { column };
                        rows[row].truncate(from);
                    }
                    Some('J') => {
                        rows[row].truncate(column);
                        rows.truncate(row + 1);
                    }
                    _ => {}
                }
            }
            c if c.is_control() => {}
            c => {
                // Only what follows a full line wraps it.
                if column == COLUMNS {
                    row += 1;
                    column = 0;
                    rows.resize(rows.len().max(row + 1), Vec::new());
                }
                let line = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
        while rows.len() <= row {
            rows.push(Vec::new());
        }
    }
    let mut lines: Vec<String> = rows
        .into_iter()
        .map(|row| row.into_iter().collect::<String>().trim_end().to_owned())
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}
