//! The journal: what a run has done, one record a line, never rewritten.
//!
//! A line is `{"seq":N,"crc":"xxxxxxxx","record":{...}}`. The checksum covers
//! the digits of `seq` and then the record, byte for byte as they stand in the
//! file, so that no re-serialisation can make a damaged line look sound. Each
//! line goes out in one `write(2)`: a crash can tear the last line and no
//! other, and a torn line was never acknowledged.
//!
//! A journal that grows goes on in another file, once all before is on the
//! disk: `journal.jsonl`, `journal.2.jsonl`, ...

mod read;
mod record;
mod values;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::read::End;
pub(crate) use self::record::{Follows, Origin, SessionRecord, Spent};
pub use self::record::{JOURNAL_SCHEMA, Record, RunRecord};
use crate::disk::{Disk, DiskFile};

/// The sequence number of the first record.
const FIRST_SEQ: u64 = 1;

/// How long a file of the journal may become, in bytes.
const SEGMENT: u64 = 8 * 1024 * 1024;

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened, read, cut or created.
    #[error("the journal {} cannot be used: {error}", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A record was not written, or not made durable.
    #[error(
        "a record could not be written to the journal {}: {error}; nothing more is recorded, so the run stops here",
        path.display()
    )]
    Write {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// An earlier write failed, so what the file holds is not known.
    #[error(
        "the journal {} takes no more records because an earlier one could not be written",
        path.display()
    )]
    Poisoned {
        /// The journal.
        path: PathBuf,
    },
    /// There is no complete record.
    #[error("the journal {} holds no complete record: the run never got as far as its first one", path.display())]
    Empty {
        /// The journal.
        path: PathBuf,
    },
    /// A line that is not the last is damaged, or a line is missing.
    #[error("the journal {} cannot be read at line {line}: {what}", path.display())]
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// 1-based.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// The records of a journal with their sequence numbers, and where it ends.
pub type JournalContents = (Vec<(u64, Record)>, End);

/// A journal open for writing.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    disk: Disk,
    file: Arc<DiskFile>,
    /// Which of the files of the journal it is, from 1.
    segment: u32,
    /// How long it is, and how long it may become.
    length: u64,
    limit: u64,
    next_seq: u64,
    poisoned: bool,
    /// The last record that is known to be on the disk.
    durable: u64,
    /// Whether the name of the file is on the disk.
    named: bool,
    line: Vec<u8>,
    record: Vec<u8>,
}

/// Work that makes records durable.
#[derive(Debug)]
pub struct SyncJob {
    disk: Disk,
    file: Arc<DiskFile>,
    /// The path, when the name of the file is not on the disk yet.
    naming: Option<PathBuf>,
    up_to: u64,
}

/// How a [`SyncJob`] went.
#[derive(Debug)]
pub struct Synced {
    up_to: u64,
    result: std::io::Result<()>,
}

impl SyncJob {
    /// Waits for the disk.
    pub fn run(self) -> Synced {
        let sync = || {
            self.file.sync()?;
            match &self.naming {
                Some(path) => sync_names(&self.disk, path),
                None => Ok(()),
            }
        };
        Synced {
            up_to: self.up_to,
            result: sync(),
        }
    }
}

impl Journal {
    /// Starts a journal. Fails when the file exists already.
    pub fn create(disk: &Disk, path: &Path) -> Result<Self, JournalError> {
        let file = disk
            .create_new(path)
            .map_err(|error| io_error(path, error))?;
        Ok(Journal {
            path: path.to_owned(),
            disk: disk.clone(),
            file: Arc::new(file),
            segment: 1,
            length: 0,
            limit: SEGMENT,
            next_seq: FIRST_SEQ,
            poisoned: false,
            durable: FIRST_SEQ - 1,
            named: false,
            line: Vec::new(),
            record: Vec::new(),
        })
    }

    /// Goes on with a journal where [`read`](Self::read) has found its end.
    /// What follows there, a torn record, is cut off. All that was read is on
    /// the disk afterwards.
    pub fn open_append(disk: &Disk, path: &Path, end: &End) -> Result<Self, JournalError> {
        let here = segment_path(path, end.segment);
        let io = |error| io_error(&here, error);
        let file = disk.append(&here).map_err(io)?;
        let torn = file.length().map_err(io)? != end.length;
        if torn {
            file.cut(end.length).map_err(io)?;
        }
        // Whoever wrote this may have been killed before it was flushed. It
        // may even have been flushed in vain: after such a failure the system
        // takes the bytes for written, so only writing them again helps.
        if !end.settled {
            let bytes = disk.read(&here).map_err(io)?;
            disk.overwrite(&here, &bytes).map_err(io)?;
        }
        if torn || !end.settled {
            file.sync().map_err(io)?;
            sync_names(disk, &here).map_err(io)?;
        }
        Ok(Journal {
            path: path.to_owned(),
            disk: disk.clone(),
            file: Arc::new(file),
            segment: end.segment,
            length: end.length,
            limit: SEGMENT,
            next_seq: end.next_seq,
            poisoned: false,
            durable: end.next_seq - 1,
            named: true,
            line: Vec::new(),
            record: Vec::new(),
        })
    }

