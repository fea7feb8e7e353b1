//! The one owner of the open documents.
//!
//! Requests of the editor arrive as messages, in order, on one thread, so
//! that no lock and no race exists: whatever is answered belongs to the
//! documents as they were when the question was asked. A change after a pause
//! is checked at once; those that follow are collected, so that a document is
//! not checked at every key. Findings are published only for the version that
//! they were found in, never after a newer one has arrived.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::analysis::{Analysis, Checker, Document, Documents, Finding, analyse};
use crate::describe::{About, Offer, Place};
use crate::format;
use crate::position::{Encoding, Position, Range};

/// How long after a check the changes of a document are collected before the
/// next, for someone who writes.
pub(crate) const COALESCE: Duration = Duration::from_millis(100);

/// The stack of the session's thread: that of a main thread, so that the
/// compiler has here what it has on the command line.
const STACK: usize = 8 << 20;

/// What the editor tells or asks.
#[derive(Debug)]
pub(crate) enum Message {
    /// The folders that are open, and how columns are counted.
    Start {
        folders: Vec<PathBuf>,
        encoding: Encoding,
    },
    /// A document was opened.
    Open { path: PathBuf, document: Document },
    /// The whole new text of an open document.
    Change {
        path: PathBuf,
        version: i32,
        text: String,
    },
    /// A document was closed; the disk counts again.
    Close { path: PathBuf },
    /// Something on the disk may have changed.
    Refresh,
    /// What is known at a place of a document?
    Ask {
        path: PathBuf,
        range: Range,
        reply: oneshot::Sender<Vec<Finding>>,
    },
    /// What is the word at a place of a document?
    Describe {
        path: PathBuf,
        at: Position,
        reply: oneshot::Sender<Option<About>>,
    },
    /// What may be written at a place of a document?
    Offer {
        path: PathBuf,
        at: Position,
        reply: oneshot::Sender<Vec<Offer>>,
    },
    /// What formats a document?
    Format {
        path: PathBuf,
        reply: oneshot::Sender<Option<(Range, String)>>,
    },
    /// No more is wanted.
    Stop,
}

/// What the session tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// All that is to be shown in one file.
    Publish(Publication),
    /// The compiler failed on this file, which is a bug.
    Bug { path: PathBuf },
}

/// The findings of one file; they replace those published before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    pub(crate) path: PathBuf,
    /// The name by which the editor knows the file, if it has ever opened it.
    pub(crate) uri: Option<String>,
    /// The version of the document, if it is open.
    pub(crate) version: Option<i32>,
    pub(crate) findings: Vec<Finding>,
}

/// Starts a session on a thread of its own. It ends on [`Message::Stop`], or
/// when the sender is dropped.
pub(crate) fn start(
    folder: PathBuf,
    checker: Checker,
    coalesce: Duration,
    events: mpsc::UnboundedSender<Event>,
) -> std::io::Result<Sender<Message>> {
    let (sender, inbox) = channel();
    let session = Session {
        folders: vec![folder],
        encoding: Encoding::default(),
        checker,
        coalesce,
        inbox,
        waiting: VecDeque::new(),
        documents: Documents::new(),
        analyses: BTreeMap::new(),
        due: BTreeMap::new(),
        checked: BTreeMap::new(),
        published: BTreeMap::new(),
        events,
    };
    std::thread::Builder::new()
        .name("session".to_owned())
        .stack_size(STACK)
        .spawn(move || session.run())?;
    Ok(sender)
}

struct Session {
    /// Never empty.
    folders: Vec<PathBuf>,
    encoding: Encoding,
    checker: Checker,
    /// The least time between two checks of a document.
    coalesce: Duration,
    inbox: Receiver<Message>,
    /// Messages that were taken from the inbox to look at, not yet handled.
    waiting: VecDeque<Message>,
    documents: Documents,
    /// The newest analysis of each open document.
    analyses: BTreeMap<PathBuf, Analysis>,
    /// Open documents that must be checked, and when.
    due: BTreeMap<PathBuf, Instant>,
    /// When each open document was checked last.
    checked: BTreeMap<PathBuf, Instant>,
    /// What the editor shows now.
    published: BTreeMap<PathBuf, Publication>,
    events: mpsc::UnboundedSender<Event>,
}

impl Session {
    fn run(mut self) {
        while let Some(message) = self.next() {
            match message {
                Some(Message::Stop) => return,
                Some(message) => self.handle(message),
                None => self.check_due(),
            }
        }
    }

