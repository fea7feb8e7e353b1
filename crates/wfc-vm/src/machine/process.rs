//! Process steps: the request, and the record of what came of it.

use indexmap::IndexMap;
use serde_json::Value;
use wfc_ir::{
    Contract, Depends, EvalError, Exec, Expr, NodeIx, PlanWorkflow, Process, Prompt, PromptBase,
    Provider, ReplayClass, Retries, eval, eval_text, split_words, to_text,
};

use super::record::{Record, Status, Verdict};
use super::{Flow, Machine, errors};
use crate::{
    Captured, DependsRequest, ErrorObject, ExecRequest, Outcome, OutputChange, OutputState,
    ProcessOutcome, ProcessRequest, PromptParts, PromptSource, RESULTS_PREFIX, Request,
};

impl Machine {
    pub(super) fn process(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        process: &Process,
    ) -> Result<(), Flow> {
        if let Some(snapshot) = &process.snapshot
            && let Err(error) = self.take_snapshot(workflow.node(ix), snapshot)?
        {
            self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            return Ok(());
        }
        // Building a request is pure, so it is built only to be asked.
        if self.reply.is_none() {
            let request = match self.process_request(workflow, ix, process) {
                Ok(request) => request,
                Err(error) => {
                    self.refuse(workflow, ix, (2, Verdict::REFUSED, *error));
                    return Ok(());
                }
            };
            return Err(Flow::Ask(Box::new(Request::Process(Box::new(request)))));
        }
        let mut record = self.new_record(workflow, ix);
        record.snapshot = self.top().work.snapshot.take();
        match self.take_reply() {
            Some(Outcome::Process(outcome)) => {
                let record = process_record(record, process, *outcome);
                self.finish(record);
            }
            Some(Outcome::Failed { error }) => {
                let error = errors::host(&error.path, &error.message);
                self.refuse(workflow, ix, (2, Verdict::REFUSED, error));
            }
            _ => {}
        }
        Ok(())
    }