    /// Adds a record and returns its sequence number. Once this returns the
    /// record survives the death of this process; when `durable`, the record
    /// and all before it survive a loss of power as well.
    ///
    /// After a failure the journal takes nothing more: whether the record is
    /// on the disk is not known, and trying again could write it twice or
    /// believe pages that the system has already given up.
    pub fn append(&mut self, record: &Record, durable: bool) -> Result<u64, JournalError> {
        self.guarded(|journal| {
            let seq = journal.write(record)?;
            if durable {
                journal.flush()?;
            }
            Ok(seq)
        })
    }

    /// Makes all records durable; costs nothing when they are. Fails, and
    /// leaves the journal, as [`append`](Self::append) does.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.guarded(Self::flush)
    }

    fn guarded<T>(
        &mut self,
        deed: impl FnOnce(&mut Self) -> std::io::Result<T>,
    ) -> Result<T, JournalError> {
        if self.poisoned {
            return Err(JournalError::Poisoned {
                path: self.path.clone(),
            });
        }
        deed(self).map_err(|error| {
            self.poisoned = true;
            JournalError::Write {
                path: self.path.clone(),
                error,
            }
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if let Some(job) = self.sync_job() {
            self.take(job.run())?;
        }
        Ok(())
    }

    /// The work that makes all records so far durable, to be done on another
    /// thread while more are added; `None` when they are.
    pub fn sync_job(&self) -> Option<SyncJob> {
        (self.durable + 1 < self.next_seq).then(|| SyncJob {
            disk: self.disk.clone(),
            file: Arc::clone(&self.file),
            naming: (!self.named).then(|| segment_path(&self.path, self.segment)),
            up_to: self.next_seq - 1,
        })
    }

    /// Takes note of work that was done. Fails, and leaves the journal, as
    /// [`append`](Self::append) does.
    pub fn synced(&mut self, done: Synced) -> Result<(), JournalError> {
        self.guarded(|journal| journal.take(done))
    }

    /// Takes note of work that broke off. Fails, and leaves the journal, as
    /// [`append`](Self::append) does.
    pub fn broken(&mut self, error: std::io::Error) -> Result<(), JournalError> {
        self.guarded(|_| Err(error))
    }

    /// The sequence number of the last record that is known to be durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The sequence number of the last record.
    pub fn last(&self) -> u64 {
        self.next_seq - 1
    }

    fn take(&mut self, done: Synced) -> std::io::Result<()> {
        done.result?;
        self.durable = self.durable.max(done.up_to);
        self.named = true;
        Ok(())
    }

    fn write(&mut self, record: &Record) -> std::io::Result<u64> {
        let seq = self.next_seq;
        self.record.clear();
        serde_json::to_writer(&mut self.record, record)?;
        if self.record.len() > values::LARGE
            && let Some(short) = values::put(&self.disk, &self.path, record)?
        {
            self.record = short;
        }
        self.line.clear();
        put_line(seq, &self.record, &mut self.line)?;
        if self.length > 0 && self.length + self.line.len() as u64 > self.limit {
            self.begin_segment()?;
        }
        let written = (&*self.file).write(&self.line)?;
        if written < self.line.len() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::WriteZero,
                format!("only {written} of {} bytes were taken", self.line.len()),
            ));
        }
        self.length += self.line.len() as u64;
        self.next_seq += 1;
        Ok(seq)
    }

    /// Goes on in another file. All before is on the disk then, so that a
    /// torn record is always in the last one.
    fn begin_segment(&mut self) -> std::io::Result<()> {
        self.flush()?;
        let path = segment_path(&self.path, self.segment + 1);
        self.file = Arc::new(self.disk.create_new(&path)?);
        self.segment += 1;
        self.length = 0;
        self.named = false;
        Ok(())
    }

    /// A whole journal of these records, as the bytes of its file.
    pub(crate) fn bytes_of<'r>(
        records: impl IntoIterator<Item = &'r Record>,
    ) -> std::io::Result<Vec<u8>> {
        let (mut text, mut scratch) = (Vec::new(), Vec::new());
        for (seq, record) in (FIRST_SEQ..).zip(records) {
            scratch.clear();
            serde_json::to_writer(&mut scratch, record)?;
            put_line(seq, &scratch, &mut text)?;
        }
        Ok(text)
    }

    /// Reads a journal. A torn or damaged last line is left out: nobody was
    /// told that it was written. Anything else that is wrong is an error.
    pub fn read(disk: &Disk, path: &Path) -> Result<JournalContents, JournalError> {
        let mut records = Vec::new();
        let end = Self::scan(disk, path, &mut |seq, record| records.push((seq, record)))?;
        Ok((records, end))
    }

    /// [`read`](Self::read), record by record.
    pub fn scan(
        disk: &Disk,
        path: &Path,
        take: &mut dyn FnMut(u64, Record),
    ) -> Result<End, JournalError> {
        read::read(disk, path, take)
    }
}

