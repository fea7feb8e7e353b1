//! How the forms of the language are laid out when they need several lines.

/// Where the members of a list go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    /// The name, so many members behind it, and the rest in lines of their own,
    /// so many columns in from the parenthesis.
    Body(usize, usize),
    /// A definition with parameters: all up to the result type behind the
    /// name.
    Callable,
    /// As many words in a line as there is room for, this many columns in.
    Words(usize),
    /// A call.
    Call,
}

/// The style of a form by its name.
pub(super) fn of(head: &str) -> Style {
    match head {
        "workflow-lisp" | "do" | "cond" | "finally" => Style::Body(0, 2),
        "defrecord"
        | "defunion"
        | "defschema"
        | "deftype"
        | "defresource"
        | "deftransition"
        | "defpath"
        | "let*"
        | "let"
        | "fn"
        | "match"
        | "when"
        | "for-each"
        | "list/map"
        | "list/filter"
        | "list/map-effect"
        | "with-live-providers"
        | "with-live-provider-peers" => Style::Body(1, 2),
        "defmacro" | "defprompt" | "with-phase" | "phase-scope" => Style::Body(2, 2),
        "if" => Style::Body(1, 4),
        "loop/recur" | "loop/until" => Style::Body(0, 2),
        "defworkflow" | "defproc" | "defun" => Style::Callable,
        "defenum" => Style::Words(2),
        _ => Style::Call,
    }
}

/// Are the members behind those that belong to the form pairs of a pattern or
/// condition and a value?
pub(super) fn has_arms(head: &str) -> bool {
    matches!(head, "match" | "cond")
}

/// Do names or parameters stand behind the name of a form?
pub(super) fn has_params(head: &str) -> bool {
    matches!(
        head,
        "defmacro"
            | "defprompt"
            | "fn"
            | "for-each"
            | "list/map"
            | "list/filter"
            | "list/map-effect"
    )
}

/// What the list behind a keyword is.
pub(super) enum Behind {
    /// A form.
    Form,
    /// Data, each in a line of its own.
    Rows,
    /// Data of which several share a line.
    Words,
}

/// What stands behind a keyword?
pub(super) fn behind(keyword: &str) -> Behind {
    match keyword {
        ":inputs"
        | ":argv"
        | ":only"
        | ":forall"
        | ":captures"
        | ":valid-when"
        | ":write-set"
        | ":idempotency-fields"
        | ":required"
        | ":optional" => Behind::Words,
        ":effects" | ":where" | ":fills" | ":candidates" | ":preconditions" | ":updates" => {
            Behind::Rows
        }
        _ => Behind::Form,
    }
}
