//! `wfc check --fix`: applies the safe fixes until there are none, and never
//! leaves a file with more errors than it had.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use wfc_diag::{Applicability, Diagnostic, FileId, Fix, Severity, Sources, apply_fixes};

use crate::exit::Fault;
use crate::rewriting;

/// How often all files are read again; each round mends what the one before
/// had brought to light.
const MAX_ROUNDS: usize = 16;

/// The mark with which some editors begin a file.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// What a check finds.
pub(crate) type Checked = (Sources, Vec<Diagnostic>);

/// What the fixes made of the files.
pub(crate) struct Fixed {
    /// What is found now.
    pub(crate) left: Checked,
    /// The files that have changed, by name.
    pub(crate) files: BTreeMap<String, Change>,
    /// Files whose fixes were not kept, since they brought errors to light.
    pub(crate) refused: BTreeSet<String>,
}

/// A file before and after.
pub(crate) struct Change {
    pub(crate) before: String,
    pub(crate) after: String,
    /// How many fixes are in it.
    pub(crate) applied: usize,
}

/// Mends what `check` finds. It is given the texts that stand for files.
///
/// # Errors
/// Those of `check`.
pub(crate) fn fix(
    mut check: impl FnMut(&HashMap<PathBuf, String>) -> Result<Checked, Fault>,
) -> Result<Fixed, Fault> {
    let mut texts: HashMap<PathBuf, String> = HashMap::new();
    let mut fixed = Fixed {
        left: check(&texts)?,
        files: BTreeMap::new(),
        refused: BTreeSet::new(),
    };
    for _ in 0..MAX_ROUNDS {
        let (sources, found) = &fixed.left;
        let round = round(sources, found, &fixed.refused);
        if round.is_empty() {
            break;
        }
        let errors = errors_by_file(&fixed.left);
        let before = texts.clone();
        for (name, change) in &round {
            texts.insert(PathBuf::from(name), change.after.clone());
        }
        let mut now = check(&texts)?;
        let after = errors_by_file(&now);
        let worse: BTreeSet<String> = round
            .keys()
            .filter(|name| after.get(*name) > errors.get(*name))
            .cloned()
            .collect();
        if !worse.is_empty() {
            for name in &worse {
                let path = PathBuf::from(name);
                match before.get(&path) {
                    Some(text) => texts.insert(path, text.clone()),
                    None => texts.remove(&path),
                };
            }
            now = check(&texts)?;
        }
        for (name, change) in round {
            if worse.contains(&name) {
                continue;
            }
            let whole = fixed.files.entry(name).or_insert_with(|| Change {
                before: change.before.clone(),
                after: String::new(),
                applied: 0,
            });
            whole.after = change.after;
            whole.applied += change.applied;
        }
        fixed.refused.extend(worse);
        fixed.left = now;
    }
    fixed
        .files
        .retain(|_, change| change.before != change.after);
    Ok(fixed)
}

/// The files after all safe fixes that can be applied together.
fn round(
    sources: &Sources,
    found: &[Diagnostic],
    refused: &BTreeSet<String>,
) -> BTreeMap<String, Change> {
    let mut by_file: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    for fix in found.iter().filter_map(|each| each.fix.as_ref()) {
        if let (Applicability::Safe, Some(edit)) = (fix.applicability, fix.edits.first()) {
            by_file.entry(edit.span.file).or_default().push(fix);
        }
    }
    let mut changes = BTreeMap::new();
    for (file, fixes) in by_file {
        let source = sources.file(file);
        if refused.contains(&source.name) {
            continue;
        }
        let fixed = apply_fixes(file, &source.text, fixes, false);
        if fixed.text != *source.text {
            let change = Change {
                before: source.text.to_string(),
                after: fixed.text,
                applied: fixed.applied,
            };
            changes.insert(source.name.clone(), change);
        }
    }
    changes
}

