//! The provider templates that every workflow has: the one table.

use wfc_ir::{Expr, InputMode, Limits, Protocol, Provider};

struct Builtin {
    name: &'static str,
    command: &'static [&'static str],
    input: InputMode,
    output: Protocol,
    defaults: &'static [(&'static str, &'static str)],
}

const CLAUDE: &[&str] = &["claude", "-p", "${PROMPT}", "--model", "${model}"];
const CODEX: &[&str] = &[
    "codex",
    "exec",
    "--model",
    "${model}",
    "--config",
    "reasoning_effort=${reasoning_effort}",
    "--dangerously-bypass-approvals-and-sandbox",
];

/// First those whose standard output is the answer, with the flags that they
/// have always had; then those that read what the program says of itself.
const TABLE: &[Builtin] = &[
    Builtin {
        name: "claude",
        command: CLAUDE,
        input: InputMode::Argv,
        output: Protocol::Plain,
        defaults: &[("model", "claude-opus-4-6")],
    },
    Builtin {
        name: "claude_sonnet_summary",
        command: CLAUDE,
        input: InputMode::Argv,
        output: Protocol::Plain,
        defaults: &[("model", "claude-sonnet-4-6")],
    },
    Builtin {
        name: "claude_haiku_summary",
        command: CLAUDE,
        input: InputMode::Argv,
        output: Protocol::Plain,
        defaults: &[("model", "haiku")],
    },
    Builtin {
        name: "gemini",
        command: &["gemini", "-p", "${PROMPT}"],
        input: InputMode::Argv,
        output: Protocol::Plain,
        defaults: &[],
    },
    Builtin {
        name: "codex",
        command: CODEX,
        input: InputMode::Stdin,
        output: Protocol::Plain,
        defaults: &[("model", "gpt-5.4"), ("reasoning_effort", "high")],
    },
    Builtin {
        name: "codex_gpt55",
        command: CODEX,
        input: InputMode::Stdin,
        output: Protocol::Plain,
        defaults: &[("model", "gpt-5.5"), ("reasoning_effort", "high")],
    },
    Builtin {
        name: "claude_json",
        command: &[
            "claude",
            "--print",
            "--output-format",
            "stream-json",
            "--verbose",
            "--permission-mode",
            "${permission_mode}",
            "--model",
            "${model}",
        ],
        input: InputMode::Stdin,
        output: Protocol::ClaudeJson,
        defaults: &[("permission_mode", "acceptEdits"), ("model", "opus")],
    },
    Builtin {
        name: "codex_json",
        command: &[
            "codex",
            "exec",
            "--json",
            "--skip-git-repo-check",
            "--sandbox",
            "${sandbox}",
            "--model",
            "${model}",
            "--config",
            "model_reasoning_effort=${reasoning_effort}",
            "-",
        ],
        input: InputMode::Stdin,
        output: Protocol::CodexJson,
        defaults: &[
            ("sandbox", "workspace-write"),
            ("model", "gpt-5.5"),
            ("reasoning_effort", "high"),
        ],
    },
    Builtin {
        name: "gemini_json",
        command: &[
            "gemini",
            "--prompt",
            "",
            "--output-format",
            "stream-json",
            "--approval-mode",
            "${approval_mode}",
            "--skip-trust",
        ],
        input: InputMode::Stdin,
        output: Protocol::GeminiJson,
        defaults: &[("approval_mode", "auto_edit")],
    },
];

/// The names of all templates.
pub fn names<'a>() -> impl Iterator<Item = &'a str> {
    TABLE.iter().map(|builtin| builtin.name)
}

/// The template of this name.
pub fn provider(name: &str) -> Option<Provider> {
    let found = TABLE.iter().find(|builtin| builtin.name == name)?;
    let defaults = found.defaults.iter();
    Some(Provider {
        command: found.command.iter().map(|&arg| arg.to_owned()).collect(),
        input: found.input,
        defaults: defaults
            .map(|&(key, value)| (key.to_owned(), Expr::lit(value)))
            .collect(),
        output: found.output,
        timeout_sec: None,
        limits: Limits::default(),
        session: None,
    })
}
