//! Walking programs: the regions inside an operation, the steps of a
//! workflow, and the expressions that a step evaluates. One list of places,
//! so that a pass cannot forget one.

use crate::{
    Block, Cond, Contract, Exec, Expr, MaterialSource, NodeOp, Op, Process, PromptBase, Step,
    Workflow,
};

/// Writes a visitor for shared and one for exclusive references from one body.
macro_rules! visitors {
    (
        $cond:ident, $contract:ident, $process:ident, $step:ident,
        $life:lifetime, [$($exclusive:tt)?]
    ) => {
        fn $cond<$life>(
            cond: &$life $($exclusive)? Cond,
            visit: &mut dyn FnMut(&$life $($exclusive)? Expr),
        ) {
            for probe in &$($exclusive)? cond.probes {
                visit(probe);
            }
            visit(&$($exclusive)? cond.test);
        }

        impl Contract {
            fn $contract<$life>(
                &$life $($exclusive)? self,
                visit: &mut dyn FnMut(&$life $($exclusive)? Expr),
            ) {
                match self {
                    Contract::Files { files } => {
                        for file in files {
                            visit(&$($exclusive)? file.path);
                        }
                    }
                    Contract::Bundle { path, .. } | Contract::Variant { path, .. } => {
                        if let Some(path) = path {
                            visit(path);
                        }
                    }
                }
            }
        }

        impl Process {
            /// Calls `visit` on each expression of the process, outermost
            /// only, in the order in which they are declared.
            pub fn $process<$life>(
                &$life $($exclusive)? self,
                visit: &mut dyn FnMut(&$life $($exclusive)? Expr),
            ) {
                match &$($exclusive)? self.exec {
                    Exec::Command { argv, .. } => {
                        for argument in argv {
                            visit(argument);
                        }
                    }
                    Exec::Provider { provider, params, prompt } => {
                        visit(provider);
                        for (_, value) in params {
                            visit(value);
                        }
                        match &$($exclusive)? prompt.base {
                            PromptBase::Empty => {}
                            PromptBase::File { path: text } | PromptBase::Text { text } => visit(text),
                        }
                        for input in &$($exclusive)? prompt.inputs {
                            visit(&$($exclusive)? input.value);
                        }
                    }
                    Exec::Adjudicated(each) => {
                        let each = &$($exclusive)? **each;
                        let prompt = &$($exclusive)? each.prompt;
                        let judge = &$($exclusive)? each.evaluator;
                        let mut bases = vec![
                            &$($exclusive)? prompt.base,
                            &$($exclusive)? judge.prompt,
                        ];
                        bases.extend(&$($exclusive)? judge.rubric);
                        for input in &$($exclusive)? prompt.inputs {
                            visit(&$($exclusive)? input.value);
                        }
                        for (_, value) in &$($exclusive)? judge.params {
                            visit(value);
                        }
                        for candidate in &$($exclusive)? each.candidates {
                            for (_, value) in &$($exclusive)? candidate.params {
                                visit(value);
                            }
                            bases.extend(&$($exclusive)? candidate.base);
                        }
                        for base in bases {
                            match base {
                                PromptBase::Empty => {}
                                PromptBase::File { path: text } | PromptBase::Text { text } => visit(text),
                            }
                        }
                        if let Some(ledger) = &$($exclusive)? each.ledger {
                            visit(ledger);
                        }
                    }
                }
                if let Some(contract) = &$($exclusive)? self.contract {
                    contract.$contract(visit);
                }
                if let Some(depends) = &$($exclusive)? self.depends {
                    for pattern in &$($exclusive)? depends.required {
                        visit(pattern);
                    }
                    for pattern in &$($exclusive)? depends.optional {
                        visit(pattern);
                    }
                }
                if let Some(path) = &$($exclusive)? self.output_file {
                    visit(path);
                }
                for (_, value) in &$($exclusive)? self.env {
                    visit(value);
                }
                if let Some(snapshot) = &$($exclusive)? self.snapshot {
                    for (_, path) in &$($exclusive)? snapshot.candidates {
                        visit(path);
                    }
                }
            }
        }

        impl Step {
            /// Calls `visit` on each expression that the step itself
            /// evaluates, outermost only; not on those of the regions in it.
            pub fn $step<$life>(
                &$life $($exclusive)? self,
                visit: &mut dyn FnMut(&$life $($exclusive)? Expr),
            ) {
                if let Some(when) = &$($exclusive)? self.when {
                    $cond(when, visit);
                }
                if let Some(bundle) = &$($exclusive)? self.consume_bundle {
                    visit(&$($exclusive)? bundle.path);
                }
                if let Some(requires) = &$($exclusive)? self.requires {
                    visit(&$($exclusive)? requires.subject);
                }
                match &$($exclusive)? self.op {
                    Op::Process(process) => process.$process(visit),
                    Op::Compute { value } => visit(value),
                    Op::Materialize { values } => {
                        for each in values {
                            if let MaterialSource::Value(value) = &$($exclusive)? each.source {
                                visit(value);
                            }
                            if let Some(pointer) = &$($exclusive)? each.pointer {
                                visit(pointer);
                            }
                            if let Some(content) = &$($exclusive)? each.content {
                                visit(content);
                            }
                        }
                    }
                    Op::Select(select) => {
                        let select = &$($exclusive)? **select;
                        visit(&$($exclusive)? select.evidence);
                        select.contract.$contract(visit);
                    }
                    Op::Assert { cond } | Op::If { cond, .. } => $cond(cond, visit),
                    Op::Call { args, .. } => {
                        for (_, value) in args {
                            visit(value);
                        }
                    }
                    Op::Match { subject, .. } => visit(subject),
                    Op::Loop(each) => {
                        let each = &$($exclusive)? **each;
                        if let Some(state) = &$($exclusive)? each.state {
                            visit(state);
                        }
                        visit(&$($exclusive)? each.max);
                        $cond(&$($exclusive)? each.until, visit);
                        if let Some(next) = &$($exclusive)? each.next {
                            visit(next);
                        }
                        visit(&$($exclusive)? each.value);
                        if let Some(value) = &$($exclusive)? each.exhausted {
                            visit(value);
                        }
                    }
                    Op::Each(each) => visit(&$($exclusive)? each.items),
                    Op::Wait(wait) => visit(&$($exclusive)? wait.glob),
                }
            }
        }
    };
}

