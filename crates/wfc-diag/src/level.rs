//! Levels: what becomes of a finding, by its code.
//!
//! An error is an error: only warnings and advice have a level.

use crate::{ALL_CODES, Code, Diagnostic, Severity, code_by_id, codes, nearest};

/// What becomes of the findings of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody hears of them.
    Allow,
    /// They are advice: `wfc check` and editors show them.
    Advise,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

impl Level {
    /// Every level, the mildest first.
    pub const ALL: [Level; 4] = [Level::Allow, Level::Advise, Level::Warn, Level::Deny];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Advise => "advise",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }

    /// The level of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Level::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// The severity of a finding at this level, if it is shown at all.
    fn severity(self) -> Option<Severity> {
        match self {
            Level::Allow => None,
            Level::Advise => Some(Severity::Advice),
            Level::Warn => Some(Severity::Warning),
            Level::Deny => Some(Severity::Error),
        }
    }

    /// The level that a code has unless something else is said.
    pub fn default_of(code: Code) -> Self {
        match code.info() {
            info if info.pedantic => Level::Allow,
            info => match info.severity {
                Severity::Error => Level::Deny,
                Severity::Warning => Level::Warn,
                Severity::Advice => Level::Advise,
            },
        }
    }
}

/// One lint, or a group of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lint {
    /// The findings of one code.
    Code(Code),
    /// Those that are silent unless they are asked for.
    Pedantic,
    /// Whatever is a warning in the end.
    Warnings,
}

/// Why a name is no lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLint {
    /// Nothing has this name; something with a similar one, perhaps.
    Unknown(Option<&'static str>),
    /// It is a finding that is always an error.
    Error(Code),
}

impl Lint {
    /// The lint with this id (`W0902`), name (`unused`) or group name.
    ///
    /// # Errors
    /// When there is none, or it has no level.
    pub fn parse(name: &str) -> Result<Self, NoLint> {
        match name {
            "pedantic" => return Ok(Lint::Pedantic),
            "warnings" => return Ok(Lint::Warnings),
            _ => {}
        }
        match code_by_id(name) {
            Some(code) if has_level(code) => Ok(Lint::Code(code)),
            Some(code) => Err(NoLint::Error(code)),
            None => Err(NoLint::Unknown(nearest(name, lint_names()))),
        }
    }
}

/// Can the code have another level than its own?
pub fn has_level(code: Code) -> bool {
    code.info().severity != Severity::Error
}

/// The names and ids of everything that has a level.
pub fn lint_names() -> impl Iterator<Item = &'static str> + Clone {
    let lints = ALL_CODES.iter().filter(|code| has_level(**code));
    lints
        .flat_map(|code| [code.name(), code.id()])
        .chain(["pedantic", "warnings"])
}

/// Which lint has which level; what is said later wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    rules: Vec<(Lint, Level)>,
}

impl Levels {
    /// Gives a lint a level.
    pub fn set(&mut self, lint: Lint, level: Level) {
        self.rules.push((lint, level));
    }

    /// These levels, and over them those of `other`.
    #[must_use]
    pub fn with(&self, other: &Levels) -> Levels {
        let rules = self.rules.iter().chain(&other.rules).copied();
        Levels {
            rules: rules.collect(),
        }
    }

    /// The level of a code.
    pub fn of(&self, code: Code) -> Level {
        let default = Level::default_of(code);
        if !has_level(code) {
            return default;
        }
        let mut level = default;
        let mut warnings = Level::Warn;
        for (lint, said) in &self.rules {
            match lint {
                Lint::Code(other) if *other == code => level = *said,
                Lint::Pedantic if code.info().pedantic => level = *said,
                // Says what becomes of warnings, whichever are warnings.
                Lint::Warnings => warnings = *said,
                Lint::Code(_) | Lint::Pedantic => {}
            }
        }
        match level {
            Level::Warn => warnings,
            level => level,
        }
    }

    /// Gives every finding the severity of its level, and takes out those
    /// that are allowed.
    pub fn apply(&self, found: &mut Vec<Diagnostic>) {
        found.retain_mut(|each| {
            if !has_level(each.code) {
                return true;
            }
            match self.of(each.code).severity() {
                Some(severity) => {
                    each.severity = severity;
                    true
                }
                None => false,
            }
        });
    }
}

