//! Files that were nearly right: every workflow and module of the repository,
//! changed at random. Whatever comes out is read to its end, in time, and
//! without a panic; what has no errors is a well-formed program.
//!
//! `WFC_MUTATIONS=100000 cargo test --test mutations` tries more than the few
//! of every day, each time others.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use support::repository;
use wfc_compiler::{Compiled, Loader, Options, compile, plan};
use wfc_diag::FileId;
use wfc_diag::render::{Format, render};
use wfc_syntax::{Format as Laid, lisp, yaml};

/// How long one file may take, with a slow machine in mind: what is not linear
/// takes minutes.
const LIMIT: Duration = Duration::from_secs(20);

/// How many files are tried unless `WFC_MUTATIONS` says so.
const COUNT: u64 = 1500;

/// The files of the repository, in memory.
struct Files {
    all: BTreeMap<PathBuf, Vec<u8>>,
    changed: (PathBuf, Vec<u8>),
}

impl Loader for Files {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = match path == self.changed.0 {
            true => Some(&self.changed.1),
            false => self.all.get(path),
        };
        found.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.all.contains_key(path)
    }

    fn workspace(&self) -> &Path {
        Path::new("/ws")
    }
}

fn gather(root: &Path, folder: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => gather(root, &path, all),
            kind if kind.is_file() => {
                all.insert(path, std::fs::read(entry.path()).unwrap());
            }
            _ => {}
        }
    }
}

/// Numbers that depend on nothing but the seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// What a file is made of, for one who does not know the language: words, runs
/// of blanks, line ends, and single characters.
fn tokens(text: &str) -> Vec<&str> {
    #[derive(PartialEq)]
    enum Kind {
        Word,
        Blank,
        Other,
    }
    let kind = |c: char| match c {
        ' ' => Kind::Blank,
        c if c.is_alphanumeric() || "_-./".contains(c) => Kind::Word,
        _ => Kind::Other,
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut last = Kind::Other;
    for (at, c) in text.char_indices() {
        let now = kind(c);
        if at > 0 && (now == Kind::Other || now != last) {
            found.push(&text[start..at]);
            start = at;
        }
        last = now;
    }
    found.push(&text[start..]);
    found
}

/// Values that readers do not expect.
const ODD: &[&str] = &[
    "",
    "~",
    "0",
    "-1",
    "99999999999999999999",
    "1e309",
    ".nan",
    "\"\"",
    "''",
    "[]",
    "{}",
    "[[[[[[[[]]]]]]]]",
    "()",
    "((((((((",
    "))))",
    "${",
    "${}",
    "${steps.A.output}",
    "${inputs.}",
    "$$",
    "../../x",
    "/etc/passwd",
    "a/../b",
    "*x",
    "&x",
    "&x *x",
    "<<: *x",
    "!!int 3",
    "|",
    ">-",
    "? ",
    "- ",
    ": ",
    "# wfc: allow(all)",
    "#|",
    "#;",
    "\"",
    "\t",
    "\r\n",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "é😀",
    "null",
    "true",
    "ref",
    "root.steps.A.artifacts.x",
    "self.outputs.x",
    "parent.steps.A.exit_code",
    "_",
    "none",
    "&rest",
    "->",
    "List[List[",
    "Optional[Int]",
];

/// A file with one to five changes.
fn mutate(text: &str, words: &[&str], dice: &mut Dice) -> String {
    let mut parts: Vec<String> = tokens(text).into_iter().map(str::to_owned).collect();
    for _ in 0..=dice.below(5) {
        let at = dice.below(parts.len());
        let other = dice.below(parts.len());
        match dice.below(10) {
            0 => parts[at].clear(),
            1 => parts[at] = dice.one(ODD).to_owned(),
            2 => parts.insert(at, dice.one(ODD).to_owned()),
            3 | 4 => parts[at] = dice.one(words).to_owned(),
            5 => parts.swap(at, other),
            6 => parts[at] = parts[other].clone(),
            // A block goes or comes again elsewhere.
            7 => {
                let end = (at + 1 + dice.below(40)).min(parts.len());
                parts.drain(at..end);
            }
            8 => {
                let end = (at + 1 + dice.below(40)).min(parts.len());
                let block: Vec<String> = parts[at..end].to_vec();
                let to = other.min(parts.len());
                parts.splice(to..to, block);
            }
            _ => {
                let deeper = " ".repeat(1 + dice.below(4));
                parts.insert(at, deeper);
            }
        }
        if parts.is_empty() {
            break;
        }
    }
    parts.concat()
}

/// What must hold of anything that was compiled.
fn sound(compiled: &Compiled) {
    for format in [Format::Human, Format::Json] {
        let mut shown = Vec::new();
        render(
            format,
            &compiled.sources,
            &compiled.diagnostics,
            false,
            &mut shown,
        )
        .unwrap();
    }
    let broken = wfc_diag::has_errors(&compiled.diagnostics);
    if let (false, Some(program)) = (broken, &compiled.program) {
        wfc_ir::verify(program).unwrap();
        wfc_ir::verify_plan(&plan(program)).unwrap();
    }
}

#[test]
fn what_is_nearly_right_is_read_to_its_end() {
    let root = repository();
    let mut all = BTreeMap::new();
    for folder in [
        "workflows",
        "lisp-examples",
        "tests/conformance",
        "crates/wfc-compiler/tests/fixtures",
    ] {
        gather(&root, Path::new(folder), &mut all);
    }
    let sources: Vec<(PathBuf, String)> = all
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|e| e == "yaml" || e == "orc"))
        .filter_map(|(path, bytes)| Some((path.clone(), String::from_utf8(bytes.clone()).ok()?)))
        .collect();
    assert!(sources.len() > 200, "{} files", sources.len());
    let mut words: Vec<&str> = sources.iter().flat_map(|(_, text)| tokens(text)).collect();
    words.retain(|word| !word.trim().is_empty());
    words.sort_unstable();
    words.dedup();

    let asked = std::env::var("WFC_MUTATIONS").ok();
    let count = asked.as_ref().map_or(COUNT, |asked| asked.parse().unwrap());
    let seed = match &asked {
        Some(_) => SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
        None => 7,
    };
    let mut files = Files {
        all,
        changed: Default::default(),
    };
    for round in 0..count {
        let mut dice = Dice(seed.wrapping_add(round.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let (path, text) = &sources[dice.below(sources.len())];
        let changed = mutate(text, &words, &mut dice);
        files.changed = (path.clone(), changed.clone().into_bytes());
        let started = Instant::now();
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let compiled = compile(path.to_str().unwrap(), &Options::default(), &files);
            sound(&compiled);
            let laid = match path.extension().is_some_and(|e| e == "yaml") {
                true => yaml::format(FileId(0), &changed),
                false => lisp::format(FileId(0), &changed),
            };
            assert_ne!(laid, Laid::Unsafe);
        }));
        let took = started.elapsed();
        if done.is_err() || took > LIMIT {
            let kept = std::env::temp_dir().join(format!("wfc-mutation-{round}-{seed}"));
            std::fs::write(&kept, &changed).unwrap();
            panic!("{}: after {took:?}; see {}", path.display(), kept.display());
        }
    }
}
