//! The versions of the DSL, and which version introduced what: the one table.

/// A version of the DSL. Ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(usize);

/// Every version, oldest first.
const VERSIONS: [&str; 25] = [
    "1.1", "1.1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "2.0", "2.1", "2.2", "2.3",
    "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "3.0",
];

impl Version {
    /// The newest.
    pub(crate) const NEWEST: Version = Version(VERSIONS.len() - 1);

    /// The version of this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        VERSIONS
            .iter()
            .position(|version| *version == text)
            .map(Version)
    }

    /// As written, without quotes.
    pub(crate) fn as_str(self) -> &'static str {
        VERSIONS.get(self.0).copied().unwrap_or("3.0")
    }

    /// Every version, oldest first.
    pub(crate) fn all() -> impl Iterator<Item = &'static str> + Clone {
        VERSIONS.iter().copied()
    }

    fn is_older(self, version: &str) -> bool {
        Version::parse(version).is_some_and(|other| self < other)
    }

    /// Producers and consumers of artifacts are known by step name.
    pub(crate) fn knows_steps_by_name(self) -> bool {
        self.is_older("2.0")
    }

    /// Freshness is counted for all consumers together.
    pub(crate) fn counts_freshness_globally(self) -> bool {
        self.is_older("1.4")
    }

    /// Consuming a path artifact rewrites its pointer file.
    pub(crate) fn writes_pointer_on_consume(self) -> bool {
        !self.is_older("1.2") && self.is_older("1.4")
    }

    /// Workflows that are called write where their callers say.
    pub(crate) fn keeps_write_roots_apart(self) -> bool {
        !self.is_older("2.5") && self.is_older("3.0")
    }

    /// A `ref` does not lead to a step that a `goto` leads back over.
    pub(crate) fn refuses_revisited(self) -> bool {
        self.is_older("3.0")
    }

    /// An output file that is published must be the pointer of its artifact.
    pub(crate) fn ties_outputs_to_pointers(self) -> bool {
        self == Version(2)
    }
}

/// Something that not every version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// A key, or a word of another kind, by its authored spelling.
    Key(&'static str),
    /// `artifact_bool`, `compare` and their combinations.
    TypedPredicate,
    /// References that begin with `self.` or `parent.`.
    ScopedRef,
    /// References that begin with `inputs.`.
    InputRef,
    /// `type: string`.
    StringType,
    /// `timeout_sec` of a provider template.
    TemplateTimeout,
}

impl Feature {
    /// What a message calls it.
    pub(crate) fn describe(self) -> String {
        match self {
            Feature::Key(key) => format!("`{key}`"),
            Feature::TypedPredicate => "a typed predicate".to_owned(),
            Feature::ScopedRef => "a reference with `self.` or `parent.`".to_owned(),
            Feature::InputRef => "a reference with `inputs.`".to_owned(),
            Feature::StringType => "`type: string`".to_owned(),
            Feature::TemplateTimeout => "`timeout_sec` of a provider".to_owned(),
        }
    }
}

/// The version that introduced a key; none for those that were always there.
const KEYS: &[(&str, &str)] = &[
    ("inject", "1.1.1"),
    ("artifacts", "1.2"),
    ("publishes", "1.2"),
    ("consumes", "1.2"),
    ("prompt_consumes", "1.2"),
    ("inject_consumes", "1.2"),
    ("consumes_injection_position", "1.2"),
    ("output_bundle", "1.3"),
    ("consume_bundle", "1.3"),
    ("assert", "1.5"),
    ("set_scalar", "1.7"),
    ("increment_scalar", "1.7"),
    ("max_visits", "1.8"),
    ("max_transitions", "1.8"),
    ("id", "2.0"),
    ("inputs", "2.1"),
    ("outputs", "2.1"),
    ("if", "2.2"),
    ("finally", "2.3"),
    ("imports", "2.5"),
    ("call", "2.5"),
    ("asset_file", "2.5"),
    ("asset_depends_on", "2.5"),
    ("match", "2.6"),
    ("repeat_until", "2.7"),
    ("score", "2.8"),
    ("provider_session", "2.10"),
    ("session_support", "2.10"),
    ("adjudicated_provider", "2.11"),
    ("on_exhausted", "2.12"),
    ("managed_jobs", "2.13"),
    ("materialize_artifacts", "2.14"),
    ("pre_snapshot", "2.14"),
    ("variant_output", "2.14"),
    ("select_variant_output", "2.14"),
    ("requires_variant", "2.14"),
    ("prompt_inputs", "3.0"),
    ("output", "3.0"),
    ("first_output_sec", "3.0"),
    ("idle_output_sec", "3.0"),
    ("grace_sec", "3.0"),
    ("backoff", "3.0"),
    ("max_delay_ms", "3.0"),
    ("jitter", "3.0"),
    ("after", "3.0"),
    ("replay", "3.0"),
];

/// The version that introduced a key, by its name; none for one that was always
/// there.
pub(crate) fn since(key: &str) -> Option<&'static str> {
    let found = KEYS.iter().find(|(name, _)| *name == key);
    found.map(|(_, since)| *since)
}

/// The version that `feature` requires, when `version` is older than that.
pub(crate) fn missing(feature: Feature, version: Version) -> Option<Version> {
    let since = match feature {
        Feature::Key(key) => since(key)?,
        Feature::TypedPredicate => "1.6",
        Feature::ScopedRef => "2.0",
        Feature::InputRef => "2.1",
        Feature::StringType => "2.10",
        Feature::TemplateTimeout => "3.0",
    };
    Version::parse(since).filter(|since| version < *since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_names_a_version() {
        for (key, since) in KEYS {
            assert!(Version::parse(since).is_some(), "{key}: {since}");
        }
    }

    #[test]
    fn versions_are_ordered_by_age_and_not_by_text() {
        let version = |text| Version::parse(text).map(|v| v.0);
        assert!(version("2.9") < version("2.10"));
        assert_eq!(version("2.15"), None);
        let old = Version::parse("1.1.1").unwrap_or(Version::NEWEST);
        assert_eq!(
            missing(Feature::Key("publishes"), old).map(Version::as_str),
            Some("1.2")
        );
        assert_eq!(missing(Feature::Key("publishes"), Version::NEWEST), None);
        assert_eq!(missing(Feature::Key("command"), old), None);
    }
}