/// The file of a segment, from 1.
fn segment_path(path: &Path, segment: u32) -> PathBuf {
    match segment {
        1 => path.to_owned(),
        _ => path.with_extension(format!("{segment}.jsonl")),
    }
}

/// A file is found after a crash only if its directory knows it, and the
/// directory above knows that one.
fn sync_names(disk: &Disk, path: &Path) -> std::io::Result<()> {
    let above = path.ancestors().skip(1).take(2);
    let mut above = above.filter(|path| !path.as_os_str().is_empty());
    above.try_for_each(|directory| disk.sync_dir(directory))
}

fn io_error(path: &Path, error: std::io::Error) -> JournalError {
    JournalError::Io {
        path: path.to_owned(),
        error,
    }
}

/// Adds the line of a record.
fn put_line(seq: u64, record: &[u8], line: &mut Vec<u8>) -> std::io::Result<()> {
    let crc = checksum(seq.to_string().as_bytes(), record);
    write!(line, "{{\"seq\":{seq},\"crc\":\"{crc:08x}\",\"record\":")?;
    line.extend_from_slice(record);
    line.extend_from_slice(b"}\n");
    Ok(())
}

fn checksum(seq: &[u8], record: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(seq);
    hasher.update(record);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use indexmap::IndexMap;

    use crate::{Coord, Outcome, ProcessOutcome};

    fn coord(visit: u64) -> Coord {
        Coord {
            path: "design/revise#0/review".to_owned(),
            step_id: "root.revise#0.it.review".to_owned(),
            frame: "root.design::visit::1".to_owned(),
            visit,
            log_name: "design.Review \"é\"".to_owned(),
        }
    }

    fn records() -> Vec<Record> {
        let at = || "2026-01-02T03:04:05.000006+00:00".to_owned();
        vec![
            Record::Run(RunRecord {
                schema: JOURNAL_SCHEMA.to_owned(),
                run_id: "20260102T030405Z-abc123".to_owned(),
                follows: Follows {
                    plan_hash: "sha256:00".to_owned(),
                    bound_inputs: serde_json::from_str(r#"{"n": 1, "t": "a\nb"}"#).unwrap(),
                    prompts: IndexMap::new(),
                },
                started_at: at(),
                origin: None,
                context: IndexMap::from([("k".to_owned(), "v".to_owned())]),
                argv: vec!["wfc".to_owned(), "run".to_owned()],
                continue_on_error: false,
                provider_retries: 1,
                retry_delay_ms: 1000,
            }),
            Record::Session(SessionRecord {
                pid: 7,
                process_start: "12".to_owned(),
                boot_id: "b".to_owned(),
                started_at: at(),
                entrypoint: "run".to_owned(),
            }),
            Record::Intent {
                coord: coord(1),
                attempt: 1,
                at: at(),
            },
            Record::Outcome {
                coord: coord(1),
                outcome: Outcome::Process(Box::new(ProcessOutcome {
                    exit_code: 2,
                    duration_ms: 3,
                    ..ProcessOutcome::default()
                })),
                at: at(),
            },
            Record::Interrupted { at: at() },
            Record::Done {
                status: "failed".to_owned(),
                error: None,
                outputs: serde_json::json!({}),
                at: at(),
            },
        ]
    }

    /// Writes the sample, lets `damage` change the bytes, and compares what is
    /// read: the number of records, or the words of the error.
    fn check(damage: impl FnOnce(&mut Vec<u8>), expected: Result<usize, &str>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.jsonl");
        let mut journal = Journal::create(&Disk::default(), &path).unwrap();
        for record in records() {
            journal.append(&record, false).unwrap();
        }
        journal.sync().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        damage(&mut bytes);
        std::fs::write(&path, &bytes).unwrap();
        match (Journal::read(&Disk::default(), &path), expected) {
            (Ok((found, end)), Ok(count)) => {
                let sent = records().into_iter().take(count).zip(1..);
                assert_eq!(found, sent.map(|(r, n)| (n, r)).collect::<Vec<_>>());
                // What is appended next follows the last sound record.
                let mut journal = Journal::open_append(&Disk::default(), &path, &end).unwrap();
                let next = Record::Interrupted {
                    at: "later".to_owned(),
                };
                assert_eq!(journal.append(&next, true).unwrap(), count as u64 + 1);
                let (again, _) = Journal::read(&Disk::default(), &path).unwrap();
                assert_eq!(again.len(), count + 1);
                assert_eq!(again.last().unwrap().1, next);
            }
            (Err(error), Err(words)) => {
                let error = error.to_string();
                assert!(error.contains(words), "`{error}` lacks `{words}`");
            }
            (found, expected) => panic!("expected {expected:?}, found {found:?}"),
        }
    }

    fn last_line(bytes: &[u8]) -> usize {
        let end = bytes.len() - 1;
        bytes[..end].iter().rposition(|b| *b == b'\n').unwrap() + 1
    }

    #[test]
    fn reads_what_was_written() {
        check(|_| {}, Ok(6));
    }

    #[test]
    fn drops_a_record_torn_anywhere() {
        let mut cuts = 0;
        check(|bytes| cuts = bytes.len() - last_line(bytes), Ok(6));
        for cut in 1..=cuts {
            check(|bytes| bytes.truncate(bytes.len() - cut), Ok(5));
        }
    }

    #[test]
    fn drops_a_damaged_last_line() {
        check(
            |bytes| {
                let at = bytes.len() - 9;
                bytes[at] ^= 1;
            },
            Ok(5),
        );
        check(
            |bytes| {
                let at = last_line(bytes);
                bytes[at..].fill(0);
            },
            Ok(5),
        );
    }

    #[test]
    fn names_the_damaged_line() {
        let flip = |line: usize| {
            move |bytes: &mut Vec<u8>| {
                let starts: Vec<usize> = bytes
                    .iter()
                    .enumerate()
                    .filter(|(_, b)| **b == b'\n')
                    .map(|(i, _)| i + 1)
                    .collect();
                bytes[starts[line - 2] + 40] ^= 1;
            }
        };
        check(
            flip(3),
            Err("cannot be read at line 3: its checksum does not match"),
        );
        check(
            |bytes| drop(bytes.splice(0..1, [])),
            Err("cannot be read at line 1: it is not a record"),
        );
        check(
            |bytes| {
                let first = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
                let second = bytes[first..].iter().position(|b| *b == b'\n').unwrap() + 1;
                bytes.drain(first..first + second);
            },
            Err("cannot be read at line 2: expected record 2, found record 3"),
        );
        check(
            |bytes| {
                let text = String::from_utf8(bytes.clone()).unwrap();
                *bytes = text.replacen("\"seq\":4", "\"seq\":9", 1).into_bytes();
            },
            Err("cannot be read at line 4: its checksum does not match"),
        );
    }

    #[test]
    fn an_intact_line_of_another_version_is_never_dropped() {
        let record = br#"{"type":"novelty"}"#;
        let crc = checksum(b"7", record);
        let line = format!("{{\"seq\":7,\"crc\":\"{crc:08x}\",\"record\":");
        check(
            |bytes| bytes.extend([line.as_bytes(), record, b"}\n"].concat()),
            Err("cannot be read at line 7: the line is intact, but this version"),
        );
    }

    #[test]
    fn nothing_readable_is_an_error() {
        check(Vec::clear, Err("holds no complete record"));
        check(|bytes| bytes.truncate(20), Err("holds no complete record"));
        let missing =
            Journal::read(&Disk::default(), Path::new("/nonexistent/journal.jsonl")).unwrap_err();
        assert!(matches!(missing, JournalError::Io { .. }), "{missing}");
    }

    /// An outcome that says this.
    fn outcome(text: &str) -> Record {
        Record::Outcome {
            coord: coord(1),
            outcome: Outcome::Process(Box::new(ProcessOutcome {
                captured: crate::Captured {
                    output: Some(text.to_owned()),
                    ..crate::Captured::default()
                },
                duration_ms: 7,
                ..ProcessOutcome::default()
            })),
            at: "now".to_owned(),
        }
    }

    #[test]
    fn goes_on_in_segments() {
        let directory = tempfile::tempdir().unwrap();
        let (path, disk) = (directory.path().join("journal.jsonl"), Disk::default());
        let mut journal = Journal::create(&disk, &path).unwrap();
        journal.limit = 600;
        let mut sent = records();
        sent.extend((0..20).map(|number| outcome(&format!("number {number}"))));
        for record in &sent {
            journal.append(record, false).unwrap();
        }
        assert!(journal.segment > 3, "{journal:?}");
        let last = segment_path(&path, journal.segment);
        let read = || Journal::read(&disk, &path);
        let (found, end) = read().unwrap();
        assert_eq!(found.len(), sent.len());
        assert!(found.iter().map(|(_, record)| record).eq(&sent));
        assert!(end.is_current(&path));
        // The end is torn, and the next session goes on behind it.
        let bytes = std::fs::read(&last).unwrap();
        std::fs::write(&last, &bytes[..bytes.len() - 3]).unwrap();
        assert!(!end.is_current(&path));
        let (found, end) = read().unwrap();
        assert_eq!(found.len(), sent.len() - 1);
        let mut journal = Journal::open_append(&disk, &path, &end).unwrap();
        journal.append(&outcome("again"), true).unwrap();
        assert_eq!(read().unwrap().0.len(), sent.len());
        // A new segment without a whole record is where it goes on.
        let next = segment_path(&path, journal.segment + 1);
        std::fs::write(&next, &bytes[..9]).unwrap();
        let (_, end) = read().unwrap();
        let mut journal = Journal::open_append(&disk, &path, &end).unwrap();
        journal.append(&outcome("more"), true).unwrap();
        assert_eq!(read().unwrap().0.len(), sent.len() + 1);
        // But before another segment nothing is torn.
        let second = segment_path(&path, 2);
        let bytes = std::fs::read(&second).unwrap();
        std::fs::write(&second, &bytes[..bytes.len() - 3]).unwrap();
        let error = read().unwrap_err().to_string();
        assert!(
            error.contains("journal.2.jsonl") && error.ends_with("it has no end"),
            "{error}"
        );
    }

    #[test]
    fn a_large_outcome_lies_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let (path, disk) = (directory.path().join("journal.jsonl"), Disk::default());
        let mut journal = Journal::create(&disk, &path).unwrap();
        let (first, large) = (records().remove(0), outcome(&"x".repeat(values::LARGE)));
        for record in [&first, &large, &large] {
            journal.append(record, true).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < 3000, "{} bytes", text.len());
        assert!(text.contains(r#""duration_ms":7"#), "{text}");
        let (found, _) = Journal::read(&disk, &path).unwrap();
        assert_eq!(found[1].1, large);
        assert_eq!(found[2].1, large);
        let values: Vec<_> = std::fs::read_dir(directory.path().join("values"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        let [value] = &values[..] else {
            panic!("{values:?}");
        };
        // It is held to its digest.
        let mut bytes = std::fs::read(value).unwrap();
        bytes[99] ^= 1;
        std::fs::write(value, &bytes).unwrap();
        let error = Journal::read(&disk, &path).unwrap_err().to_string();
        assert!(error.ends_with("is not what was written there"), "{error}");
        std::fs::remove_file(value).unwrap();
        let error = Journal::read(&disk, &path).unwrap_err().to_string();
        assert!(
            error.contains("line 2: its value cannot be read from"),
            "{error}"
        );
    }

    #[test]
    fn outcomes_of_every_kind_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let (path, disk) = (directory.path().join("journal.jsonl"), Disk::default());
        let mut journal = Journal::create(&disk, &path).unwrap();
        let mut sent = vec![records().remove(0)];
        let outcomes = [
            Outcome::Written,
            Outcome::Clock { unix_ns: -5 },
            Outcome::Probe {
                matched: vec![true],
            },
            Outcome::Checked {
                value: serde_json::json!({ "outcome": 1 }),
            },
        ];
        sent.extend(outcomes.map(|outcome| Record::Outcome {
            coord: coord(0),
            outcome,
            at: "now".to_owned(),
        }));
        for record in &sent {
            journal.append(record, false).unwrap();
        }
        let (found, _) = Journal::read(&disk, &path).unwrap();
        assert!(found.iter().map(|(_, record)| record).eq(&sent));
    }
}
