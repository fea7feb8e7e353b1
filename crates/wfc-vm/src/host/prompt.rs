//! Prompts: the parts of a provider step as the one text that it is given.

use wfc_ir::{Contract, Files, PromptPosition, render_contract, render_inputs};

use super::files::WorkspaceFiles;
use crate::{ErrorObject, PromptParts, PromptSource};

/// Puts a prompt together: the values, the files, the text, and the contract
/// at the end. `injected` are the files that the step depends on; `paths` are the concrete paths of the contract.
pub(super) fn compose(
    parts: &PromptParts,
    injected: Option<(String, PromptPosition)>,
    contract: Option<&Contract>,
    paths: &[String],
    files: &WorkspaceFiles,
) -> Result<String, ErrorObject> {
    let mut prompt = match &parts.base {
        PromptSource::Empty => String::new(),
        PromptSource::Text(text) => text.clone(),
        PromptSource::File(path) => read(files, path, path, "the prompt file")?,
    };
    if !parts.assets.is_empty() {
        let mut shown = Vec::new();
        for (name, path) in &parts.assets {
            let text = read(files, path, name, "the prompt asset")?;
            let text = text.trim_end_matches(['\n', '\r']);
            shown.push(format!("=== File: {name} ===\n{text}"));
        }
        prompt = format!("{}\n\n{prompt}", shown.join("\n"));
    }
    if let Some((block, position)) = injected {
        prompt = match position {
            _ if prompt.is_empty() => block,
            PromptPosition::Prepend => format!("{block}\n\n{prompt}"),
            PromptPosition::Append => after(prompt, &block),
        };
    }
    if !parts.inputs.is_empty() {
        let inputs = parts.inputs.iter();
        let block = render_inputs(inputs.map(|(name, value, words)| (name.as_str(), value, words)));
        prompt = match parts.position {
            PromptPosition::Prepend if prompt.is_empty() || prompt.starts_with('\n') => {
                block + &prompt
            }
            PromptPosition::Prepend => format!("{block}\n{prompt}"),
            PromptPosition::Append => after(prompt, &block),
        };
    }
    if parts.contract
        && let Some(contract) = contract
    {
        prompt = after(prompt, &render_contract(contract, paths));
    }
    Ok(prompt)
}

/// A block behind the text, with one blank line between.
fn after(mut prompt: String, block: &str) -> String {
    if !prompt.is_empty() {
        let breaks = prompt.len() - prompt.trim_end_matches('\n').len();
        prompt.push_str(&"\n\n"[breaks.min(2)..]);
    }
    prompt + block
}

