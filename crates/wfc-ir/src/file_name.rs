//! File names made of authored names.

use crate::hash_bytes;

/// The longest name, in bytes, before its hash.
const MAX_NAME: usize = 200;

/// One file name for an authored name: the name itself when it is a plain one,
/// otherwise a readable part of it and a hash. A name that looks as if it had
/// a hash gets one too, so that two names never meet.
pub fn file_name(name: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || "._-#[] ".contains(c);
    let dots = name.len() - name.trim_start_matches('.').len();
    let mut safe: String = name
        .char_indices()
        .map(|(at, c)| if at < dots || !keep(c) { '_' } else { c })
        .collect();
    let cut = safe.len() > MAX_NAME;
    safe.truncate(MAX_NAME);
    if cut || safe != name || name.is_empty() || looks_hashed(name) {
        let hash = hash_bytes(name.as_bytes());
        safe.push_str("__");
        safe.extend(hash.trim_start_matches("sha256:").chars().take(16));
    }
    safe
}

fn looks_hashed(name: &str) -> bool {
    name.len()
        .checked_sub(18)
        .and_then(|at| name.get(at..))
        .and_then(|tail| tail.strip_prefix("__"))
        .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_and_others_are_told_apart() {
        for (name, stem) in [
            (
                "Review[0].Route.REVISE.Fix it",
                "Review[0].Route.REVISE.Fix it",
            ),
            ("../../esc", "___.._esc__9fddcecdcf94f850"),
            ("a/b", "a_b__c14cddc033f64b9d"),
            (
                "a_b__c14cddc033f64b9d",
                "a_b__c14cddc033f64b9d__79a5d4243280d850",
            ),
        ] {
            assert_eq!(file_name(name), stem);
        }
    }
}
