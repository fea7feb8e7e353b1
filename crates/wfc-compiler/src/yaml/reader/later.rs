//! What the language has and this version cannot run yet. To add one of these
//! is to take it out of the list here, read it in a file of its own, and
//! lower it.

use super::{Fields, Reader};
use crate::yaml::gates::Feature;
use crate::yaml::messages;

/// Keys of a step that say how.
pub(super) const OF_STEP: &[&str] = &["on_item_complete"];

impl Reader<'_> {
    /// Reports each of `keys` that is there. Says whether one was.
    pub(super) fn later(&mut self, fields: &Fields<'_>, keys: &'static [&'static str]) -> bool {
        let mut any = false;
        for &key in keys {
            if let Some(span) = fields.key(key) {
                self.gate(Feature::Key(key), span);
                self.report(messages::not_supported(span, key));
                any = true;
            }
        }
        any
    }
}
