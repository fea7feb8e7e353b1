//! Sessions, adjudication and managed jobs. Each is a list of names with what
//! is said of them, so that a page and a comparison cannot differ.

use super::pairs;
use crate::{
    Adjudication, Backend, JobEntry, JobMode, Managed, PromptBase, Session, SessionMetadata,
    SessionSupport,
};

/// What is said of a thing, by the name of the part.
pub(crate) type Lines = Vec<(String, String)>;

fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    let found = words.iter().find(|(_, each)| each == value);
    found.map_or("", |(word, _)| word)
}

fn words(argv: &[String]) -> String {
    let words: Vec<String> = argv.iter().map(|word| format!("{word:?}")).collect();
    words.join(" ")
}

/// `sessions codex_exec_jsonl_stdout fresh "codex" resume "codex"`.
pub(crate) fn support(support: &SessionSupport) -> String {
    let metadata = word(&SessionMetadata::ALL, &support.metadata);
    let resume = match &support.resume {
        Some(argv) => format!(" resume {}", words(argv)),
        None => String::new(),
    };
    format!(
        "sessions {metadata} fresh {}{resume}",
        words(&support.fresh)
    )
}

/// What a step does in a conversation.
pub(crate) fn session(session: &Session) -> String {
    match session {
        Session::Fresh { publish } => format!("fresh as {publish}"),
        Session::Resume { from } => format!("resumes {from}"),
    }
}

/// Where a text comes from.
pub(crate) fn base(base: &PromptBase) -> String {
    match base {
        PromptBase::Empty => "empty".to_owned(),
        PromptBase::File { path } => format!("file {path}"),
        PromptBase::Text { text } => format!("text {text}"),
    }
}

/// The candidates, the judge, and how one is chosen.
pub(crate) fn adjudication(each: &Adjudication) -> Lines {
    let prompt = |own: &Option<PromptBase>| match own {
        Some(own) => format!(" prompt {}", base(own)),
        None => String::new(),
    };
    let mut lines: Lines = Vec::new();
    for candidate in &each.candidates {
        let params = pairs(" with ", &candidate.params);
        let prompt = prompt(&candidate.base);
        let said = format!("{}{params}{prompt}", candidate.provider);
        lines.push((format!("candidate {}", candidate.id), said));
    }
    let judge = &each.evaluator;
    let params = pairs(" with ", &judge.params);
    let rubric = match &judge.rubric {
        Some(rubric) => format!(" rubric {}", base(rubric)),
        None => String::new(),
    };
    let said = format!(
        "{}{params} prompt {}{rubric} at most {} of {} bytes",
        judge.provider,
        base(&judge.prompt),
        judge.max_item_bytes,
        judge.max_packet_bytes
    );
    lines.push(("evaluator".to_owned(), said));
    if each.score_single {
        lines.push((
            "selection".to_owned(),
            "scores a single candidate".to_owned(),
        ));
    }
    if let Some(ledger) = &each.ledger {
        lines.push(("ledger".to_owned(), ledger.to_string()));
    }
    lines
}

/// The policy, and what it says of each program.
pub(crate) fn managed(managed: &Managed) -> Lines {
    let head = format!(
        "{} backend {} waits {} s watches {}",
        managed.policy,
        word(&Backend::ALL, &managed.backend),
        managed.poll_budget_sec,
        managed.watch_roots.join(", ")
    );
    let mut lines = vec![("policy".to_owned(), head)];
    match &managed.rules {
        None => lines.push(("rules".to_owned(), "not read".to_owned())),
        Some(rules) => lines.extend(rules.entries.iter().map(job)),
    }
    lines
}

fn job(entry: &JobEntry) -> (String, String) {
    let mut said = format!(
        "{} {} backend {}",
        word(&JobMode::ALL, &entry.mode),
        entry.path,
        word(&Backend::ALL, &entry.backend)
    );
    if let Some(job) = &entry.job {
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                said = format!("{said} {name} {value}");
            }
        };
        add("name", &job.name_template);
        add("state", &job.state_root_template);
        add("output", job.output_root_arg.as_deref().unwrap_or_default());
        add("verifies", &job.verify_files.join(", "));
        add("snapshot", &job.snapshot_roots.join(", "));
        add("config", &job.config_globs.join(", "));
        if let Some((extractor, version)) = &job.extractor {
            add("extractor", &format!("{extractor} {version}"));
        }
    }
    (format!("job {}", entry.id), said)
}
