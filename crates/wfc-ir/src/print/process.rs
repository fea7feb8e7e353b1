//! Process steps and contracts.

use super::{Page, agents, pairs};
use crate::{
    Capture, CaptureMode, Contract, ContractField, Depends, Exec, Expr, Extract, Guidance,
    InjectMode, Limits, Materialized, Process, Prompt, PromptPosition, Requires, Retries, Select,
    Snapshot, Type,
};

pub(super) fn print(page: &mut Page, process: &Process) {
    match &process.exec {
        Exec::Command { argv, split } => {
            page.line(format_args!("run {}", command(argv, *split)));
        }
        Exec::Provider {
            provider,
            params,
            prompt,
        } => {
            page.line(format_args!("run {provider}{}", pairs(" with ", params)));
            print_prompt(page, prompt);
        }
        Exec::Adjudicated(each) => {
            page.line("run candidates");
            print_prompt(page, &each.prompt);
            print_lines(page, agents::adjudication(each));
        }
    }
    page.option("session", process.session.as_ref().map(agents::session));
    if let Some(managed) = &process.managed {
        page.line("jobs");
        print_lines(page, agents::managed(managed));
    }
    if let Some(depends) = &process.depends {
        for line in depends_lines(depends) {
            page.line(line);
        }
    }
    if !process.secrets.is_empty() {
        page.line(format_args!("secrets {}", process.secrets.join(", ")));
    }
    if !process.env.is_empty() {
        page.line(pairs("env ", &process.env));
    }
    page.option(
        "timeout",
        process.timeout_sec.map(|seconds| format!("{seconds} s")),
    );
    for limit in limits(process.limits) {
        page.line(limit);
    }
    page.option("retries", process.retries.as_ref().map(retries));
    page.option("replay", process.replay);
    page.option("capture", capture(process.capture));
    page.option("output in", process.output_file.as_ref());
    if !process.persist {
        page.line("artifacts not kept in the state");
    }
    if let Some(snapshot) = &process.snapshot {
        page.line(format_args!("before it, {}", self::snapshot(snapshot)));
    }
    if let Some(contract) = &process.contract {
        print_contract(page, contract);
    }
}

/// `name notes A: path, B: path up to n bytes`.
pub(crate) fn snapshot(snapshot: &Snapshot) -> String {
    format!(
        "{} notes{} up to {} bytes",
        snapshot.name,
        pairs(" ", &snapshot.candidates),
        snapshot.max_bytes
    )
}

pub(super) fn print_select(page: &mut Page, select: &Select) {
    page.line(format_args!("what changed since {}", select.evidence));
    page.option("extract", select.extract.as_ref().map(extract));
    print_contract(page, &select.contract);
}

/// How a line begins, and what is taken out of the rest.
pub(crate) fn extract(extract: &Extract) -> String {
    let without: Vec<String> = extract.strip.iter().map(|s| format!("{s:?}")).collect();
    match without.is_empty() {
        true => format!("the line after {:?}", extract.line_prefix),
        false => format!(
            "the line after {:?} without {}",
            extract.line_prefix,
            without.join(", ")
        ),
    }
}

/// The values of a materialization, each with its name.
pub(crate) fn materialized(values: &[Materialized]) -> Vec<(String, String)> {
    let line = |each: &Materialized| {
        let source = each
            .value()
            .map_or_else(|| "now".to_owned(), ToString::to_string);
        let pointer = each.pointer.as_ref();
        let pointer = pointer.map_or(String::new(), |path| format!(" pointer {path}"));
        let parent = match each.ensure_parent {
            true => ", its directory made",
            false => "",
        };
        let content = each.content.as_ref();
        let content = content.map_or(String::new(), |text| format!(" holding {text}"));
        (
            each.name.clone(),
            format!("{} from {source}{pointer}{parent}{content}", each.ty),
        )
    };
    values.iter().map(line).collect()
}

/// The variant that a step needs.
pub(crate) fn requires(requires: &Requires) -> String {
    format!("{} to be {}", requires.subject, requires.tag)
}

fn print_prompt(page: &mut Page, prompt: &Prompt) {
    page.line(format_args!("prompt {}", agents::base(&prompt.base)));
    page.inside(|page| {
        for asset in &prompt.assets {
            page.line(format_args!("shows {} as {:?}", asset.path, asset.name));
        }
        for input in &prompt.inputs {
            let words = words(&input.guidance);
            page.line(format_args!("input {}: {}{words}", input.name, input.value));
        }
        if prompt.position == PromptPosition::Append {
            page.line("inputs after the text");
        }
        if !prompt.contract {
            page.line("contract not spelled out");
        }
    });
}

fn print_lines(page: &mut Page, lines: agents::Lines) {
    page.inside(|page| {
        for (name, said) in lines {
            page.line(format_args!("{name}: {said}"));
        }
    });
}

fn print_contract(page: &mut Page, contract: &Contract) {
    page.line(contract_head(contract));
    page.inside(|page| {
        for (name, line) in contract_lines(contract) {
            page.line(format_args!("{name}: {line}"));
        }
    });
}