visitors!(cond, exprs, exprs, exprs, 'a, []);
visitors!(cond_mut, exprs_mut, exprs_mut, exprs_mut, 'a, [mut]);

impl Op {
    /// The regions inside the operation, in authored order.
    pub fn blocks(&self) -> Vec<&Block> {
        match self {
            Op::If {
                then, otherwise, ..
            } => std::iter::once(then).chain(otherwise).collect(),
            Op::Match { cases, default, .. } => cases
                .iter()
                .map(|case| &case.block)
                .chain(default)
                .collect(),
            Op::Loop(each) => vec![&each.body],
            Op::Each(each) => vec![&each.body],
            _ => Vec::new(),
        }
    }

    /// The regions inside the operation, to be changed.
    pub fn blocks_mut(&mut self) -> Vec<&mut Block> {
        match self {
            Op::If {
                then, otherwise, ..
            } => std::iter::once(then).chain(otherwise).collect(),
            Op::Match { cases, default, .. } => cases
                .iter_mut()
                .map(|case| &mut case.block)
                .chain(default)
                .collect(),
            Op::Loop(each) => vec![&mut each.body],
            Op::Each(each) => vec![&mut each.body],
            _ => Vec::new(),
        }
    }

    /// The word that the IR writes for this kind of operation; a process is a
    /// `command`, a `provider` or `adjudicated`.
    pub fn keyword(&self) -> &'static str {
        match self {
            Op::Process(process) => process.exec.keyword(),
            Op::Compute { .. } => "compute",
            Op::Materialize { .. } => "materialize",
            Op::Select(_) => "select",
            Op::Assert { .. } => "assert",
            Op::Call { .. } => "call",
            Op::If { .. } => "if",
            Op::Match { .. } => "match",
            Op::Loop(_) => "loop",
            Op::Each(_) => "each",
            Op::Wait(_) => "wait",
        }
    }
}

impl Exec {
    /// `command`, `provider` or `adjudicated`.
    pub fn keyword(&self) -> &'static str {
        match self {
            Exec::Command { .. } => "command",
            Exec::Provider { .. } => "provider",
            Exec::Adjudicated(_) => "adjudicated",
        }
    }
}

