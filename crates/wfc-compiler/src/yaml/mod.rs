//! The YAML front end.
//!
//! ```text
//! file ── load ──> tree ── reader ──> HIR ── check ──> findings
//!           └─ imports                 └──── lower ──> Core IR
//! ```
//!
//! `gates` is the table of versions, `index` gives every step its identity
//! and looks names up, `messages` words every finding.

mod check;
pub(crate) mod field;
mod gates;
mod hir;
mod index;
mod load;
mod lower;
mod messages;
mod modules;
mod print;
mod reader;
mod schema;

use std::collections::HashSet;

use wfc_diag::{FileId, Severity, Sources, has_errors};

use crate::{Compiled, Loader, Options};
use index::Index;

pub use schema::{about_key, json_schema};

/// Reads, checks and lowers a file and everything it imports.
pub fn compile(path: &str, options: &Options, loader: &dyn Loader) -> Compiled {
    let mut sources = Sources::default();
    let load::Loaded { modules, mut found } = load::load(path, loader, &mut sources);
    found.extend(load::check_versions(&modules));
    let indexes: Vec<Index<'_>> = modules
        .list
        .iter()
        .map(|module| {
            let mut index = Index::new(&module.workflow);
            index.narrowed = check::narrowed(&modules, module, &index);
            index
        })
        .collect();
    let unreadable: HashSet<FileId> = found
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.primary.span.file)
        .collect();
    for (module, index) in modules.list.iter().zip(&indexes) {
        let readable = !unreadable.contains(&module.id);
        found.extend(check::check(&modules, module, index, loader, readable));
    }
    let fine = !modules.list.is_empty() && !has_errors(&found);
    let program = fine.then(|| lower::lower(&modules, &indexes, &sources, loader));
    let hir = options.hir.then(|| print::print(&modules, &sources));
    Compiled {
        sources,
        diagnostics: found,
        program,
        hir: hir.unwrap_or_default(),
        undecided: None,
    }
}
