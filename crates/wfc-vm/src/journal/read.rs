//! Reading a journal: segment after segment, record after record.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::values::{self, Stored};
use super::{FIRST_SEQ, JOURNAL_SCHEMA, JournalError, Record, checksum, io_error, segment_path};
use crate::disk::{Disk, DiskFile};
use crate::{Coord, Outcome, ProcessIdentity, ProcessOutcome};

/// How many bytes are read at a time.
const CHUNK: usize = 1 << 16;

/// Where a journal ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// One more than the number of the last record.
    pub next_seq: u64,
    /// The last segment, from 1.
    pub(super) segment: u32,
    /// How many bytes of it hold whole records.
    pub(super) length: u64,
    /// Whether the last record is one behind which nothing is left to flush.
    pub(super) settled: bool,
}

impl End {
    /// What follows the last whole record: a torn one, or nothing.
    pub(crate) fn torn(&self, disk: &Disk, path: &Path) -> std::io::Result<Vec<u8>> {
        let mut bytes = disk.read(&segment_path(path, self.segment))?;
        let whole = usize::try_from(self.length).unwrap_or(usize::MAX);
        Ok(bytes.split_off(whole.min(bytes.len())))
    }

    /// Whether nothing was added to the journal since it was read.
    pub fn is_current(&self, path: &Path) -> bool {
        let length = |segment| std::fs::metadata(segment_path(path, segment)).ok();
        let same = length(self.segment).is_some_and(|data| data.len() == self.length);
        same && length(self.segment + 1).is_none()
    }
}

/// Reads the records in order. A torn or damaged last line is left out:
/// nobody was told that it was written. Anything else that is wrong is an
/// error.
pub(super) fn read(
    disk: &Disk,
    path: &Path,
    take: &mut dyn FnMut(u64, Record),
) -> Result<End, JournalError> {
    let mut end = End {
        next_seq: FIRST_SEQ,
        segment: 1,
        length: 0,
        settled: false,
    };
    let mut file = disk.open(path).map_err(|error| io_error(path, error))?;
    loop {
        let here = segment_path(path, end.segment);
        let after = segment_path(path, end.segment + 1);
        let next = match disk.open(&after) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(io_error(&after, error)),
        };
        let segment = Segment {
            disk,
            path: &here,
            last: next.is_none(),
        };
        segment.read(file, &mut end, take)?;
        match next {
            Some(next) => file = next,
            None => break,
        }
        end.segment += 1;
        end.length = 0;
    }
    match end.next_seq {
        FIRST_SEQ => Err(JournalError::Empty {
            path: path.to_owned(),
        }),
        _ => Ok(end),
    }
}

/// One file of a journal.
struct Segment<'a> {
    disk: &'a Disk,
    path: &'a Path,
    /// Whether there is no other behind it.
    last: bool,
}

impl Segment<'_> {
    fn read(
        &self,
        file: DiskFile,
        end: &mut End,
        take: &mut dyn FnMut(u64, Record),
    ) -> Result<(), JournalError> {
        let io = |error| io_error(self.path, error);
        let mut reader = BufReader::with_capacity(CHUNK, file);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(io)? as u64;
            if length == 0 {
                return Ok(());
            }
            number += 1;
            let expected = end.next_seq;
            let record = match self.record(&line) {
                // Not damage: a sound line says that others are missing.
                Ok((seq, _)) if seq != expected => {
                    let what = format!("expected record {expected}, found record {seq}");
                    return Err(self.corrupt(number, what));
                }
                Ok((_, record)) => record,
                Err(Unread::Foreign(what)) => return Err(self.corrupt(number, what)),
                Err(Unread::Damaged(what)) => {
                    if self.last && reader.fill_buf().map_err(io)?.is_empty() {
                        return Ok(());
                    }
                    return Err(self.corrupt(number, what.to_owned()));
                }
            };
            if expected == FIRST_SEQ {
                self.check_first(&record)?;
            }
            end.settled = matches!(record, Record::Done { .. } | Record::Interrupted { .. });
            end.next_seq += 1;
            end.length += length;
            take(expected, record);
        }
    }

    fn corrupt(&self, line: u64, what: String) -> JournalError {
        JournalError::Corrupt {
            path: self.path.to_owned(),
            line,
            what,
        }
    }

    fn check_first(&self, record: &Record) -> Result<(), JournalError> {
        match record {
            Record::Run(run) if run.schema == JOURNAL_SCHEMA => Ok(()),
            Record::Run(run) => Err(self.corrupt(
                1,
                format!(
                    "its format is `{}`, and this version of wfc reads `{JOURNAL_SCHEMA}`",
                    run.schema
                ),
            )),
            _ => Err(self.corrupt(1, "the first record does not say what was run".to_owned())),
        }
    }

    /// Takes a line apart without a JSON parser, since the checksum is over its
    /// exact bytes.
    fn record(&self, line: &[u8]) -> Result<(u64, Record), Unread> {
        let frame = || Unread::Damaged("it is not a record");
        let rest = line
            .strip_suffix(b"}\n")
            .ok_or(Unread::Damaged("it has no end"))?
            .strip_prefix(b"{\"seq\":")
            .ok_or_else(frame)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (seq, rest) = rest.split_at(digits);
        let rest = rest.strip_prefix(b",\"crc\":\"").ok_or_else(frame)?;
        let (crc, rest) = rest.split_at_checked(8).ok_or_else(frame)?;
        let record = rest.strip_prefix(b"\",\"record\":").ok_or_else(frame)?;
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| frame());
        let stated = u32::from_str_radix(text(crc)?, 16).map_err(|_| frame())?;
        if stated != checksum(seq, record) {
            return Err(Unread::Damaged("its checksum does not match"));
        }
        let seq = text(seq)?.parse().map_err(|_| frame())?;
        let foreign = |error: serde_json::Error| {
            Unread::Foreign(format!(
                "the line is intact, but this version of wfc cannot read it: {error}"
            ))
        };
        let record = match decode(record).map_err(foreign)? {
            Decoded::Whole(record) => *record,
            Decoded::Stored { coord, stored, at } => {
                let text = values::get(self.disk, self.path, &stored).map_err(Unread::Foreign)?;
                let outcome = serde_json::from_slice(&text).map_err(foreign)?;
                Record::Outcome { coord, outcome, at }
            }
        };
        Ok((seq, record))
    }
}

