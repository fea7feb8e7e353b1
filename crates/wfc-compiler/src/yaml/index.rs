//! Every step of a workflow with its identity and its scope, and the lookup
//! of step names: what checking and lowering share.

use std::collections::{HashMap, HashSet};

use wfc_ir::{Shown, StepId, Type};

use super::hir::{Block, Exec, From, Step, Workflow};

/// The steps and scopes of one workflow.
pub(crate) struct Index<'a> {
    pub(crate) workflow: &'a Workflow,
    /// The types of values that become artifacts.
    pub(crate) narrowed: Narrowed,
    /// By [`Step::ix`].
    steps: Vec<Option<Entry<'a>>>,
    /// By [`Block::ix`].
    scopes: Vec<Option<Scope<'a>>>,
    /// The first step with this name or key, wherever it stands.
    anywhere: HashMap<String, usize>,
    /// All steps with this name.
    namesakes: HashMap<&'a str, Vec<usize>>,
    /// How long the names and keys are, so that no text of another length is
    /// looked up.
    lengths: HashSet<usize>,
}

/// How many names are looked through for the one that was meant, so that a
/// file of nothing but mistakes is still checked in linear time.
const CANDIDATES: usize = 256;
/// How many brackets of a text are looked at for an iteration, so that one of
/// nothing but brackets is read in linear time.
const BRACKETS: usize = 16;
/// The types of the values of each step that makes artifacts of values, by
/// [`Step::ix`]; nothing for a type that is not known.
pub(crate) type Narrowed = HashMap<usize, Vec<Option<Type>>>;

/// One step.
pub(crate) struct Entry<'a> {
    pub(crate) step: &'a Step,
    pub(crate) id: StepId,
    pub(crate) shown: Shown,
    /// The number of the block it stands in.
    pub(crate) scope: usize,
    /// Its place in that block.
    pub(crate) position: usize,
}

/// One list of steps.
pub(crate) struct Scope<'a> {
    pub(crate) block: &'a Block,
    pub(crate) kind: ScopeKind,
    /// The scope around it. That of `finally` is the body.
    pub(crate) parent: Option<usize>,
    /// The step whose block it is.
    pub(crate) owner: Option<usize>,
    /// The branch under the names of which its steps are shown.
    pub(crate) branch: Option<(StepId, Shown)>,
    names: HashMap<&'a str, usize>,
}

/// What kind of list it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Body,
    Finally,
    Branch,
    Loop,
    /// The steps of a loop over a list.
    Each,
}

impl ScopeKind {
    /// Are its steps repeated?
    pub(crate) fn repeats(self) -> bool {
        matches!(self, ScopeKind::Loop | ScopeKind::Each)
    }
}

impl Scope<'_> {
    /// The number of the step of this name in the list.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }
}

/// Why a step name leads nowhere.
pub(crate) enum Lost<'a> {
    /// There is no such step anywhere.
    Unknown {
        /// The name as far as it can be told.
        name: String,
        /// The names that could stand here.
        candidates: Vec<&'a str>,
    },
    /// The step is in a place that cannot be seen from here.
    OutOfScope(usize),
    /// `parent` at the outermost level.
    NoParent,
}

/// The step that a text reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Its number.
    pub(crate) step: usize,
    /// The loop over a list that it is part of and the iteration, when it is
    /// read from outside of it.
    pub(crate) iteration: Option<(usize, u64)>,
}

impl Target {
    /// A step that is named by its name.
    pub(crate) fn near(step: usize) -> Self {
        let iteration = None;
        Target { step, iteration }
    }
}

/// How the names of the steps of a scope begin.
struct Prefix {
    id: Option<StepId>,
    key: String,
    step_id: String,
    loops: usize,
}

