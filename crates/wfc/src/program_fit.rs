//! Does an argument vector fit what a program says of itself?
//!
//! Nothing is started here: this reads argument vectors and help texts.

use wfc_ir::{Expr, Provider, to_text};

/// Agent programs that answer `--version` and `--help` and do nothing else.
/// Others might take either for work to do, so they are not asked.
const KNOWN: &[&str] = &[
    "aider", "claude", "cn", "codex", "copilot", "gemini", "opencode", "pi", "qwen",
];

/// Is this a program that may be asked?
pub(crate) fn is_known(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    KNOWN.contains(&name)
}

/// One of the commands of a template, as far as it is known beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// The words before the first flag: `codex exec`.
    pub(crate) words: Vec<String>,
    /// The flags, each with the word behind it if that is known.
    pub(crate) flags: Vec<(String, Option<String>)>,
}

/// The commands of a template.
pub(crate) fn invocations(template: &Provider) -> Vec<Invocation> {
    let session = template.session.iter();
    let session = session.flat_map(|each| std::iter::once(&each.fresh).chain(&each.resume));
    std::iter::once(&template.command)
        .chain(session)
        .filter(|command| !command.is_empty())
        .map(|command| invocation(command, template))
        .collect()
}

fn invocation(command: &[String], template: &Provider) -> Invocation {
    let is_word = |text: &str| {
        let mut chars = text.chars();
        chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let (program, arguments) = match command.split_first() {
        Some((program, arguments)) => (program.clone(), arguments),
        None => (String::new(), command),
    };
    let words = arguments.iter().take_while(|argument| is_word(argument));
    let words: Vec<String> = std::iter::once(program).chain(words.cloned()).collect();
    let mut flags = Vec::new();
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next() {
        if !argument.starts_with('-') || argument.trim_matches('-').is_empty() {
            continue;
        }
        match argument.split_once('=') {
            Some((flag, value)) => flags.push((flag.to_owned(), filled(value, template))),
            None => {
                let value = rest.peek().filter(|next| !next.starts_with('-'));
                let value = value.and_then(|value| filled(value, template));
                flags.push((argument.clone(), value));
            }
        }
    }
    Invocation { words, flags }
}

/// A word whose holes have literal defaults; nothing for others.
fn filled(word: &str, template: &Provider) -> Option<String> {
    let Some(hole) = word.strip_prefix("${").and_then(|w| w.strip_suffix('}')) else {
        return (!word.contains("${")).then(|| word.to_owned());
    };
    match template.defaults.get(hole)? {
        Expr::Lit { value } => Some(to_text(value)),
        _ => None,
    }
}

/// The version in what a program says of itself: the first word that begins
/// with numbers between dots.
pub(crate) fn version(said: &str) -> Option<&str> {
    let words = said.split(|c: char| c.is_whitespace() || "(),;".contains(c));
    words
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| {
            let mut parts = word.split('.');
            let digits = |part: Option<&str>| {
                part.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
            };
            digits(parts.next()) && digits(parts.next())
        })
}

/// What a help text says against the flags, in words. Nothing when they fit.
pub(crate) fn misfits(help: &str, flags: &[(String, Option<String>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (flag, value) in flags {
        let Some(entry) = entry_of(help, flag) else {
            found.push(format!("flag {flag} is not known to this version"));
            continue;
        };
        let Some(value) = value else { continue };
        if let Some(choices) = choices_of(entry)
            && !choices.contains(&value.as_str())
        {
            let choices = choices.join(", ");
            found.push(format!("flag {flag} does not take {value}, but {choices}"));
        }
    }
    found
}

/// The part of a help text about a flag: from where the flag is named first at
/// the beginning of a line to the next such line; or an empty text when the
/// flag is only mentioned.
fn entry_of<'h>(help: &'h str, flag: &str) -> Option<&'h str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let names = |line: &str| {
        line.match_indices(flag).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + flag.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
    };
    let mut offset = 0;
    let mut mentioned = false;
    let mut start = None;
    for line in help.split_inclusive('\n') {
        let is_entry = line.trim_start().starts_with('-');
        if is_entry && let Some(start) = start {
            return help.get(start..offset);
        }
        // What stands in front of the explanation.
        let head = line.trim_start().split("  ").next().unwrap_or("");
        if is_entry && names(head) {
            start = Some(offset);
        }
        mentioned |= names(line);
        offset += line.len();
    }
    match start {
        Some(start) => help.get(start..),
        None => mentioned.then_some(""),
    }
}