    /// The next message; `Some(None)` when it is time to check something;
    /// nothing when nobody is left to send.
    fn next(&mut self) -> Option<Option<Message>> {
        if let Some(message) = self.waiting.pop_front() {
            return Some(Some(message));
        }
        let Some(first) = self.due.values().min() else {
            return self.inbox.recv().ok().map(Some);
        };
        let left = first.saturating_duration_since(Instant::now());
        match self.inbox.recv_timeout(left) {
            Ok(message) => Some(Some(message)),
            Err(RecvTimeoutError::Timeout) => Some(None),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Start { folders, encoding } => {
                self.encoding = encoding;
                if !folders.is_empty() {
                    self.folders = folders;
                }
            }
            Message::Open { path, document } => {
                self.documents.insert(path.clone(), document);
                // Before the others, whose turn may have come as well.
                if is_source(&path) {
                    self.due.insert(path, Instant::now());
                }
                self.all_due();
            }
            Message::Change {
                path,
                version,
                text,
            } => self.change(&path, version, text),
            Message::Close { path } => self.close(&path),
            Message::Refresh => self.all_due(),
            Message::Ask { path, range, reply } => {
                if self.due.contains_key(&path) {
                    self.check(&path);
                }
                // Whoever asked may have gone.
                let _ = reply.send(self.findings_at(&path, range));
            }
            Message::Format { path, reply } => {
                let _ = reply.send(self.formatting(&path));
            }
            Message::Describe { path, at, reply } => {
                let _ = reply.send(self.describing(&path, |place| place.about(at)).flatten());
            }
            Message::Offer { path, at, reply } => {
                let offers = self.describing(&path, |place| place.offers(at));
                let _ = reply.send(offers.unwrap_or_default());
            }
            Message::Stop => {}
        }
    }

    fn change(&mut self, path: &Path, version: i32, text: String) {
        let Some(document) = self.documents.get_mut(path) else {
            return;
        };
        if version < document.version {
            return;
        }
        document.version = version;
        document.text = text.into();
        if is_source(path) {
            self.make_due(path.to_owned());
        }
        let reads = |analysis: &Analysis| analysis.files.contains_key(path);
        let readers = self.analyses.iter().filter(|(_, each)| reads(each));
        let readers: Vec<PathBuf> = readers.map(|(root, _)| root.clone()).collect();
        for root in readers {
            self.make_due(root);
        }
    }

    fn close(&mut self, path: &Path) {
        self.documents.remove(path);
        self.due.remove(path);
        self.checked.remove(path);
        let shown: BTreeSet<PathBuf> = match self.analyses.remove(path) {
            Some(analysis) => analysis.files.into_keys().collect(),
            None => BTreeSet::new(),
        };
        self.publish(shown);
        // Those who import it read the disk again.
        self.all_due();
    }

    fn all_due(&mut self) {
        let sources = self.documents.keys().filter(|path| is_source(path));
        for path in sources.cloned().collect::<Vec<_>>() {
            self.make_due(path);
        }
    }

    /// Counts from the last check and not from the last change, so that one
    /// who never stops typing sees findings too.
    fn make_due(&mut self, path: PathBuf) {
        let now = Instant::now();
        let when = match self.checked.get(&path) {
            Some(last) => now.max(*last + self.coalesce),
            None => now,
        };
        self.due.entry(path).or_insert(when);
    }

    /// Checks the document that has waited longest, if its time has come.
    fn check_due(&mut self) {
        let first = self.due.iter().min_by_key(|(_, when)| **when);
        if let Some((path, when)) = first
            && *when <= Instant::now()
        {
            self.check(&path.clone());
        }
    }

