//! The project file `wfc.toml` and the predecessor's JSON manifests.

/// Bindings of names, and where modules are looked for.
#[derive(Clone, Debug, Default)]
pub struct Project {}
