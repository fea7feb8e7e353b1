//! When a process is tried again, in either language.

use std::fmt::Write;

use wfc_ir::Retries;

/// The value of `retries` in YAML.
pub(super) fn yaml_retries(retries: &Retries) -> String {
    let usual = Retries::new(retries.max, retries.delay_ms);
    let mut text = format!("{{ max: {}, delay_ms: {}", retries.max, retries.delay_ms);
    let mut put = |key: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = write!(text, ", {key}: {value}");
    };
    if retries.backoff != usual.backoff {
        put("backoff", retries.backoff.to_string());
    }
    if retries.max_delay_ms != usual.max_delay_ms {
        put("max_delay_ms", retries.max_delay_ms.to_string());
    }
    if retries.jitter != usual.jitter {
        put("jitter", retries.jitter.to_string());
    }
    if !retries.after.is_empty() {
        let words: Vec<&str> = retries.after.iter().map(|class| class.word()).collect();
        put("after", format!("[{}]", words.join(", ")));
    }
    text.push_str(" }");
    text
}

/// Can Lisp say it? It has no words for how pauses grow.
pub(super) fn has_usual_growth(retries: &Retries) -> bool {
    let usual = Retries {
        after: retries.after.clone(),
        ..Retries::new(retries.max, retries.delay_ms)
    };
    *retries == usual
}

/// The keywords of Lisp.
pub(super) fn lisp_retries(retries: &Retries) -> String {
    let mut text = format!("\n:retries {}", retries.max);
    if retries.delay_ms > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n:retry-delay-ms {}", retries.delay_ms);
    }
    let classes = retries.after.iter();
    let words: Vec<String> = classes
        .map(|class| class.word().replace('_', "-"))
        .collect();
    if !words.is_empty() {
        let _ = write!(text, "\n:retry-after ({})", words.join(" "));
    }
    text
}