fn errors_by_file((sources, found): &Checked) -> HashMap<String, usize> {
    let mut errors = HashMap::new();
    for each in found.iter().filter(|each| each.severity == Severity::Error) {
        let name = sources.file(each.primary.span.file).name.clone();
        *errors.entry(name).or_insert(0) += 1;
    }
    errors
}

impl Fixed {
    /// How many findings were mended.
    pub(crate) fn applied(&self) -> usize {
        self.files.values().map(|change| change.applied).sum()
    }

    /// The changes as a unified diff.
    pub(crate) fn diff(&self) -> String {
        let mut text = String::new();
        for (name, change) in &self.files {
            let names = (format!("a/{name}"), format!("b/{name}"));
            let diff = rewriting::unified(&change.before, &change.after, (&names.0, &names.1));
            text.push_str(&diff);
        }
        text
    }

    /// Writes the changed files, but for `stdin`, each in one go. Nothing is
    /// written over what somebody else has changed meanwhile.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn write(&self, workspace: &Path, stdin: Option<&str>) -> Result<(), Fault> {
        for (name, change) in &self.files {
            if stdin == Some(name) {
                continue;
            }
            let path = workspace.join(name);
            let bytes = std::fs::read(&path).map_err(|error| Fault::io("read", name, &error))?;
            let bom = match bytes.strip_prefix(BOM) {
                Some(_) if !change.before.as_bytes().starts_with(BOM) => BOM,
                _ => &[],
            };
            if bytes.strip_prefix(bom) != Some(change.before.as_bytes()) {
                return Err(Fault::new(format!("{name} has changed meanwhile"))
                    .help("nothing was written to it; run the command again"));
            }
            let text = [bom, change.after.as_bytes()].concat();
            rewriting::replace(&path, &text).map_err(|error| Fault::io("write", name, &error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use wfc_diag::{Edit, Span, codes};

    /// A language in which every `a` is a warning whose fix writes `b`, every
    /// `c` one whose fix writes `E`, and every `E` an error.
    fn check(text: &str, expected: &str, applied: usize, refused: bool) {
        let path = PathBuf::from("x.yaml");
        let fixed = fix(|texts| {
            let text = texts.get(&path).map_or(text, String::as_str);
            let mut sources = Sources::default();
            let file = sources.add("x.yaml", text);
            let mut found = Vec::new();
            for (at, c) in text.char_indices() {
                let span = Span::new(file, at, at + 1);
                let safe = |with: &str| Fix {
                    message: "mend".to_owned(),
                    applicability: Applicability::Safe,
                    edits: vec![Edit {
                        span,
                        replacement: with.to_owned(),
                    }],
                };
                match c {
                    'a' => found.push(Diagnostic::new(codes::UNUSED, span, "a").fix(safe("b"))),
                    'c' => found.push(Diagnostic::new(codes::UNUSED, span, "c").fix(safe("E"))),
                    'E' => found.push(Diagnostic::new(codes::UNKNOWN_KEY, span, "E")),
                    'l' => found.push(Diagnostic::new(codes::UNUSED, span, "l").fix(safe("ll"))),
                    _ => {}
                }
            }
            Ok((sources, found))
        });
        let fixed = fixed.map_err(|fault| fault.message).unwrap();
        let now = fixed.files.get("x.yaml");
        assert_eq!(now.map_or(text, |change| change.after.as_str()), expected);
        assert_eq!(
            (fixed.applied(), !fixed.refused.is_empty()),
            (applied, refused)
        );
    }

    #[test]
    fn fixes_are_applied_until_there_are_none() {
        check("xaxa", "xbxb", 2, false);
        check("xx", "xx", 0, false);
    }

    #[test]
    fn what_gets_worse_is_left_as_it_was() {
        check("ac", "ac", 0, true);
        check("E", "E", 0, false);
    }

    #[test]
    fn it_ends() {
        let rounds = u32::try_from(MAX_ROUNDS).unwrap();
        let grown = "l".repeat(2usize.pow(rounds));
        check("l", &grown, 2usize.pow(rounds) - 1, false);
    }
}