impl<'a> Index<'a> {
    /// Numbers and names everything in `workflow`.
    pub(crate) fn new(workflow: &'a Workflow) -> Self {
        let mut index = Index {
            workflow,
            narrowed: Narrowed::new(),
            steps: std::iter::repeat_with(|| None)
                .take(workflow.step_count)
                .collect(),
            scopes: std::iter::repeat_with(|| None)
                .take(workflow.block_count)
                .collect(),
            anywhere: HashMap::new(),
            namesakes: HashMap::new(),
            lengths: HashSet::new(),
        };
        let body = Prefix {
            id: None,
            key: String::new(),
            step_id: "root.".to_owned(),
            loops: 0,
        };
        index.add(&workflow.body, ScopeKind::Body, None, None, None, &body);
        if let Some(block) = &workflow.finally {
            let name = block.id.as_ref().map_or("finally", |id| &id.value);
            let shown = Shown {
                name: name.to_owned(),
                key: "finally".to_owned(),
                step_id: format!("root.finally.{name}"),
                hidden: false,
            };
            let prefix = Prefix {
                id: Some(StepId::root("finally")),
                key: "finally.".to_owned(),
                step_id: format!("root.finally.{name}."),
                loops: 0,
            };
            let branch = Some((StepId::root("finally"), shown));
            let around = Some(workflow.body.ix);
            index.add(block, ScopeKind::Finally, around, None, branch, &prefix);
        }
        for entry in index.steps.iter().flatten() {
            let (name, ix) = (entry.step.name.value.as_str(), entry.step.ix);
            index.namesakes.entry(name).or_default().push(ix);
            for known in [name, &entry.shown.key] {
                index.lengths.insert(known.len());
                index.anywhere.entry(known.to_owned()).or_insert(ix);
            }
        }
        index
    }

    fn add(
        &mut self,
        block: &'a Block,
        kind: ScopeKind,
        parent: Option<usize>,
        owner: Option<usize>,
        branch: Option<(StepId, Shown)>,
        prefix: &Prefix,
    ) {
        let reserved = match kind {
            ScopeKind::Body if self.workflow.finally.is_some() => Some("finally"),
            _ => None,
        };
        let tokens = tokens(&block.steps, reserved);
        let mut names = HashMap::new();
        for step in &block.steps {
            names.entry(step.name.value.as_str()).or_insert(step.ix);
        }
        if let Some(slot) = self.scopes.get_mut(block.ix) {
            *slot = Some(Scope {
                block,
                kind,
                parent,
                owner,
                branch,
                names,
            });
        }
        for (position, (step, token)) in block.steps.iter().zip(tokens).enumerate() {
            let id = match &prefix.id {
                None => StepId::root(&token),
                Some(outer) => outer.child(&token),
            };
            let durable = step.id.as_ref().map_or(&token, |id| &id.value);
            let name = &step.name.value;
            let shown = Shown {
                name: name.clone(),
                key: format!("{}{name}", prefix.key),
                step_id: format!("{}{durable}", prefix.step_id),
                hidden: false,
            };
            self.add_inner(step, block.ix, &id, &shown, prefix.loops);
            if let Some(slot) = self.steps.get_mut(step.ix) {
                *slot = Some(Entry {
                    step,
                    id,
                    shown,
                    scope: block.ix,
                    position,
                });
            }
        }
    }

    fn add_inner(
        &mut self,
        step: &'a Step,
        scope: usize,
        id: &StepId,
        shown: &Shown,
        loops: usize,
    ) {
        for (word, block) in step.blocks() {
            let authored = block.id.as_ref().map(|id| id.value.as_str());
            if let Exec::Repeat(_) = step.exec {
                let name = authored.unwrap_or("repeat_until");
                let body = Shown {
                    name: name.to_owned(),
                    key: format!("{}[{{{loops}}}]", shown.key),
                    step_id: format!("{}#{{{loops}}}.{name}", shown.step_id),
                    hidden: false,
                };
                let prefix = Prefix {
                    id: Some(id.clone()),
                    key: format!("{}.", body.key),
                    step_id: format!("{}.", body.step_id),
                    loops: loops + 1,
                };
                let branch = Some((id.branch("body"), body));
                let (around, owner) = (Some(scope), Some(step.ix));
                self.add(block, ScopeKind::Loop, around, owner, branch, &prefix);
            } else if let Exec::Each(_) = step.exec {
                let prefix = Prefix {
                    id: Some(id.clone()),
                    key: format!("{}[{{{loops}}}].", shown.key),
                    step_id: format!("{}#{{{loops}}}.", shown.step_id),
                    loops: loops + 1,
                };
                let (around, owner) = (Some(scope), Some(step.ix));
                self.add(block, ScopeKind::Each, around, owner, None, &prefix);
            } else {
                let durable = match authored {
                    Some(id) => id.to_owned(),
                    None => token(word, "case_").unwrap_or_else(|| "case".to_owned()),
                };
                let branch_shown = Shown {
                    name: word.to_owned(),
                    key: format!("{}.{word}", shown.key),
                    step_id: format!("{}.{durable}", shown.step_id),
                    hidden: false,
                };
                let prefix = Prefix {
                    id: Some(id.branch(word)),
                    key: format!("{}.", branch_shown.key),
                    step_id: format!("{}.", branch_shown.step_id),
                    loops,
                };
                let branch = Some((id.branch(word), branch_shown));
                let (around, owner) = (Some(scope), Some(step.ix));
                self.add(block, ScopeKind::Branch, around, owner, branch, &prefix);
            }
        }
    }

