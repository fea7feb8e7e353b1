//! What the readers refuse, so that no input can exhaust stack or memory.

/// How deep lists and mappings of a YAML file may nest. What a level says can
/// take two in the JSON of a plan, and readers of JSON stop at 128.
pub const MAX_DEPTH: usize = 48;

/// How many nodes the aliases of one YAML file may expand to, in total.
pub const MAX_EXPANSION: usize = 100_000;

/// After how many repairs the YAML reader stops mending the text and keeps what
/// it has read. Each one costs another pass over the file.
pub const MAX_REPAIRS: usize = 32;

/// The largest file that is read, in bytes. Spans hold 32-bit offsets.
pub const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;

/// How many findings are reported for one YAML file.
pub const MAX_FINDINGS: usize = 200;