/// A finding about a name that is no lint; nothing for an error code.
pub(crate) fn unknown_lint(span: crate::Span, name: &str, near: Option<&str>) -> Diagnostic {
    let found = Diagnostic::new(
        codes::UNKNOWN_LINT,
        span,
        format!("there is no lint `{name}`"),
    )
    .label("unknown lint")
    .note("`wfc explain --list` lists them");
    match near {
        Some(near) => found.help(format!("did you mean `{near}`?")).replace(
            span,
            near,
            format!("replace `{name}` with `{near}`"),
            crate::Applicability::Unsafe,
        ),
        None => found,
    }
}

impl NoLint {
    /// The finding about `name`, which stands at `span`.
    pub fn diagnostic(self, span: crate::Span, name: &str) -> Diagnostic {
        match self {
            NoLint::Unknown(near) => unknown_lint(span, name, near),
            NoLint::Error(code) => Diagnostic::new(
                codes::UNKNOWN_LINT,
                span,
                format!("`{}` is always an error", code.name()),
            )
            .label("has no level")
            .help("mend what it finds; only warnings and advice have a level"),
        }
    }

    /// The same in one sentence.
    pub fn message(self, name: &str) -> String {
        match self {
            NoLint::Unknown(None) => {
                format!("there is no lint `{name}`; `wfc explain --list` lists them")
            }
            NoLint::Unknown(Some(near)) => {
                format!("there is no lint `{name}`; did you mean `{near}`?")
            }
            NoLint::Error(code) => format!(
                "`{}` is always an error; only warnings and advice have a level",
                code.name()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rules: &[(&str, Level)], code: Code, expected: Level) {
        let mut levels = Levels::default();
        for (name, level) in rules {
            match Lint::parse(name) {
                Ok(lint) => levels.set(lint, *level),
                Err(why) => panic!("{}", why.message(name)),
            }
        }
        assert_eq!(levels.of(code), expected);
    }

    #[test]
    fn what_is_said_later_wins_and_warnings_come_last() {
        let unused = codes::UNUSED;
        check(&[], unused, Level::Warn);
        check(&[("unused", Level::Allow)], unused, Level::Allow);
        check(&[("w0902", Level::Allow)], unused, Level::Allow);
        check(&[("warnings", Level::Deny)], unused, Level::Deny);
        let both = [("warnings", Level::Deny), ("unused", Level::Allow)];
        check(&both, unused, Level::Allow);
        let raised = [("warnings", Level::Deny), ("unused", Level::Warn)];
        check(&raised, unused, Level::Deny);
        let twice = [("unused", Level::Allow), ("unused", Level::Advise)];
        check(&twice, unused, Level::Advise);
        check(
            &[("warnings", Level::Deny)],
            codes::PROVIDER_TIMEOUT,
            Level::Advise,
        );
        check(&[("pedantic", Level::Warn)], unused, Level::Warn);
        check(&[("pedantic", Level::Warn)], codes::UNCONSUMED, Level::Warn);
        check(&[], codes::UNCONSUMED, Level::Allow);
    }

    #[test]
    fn errors_have_no_level() {
        let parsed = Lint::parse("unknown-key");
        assert_eq!(parsed, Err(NoLint::Error(codes::UNKNOWN_KEY)));
        let near = Some("unused");
        assert_eq!(Lint::parse("unsed"), Err(NoLint::Unknown(near)));
        let mut levels = Levels::default();
        levels.set(Lint::Warnings, Level::Allow);
        let span = crate::Span::at(crate::FileId(0), 0);
        let mut found = vec![
            Diagnostic::new(codes::UNKNOWN_KEY, span, "odd"),
            Diagnostic::new(codes::UNUSED, span, "odd"),
            Diagnostic::new(codes::PROVIDER_TIMEOUT, span, "odd"),
        ];
        levels.apply(&mut found);
        let left: Vec<&str> = found.iter().map(|each| each.code.id()).collect();
        assert_eq!(left, ["E0301", "L0901"]);
    }
}
