//! Every finding of this front end, worded in one place. A caller decides
//! what is wrong and where; how it is said is decided here.

mod agents;
mod contracts;
mod flow;
mod lints;
mod loops;
mod names;
mod shape;
mod types;
mod variants;

pub(crate) use agents::*;
pub(crate) use contracts::*;
pub(crate) use flow::*;
pub(crate) use lints::*;
pub(crate) use loops::*;
pub(crate) use names::*;
pub(crate) use shape::*;
pub(crate) use types::*;
pub(crate) use variants::*;

use wfc_diag::{Applicability, Code, Diagnostic, Edit, Fix, Span};

fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, span, message)
}

fn insert(at: Span, text: String, message: impl Into<String>) -> Fix {
    let at = Span {
        end: at.start,
        ..at
    };
    Fix {
        message: message.into(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit {
            span: at,
            replacement: text,
        }],
    }
}
