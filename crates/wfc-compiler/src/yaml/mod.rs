//! The front end.

use crate::{Compiled, Loader, Options};

/// Reads, checks and lowers a file.
pub fn compile(_path: &str, _options: &Options, _loader: &dyn Loader) -> Compiled {
    Compiled::default()
}