    fn process_request(
        &mut self,
        workflow: &PlanWorkflow,
        ix: NodeIx,
        process: &Process,
    ) -> Result<ProcessRequest, Box<ErrorObject>> {
        let extensions = [
            ("provider_session", process.session.is_some()),
            ("managed_jobs", process.managed.is_some()),
        ];
        if let Some((construct, _)) = extensions.into_iter().find(|(_, there)| *there) {
            return Err(Box::new(errors::not_supported(construct)));
        }
        let node = workflow.node(ix);
        let path = self.coord(node, 0).path;
        let visit = {
            let visits = self.entered.entry(path).or_insert(0);
            *visits += 1;
            *visits
        };
        let coord = self.coord(node, visit);
        let mut timeout_sec = process.timeout_sec;
        let mut limits = process.limits;
        let (exec, default_retries) = match &process.exec {
            Exec::Command { argv, split } => (self.command(argv, *split)?, 0),
            Exec::Provider {
                provider,
                params,
                prompt,
            } => {
                let (exec, template) = self.provider(workflow, provider, params, prompt)?;
                timeout_sec = timeout_sec.or(template.timeout_sec);
                limits = limits.or(template.limits);
                (exec, self.start.provider_retries)
            }
            Exec::Adjudicated(_) => {
                return Err(Box::new(errors::not_supported("adjudicated_provider")));
            }
        };
        let env = process
            .env
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.text("env", value)?)))
            .collect::<Result<_, Box<ErrorObject>>>()?;
        let depends = process.depends.as_ref();
        let depends = depends.map(|depends| self.depends(depends)).transpose()?;
        let output_file = process.output_file.as_ref();
        let output_file = output_file
            .map(|path| self.text("output_file", path))
            .transpose()?;
        let contract_paths = self.contract_paths(process.contract.as_ref(), &coord)?;
        Ok(ProcessRequest {
            coord,
            exec,
            contract: process.contract.clone(),
            contract_paths,
            depends,
            capture: process.capture,
            output_file,
            secrets: process.secrets.clone(),
            env,
            timeout_sec,
            limits,
            retries: process.retries.clone().unwrap_or_else(|| {
                // What must not happen twice is not tried twice unasked.
                let max = match node.replay {
                    ReplayClass::Once => 0,
                    _ => default_retries,
                };
                Retries::new(max, self.start.retry_delay_ms)
            }),
        })
    }

    pub(super) fn text(&self, place: &str, expr: &Expr) -> Result<String, Box<ErrorObject>> {
        eval_text(expr, &self.scope())
            .map_err(|problem| Box::new(errors::undefined(place, &problem)))
    }

    fn texts(&self, place: &str, exprs: &[Expr]) -> Result<Vec<String>, Box<ErrorObject>> {
        exprs.iter().map(|expr| self.text(place, expr)).collect()
    }

    fn command(&self, argv: &[Expr], split: bool) -> Result<ExecRequest, Box<ErrorObject>> {
        let mut argv = self.texts("command", argv)?;
        if split {
            let mut words = Vec::new();
            for line in &argv {
                let found = split_words(line);
                words.extend(found.map_err(|problem| Box::new(errors::unsplit(line, problem)))?);
            }
            argv = words;
        }
        Ok(ExecRequest::Command { argv })
    }

    fn depends(&self, depends: &Depends) -> Result<DependsRequest, Box<ErrorObject>> {
        Ok(DependsRequest {
            required: self.texts("depends_on", &depends.required)?,
            optional: self.texts("depends_on", &depends.optional)?,
            inject: depends.inject.clone(),
        })
    }

    /// An agent, and the template that starts it.
    fn provider<'p>(
        &self,
        workflow: &'p PlanWorkflow,
        provider: &Expr,
        params: &IndexMap<String, Expr>,
        prompt: &Prompt,
    ) -> Result<(ExecRequest, &'p Provider), Box<ErrorObject>> {
        let name = self.text("provider", provider)?;
        let Some(template) = workflow.providers.get(&name) else {
            let known: Vec<&str> = workflow.providers.keys().map(String::as_str).collect();
            return Err(Box::new(errors::unknown_provider(&name, &known)));
        };
        let argv = self.fill_template(template, params)?;
        let exec = ExecRequest::Provider {
            provider: name,
            argv,
            input: template.input,
            output: template.output,
            prompt: self.prompt(prompt)?,
        };
        Ok((exec, template))
    }

    /// The argument vector of a template, parameters filled in.
    fn fill_template(
        &self,
        template: &Provider,
        params: &IndexMap<String, Expr>,
    ) -> Result<Vec<String>, Box<ErrorObject>> {
        let mut missing: Vec<String> = Vec::new();
        let mut problem: Option<EvalError> = None;
        let mut lookup = |name: &str| -> Option<String> {
            let value = params.get(name).or_else(|| template.defaults.get(name));
            match value.map(|value| eval(value, &self.scope())) {
                Some(Ok(value)) => Some(to_text(&value)),
                Some(Err(error)) => {
                    problem.get_or_insert(error);
                    None
                }
                None => {
                    if !missing.iter().any(|m| m == name) {
                        missing.push(name.to_owned());
                    }
                    None
                }
            }
        };
        let argv = template
            .command
            .iter()
            .map(|token| substitute(token, &mut lookup))
            .collect();
        match (problem, missing.is_empty()) {
            (Some(problem), _) => Err(Box::new(errors::undefined("provider_params", &problem))),
            (None, false) => Err(Box::new(errors::missing_placeholders(&missing))),
            (None, true) => Ok(argv),
        }
    }

    fn prompt(&self, prompt: &Prompt) -> Result<PromptParts, Box<ErrorObject>> {
        let base = match &prompt.base {
            PromptBase::Empty => PromptSource::Empty,
            PromptBase::File { path } => PromptSource::File(self.text("input_file", path)?),
            PromptBase::Text { text } => PromptSource::Text(self.text("prompt", text)?),
        };
        let inputs = prompt
            .inputs
            .iter()
            .map(|input| {
                let value = eval(&input.value, &self.scope())
                    .map_err(|problem| Box::new(errors::undefined("prompt inputs", &problem)))?;
                Ok((input.name.clone(), value, input.guidance.clone()))
            })
            .collect::<Result<_, Box<ErrorObject>>>()?;
        Ok(PromptParts {
            base,
            assets: prompt
                .assets
                .iter()
                .map(|asset| (asset.name.clone(), asset.path.clone()))
                .collect(),
            inputs,
            position: prompt.position,
            contract: prompt.contract,
        })
    }

    fn contract_paths(
        &self,
        contract: Option<&Contract>,
        coord: &crate::Coord,
    ) -> Result<Vec<String>, Box<ErrorObject>> {
        match contract {
            None => Ok(Vec::new()),
            Some(Contract::Files { files }) => files
                .iter()
                .map(|file| self.text("output path", &file.path))
                .collect(),
            Some(Contract::Bundle { path, .. } | Contract::Variant { path, .. }) => {
                Ok(vec![match path {
                    Some(path) => self.text("output path", path)?,
                    None => results_path(coord),
                }])
            }
        }
    }
}