/// The arguments, and whether they are split first.
pub(crate) fn command(argv: &[Expr], split: bool) -> String {
    let words: Vec<String> = argv.iter().map(ToString::to_string).collect();
    let mark = if split { "the words of " } else { "" };
    format!("{mark}{}", words.join(" "))
}

/// The patterns of the files that a process works from, and how they are
/// shown, one a line.
pub(crate) fn depends_lines(depends: &Depends) -> Vec<String> {
    let required = depends.required.iter().map(|each| format!("needs {each}"));
    let optional = depends
        .optional
        .iter()
        .map(|each| format!("may use {each}"));
    let shown = depends.inject.iter().map(|inject| {
        let what = match inject.mode {
            InjectMode::List => "paths",
            InjectMode::Content => "texts",
        };
        let place = match inject.position {
            PromptPosition::Prepend => "before",
            PromptPosition::Append => "after",
        };
        let words = inject.instruction.iter();
        let words: String = words.map(|words| format!(" as {words:?}")).collect();
        format!("shows their {what} {place} the text{words}")
    });
    required.chain(optional).chain(shown).collect()
}

/// How often, after what pause and after which failures.
pub(crate) fn retries(retries: &Retries) -> String {
    let usual = Retries::new(retries.max, retries.delay_ms);
    let mut text = format!("{} after {} ms", retries.max, retries.delay_ms);
    if retries.backoff != usual.backoff || retries.max_delay_ms != usual.max_delay_ms {
        let (backoff, most) = (retries.backoff, retries.max_delay_ms);
        text += &format!(", growing by {backoff} up to {most} ms");
    }
    if retries.jitter != usual.jitter {
        text += &format!(", jitter {}", retries.jitter);
    }
    if !retries.after.is_empty() {
        let words: Vec<&str> = retries.after.iter().map(|class| class.word()).collect();
        text += &format!(", when it fails with {}", words.join(", "));
    }
    text
}

/// A line for each limit that there is.
pub(crate) fn limits(limits: Limits) -> Vec<String> {
    let lines = limits.named().map(|(key, seconds)| {
        let words = match key {
            "first_output_sec" => "first output within",
            "idle_output_sec" => "silent for at most",
            _ => "grace",
        };
        format!("{words} {seconds} s")
    });
    lines.collect()
}

/// What is kept of the output, unless it is the text as it is.
pub(crate) fn capture(capture: Capture) -> Option<&'static str> {
    match capture.mode {
        CaptureMode::Text => None,
        CaptureMode::Lines => Some("lines"),
        CaptureMode::Json if capture.allow_parse_error => Some("json, or text"),
        CaptureMode::Json => Some("json"),
    }
}

/// The kind of a contract, and where its file is.
pub(crate) fn contract_head(contract: &Contract) -> String {
    let (kind, path) = match contract {
        Contract::Files { .. } => ("files", None),
        Contract::Bundle { path, .. } => ("bundle", path.as_ref()),
        Contract::Variant { path, .. } => ("variant", path.as_ref()),
    };
    match path {
        Some(path) => format!("writes {kind} {path}"),
        None => format!("writes {kind}"),
    }
}

/// The values of a contract, each with its name (in front of it that of its
/// variant) and what is said of it.
pub(crate) fn contract_lines(contract: &Contract) -> Vec<(String, String)> {
    let field = |field: &ContractField| {
        let head = field_head(&field.ty, field.required);
        let words = words(&field.guidance);
        format!("{head} at {:?}{words}", field.pointer)
    };
    let plain = |each: &ContractField| (each.name.clone(), field(each));
    match contract {
        Contract::Files { files } => files
            .iter()
            .map(|file| {
                let head = field_head(&file.ty, file.required);
                let words = words(&file.guidance);
                (file.name.clone(), format!("{head} in {}{words}", file.path))
            })
            .collect(),
        Contract::Bundle { fields, .. } => fields.iter().map(plain).collect(),
        Contract::Variant {
            discriminant,
            shared,
            variants,
            forbidden,
            ..
        } => {
            let mut lines: Vec<_> = std::iter::once(discriminant)
                .chain(shared)
                .map(plain)
                .collect();
            for (tag, fields) in variants {
                if fields.is_empty() {
                    lines.push((tag.clone(), "alone".to_owned()));
                }
                lines.extend(
                    fields
                        .iter()
                        .map(|f| (format!("{tag}.{}", f.name), field(f))),
                );
                if let Some(pointers) = forbidden.get(tag) {
                    lines.push((format!("{tag} forbids"), pointers.join(", ")));
                }
            }
            lines
        }
    }
}

fn field_head(ty: &Type, required: bool) -> String {
    let mark = if required { "" } else { "optional " };
    format!("{mark}{ty}")
}

/// The words for the one who writes a value, behind it.
pub(crate) fn words(guidance: &Guidance) -> String {
    let all = [
        ("description", &guidance.description),
        ("format hint", &guidance.format_hint),
        ("example", &guidance.example),
    ];
    all.iter()
        .filter_map(|(title, words)| Some(format!(", {title} {:?}", words.as_ref()?)))
        .collect()
}
