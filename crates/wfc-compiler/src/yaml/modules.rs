//! The files of a compilation: the entry and everything it imports.

use std::collections::HashMap;

use wfc_diag::FileId;
use wfc_ir::JobPolicy;

use super::hir::{Import, Workflow};

/// One file.
pub(crate) struct Module {
    pub(crate) id: FileId,
    pub(crate) workflow: Workflow,
    /// As the user sees it.
    pub(crate) file: String,
    /// `sha256:` of its bytes.
    pub(crate) checksum: String,
    /// The number of the module of each import that could be read.
    pub(crate) imports: HashMap<String, usize>,
    /// The name of the workflow in the program.
    pub(crate) key: String,
}

/// All files, the entry first, callees after their first caller.
pub(crate) struct Modules {
    pub(crate) list: Vec<Module>,
    /// The policies of managed jobs by path, those that could be read.
    pub(crate) policies: HashMap<String, JobPolicy>,
}

impl Modules {
    /// The module behind an alias of `module`.
    pub(crate) fn callee(&self, module: &Module, alias: &str) -> Option<&Module> {
        self.list.get(*module.imports.get(alias)?)
    }

    /// The import of this alias.
    pub(crate) fn import<'a>(module: &'a Module, alias: &str) -> Option<&'a Import> {
        let mut imports = module.workflow.imports.iter();
        imports.find(|import| import.alias.value == alias)
    }
}