impl NodeOp {
    /// As [`Op::keyword`].
    pub fn keyword(&self) -> &'static str {
        match self {
            NodeOp::Process(process) => process.exec.keyword(),
            NodeOp::Compute { .. } => "compute",
            NodeOp::Materialize { .. } => "materialize",
            NodeOp::Select(_) => "select",
            NodeOp::Assert { .. } => "assert",
            NodeOp::Call { .. } => "call",
            NodeOp::If { .. } => "if",
            NodeOp::Match { .. } => "match",
            NodeOp::Loop(_) => "loop",
            NodeOp::Each(_) => "each",
            NodeOp::Wait(_) => "wait",
        }
    }
}

impl crate::Node {
    /// Calls `visit` on each expression that the node itself evaluates,
    /// outermost only; not on those of its regions.
    pub fn exprs<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        if let Some(when) = &self.when {
            cond(when, visit);
        }
        if let Some(bundle) = &self.consume_bundle {
            visit(&bundle.path);
        }
        if let Some(requires) = &self.requires {
            visit(&requires.subject);
        }
        match &self.op {
            NodeOp::Process(process) => process.exprs(visit),
            NodeOp::Compute { value } => visit(value),
            NodeOp::Materialize { values } => {
                for each in values {
                    each.value().into_iter().for_each(&mut *visit);
                    each.pointer.iter().for_each(&mut *visit);
                    each.content.iter().for_each(&mut *visit);
                }
            }
            NodeOp::Select(select) => {
                visit(&select.evidence);
                select.contract.exprs(visit);
            }
            NodeOp::Assert { cond: test } | NodeOp::If { cond: test, .. } => cond(test, visit),
            NodeOp::Call { args, .. } => args.values().for_each(visit),
            NodeOp::Match { subject, .. } => visit(subject),
            NodeOp::Loop(each) => {
                each.state.iter().for_each(&mut *visit);
                visit(&each.max);
                cond(&each.until, visit);
                each.next.iter().for_each(&mut *visit);
                visit(&each.value);
                each.exhausted.iter().for_each(visit);
            }
            NodeOp::Each(each) => visit(&each.items),
            NodeOp::Wait(wait) => visit(&wait.glob),
        }
    }
}

impl Block {
    /// Calls `visit` on every step, outer steps before those inside them.
    pub fn each_step<'a>(&'a self, visit: &mut dyn FnMut(&'a Step)) {
        for step in &self.steps {
            visit(step);
            for block in step.op.blocks() {
                block.each_step(visit);
            }
        }
    }

    /// Calls `visit` on every expression of the region and of the regions
    /// inside it, outermost only.
    pub fn each_expr<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        for step in &self.steps {
            step.exprs(visit);
            for block in step.op.blocks() {
                block.each_expr(visit);
            }
        }
        if let Some(result) = &self.result {
            visit(result);
        }
    }
}

impl Workflow {
    /// Every step, outer steps before those inside them, the steps of
    /// `finally` last.
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut visit = |step| steps.push(step);
        self.body.each_step(&mut visit);
        if let Some(finally) = &self.finally {
            finally.block.each_step(&mut visit);
        }
        steps
    }

    /// Calls `change` on every step, outer steps before those inside them.
    pub fn each_step_mut(&mut self, change: &mut dyn FnMut(&mut Step)) {
        let finally = self.finally.as_mut().map(|finally| &mut finally.block);
        let mut blocks: Vec<&mut Block> = finally.into_iter().chain([&mut self.body]).collect();
        while let Some(block) = blocks.pop() {
            for step in &mut block.steps {
                change(step);
                blocks.extend(step.op.blocks_mut());
            }
        }
    }

    /// Calls `visit` on every expression of the workflow, outermost only: of
    /// its artifacts, of its providers, of its steps.
    pub fn each_expr<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        let pointers = self.artifacts.values().filter_map(|a| a.pointer.as_ref());
        let defaults = self.providers.values().flat_map(|p| p.defaults.values());
        pointers.chain(defaults).for_each(&mut *visit);
        self.body.each_expr(visit);
        if let Some(finally) = &self.finally {
            finally.block.each_expr(visit);
        }
    }
}