fn read(files: &WorkspaceFiles, path: &str, name: &str, what: &str) -> Result<String, ErrorObject> {
    let fail = |kind: &str, why: &str| ErrorObject {
        kind: kind.to_owned(),
        message: format!("{what} `{name}` {why}"),
        context: serde_json::json!({ "path": path }),
    };
    let missing = || fail("prompt_file_missing", "is not there");
    // The compiler has resolved absolute paths against the source of the
    // workflow, which may lie outside the workspace.
    let text = if path.starts_with('/') {
        match std::fs::read(path) {
            Ok(bytes) => Some(String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                format!("it is not UTF-8 text: byte {at} is wrong")
            })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(error.to_string())),
        }
    } else {
        files.read(path)
    };
    text.ok_or_else(missing)?
        .map_err(|why| fail("prompt_file_unreadable", &format!("cannot be read: {why}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use wfc_ir::{FileOutput, Guidance, Type};

    fn parts(base: PromptSource) -> PromptParts {
        PromptParts {
            base,
            assets: Vec::new(),
            inputs: Vec::new(),
            position: PromptPosition::Prepend,
            contract: true,
        }
    }

    fn full(base: PromptSource) -> PromptParts {
        PromptParts {
            assets: vec![
                ("style.md".to_owned(), "prompts/style.md".to_owned()),
                ("empty.md".to_owned(), "prompts/empty.md".to_owned()),
            ],
            inputs: vec![
                ("ready".to_owned(), json!(true), Guidance::default()),
                (
                    "design".to_owned(),
                    json!("docs/design.md"),
                    Guidance {
                        description: Some("the design".to_owned()),
                        ..Guidance::default()
                    },
                ),
            ],
            ..parts(base)
        }
    }

    fn contract() -> Contract {
        Contract::Files {
            files: vec![FileOutput {
                name: "verdict".to_owned(),
                path: wfc_ir::Expr::Lit {
                    value: json!("unused"),
                },
                ty: Type::Enum {
                    allowed: vec!["APPROVE".to_owned(), "REVISE".to_owned()],
                },
                required: true,
                guidance: Guidance::default(),
            }],
        }
    }

    /// The prompt, or kind and message of the error.
    fn check(parts: &PromptParts, contract: Option<&Contract>, expected: &str) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("prompts")).unwrap();
        for (name, text) in [
            ("style.md", &b"Be brief.\n\n"[..]),
            ("empty.md", b""),
            ("base.md", b"Do ${it}.\n"),
            ("bad.md", b"\xff"),
        ] {
            std::fs::write(root.path().join("prompts").join(name), text).unwrap();
        }
        let files = WorkspaceFiles::new(root.path());
        let found = compose(
            parts,
            None,
            contract,
            &["out/verdict.txt".to_owned()],
            &files,
        )
        .unwrap_or_else(|error| format!("{}: {}", error.kind, error.message));
        assert_eq!(found, expected);
    }

    const INPUTS: &str = "## Consumed Artifacts
- design: docs/design.md
  description: the design
- ready: True
Where a value is a path, read that file before you act.
";
    const ASSETS: &str = "=== File: style.md ===
Be brief.
=== File: empty.md ===
";

    #[test]
    fn composes_in_order() {
        let base = || PromptSource::File("prompts/base.md".to_owned());
        let contract = contract();
        let suffix = render_contract(&contract, &["out/verdict.txt".to_owned()]);
        assert!(suffix.contains("path: out/verdict.txt"), "{suffix}");
        check(&parts(base()), None, "Do ${it}.\n");
        check(
            &full(base()),
            Some(&contract),
            &format!("{INPUTS}\n{ASSETS}\n\nDo ${{it}}.\n\n{suffix}"),
        );
        let append = PromptParts {
            position: PromptPosition::Append,
            contract: false,
            ..full(base())
        };
        check(
            &append,
            Some(&contract),
            &format!("{ASSETS}\n\nDo ${{it}}.\n\n{INPUTS}"),
        );
        let inputs_only = |base| PromptParts {
            assets: Vec::new(),
            ..full(base)
        };
        let text = |text: &str| PromptSource::Text(text.to_owned());
        check(&inputs_only(text("\nGo")), None, &format!("{INPUTS}\nGo"));
        check(&inputs_only(PromptSource::Empty), None, INPUTS);
        check(&parts(PromptSource::Empty), Some(&contract), &suffix);
        check(
            &parts(text("Go")),
            Some(&contract),
            &format!("Go\n\n{suffix}"),
        );
        check(
            &parts(text("Go\n\n\n")),
            Some(&contract),
            &format!("Go\n\n\n{suffix}"),
        );
    }

    #[test]
    fn says_which_file_is_wrong() {
        let file = |path: &str| parts(PromptSource::File(path.to_owned()));
        check(
            &file("prompts/none.md"),
            None,
            "prompt_file_missing: the prompt file `prompts/none.md` is not there",
        );
        check(
            &file("/nonexistent/p.md"),
            None,
            "prompt_file_missing: the prompt file `/nonexistent/p.md` is not there",
        );
        check(
            &file("prompts/bad.md"),
            None,
            "prompt_file_unreadable: the prompt file `prompts/bad.md` cannot be read: it is not UTF-8 text: byte 0 is wrong",
        );
        check(
            &file("../p.md"),
            None,
            "prompt_file_unreadable: the prompt file `../p.md` cannot be read: `../p.md` lies outside the workspace",
        );
        let asset = PromptParts {
            assets: vec![("a.md".to_owned(), "lib/a.md".to_owned())],
            ..parts(PromptSource::Empty)
        };
        check(
            &asset,
            None,
            "prompt_file_missing: the prompt asset `a.md` is not there",
        );
    }
}
