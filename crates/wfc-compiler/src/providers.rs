//! The provider templates that every workflow has: the one table.

use indexmap::IndexMap;
use wfc_ir::{Expr, InputMode, Provider};

struct Builtin {
    name: &'static str,
    command: &'static [&'static str],
    input: InputMode,
    defaults: &'static [(&'static str, &'static str)],
}

const CLAUDE: &[&str] = &["claude", "-p", "${PROMPT}", "--model", "${model}"];
const CODEX: &[&str] = &[
    "codex",
    "exec",
    "--dangerously-bypass-approvals-and-sandbox",
    "--model",
    "${model}",
    "--config",
    "reasoning_effort=${reasoning_effort}",
];

const TABLE: &[Builtin] = &[
    Builtin {
        name: "claude",
        command: CLAUDE,
        input: InputMode::Argv,
        defaults: &[("model", "claude-opus-4-6")],
    },
    Builtin {
        name: "claude_sonnet_summary",
        command: CLAUDE,
        input: InputMode::Argv,
        defaults: &[("model", "claude-sonnet-4-6")],
    },
    Builtin {
        name: "claude_haiku_summary",
        command: CLAUDE,
        input: InputMode::Argv,
        defaults: &[("model", "haiku")],
    },
    Builtin {
        name: "gemini",
        command: &["gemini", "-p", "${PROMPT}"],
        input: InputMode::Argv,
        defaults: &[],
    },
    Builtin {
        name: "codex",
        command: CODEX,
        input: InputMode::Stdin,
        defaults: &[("model", "gpt-5.4"), ("reasoning_effort", "high")],
    },
    Builtin {
        name: "codex_gpt55",
        command: CODEX,
        input: InputMode::Stdin,
        defaults: &[("model", "gpt-5.5"), ("reasoning_effort", "high")],
    },
];

/// The names of all templates.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
    TABLE.iter().map(|builtin| builtin.name)
}

/// The template of this name.
pub(crate) fn provider(name: &str) -> Option<Provider> {
    let found = TABLE.iter().find(|builtin| builtin.name == name)?;
    Some(Provider {
        command: found.command.iter().map(|&arg| arg.to_owned()).collect(),
        input: found.input,
        defaults: found
            .defaults
            .iter()
            .map(|&(key, value)| (key.to_owned(), Expr::lit(value)))
            .collect::<IndexMap<_, _>>(),
    })
}