/// The place of a result that the author gave none: by path and visit, so
/// that no two attempts of different visits share a file.
fn results_path(coord: &crate::Coord) -> String {
    let safe: String = coord
        .path
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-/".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    match coord.visit {
        0 | 1 => format!("{RESULTS_PREFIX}{safe}.json"),
        visit => format!("{RESULTS_PREFIX}{safe}.{visit}.json"),
    }
}

/// Replaces `${name}` by what `lookup` says and `$$` by `$`. `${PROMPT}` is
/// left for the host; a name that `lookup` does not know becomes nothing.
fn substitute(token: &str, lookup: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(token.len());
    let mut rest = token;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        let hole = rest
            .strip_prefix("${")
            .and_then(|inner| Some((inner, inner.find('}')?)));
        if let Some(after) = rest.strip_prefix("$$") {
            out.push('$');
            rest = after;
        } else if let Some((inner, end)) = hole {
            match &inner[..end] {
                name @ ("PROMPT" | "") => out.push_str(&format!("${{{name}}}")),
                name => out.push_str(&lookup(name).unwrap_or_default()),
            }
            rest = &inner[end + 1..];
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn process_record(mut record: Record, process: &Process, outcome: ProcessOutcome) -> Record {
    record.exit_code = outcome.exit_code;
    record.duration_ms = outcome.duration_ms;
    record.captured = outcome.captured;
    record.persist = process.persist;
    if process.contract.is_some() {
        record.artifacts = Some(outcome.artifacts);
    }
    let mut debug = serde_json::Map::new();
    if let Some(left_out) = outcome.injection {
        debug.insert("injection".to_owned(), left_out);
    }
    if let Some(said) = outcome.provider {
        debug.insert("provider".to_owned(), said);
    }
    if let Some(why) = outcome.unparsed {
        debug.insert("json_parse_error".to_owned(), why.into());
    }
    if !outcome.outputs.is_empty() {
        let outputs = outcome.outputs.iter();
        let outputs = outputs.map(|each| (each.path.clone(), each.change.word().into()));
        debug.insert("outputs".to_owned(), Value::Object(outputs.collect()));
    }
    if !outcome.earlier.is_empty() {
        let attempts = outcome.earlier.iter().map(|each| serde_json::json!(each));
        debug.insert("earlier_attempts".to_owned(), attempts.collect());
    }
    let provider = !matches!(process.exec, Exec::Command { .. });
    let well = outcome.exit_code == 0 && outcome.error.is_none();
    let mut warnings = outcome.warnings;
    if provider && well {
        warnings.extend(doubts(process, &outcome.outputs, &record.captured));
    }
    if !warnings.is_empty() {
        debug.insert("warnings".to_owned(), warnings.into());
    }
    if well {
        record.debug = (!debug.is_empty()).then_some(Value::Object(debug));
        return record;
    }
    record.status = Status::Failed;
    record.artifacts = None;
    record.verdict = match outcome.error.as_ref().map(|e| e.kind.as_str()) {
        Some("timeout") => Verdict::TIMEOUT,
        Some("contract_violation") => Verdict::CONTRACT,
        // It was not even started.
        Some("dependency_validation" | "path_safety_error" | "missing_secrets") => Verdict::REFUSED,
        _ if outcome.exit_code == 124 => Verdict::TIMEOUT,
        _ if provider => Verdict::PROVIDER,
        _ => Verdict::COMMAND,
    };
    record.error = outcome.error;
    record.debug = (!debug.is_empty()).then_some(Value::Object(debug));
    record
}

/// What makes a success of an agent doubtful. A workflow may mean it, so it is
/// no failure.
fn doubts(process: &Process, outputs: &[OutputState], said: &Captured) -> Vec<String> {
    let files = matches!(process.contract, Some(Contract::Files { .. }));
    // Where a file only names another one, that is the product.
    let names = |each: &OutputState| {
        let own = Some(&each.path);
        files && outputs.iter().any(|o| o.named_in.as_ref() == own)
    };
    let products: Vec<&OutputState> = outputs.iter().filter(|each| !names(each)).collect();
    if products.is_empty() {
        let silent = said.output.as_deref() == Some("");
        let needless = process.contract.is_none() && process.output_file.is_none();
        return match silent && needless {
            true => {
                vec!["the agent said nothing, and there is nothing that it had to write".to_owned()]
            }
            false => Vec::new(),
        };
    }
    let idle = |each: &&OutputState| each.change == OutputChange::Unchanged;
    if !products.iter().all(idle) {
        return Vec::new();
    }
    let paths: Vec<String> = products.iter().map(|p| format!("`{}`", p.path)).collect();
    let are = match paths.len() {
        1 => "is as it was",
        _ => "are as they were",
    };
    vec![format!(
        "the agent wrote none of its outputs: {} {are} before",
        paths.join(", ")
    )]
}