    /// The step of this number.
    pub(crate) fn step(&self, ix: usize) -> Option<&Entry<'a>> {
        self.steps.get(ix)?.as_ref()
    }

    /// The scope of this number.
    pub(crate) fn scope(&self, ix: usize) -> Option<&Scope<'a>> {
        self.scopes.get(ix)?.as_ref()
    }

    /// All steps in document order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.steps.iter().flatten()
    }

    /// All scopes in document order.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &Scope<'a>> {
        self.scopes.iter().flatten()
    }

    /// Finds the step that `rest` begins with, seen from `scope`, and what is
    /// left of `rest` after its name and the dot. A name with dots in it wins
    /// over a shorter one.
    pub(crate) fn find<'r>(
        &self,
        scope: usize,
        from: From,
        rest: &'r str,
    ) -> Result<(usize, &'r str), Lost<'a>> {
        let around = |scope| self.scope(scope).and_then(|s| s.parent);
        let visible: Vec<usize> = match from {
            From::Root => vec![self.workflow.body.ix],
            From::Here => vec![scope],
            From::Parent => match around(scope) {
                Some(parent) => vec![parent],
                None => return Err(Lost::NoParent),
            },
            From::Around => std::iter::successors(Some(scope), |s| around(*s)).collect(),
            // An iteration over a list sees no other steps by their names.
            From::Lexical => std::iter::successors(Some(scope), |s| {
                let own = self.scope(*s).is_some_and(|s| s.kind == ScopeKind::Each);
                around(*s).filter(|_| !own)
            })
            .collect(),
        };
        for scope in visible.iter().filter_map(|ix| self.scope(*ix)) {
            if let Some(found) = self.split(rest, |name| scope.names.get(name).copied()) {
                return Ok(found);
            }
        }
        let elsewhere = self.split(rest, |name| self.anywhere.get(name).copied());
        match elsewhere {
            Some((step, _)) => Err(Lost::OutOfScope(step)),
            None => {
                let mut candidates: Vec<&str> = visible
                    .iter()
                    .filter_map(|ix| self.scope(*ix))
                    .flat_map(|scope| &scope.block.steps)
                    .map(|step| step.name.value.as_str())
                    .take(CANDIDATES)
                    .collect();
                candidates.dedup();
                Err(Lost::Unknown {
                    name: rest.split('.').next().unwrap_or(rest).to_owned(),
                    candidates,
                })
            }
        }
    }

    /// Finds the step that `rest` begins with in a text, where steps may be
    /// named by their keys as well: `Choose.then.Write`, `Loop[1].Write`.
    pub(crate) fn read<'r>(
        &self,
        scope: usize,
        from: From,
        rest: &'r str,
    ) -> Result<(Target, &'r str), Lost<'a>> {
        let near = self.find(scope, from, rest);
        let far = self.by_key(scope, from, rest);
        match (near, far) {
            (Ok((_, read)), Some((target, shorter))) if shorter.len() < read.len() => {
                Ok((target, shorter))
            }
            (Err(_), Some(far)) => Ok(far),
            (near, _) => near.map(|(step, read)| (Target::near(step), read)),
        }
    }

    fn by_key<'r>(&self, scope: usize, from: From, rest: &'r str) -> Option<(Target, &'r str)> {
        let around = std::iter::successors(Some(scope), |s| self.scope(*s)?.parent);
        let mut kinds = around.filter_map(|s| self.scope(s)).map(|s| s.kind);
        let outermost = match from {
            From::Root => true,
            From::Lexical => !kinds.any(|kind| kind == ScopeKind::Each),
            From::Here | From::Parent | From::Around => false,
        };
        if !outermost {
            return None;
        }
        // A key in a loop holds the place of the iteration.
        let keyed = self.split(rest, |key| {
            let step = *self.anywhere.get(key)?;
            let own = self.step(step)?.shown.key == key && key.contains('.');
            (own && !key.contains('{')).then_some(step)
        });
        if let Some((step, read)) = keyed {
            return Some((Target::near(step), read));
        }
        rest.match_indices('[').take(BRACKETS).find_map(|(at, _)| {
            let (digits, inner) = rest[at + 1..].split_once("].")?;
            let index: u64 = digits.parse().ok()?;
            if index.to_string() != digits {
                return None;
            }
            let name = &rest[..at];
            let each = *self.scope(self.workflow.body.ix)?.names.get(name)?;
            let Exec::Each(looped) = &self.step(each)?.step.exec else {
                return None;
            };
            let names = &self.scope(looped.body.ix)?.names;
            let (step, read) = self.split(inner, |name| names.get(name).copied())?;
            let iteration = Some((each, index));
            Some((Target { step, iteration }, read))
        })
    }

    /// The step that must have run before `target` is read from `scope`: itself
    /// or a statement around it; nothing when nothing of it can have run.
    pub(crate) fn seen(&self, target: Target, scope: usize) -> Option<usize> {
        let visible: Vec<usize> =
            std::iter::successors(Some(scope), |s| self.scope(*s)?.parent).collect();
        let mut step = target.iteration.map_or(target.step, |(each, _)| each);
        loop {
            let own = self.step(step)?.scope;
            if visible.contains(&own) {
                return Some(step);
            }
            step = self.scope(own)?.owner?;
        }
    }

    /// Splits `rest` after the longest name that `find` knows.
    fn split<'r>(
        &self,
        rest: &'r str,
        find: impl Fn(&str) -> Option<usize>,
    ) -> Option<(usize, &'r str)> {
        let whole = std::iter::once(rest.len());
        let dots = rest.rmatch_indices('.').map(|(offset, _)| offset);
        let mut ends = whole.chain(dots).filter(|end| self.lengths.contains(end));
        ends.find_map(|end| {
            let step = find(&rest[..end])?;
            Some((step, rest[end..].trim_start_matches('.')))
        })
    }

    /// The steps of this name: the nearest around `scope`, or else all.
    pub(crate) fn named(&self, scope: usize, name: &str) -> Vec<usize> {
        let mut around = Some(scope);
        while let Some(scope) = around.and_then(|ix| self.scope(ix)) {
            if let Some(step) = scope.names.get(name) {
                return vec![*step];
            }
            around = scope.parent;
        }
        self.namesakes.get(name).cloned().unwrap_or_default()
    }
}