/// The words that an entry of a help text says are all that it takes.
fn choices_of(entry: &str) -> Option<Vec<&str>> {
    let after = ["choices:", "possible values:", "Possible values:"]
        .into_iter()
        .find_map(|title| entry.split_once(title))?
        .1;
    // A list in brackets; others are laid out in ways that are only guessed.
    let list = after.split([')', ']']).next()?;
    let words = list
        .split(',')
        .map(|word| word.trim().trim_matches(['"', '\'', '`']))
        .filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let plain = words.iter().all(|word| !word.contains(char::is_whitespace));
    (plain && !words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "\
Usage: agent exec [OPTIONS] [PROMPT]

Options:
  -p, --print               Answer and leave (see --output-format)
      --output-format <f>   How, with --print (choices: \"text\", \"json\",
                            \"stream-json\")
  -s, --sandbox <MODE>      [possible values: read-only, workspace-write]
      --model <MODEL>       Which model, for example \"small\"
      --dangerously-skip    Do not
";

    fn check(flags: &[(&str, Option<&str>)], expected: &[&str]) {
        let flags: Vec<_> = flags
            .iter()
            .map(|(flag, value)| ((*flag).to_owned(), value.map(str::to_owned)))
            .collect();
        assert_eq!(misfits(HELP, &flags), expected);
    }

    #[test]
    fn flags_are_held_against_the_help() {
        check(
            &[
                ("-p", None),
                ("--print", Some("anything")),
                ("--output-format", Some("stream-json")),
                ("--sandbox", Some("workspace-write")),
                ("--model", Some("large")),
            ],
            &[],
        );
        check(
            &[
                ("--dangerously", None),
                ("--mod", None),
                ("-m", None),
                ("-P", None),
            ],
            &[
                "flag --dangerously is not known to this version",
                "flag --mod is not known to this version",
                "flag -m is not known to this version",
                "flag -P is not known to this version",
            ],
        );
        check(
            &[("--output-format", Some("yaml")), ("-s", Some("full"))],
            &[
                "flag --output-format does not take yaml, but text, json, stream-json",
                "flag -s does not take full, but read-only, workspace-write",
            ],
        );
    }

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(version("2.1.330 (Claude Code)\n"), Some("2.1.330"));
        assert_eq!(version("codex-cli 0.169.0\n"), Some("0.169.0"));
        assert_eq!(
            version("agent v1.2.3-beta.1, built today"),
            Some("1.2.3-beta.1")
        );
        assert_eq!(version("no version here"), None);
        assert_eq!(version("7"), None);
    }

    #[test]
    fn a_template_is_taken_apart() {
        let template = wfc_compiler::providers::provider("codex_json");
        let found: Vec<Invocation> = template.iter().flat_map(invocations).collect();
        let flags = |all: &[(&str, Option<&str>)]| -> Vec<(String, Option<String>)> {
            let each = all.iter();
            each.map(|(flag, value)| ((*flag).to_owned(), value.map(str::to_owned)))
                .collect()
        };
        assert_eq!(
            found,
            [Invocation {
                words: vec!["codex".to_owned(), "exec".to_owned()],
                flags: flags(&[
                    ("--json", None),
                    ("--skip-git-repo-check", None),
                    ("--sandbox", Some("workspace-write")),
                    ("--model", Some("gpt-5.5")),
                    ("--config", None),
                ]),
            }]
        );
    }
}
