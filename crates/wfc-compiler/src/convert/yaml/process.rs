//! Commands, agents, and what they must write.

use wfc_ir::{
    CaptureMode, Consume, Contract, ContractField, Depends, Exec, Expr, Guidance, InjectMode, Op,
    Process, Prompt, PromptBase, PromptPosition, Step, Value,
};

use super::{Entries, Writer, scalar};
use crate::convert::limits;

impl Writer<'_> {
    pub(super) fn process(&mut self, step: &Step, process: &Process, lines: &mut Vec<String>) {
        self.gaps.refuse(&[
            (process.snapshot.is_some(), "`pre_snapshot`"),
            (process.session.is_some(), "`provider_session`"),
            (process.managed.is_some(), "`managed_jobs`"),
        ]);
        match &process.exec {
            Exec::Command { argv, split: false } => {
                let words: Vec<String> = argv.iter().map(|word| self.template(word)).collect();
                lines.push(format!("command: [{}]", words.join(", ")));
            }
            Exec::Command { .. } => self.gaps.add("a `command` in one text"),
            Exec::Provider {
                provider,
                params,
                prompt,
            } => {
                lines.push(format!("provider: {}", self.template(provider)));
                let mut entries = Entries::default();
                for (name, value) in params {
                    entries.add(&scalar(name), self.template(value));
                }
                if !entries.0.is_empty() {
                    lines.push(format!("provider_params: {}", entries.text()));
                }
                match &prompt.base {
                    PromptBase::File { path } => {
                        lines.push(format!("input_file: {}", self.template(path)));
                    }
                    PromptBase::Text { .. } => self.gaps.add("a prompt that stands in the source"),
                    PromptBase::Empty => {}
                }
                if !prompt.assets.is_empty() {
                    let names = prompt.assets.iter().map(|asset| scalar(&asset.name));
                    let names: Vec<String> = names.collect();
                    lines.push(format!("asset_depends_on: [{}]", names.join(", ")));
                }
                self.prompt_inputs(step, prompt, lines);
                if prompt.position == PromptPosition::Append {
                    lines.push("consumes_injection_position: append".to_owned());
                }
                if !prompt.contract {
                    lines.push("inject_output_contract: false".to_owned());
                }
            }
            Exec::Adjudicated(_) => self.gaps.add("`adjudicated_provider`"),
        }
        if let Some(seconds) = process.timeout_sec {
            lines.push(format!("timeout_sec: {seconds}"));
        }
        if let Some(replay) = process.replay {
            lines.push(format!("replay: {replay}"));
        }
        for (key, seconds) in process.limits.named() {
            lines.push(format!("{key}: {seconds}"));
        }
        if let Some(retries) = &process.retries {
            lines.push(format!("retries: {}", limits::yaml_retries(retries)));
        }
        if !process.env.is_empty() {
            let mut env = Entries::default();
            for (name, value) in &process.env {
                match value {
                    // Nothing is filled in there.
                    Expr::Lit {
                        value: Value::String(text),
                    } => env.add(&scalar(name), scalar(text)),
                    _ => self.gaps.add(format!("the computed variable `{name}`")),
                }
            }
            lines.push(format!("env: {}", env.text()));
        }
        if !process.secrets.is_empty() {
            let names: Vec<String> = process.secrets.iter().map(|name| scalar(name)).collect();
            lines.push(format!("secrets: [{}]", names.join(", ")));
        }
        match process.capture.mode {
            CaptureMode::Text => {}
            CaptureMode::Lines => lines.push("output_capture: lines".to_owned()),
            CaptureMode::Json => lines.push("output_capture: json".to_owned()),
        }
        if process.capture.allow_parse_error {
            lines.push("allow_parse_error: true".to_owned());
        }
        if let Some(path) = &process.output_file {
            lines.push(format!("output_file: {}", self.template(path)));
        }
        if !process.persist {
            lines.push("persist_artifacts_in_state: false".to_owned());
        }
        if let Some(depends) = &process.depends {
            self.depends(depends, lines);
        }
        if let Some(contract) = &process.contract {
            self.contract(contract, lines);
        }
    }

    /// The values in a prompt: those that are consumed come first, and say so
    /// themselves.
    fn prompt_inputs(&mut self, step: &Step, prompt: &Prompt, lines: &mut Vec<String>) {
        let mut shown = Vec::new();
        let mut inputs = Entries::default();
        for input in &prompt.inputs {
            let is_consumed =
                matches!(&input.value, Expr::Consumed { name } if *name == input.name);
            if is_consumed && inputs.0.is_empty() {
                shown.push(scalar(&input.name));
                continue;
            }
            if !input.guidance.is_empty() {
                self.gaps
                    .add(format!("the words about `{}` in the prompt", input.name));
            }
            inputs.add(&scalar(&input.name), self.value(&input.value));
        }
        if shown.len() != step.consumes.len() {
            lines.push(format!("prompt_consumes: [{}]", shown.join(", ")));
        }
        if !inputs.0.is_empty() {
            lines.push(format!("prompt_inputs: {}", inputs.text()));
        }
    }

    fn depends(&mut self, depends: &Depends, lines: &mut Vec<String>) {
        lines.push("depends_on:".to_owned());
        for (key, all) in [
            ("required", &depends.required),
            ("optional", &depends.optional),
        ] {
            if !all.is_empty() {
                let all: Vec<String> = all.iter().map(|path| self.template(path)).collect();
                lines.push(format!("  {key}: [{}]", all.join(", ")));
            }
        }
        let Some(inject) = &depends.inject else {
            return;
        };
        let mut entries = Entries::default();
        entries.add(
            "mode",
            match inject.mode {
                InjectMode::List => "list",
                InjectMode::Content => "content",
            },
        );
        if let Some(words) = &inject.instruction {
            entries.add("instruction", scalar(words));
        }
        if inject.position == PromptPosition::Append {
            entries.add("position", "append");
        }
        lines.push(format!("  inject: {}", entries.text()));
    }

    /// What a step needs of the ledger.
    pub(super) fn consumes(&mut self, step: &Step, lines: &mut Vec<String>) {
        if step.consumes.is_empty() {
            return;
        }
        lines.push("consumes:".to_owned());
        for consume in &step.consumes {
            let mut entries = Entries::default();
            entries.add("artifact", scalar(&consume.artifact));
            if !consume.producers.is_empty() {
                let steps = consume.producers.iter().map(|id| scalar(super::leaf(id)));
                let steps: Vec<String> = steps.collect();
                entries.add("producers", format!("[{}]", steps.join(", ")));
            }
            if consume.fresh {
                entries.add("freshness", "since_last_consume");
            }
            guidance(&mut entries, &told(step, consume));
            lines.push(format!("  - {}", entries.text()));
        }
        if let Some(bundle) = &step.consume_bundle {
            let mut entries = Entries::default();
            entries.add("path", self.template(&bundle.path));
            if let Some(names) = &bundle.include {
                let names: Vec<String> = names.iter().map(|name| scalar(name)).collect();
                entries.add("include", format!("[{}]", names.join(", ")));
            }
            lines.push(format!("consume_bundle: {}", entries.text()));
        }
    }

    fn contract(&mut self, contract: &Contract, lines: &mut Vec<String>) {
        match contract {
            Contract::Files { files } => {
                lines.push("expected_outputs:".to_owned());
                for file in files {
                    let mut entries = Entries::default();
                    entries.add("name", scalar(&file.name));
                    entries.add("path", self.template(&file.path));
                    entries.0.extend(self.ty(&file.ty).0);
                    words(&mut entries, file.required, &file.guidance);
                    lines.push(format!("  - {}", entries.text()));
                }
            }
            Contract::Bundle { path, fields } => {
                lines.push("output_bundle:".to_owned());
                self.bundle_path(path.as_ref(), lines);
                lines.push("  fields:".to_owned());
                for field in fields {
                    lines.push(format!("    - {}", self.field(field).text()));
                }
            }
            Contract::Variant {
                path,
                discriminant,
                shared,
                variants,
                forbidden,
            } => {
                self.gaps.refuse(&[(!forbidden.is_empty(), "`forbidden`")]);
                lines.push("variant_output:".to_owned());
                self.bundle_path(path.as_ref(), lines);
                lines.push(format!(
                    "  discriminant: {}",
                    self.field(discriminant).text()
                ));
                if !shared.is_empty() {
                    lines.push("  shared_fields:".to_owned());
                    for field in shared {
                        lines.push(format!("    - {}", self.field(field).text()));
                    }
                }
                lines.push("  variants:".to_owned());
                for (tag, fields) in variants {
                    let fields: Vec<String> = fields
                        .iter()
                        .map(|field| self.field(field).text())
                        .collect();
                    lines.push(format!(
                        "    {}: {{ fields: [{}] }}",
                        scalar(tag),
                        fields.join(", ")
                    ));
                }
            }
        }
    }

    fn bundle_path(&mut self, path: Option<&Expr>, lines: &mut Vec<String>) {
        match path {
            Some(path) => lines.push(format!("  path: {}", self.template(path))),
            None => self
                .gaps
                .add("a result without a file of its own: give it `:bundle`"),
        }
    }

    fn field(&mut self, field: &ContractField) -> Entries {
        let mut entries = Entries::default();
        entries.add("name", scalar(&field.name));
        entries.add("json_pointer", scalar(&field.pointer));
        entries.0.extend(self.ty(&field.ty).0);
        words(&mut entries, field.required, &field.guidance);
        entries
    }
}

fn words(entries: &mut Entries, required: bool, guidance: &Guidance) {
    if !required {
        entries.add("required", "false");
    }
    self::guidance(entries, guidance);
}

/// What a prompt says about a consumed artifact.
fn told(step: &Step, consume: &Consume) -> Guidance {
    let Op::Process(process) = &step.op else {
        return Guidance::default();
    };
    let Exec::Provider { prompt, .. } = &process.exec else {
        return Guidance::default();
    };
    let mut inputs = prompt.inputs.iter();
    let is_it =
        |value: &Expr| matches!(value, Expr::Consumed { name } if *name == consume.artifact);
    let found = inputs.find(|input| input.name == consume.artifact && is_it(&input.value));
    found.map_or_else(Guidance::default, |input| input.guidance.clone())
}

fn guidance(entries: &mut Entries, guidance: &Guidance) {
    let words = [
        ("description", &guidance.description),
        ("format_hint", &guidance.format_hint),
        ("example", &guidance.example),
    ];
    for (key, text) in words {
        if let Some(text) = text {
            entries.add(key, scalar(text));
        }
    }
}
