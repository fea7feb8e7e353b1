//! The file that says which programs of an agent are jobs.

use std::collections::HashMap;

use wfc_diag::{Diagnostic, FileId, codes};
use wfc_ir::{Backend, JobEntry, JobMetadata, JobMode, JobPolicy};
use wfc_syntax::yaml::{Document, Node};

use super::{Fields, Reader};
use crate::yaml::hir::Name;
use crate::yaml::messages;

/// What every template of a job may be filled with.
const HOLES: &[&str] = &["entry_id", "job_identity_hash"];

/// Reads a policy. `None` when it is not one.
pub(crate) fn read(
    file: FileId,
    text: &str,
    document: &Document,
    broken: bool,
) -> (Option<JobPolicy>, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, text, broken);
    let policy = reader.policy(&document.root);
    (policy, reader.found)
}

type Extractors = HashMap<String, Option<JobMetadata>>;

impl Reader<'_> {
    fn policy(&mut self, root: &Node) -> Option<JobPolicy> {
        const KEYS: &[&str] = &["backend_defaults", "extractors", "entries"];
        let fields = self.fields(root, "a policy of managed jobs", KEYS)?;
        let backend = fields
            .get("backend_defaults")
            .and_then(|node| self.fields(node, "`backend_defaults`", &["backend"]))
            .and_then(|defaults| self.backend(&defaults))
            .unwrap_or_default();
        let extractors = self.extractors(&fields);
        let node = self.required(&fields, "entries")?;
        let items = self.list(node, "`entries`")?;
        let mut entries = Vec::new();
        let mut ids: Vec<Name> = Vec::new();
        for item in items {
            let Some((id, entry)) = self.entry(item, backend, &extractors) else {
                continue;
            };
            ids.push(id);
            entries.push(entry);
        }
        self.unique(ids.iter(), "entries");
        Some(JobPolicy { entries })
    }

    fn backend(&mut self, fields: &Fields<'_>) -> Option<Backend> {
        let node = fields.get("backend")?;
        self.word(node, "`backend`", &Backend::ALL)
    }

    fn extractors(&mut self, fields: &Fields<'_>) -> Extractors {
        let mut all = Extractors::new();
        let node = fields.get("extractors").filter(|node| !node.is_null());
        let Some(mapping) = node.and_then(|node| self.mapping(node, "`extractors`")) else {
            return all;
        };
        for entry in mapping {
            let name = entry.key.text.clone();
            let job = self.extractor(&name, &entry.value);
            all.insert(name, job);
        }
        all
    }

    fn extractor(&mut self, name: &str, node: &Node) -> Option<JobMetadata> {
        let fields = self.fields(node, "an extractor", &["version", "job"])?;
        let version = self
            .required(&fields, "version")
            .and_then(|node| self.name(node, "`version`"));
        let job = self
            .required(&fields, "job")
            .and_then(|node| self.job(node));
        Some(JobMetadata {
            extractor: Some((name.to_owned(), version?.value)),
            ..job?
        })
    }

    fn entry(
        &mut self,
        node: &Node,
        usual: Backend,
        extractors: &Extractors,
    ) -> Option<(Name, JobEntry)> {
        const KEYS: &[&str] = &["id", "mode", "path", "backend", "job", "extractor"];
        let fields = self.fields(node, "an entry", KEYS)?;
        let id = self
            .required(&fields, "id")
            .and_then(|node| self.name(node, "`id`"));
        let mode = self
            .required(&fields, "mode")
            .and_then(|node| self.word(node, "`mode`", &JobMode::ALL));
        let path = self
            .required(&fields, "path")
            .and_then(|node| self.fixed_path(node, "`path`"));
        let backend = self.backend(&fields).unwrap_or(usual);
        if let (Some(job), Some(extractor)) = (fields.key("job"), fields.key("extractor")) {
            self.report(messages::key_conflict(
                (job, "job"),
                (extractor, "extractor"),
            ));
        }
        let given = fields.get("job").map(|node| self.job(node));
        let named = fields
            .get("extractor")
            .map(|node| self.extracted(node, extractors));
        let job = given.or(named);
        let managed = mode.is_some_and(JobMode::is_managed);
        if let (true, None, Some(span)) = (managed, &job, fields.key("mode")) {
            self.report(messages::managed_without_job(span));
        }
        let (id, mode) = (id?, mode?);
        let entry = JobEntry {
            id: id.value.clone(),
            mode,
            path: path?.value,
            backend,
            job: job.flatten().filter(|_| managed),
        };
        Some((id, entry))
    }

    fn extracted(&mut self, node: &Node, extractors: &Extractors) -> Option<JobMetadata> {
        let name = self.name(node, "`extractor`")?;
        match extractors.get(&name.value) {
            Some(job) => job.clone(),
            None => {
                let known: Vec<&str> = extractors.keys().map(String::as_str).collect();
                let known = known.iter().copied();
                let (code, what) = (codes::UNKNOWN_NAME, "extractor");
                let found = messages::unknown(code, name.span, what, &name.value, known);
                self.report(found);
                None
            }
        }
    }

    fn job(&mut self, node: &Node) -> Option<JobMetadata> {
        const KEYS: &[&str] = &[
            "name_template",
            "state_root_template",
            "output_root_arg",
            "verify_files",
            "snapshot_roots",
            "config_globs",
        ];
        let fields = self.fields(node, "`job`", KEYS)?;
        let name = self
            .required(&fields, "name_template")
            .and_then(|node| self.job_template(node, "`name_template`", HOLES));
        let state = self
            .required(&fields, "state_root_template")
            .and_then(|node| {
                self.fixed_path(node, "`state_root_template`")?;
                self.job_template(node, "`state_root_template`", HOLES)
            });
        let output = fields
            .get("output_root_arg")
            .and_then(|node| self.name(node, "`output_root_arg`"));
        let verify = self
            .required(&fields, "verify_files")
            .map(|node| self.verify_files(node));
        let roots = self
            .required(&fields, "snapshot_roots")
            .map(|node| self.fixed_paths(node, "`snapshot_roots`", "a directory"));
        let globs = fields
            .get("config_globs")
            .and_then(|node| self.texts(node, "`config_globs`"))
            .unwrap_or_default();
        let globs = globs
            .iter()
            .filter_map(|node| self.fixed_path(node, "an item of `config_globs`"))
            .map(|glob| glob.value)
            .collect();
        Some(JobMetadata {
            name_template: name?,
            state_root_template: state?,
            output_root_arg: output.map(|name| name.value),
            verify_files: verify?,
            snapshot_roots: roots?,
            config_globs: globs,
            extractor: None,
        })
    }

    fn verify_files(&mut self, node: &Node) -> Vec<String> {
        const OF_FILES: &[&str] = &["output_root", "entry_id", "job_identity_hash"];
        let Some(items) = self.texts(node, "`verify_files`") else {
            return Vec::new();
        };
        if items.is_empty() {
            self.report(messages::empty(node.place(), "`verify_files`", "a file"));
        }
        let what = "an item of `verify_files`";
        let files = items
            .iter()
            .filter_map(|item| self.job_template(item, what, OF_FILES));
        files.collect()
    }

    /// A text with holes such as `{entry_id}`.
    fn job_template(&mut self, node: &Node, what: &str, holes: &[&str]) -> Option<String> {
        let text = self.name(node, what)?;
        let mut from = 0;
        while let Some(open) = text.value[from..].find('{').map(|at| from + at) {
            let after = open + 1;
            let Some(close) = text.value[after..].find('}').map(|at| after + at) else {
                let span = node.span_of(open..after, self.text);
                self.report(messages::hole_without_end(span));
                return None;
            };
            let name = &text.value[after..close];
            if !holes.contains(&name) {
                let span = node.span_of(after..close, self.text);
                self.report(messages::bad_word(
                    span,
                    "a hole",
                    name,
                    holes.iter().copied(),
                ));
            }
            from = close + 1;
        }
        Some(text.value)
    }
}
