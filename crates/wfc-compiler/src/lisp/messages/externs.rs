//! Names that the project binds.

use wfc_diag::{Diagnostic, Span, codes};

use super::calls::listed;
use crate::lisp::hir::Extern;
use crate::project::Project;

pub(in crate::lisp) fn unbound(
    kind: Extern,
    name: &str,
    span: Span,
    project: &Project,
    locals: &[String],
) -> Diagnostic {
    let (what, names, entry) = match kind {
        Extern::Provider => {
            let bare = name.strip_prefix("providers.").unwrap_or(name);
            (
                "provider",
                project.provider_names(),
                format!(
                    "[providers.{bare}]\ncommand = [\"agent\", \"--print\"]\ninput = \"stdin\""
                ),
            )
        }
        Extern::Prompt => (
            "prompt",
            project.prompt_names(),
            format!(
                "[prompts]\n\"{name}\" = {{ asset = \"prompts/{}.md\" }}",
                file_name(name)
            ),
        ),
    };
    finish(
        what,
        name,
        span,
        project,
        names.into_iter().chain(locals.iter().cloned()).collect(),
        &entry,
    )
}

pub(in crate::lisp) fn unbound_command(name: &str, span: Span, project: &Project) -> Diagnostic {
    let entry = format!("[commands.{name}]\ncommand = [\"bash\", \"{name}.sh\"]");
    finish(
        "command",
        name,
        span,
        project,
        project.command_names(),
        &entry,
    )
}

/// `prompts.draft-design` as a file name: `draft_design`.
fn file_name(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).replace('-', "_")
}

fn finish(
    what: &str,
    name: &str,
    span: Span,
    project: &Project,
    names: Vec<String>,
    entry: &str,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        codes::UNBOUND_EXTERN,
        span,
        format!("the {what} `{name}` is not bound to anything"),
    )
    .label(format!("which {what} is meant is not known"));
    let diagnostic = match listed(names.iter().map(String::as_str)) {
        Some(bound) => diagnostic.note(format!("bound are {bound}")),
        None => diagnostic,
    };
    if let Some(near) = wfc_diag::nearest(name, names.iter().map(String::as_str)) {
        return diagnostic.help(format!("did you mean `{near}`?")).replace(
            span,
            near,
            format!("replace `{name}` with `{near}`"),
            wfc_diag::Applicability::Unsafe,
        );
    }
    let file = project
        .file()
        .unwrap_or("wfc.toml in the folder of this module or above it");
    diagnostic.help(format!("add to {file}:\n{entry}"))
}

pub(in crate::lisp) fn bad_asset(span: Span, name: &str, problem: &str) -> Diagnostic {
    Diagnostic::new(
        codes::MISSING_ASSET,
        span,
        format!("the prompt `{name}` cannot be read: {problem}"),
    )
    .label("bound to a file that is not there")
}

pub(in crate::lisp) fn unsafe_path(span: Span, path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNSAFE_PATH,
        span,
        format!("the path `{path}` cannot be used: {why}"),
    )
    .label(why)
    .help("write a path relative to the workspace")
}
