//! Process steps and contracts.

use super::{Page, pairs};
use crate::{
    CaptureMode, Contract, ContractField, Exec, Guidance, Process, Prompt, PromptBase,
    PromptPosition, Type,
};

pub(super) fn print(page: &mut Page, process: &Process) {
    match &process.exec {
        Exec::Command { argv } => {
            let words: Vec<String> = argv.iter().map(ToString::to_string).collect();
            page.line(format_args!("run {}", words.join(" ")));
        }
        Exec::Provider {
            provider,
            params,
            prompt,
        } => {
            page.line(format_args!("run {provider}{}", pairs(" with ", params)));
            print_prompt(page, prompt);
        }
    }
    if !process.env.is_empty() {
        page.line(pairs("env ", &process.env));
    }
    page.option(
        "timeout",
        process.timeout_sec.map(|seconds| format!("{seconds} s")),
    );
    page.option(
        "retries",
        process
            .retries
            .map(|retries| format!("{} after {} ms", retries.max, retries.delay_ms)),
    );
    let capture = match process.capture.mode {
        CaptureMode::Text => None,
        CaptureMode::Lines => Some("lines"),
        CaptureMode::Json if process.capture.allow_parse_error => Some("json, or text"),
        CaptureMode::Json => Some("json"),
    };
    page.option("capture", capture);
    if !process.persist {
        page.line("artifacts not kept in the state");
    }
    if let Some(contract) = &process.contract {
        print_contract(page, contract);
    }
}

fn print_prompt(page: &mut Page, prompt: &Prompt) {
    match &prompt.base {
        PromptBase::Empty => page.line("prompt empty"),
        PromptBase::File { path } => page.line(format_args!("prompt file {path}")),
        PromptBase::Text { text } => page.line(format_args!("prompt text {text}")),
    }
    page.inside(|page| {
        for asset in &prompt.assets {
            page.line(format_args!("shows {} as {:?}", asset.path, asset.name));
        }
        for input in &prompt.inputs {
            page.line(format_args!("input {}: {}", input.name, input.value));
            page.inside(|page| print_guidance(page, &input.guidance));
        }
        if prompt.position == PromptPosition::Append {
            page.line("inputs after the text");
        }
        if !prompt.contract {
            page.line("contract not spelled out");
        }
    });
}

fn print_contract(page: &mut Page, contract: &Contract) {
    match contract {
        Contract::Files { files } => {
            page.line("writes files");
            page.inside(|page| {
                for file in files {
                    let head = field_head(&file.name, &file.ty, file.required);
                    page.line(format_args!("{head} in {}", file.path));
                    page.inside(|page| print_guidance(page, &file.guidance));
                }
            });
        }
        Contract::Bundle { path, fields } => {
            page.line(format_args!("writes bundle{}", bundle_place(path.as_ref())));
            page.inside(|page| print_fields(page, fields));
        }
        Contract::Variant {
            path,
            discriminant,
            shared,
            variants,
        } => {
            page.line(format_args!(
                "writes variant{}",
                bundle_place(path.as_ref())
            ));
            page.inside(|page| {
                print_field(page, discriminant);
                print_fields(page, shared);
                for (tag, fields) in variants {
                    page.line(format_args!("when {tag}"));
                    page.inside(|page| print_fields(page, fields));
                }
            });
        }
    }
}

fn bundle_place(path: Option<&crate::Expr>) -> String {
    match path {
        Some(path) => format!(" {path}"),
        None => String::new(),
    }
}

fn field_head(name: &str, ty: &Type, required: bool) -> String {
    let mark = if required { "" } else { "?" };
    format!("{name}{mark}: {ty}")
}

fn print_fields(page: &mut Page, fields: &[ContractField]) {
    fields.iter().for_each(|field| print_field(page, field));
}

fn print_field(page: &mut Page, field: &ContractField) {
    let head = field_head(&field.name, &field.ty, field.required);
    page.line(format_args!("{head} at {:?}", field.pointer));
    page.inside(|page| print_guidance(page, &field.guidance));
}

fn print_guidance(page: &mut Page, guidance: &Guidance) {
    let quoted = |words: &Option<String>| words.as_ref().map(|words| format!("{words:?}"));
    page.option("description", quoted(&guidance.description));
    page.option("format hint", quoted(&guidance.format_hint));
    page.option("example", quoted(&guidance.example));
}
