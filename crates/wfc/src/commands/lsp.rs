//! `wfc lsp`: an editor server on standard input and output.

use crate::exit::{Exit, Fault, Outcome};

pub(super) fn run() -> Outcome {
    let folder = std::env::current_dir()
        .map_err(|error| Fault::io("use", "the current directory", &error))?;
    let polite = wfc_lsp::serve(folder)
        .map_err(|error| Fault::new(format!("cannot start the editor server: {error}")))?;
    // The protocol asks for 1 when the editor leaves without `shutdown`.
    Ok(match polite {
        true => Exit::Ok,
        false => Exit::Failed,
    })
}