    fn check(&mut self, path: &Path) {
        self.due.remove(path);
        let workspace = self.workspace(path);
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let Session {
                documents,
                encoding,
                checker,
                ..
            } = &*self;
            analyse(path, workspace, documents, *encoding, *checker)
        }));
        self.checked.insert(path.to_owned(), Instant::now());
        let Ok(analysis) = worked else {
            // What was found last stays; the next change tries again.
            self.tell(Event::Bug {
                path: path.to_owned(),
            });
            return;
        };
        let mut shown: BTreeSet<PathBuf> = analysis.files.keys().cloned().collect();
        if let Some(before) = self.analyses.insert(path.to_owned(), analysis) {
            shown.extend(before.files.into_keys());
        }
        self.waiting.extend(self.inbox.try_iter());
        shown.retain(|path| !self.outdated(path));
        self.publish(shown);
    }

    /// The folder that names in the file at `path` start from: the innermost
    /// of those that are open, or the first when it lies in none.
    fn workspace(&self, path: &Path) -> &Path {
        let around = self.folders.iter().filter(|each| path.starts_with(each));
        around
            .max_by_key(|each| each.components().count())
            .unwrap_or(&self.folders[0])
    }

    /// Has a newer text of this document arrived already?
    fn outdated(&self, wanted: &Path) -> bool {
        self.waiting.iter().any(|message| match message {
            Message::Open { path, .. } | Message::Change { path, .. } | Message::Close { path } => {
                path == wanted
            }
            _ => false,
        })
    }

    /// Tells the editor what these files hold, as far as it does not know. A
    /// document that is about to be checked itself is left to that check.
    fn publish(&mut self, paths: BTreeSet<PathBuf>) {
        for path in paths {
            if self.due.contains_key(&path) {
                continue;
            }
            let open = self.documents.get(&path);
            let before = self.published.get(&path);
            let now = Publication {
                uri: match (open, before) {
                    (Some(document), _) => Some(document.uri.clone()),
                    (None, Some(before)) => before.uri.clone(),
                    (None, None) => None,
                },
                version: open.map(|document| document.version),
                findings: self.findings(&path),
                path: path.clone(),
            };
            let (is_open, clean) = (open.is_some(), now.findings.is_empty());
            let known = match before {
                Some(before) => *before == now,
                // A file that is not open and was never named is clean.
                None => !is_open && clean,
            };
            if known {
                continue;
            }
            if is_open || !clean {
                self.published.insert(path, now.clone());
            } else {
                self.published.remove(&path);
            }
            self.tell(Event::Publish(now));
        }
    }

    /// All findings in one file, whichever document led there, in source
    /// order. Those of an analysis that read another text are left out; it is
    /// due to be repeated.
    fn findings(&self, path: &Path) -> Vec<Finding> {
        let version = self.documents.get(path).map(|document| document.version);
        let reports = self.analyses.values().filter_map(|each| {
            let report = each.files.get(path)?;
            (report.version == version).then_some(&report.findings)
        });
        let mut findings: Vec<Finding> = reports.flatten().cloned().collect();
        findings.sort_by(|a, b| {
            let key = |each: &Finding| (each.range.start, each.range.end, each.code);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        findings.dedup();
        findings
    }

    fn findings_at(&self, path: &Path, range: Range) -> Vec<Finding> {
        let mut findings = self.findings(path);
        findings.retain(|each| each.range.touches(range));
        findings
    }

    /// The edit that formats a document; none if it is right already or
    /// has errors.
    fn formatting(&self, path: &Path) -> Option<(Range, String)> {
        let text = &self.documents.get(path)?.text;
        let worked = catch_unwind(AssertUnwindSafe(|| format::edit(path, text, self.encoding)));
        worked.unwrap_or_else(|_| {
            self.tell(Event::Bug {
                path: path.to_owned(),
            });
            None
        })
    }

    /// What is said of the words of a document; nothing when that fails.
    fn describing<T>(&self, path: &Path, say: impl FnOnce(&Place<'_>) -> T) -> Option<T> {
        let place = Place {
            path,
            workspace: self.workspace(path),
            documents: &self.documents,
            encoding: self.encoding,
        };
        let worked = catch_unwind(AssertUnwindSafe(|| say(&place)));
        if worked.is_err() {
            self.tell(Event::Bug {
                path: path.to_owned(),
            });
        }
        worked.ok()
    }

    fn tell(&self, event: Event) {
        // Without a listener the server is about to end.
        let _ = self.events.send(event);
    }
}

/// Is it a workflow or a module, rather than a file that one of them reads?
fn is_source(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["yaml", "yml", "orc"].iter().any(|each| extension == *each))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use wfc_compiler::{Compiled, Loader, Options};
    use wfc_diag::{Diagnostic, Span, codes};

    /// The time of [`COALESCE`] in tests: a busy machine may be late by less.
    const LONG: Duration = Duration::from_millis(250);

    /// A language of one's own: a line `use FILE` reads another file, a line
    /// `bug` ends the compiler, a line `slow` keeps it busy, and any other line
    /// is a finding.
    fn checker(path: &str, _: &Options, loader: &dyn Loader) -> Compiled {
        let mut compiled = Compiled::default();
        let mut names = vec![path.to_owned()];
        while let Some(name) = names.pop() {
            let text = loader.read(Path::new(&name)).unwrap_or_default();
            let text = String::from_utf8(text).unwrap();
            let file = compiled.sources.add(name, text.as_str());
            let mut start = 0;
            for line in text.lines() {
                let span = Span::new(file, start, start + line.len());
                start += line.len() + 1;
                match line.strip_prefix("use ") {
                    Some(other) => names.push(other.to_owned()),
                    None if line == "bug" => panic!("as asked"),
                    None if line == "slow" => std::thread::sleep(LONG * 3),
                    None => {
                        let found = Diagnostic::new(codes::UNKNOWN_KEY, span, line);
                        compiled.diagnostics.push(found);
                    }
                }
            }
        }
        compiled
    }

    fn path(name: &str) -> PathBuf {
        Path::new("/nowhere").join(name)
    }

    fn open(name: &str, version: i32, text: &str) -> Message {
        let document = Document {
            uri: format!("file:///nowhere/{name}"),
            version,
            text: text.into(),
        };
        Message::Open {
            path: path(name),
            document,
        }
    }

    fn change(name: &str, version: i32, text: &str) -> Message {
        Message::Change {
            path: path(name),
            version,
            text: text.to_owned(),
        }
    }

    fn close(name: &str) -> Message {
        Message::Close { path: path(name) }
    }

    fn tell(event: Event) -> String {
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        match event {
            Event::Bug { path } => format!("bug in {}", name(&path)),
            Event::Publish(now) => {
                let version = now.version.map(|version| format!(" v{version}"));
                let found: Vec<String> = now.findings.into_iter().map(|f| f.message).collect();
                let version = version.unwrap_or_default();
                format!("{}{version}: {}", name(&now.path), found.join(", "))
            }
        }
    }

    /// Sends bursts of messages, as fast as one types, and compares what is
    /// told after each, and that nothing more is told in the end. A busy
    /// machine may hide a mistake, but makes none.
    #[track_caller]
    fn check(mut bursts: Vec<(Vec<Message>, &[&str])>) {
        let (sender, mut events) = mpsc::unbounded_channel();
        let session = start(PathBuf::from("/nowhere"), checker, LONG, sender).unwrap();
        let mut news = || {
            std::iter::from_fn(|| events.try_recv().ok())
                .map(tell)
                .collect()
        };
        bursts.push((Vec::new(), &[]));
        for (number, (burst, expected)) in bursts.into_iter().enumerate() {
            match burst.is_empty() {
                true => std::thread::sleep(LONG * 2),
                false => burst.into_iter().for_each(|each| {
                    session.send(each).unwrap();
                    std::thread::sleep(LONG / 5);
                }),
            }
            let mut told: Vec<String> = news();
            let patience = Instant::now() + Duration::from_secs(20);
            while told.len() < expected.len() && Instant::now() < patience {
                std::thread::sleep(Duration::from_millis(5));
                told.extend::<Vec<String>>(news());
            }
            assert_eq!(told, expected, "after burst {number}");
        }
    }

    #[test]
    fn changes_are_collected_and_old_ones_dropped() {
        check(vec![
            (vec![open("a.yaml", 1, "x")], &["a.yaml v1: x"]),
            (vec![change("a.yaml", 2, "y")], &["a.yaml v2: y"]),
            (vec![change("a.yaml", 1, "late")], &[]),
            (vec![change("b.yaml", 1, "never opened")], &[]),
            // The first is checked at once, the last when that is a while ago,
            // and the one between not at all.
            (vec![open("b.yaml", 1, "x")], &["b.yaml v1: x"]),
            (
                vec![change("b.yaml", 2, "y"), change("b.yaml", 3, "z")],
                &["b.yaml v3: z"],
            ),
        ]);
    }

    #[test]
    fn what_is_outdated_when_it_is_found_is_not_told() {
        check(vec![
            (vec![open("a.yaml", 1, "slow\nx")], &[]),
            (
                (2..7).map(|n| change("a.yaml", n, "z")).collect(),
                &["a.yaml v6: z"],
            ),
        ]);
    }

    #[test]
    fn a_bug_ends_nothing_and_hides_nothing() {
        check(vec![
            (vec![open("a.yaml", 1, "x")], &["a.yaml v1: x"]),
            (vec![change("a.yaml", 2, "bug")], &["bug in a.yaml"]),
            (vec![change("a.yaml", 3, "y")], &["a.yaml v3: y"]),
        ]);
    }

    #[test]
    fn what_two_documents_say_of_a_third_is_said_once_and_taken_back() {
        check(vec![
            (vec![open("lib.yaml", 1, "z")], &["lib.yaml v1: z"]),
            (
                vec![open("a.yaml", 1, "use lib.yaml\nx")],
                &["a.yaml v1: x"],
            ),
            (
                vec![change("lib.yaml", 2, "z\nw")],
                // By whichever document leads there first, and once.
                &["lib.yaml v2: z, w"],
            ),
            (
                vec![
                    change("a.yaml", 2, "use gone.yaml"),
                    change("lib.yaml", 3, ""),
                ],
                &["a.yaml v2: ", "lib.yaml v3: "],
            ),
            (vec![close("a.yaml")], &["a.yaml: "]),
        ]);
    }

    #[test]
    fn a_closed_document_is_cleared() {
        check(vec![
            (vec![open("a.yaml", 4, "x")], &["a.yaml v4: x"]),
            (vec![close("a.yaml")], &["a.yaml: "]),
            // A file that workflows read is no workflow.
            (vec![open("notes.md", 1, "x")], &[]),
        ]);
    }
}
