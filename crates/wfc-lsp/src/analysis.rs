//! One compilation of one open document, as an editor sees it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wfc_compiler::project::Project;
use wfc_compiler::{Compiled, Loader, Options, OsLoader};
use wfc_diag::{Applicability, Code, Diagnostic, Fix, Severity, Sources, Span};

use crate::position::{Encoding, Range};

/// How a file is checked: [`wfc_compiler::compile`], or what a test puts in
/// its place.
pub(crate) type Checker = fn(&str, &Options, &dyn Loader) -> Compiled;

/// A document as the editor holds it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Its name in the editor's own spelling.
    pub(crate) uri: String,
    /// Which edit of the document this is.
    pub(crate) version: i32,
    /// The whole text.
    pub(crate) text: Arc<str>,
}

/// The open documents by their absolute path.
pub(crate) type Documents = BTreeMap<PathBuf, Document>;

/// What was found, by file.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    /// Every file that was read, by its absolute path.
    pub(crate) files: BTreeMap<PathBuf, FileReport>,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub(crate) struct FileReport {
    /// The version of the document that was read; nothing for the disk.
    pub(crate) version: Option<i32>,
    /// In source order.
    pub(crate) findings: Vec<Finding>,
}

/// A finding with its places as the editor counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) range: Range,
    pub(crate) severity: Severity,
    pub(crate) code: Code,
    /// The sentence, and on lines of their own the remark, the notes and the
    /// help.
    pub(crate) message: String,
    /// Other places that explain it.
    pub(crate) related: Vec<Related>,
    pub(crate) repair: Option<Repair>,
}

/// A second place and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Related {
    pub(crate) path: PathBuf,
    pub(crate) range: Range,
    pub(crate) message: String,
}

/// Edits that mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repair {
    pub(crate) title: String,
    /// Whether it is the one thing the author can have meant.
    pub(crate) safe: bool,
    pub(crate) edits: Vec<TextEdit>,
}

/// One replacement in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextEdit {
    pub(crate) path: PathBuf,
    pub(crate) range: Range,
    pub(crate) text: String,
}

/// Checks the document at `path` with the open documents in place of files.
/// `workspace` is the folder that file names start from.
pub(crate) fn analyse(
    path: &Path,
    workspace: &Path,
    documents: &Documents,
    encoding: Encoding,
    checker: Checker,
) -> Analysis {
    let loader = Overlay {
        disk: OsLoader::new(workspace),
        documents,
    };
    let inside = path.strip_prefix(workspace).unwrap_or(path);
    let mut view = View {
        workspace,
        documents,
        encoding,
        analysis: Analysis::default(),
    };
    // The compiler names files by text.
    let Some(name) = inside.to_str() else {
        return view.analysis;
    };
    let mut options = Options::default();
    let folder = inside.parent().unwrap_or(Path::new(""));
    let mut found = Project::discover(&loader, folder);
    found.project.levels().apply(&mut found.diagnostics);
    view.add(&found.sources, &found.diagnostics);
    options.project = found.project;
    let compiled = checker(name, &options, &loader);
    view.add(&compiled.sources, &compiled.diagnostics);
    view.analysis
}

/// Turns findings of the compiler into those of an editor.
struct View<'a> {
    workspace: &'a Path,
    documents: &'a Documents,
    encoding: Encoding,
    analysis: Analysis,
}

impl View<'_> {
    fn add(&mut self, sources: &Sources, diagnostics: &[Diagnostic]) {
        for (_, file) in sources.iter() {
            let path = self.workspace.join(&file.name);
            let version = self.documents.get(&path).map(|open| open.version);
            self.analysis.files.entry(path).or_default().version = version;
        }
        for each in diagnostics {
            let finding = self.finding(sources, each);
            let path = self.path(sources, each.primary.span);
            let report = self.analysis.files.entry(path).or_default();
            report.findings.push(finding);
        }
    }

    fn finding(&self, sources: &Sources, found: &Diagnostic) -> Finding {
        let related = found.secondary.iter().map(|label| Related {
            path: self.path(sources, label.span),
            range: self.range(sources, label.span),
            message: label.message.clone(),
        });
        let repair = found.fix.as_ref();
        Finding {
            range: self.range(sources, found.primary.span),
            severity: found.severity,
            code: found.code,
            message: message(found),
            related: related.collect(),
            repair: repair.and_then(|fix| self.repair(sources, fix)),
        }
    }

    /// Nothing for a fix that is only for reading, or whose edits do not lie
    /// on the boundaries of characters.
    fn repair(&self, sources: &Sources, fix: &Fix) -> Option<Repair> {
        if fix.applicability == Applicability::DisplayOnly || fix.edits.is_empty() {
            return None;
        }
        let edits = fix.edits.iter().map(|edit| {
            let Span { file, start, end } = edit.span;
            let text = &sources.file(file).text;
            text.get(start as usize..end as usize)?;
            Some(TextEdit {
                path: self.path(sources, edit.span),
                range: self.range(sources, edit.span),
                text: edit.replacement.clone(),
            })
        });
        Some(Repair {
            title: capitalised(&fix.message),
            safe: fix.applicability == Applicability::Safe,
            edits: edits.collect::<Option<_>>()?,
        })
    }

    fn path(&self, sources: &Sources, span: Span) -> PathBuf {
        self.workspace.join(&sources.file(span.file).name)
    }

    fn range(&self, sources: &Sources, span: Span) -> Range {
        let file = sources.file(span.file);
        self.encoding.range(file, span.start, span.end)
    }
}

fn message(found: &Diagnostic) -> String {
    let mut text = found.message.clone();
    let remark = &found.primary.message;
    if !remark.is_empty() {
        text.push_str(&format!("\n{remark}"));
    }
    for note in &found.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    if let Some(help) = &found.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}

/// Titles of actions begin with a capital in every editor.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}

/// The disk, with the open documents in front of it.
pub(crate) struct Overlay<'a> {
    pub(crate) disk: OsLoader,
    pub(crate) documents: &'a Documents,
}

impl Overlay<'_> {
    fn open(&self, path: &Path) -> Option<&Document> {
        self.documents.get(&self.disk.workspace().join(path))
    }
}

impl Loader for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.open(path) {
            Some(document) => Ok(document.text.as_bytes().to_vec()),
            None => self.disk.read(path),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        self.open(path).is_some() || self.disk.is_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_file(path) || self.disk.exists(path)
    }

    fn workspace(&self) -> &Path {
        self.disk.workspace()
    }
}