/// The token of each step: its `id`, or else one made of its name.
fn tokens(steps: &[Step], reserved: Option<&str>) -> Vec<String> {
    let mut taken: HashSet<String> = reserved.into_iter().map(str::to_owned).collect();
    let mut unique = |wanted: String| {
        let mut token = wanted.clone();
        let mut next = 2;
        while !taken.insert(token.clone()) {
            token = format!("{wanted}_{next}");
            next += 1;
        }
        token
    };
    // Authored ids come first, so that no generated one takes theirs.
    let authored: Vec<Option<String>> = steps
        .iter()
        .map(|step| step.id.as_ref().map(|id| unique(id.value.clone())))
        .collect();
    authored
        .into_iter()
        .zip(steps)
        .enumerate()
        .map(|(index, (authored, step))| {
            authored.unwrap_or_else(|| {
                let token = token(&step.name.value, "step_");
                unique(token.unwrap_or_else(|| format!("step_{index}")))
            })
        })
        .collect()
}

/// The letters and digits of a name in lower case, with `_` between them;
/// `digits` goes before a leading digit.
pub(crate) fn token(name: &str, digits: &str) -> Option<String> {
    let mut token = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            token.push(c.to_ascii_lowercase());
        } else if !token.is_empty() && !token.ends_with('_') {
            token.push('_');
        }
    }
    let token = token.trim_end_matches('_');
    match token.chars().next() {
        None => None,
        Some(first) if first.is_ascii_digit() => Some(format!("{digits}{token}")),
        Some(_) => Some(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(token(name, "step_").as_deref(), expected);
    }

    #[test]
    fn tokens_of_names() {
        check("RunTests", Some("runtests"));
        check("шаг 1/2 ☃", Some("step_1_2"));
        check("  a--b  ", Some("a_b"));
        check("☃", None);
    }
}
