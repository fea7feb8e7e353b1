//! The one diagnostic type of all phases.

use crate::{Code, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The program is refused.
    Error,
    /// The program may fail or mislead.
    Warning,
    /// Advice.
    Advice,
}

impl Severity {
    /// `error`, `warning` or `advice`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        }
    }
}

/// A place in a file and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What, in a few words; may be empty.
    pub message: String,
}

/// May a program apply the fix by itself?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// It keeps the meaning, or there is only one thing the author can have meant.
    Safe,
    /// It may change the meaning; a person should look.
    Unsafe,
    /// Shown, never applied.
    DisplayOnly,
}

/// One replacement of a byte range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The range to replace; empty to insert.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// Edits that mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the fix does, in the imperative.
    pub message: String,
    /// Whether it may be applied unasked.
    pub applicability: Applicability,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which finding it is.
    pub code: Code,
    /// How bad it is here; the code's own severity unless configured otherwise.
    pub severity: Severity,
    /// One sentence, without a final full stop, that stands alone.
    pub message: String,
    /// Where it is, with a short remark.
    pub primary: Label,
    /// Other places that explain it ("declared here").
    pub secondary: Vec<Label>,
    /// Facts that help: what was allowed, what was found.
    pub notes: Vec<String>,
    /// What to do next.
    pub help: Option<String>,
    /// A repair a program can apply.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding with the severity its code has by default.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.info().severity,
            message: message.into(),
            primary: Label {
                span,
                message: String::new(),
            },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Sets the remark shown at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Attaches a repair.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Attaches a repair that replaces `span` with `replacement`.
    #[must_use]
    pub fn replace(
        self,
        span: Span,
        replacement: impl Into<String>,
        message: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        self.fix(Fix {
            message: message.into(),
            applicability,
            edits: vec![Edit {
                span,
                replacement: replacement.into(),
            }],
        })
    }

    /// Attaches "did you mean" when `found` is near one of `allowed`: a help
    /// line, and a fix that replaces `span`. Otherwise lists what was allowed.
    #[must_use]
    pub fn suggest<'a>(
        self,
        span: Span,
        found: &str,
        allowed: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        // What is broken has no name, so nobody can mean it.
        let allowed: Vec<&str> = allowed.into_iter().filter(|n| !n.is_empty()).collect();
        let listed = crate::one_of(allowed.iter().copied());
        let this = if listed.is_empty() {
            self
        } else {
            self.note(format!("expected {listed}"))
        };
        match crate::nearest(found, allowed) {
            Some(near) => this.help(format!("did you mean `{near}`?")).replace(
                span,
                near,
                format!("replace `{found}` with `{near}`"),
                Applicability::Unsafe,
            ),
            None => this,
        }
    }
}

/// Is any finding an error?
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Puts findings in source order (file, offset, code) and drops exact repeats.
pub fn sort_diagnostics(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        (a.primary.span, a.code, &a.message).cmp(&(b.primary.span, b.code, &b.message))
    });
    diagnostics.dedup();
}