/// Why a line is not read.
enum Unread {
    /// It is not what was once written.
    Damaged(&'static str),
    /// It was written, but cannot be understood: never to be dropped.
    Foreign(String),
}

/// A record, or one whose value lies elsewhere.
enum Decoded {
    Whole(Box<Record>),
    Stored {
        coord: Coord,
        stored: Stored,
        at: String,
    },
}

/// The record that stands in a line. Almost all are of three kinds, and to
/// find out of which kind a record is, serde copies all of it; so those are
/// known by how they begin.
fn decode(record: &[u8]) -> serde_json::Result<Decoded> {
    #[derive(Deserialize)]
    struct Intent {
        coord: Coord,
        attempt: u32,
        at: String,
    }
    #[derive(Deserialize)]
    struct Answered {
        coord: Coord,
        outcome: Answer,
        at: String,
    }
    #[derive(Deserialize)]
    struct Process {
        path: String,
        #[serde(flatten)]
        identity: ProcessIdentity,
    }
    Ok(Decoded::Whole(Box::new(
        if record.starts_with(b"{\"type\":\"outcome\",") {
            let Answered { coord, outcome, at } = serde_json::from_slice(record)?;
            match outcome {
                Answer::Here(outcome) => Record::Outcome { coord, outcome, at },
                Answer::Stored(stored) => return Ok(Decoded::Stored { coord, stored, at }),
            }
        } else if record.starts_with(b"{\"type\":\"intent\",") {
            let Intent { coord, attempt, at } = serde_json::from_slice(record)?;
            Record::Intent { coord, attempt, at }
        } else if record.starts_with(b"{\"type\":\"process\",") {
            let Process { path, identity } = serde_json::from_slice(record)?;
            Record::Process { path, identity }
        } else {
            serde_json::from_slice(record)?
        },
    )))
}

/// An outcome, or where it lies.
enum Answer {
    Here(Outcome),
    Stored(Stored),
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(AnswerVisitor)
    }
}

/// Reads an outcome whose kind comes first, as it is written.
struct AnswerVisitor;

impl<'de> Visitor<'de> for AnswerVisitor {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an outcome")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
        let (key, kind) = map
            .next_entry::<String, String>()?
            .ok_or_else(|| A::Error::missing_field("outcome"))?;
        if key != "outcome" {
            return Err(A::Error::custom(
                "the kind of an outcome does not come first",
            ));
        }
        let rest = MapAccessDeserializer::new(map);
        Ok(match kind.as_str() {
            "process" => {
                let process = ProcessOutcome::deserialize(rest)?;
                Answer::Here(Outcome::Process(Box::new(process)))
            }
            values::STORED => Answer::Stored(Stored::deserialize(rest)?),
            _ => {
                let mut all = Map::new();
                all.insert(key, kind.into());
                all.extend(Map::deserialize(rest)?);
                let outcome = serde_json::from_value(Value::Object(all));
                Answer::Here(outcome.map_err(A::Error::custom)?)
            }
        })
    }
}
