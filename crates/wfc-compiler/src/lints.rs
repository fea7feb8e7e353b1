//! What becomes of the findings: comments silence some, levels decide about
//! the rest. Here for every language and every user of the compiler, after
//! everything has been found.

use std::ops::Range;

use wfc_diag::{Allowed, FileId, Levels, has_errors, mentions_allow};

use crate::Compiled;

/// Applies the comments in the files, then `levels`.
pub(crate) fn settle(compiled: &mut Compiled, levels: &Levels) {
    let complete = !has_errors(&compiled.diagnostics);
    let mut told = Vec::new();
    for (id, file) in compiled.sources.iter() {
        if !mentions_allow(&file.text) {
            continue;
        }
        let comments = comments(id, &file.name, &file.text);
        let mut allowed = Allowed::read(id, file, comments);
        allowed.silence(&mut compiled.diagnostics);
        told.extend(allowed.finish(complete));
    }
    compiled.diagnostics.extend(told);
    levels.apply(&mut compiled.diagnostics);
}

/// The comments of a file, each with the length of its mark.
fn comments(id: FileId, name: &str, text: &str) -> Vec<(Range<usize>, usize)> {
    let range = |span: wfc_diag::Span| span.start as usize..span.end as usize;
    if name.ends_with(".orc") {
        let (file, _) = wfc_syntax::lisp::parse(id, text);
        let marks = |text: &str| text.len() - text.trim_start_matches(';').len();
        let all = file.comments.iter();
        return all.map(|c| (range(c.span), marks(&c.text))).collect();
    }
    let (document, _) = wfc_syntax::yaml::parse(id, text);
    let all = document.into_iter().flat_map(|document| document.comments);
    all.map(|c| (range(c.span), 1)).collect()
}
