//! Renderers: one file for each format.
//!
//! Columns are 1-based and count characters in every format; ends are
//! exclusive. Findings are written in the order given.

mod github;
mod human;
mod json;
mod place;
mod sarif;
mod short;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::{Diagnostic, Severity, Sources};

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Source excerpts with arrows, for people.
    Human,
    /// One line for each finding, as compilers of old; editors parse it.
    Short,
    /// One JSON document, schema `wfc.diag/1`.
    Json,
    /// SARIF 2.1.0, for code scanning services.
    Sarif,
    /// Workflow commands that GitHub Actions turns into annotations.
    Github,
}

impl Format {
    /// Every format, in the order they are offered.
    pub const ALL: [Format; 5] = [
        Format::Human,
        Format::Short,
        Format::Json,
        Format::Sarif,
        Format::Github,
    ];

    /// The name used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Short => "short",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no [`Format`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = crate::one_of(Format::ALL.map(Format::as_str));
        write!(f, "unknown format `{}`, expected {names}", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// Writes `diagnostics`, whose spans must be of files in `sources`, to `out`.
/// `colour` matters only to [`Format::Human`].
///
/// # Errors
/// Only those of `out`.
pub fn render(
    format: Format,
    sources: &Sources,
    diagnostics: &[Diagnostic],
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::render(sources, diagnostics, colour, out),
        Format::Short => short::render(sources, diagnostics, out),
        Format::Json => json::render(sources, diagnostics, out),
        Format::Sarif => sarif::render(sources, diagnostics, out),
        Format::Github => github::render(sources, diagnostics, out),
    }
}

/// How many findings there are of one severity.
fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == severity)
        .count()
}

/// `3 errors, 1 warning`; `no findings` when there are none.
pub fn summary_line(diagnostics: &[Diagnostic]) -> String {
    let parts: Vec<String> = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Advice, "piece of advice", "pieces of advice"),
    ]
    .into_iter()
    .filter_map(|(severity, one, many)| match count(diagnostics, severity) {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    })
    .collect();
    if parts.is_empty() {
        "no findings".to_owned()
    } else {
        parts.join(", ")
    }
}
