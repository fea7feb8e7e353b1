//! Declarations that nothing uses.

use std::collections::{HashMap, HashSet};

use crate::yaml::check::Checker;
use crate::yaml::hir::{Exec, Name};
use crate::yaml::messages;

impl Checker<'_> {
    pub(super) fn unused(&mut self) {
        let workflow = &self.module.workflow;
        let mut found = Vec::new();
        let mut tell = |name: &Name, what: &str| {
            let removal = workflow.removals.get(&name.span).copied();
            found.push(messages::unused(name.span, what, &name.value, removal));
        };
        let inputs = workflow.inputs.iter().map(|each| &each.name);
        let imports = workflow.imports.iter().map(|each| &each.alias);
        let artifacts = workflow.artifacts.iter().map(|each| &each.name);
        let providers = workflow.providers.iter().map(|each| &each.name);
        for name in inputs.filter(|name| !self.used.inputs.contains(&name.value)) {
            tell(name, "input");
        }
        for name in imports.filter(|name| !self.used.imports.contains(&name.value)) {
            tell(name, "import");
        }
        for name in artifacts.filter(|name| !self.used.artifacts.contains(&name.value)) {
            tell(name, "artifact");
        }
        // A provider with a computed name may be any of them.
        let computed = self.index.steps().any(|entry| match &entry.step.exec {
            Exec::Provider(agent) => agent.is_computed(),
            _ => false,
        });
        if !computed && !self.partial {
            for name in providers.filter(|name| !self.used.providers.contains(&name.value)) {
                tell(name, "provider");
            }
        }
        self.found.extend(found);
    }

    /// Artifacts with versions that nobody asks for.
    pub(super) fn unconsumed(&mut self) {
        if self.partial {
            return;
        }
        let mut read: HashSet<&str> = HashSet::new();
        for entry in self.index.steps() {
            let consumes = entry.step.consumes.iter();
            read.extend(consumes.map(|consume| consume.artifact.value.as_str()));
            if let Exec::IncrementScalar { artifact, .. } = &entry.step.exec {
                read.insert(&artifact.value);
            }
        }
        let mut found = Vec::new();
        for artifact in &self.module.workflow.artifacts {
            let name = artifact.name.value.as_str();
            let publishers = self.publishers.get(name);
            let publisher = publishers.and_then(|all| self.index.step(*all.first()?));
            if let (false, Some(publisher)) = (read.contains(name), publisher) {
                let place = publisher.step.name.span;
                found.push(messages::unconsumed(artifact.name.span, name, place));
            }
        }
        self.found.extend(found);
    }

    /// Outputs of one name that several imports have.
    pub(super) fn output_collisions(&mut self) {
        let mut first: HashMap<&str, (&Name, bool)> = HashMap::new();
        let mut found = Vec::new();
        for import in &self.module.workflow.imports {
            let Some(callee) = self.modules.callee(self.module, &import.alias.value) else {
                continue;
            };
            for output in &callee.workflow.outputs {
                let name = output.name.value.as_str();
                match first.get_mut(name) {
                    Some((owner, told)) if !*told => {
                        *told = true;
                        let (second, owner) = (import.alias.span, owner.span);
                        found.push(messages::output_collision(second, owner, name));
                    }
                    Some(_) => {}
                    None => {
                        first.insert(name, (&import.alias, false));
                    }
                }
            }
        }
        self.found.extend(found);
    }
}
