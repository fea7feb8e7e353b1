//! What a step keeps of its standard output.

use serde_json::json;
use wfc_ir::CaptureMode;

use super::sink::{Kept, Output};
use crate::{Captured, ErrorObject};

/// Text kept in the record of a step, in bytes; the log holds all of it.
const TEXT_LIMIT: usize = 8 * 1024;

/// Lines kept in the record of a step.
const LINES_LIMIT: usize = 10_000;

/// Bytes that lines may have together, so that memory stays bounded.
const LINES_BYTES: usize = 4 * 1024 * 1024;

/// The largest JSON document, in bytes.
const JSON_LIMIT: usize = 1024 * 1024;

/// How many bytes of standard output must be kept in memory for a mode: one
/// more than it takes, which shows that there was more.
pub(super) fn needed(mode: CaptureMode) -> usize {
    1 + match mode {
        CaptureMode::Text => TEXT_LIMIT,
        CaptureMode::Lines => LINES_BYTES,
        CaptureMode::Json => JSON_LIMIT,
    }
}

/// Reads what was kept. The error is that of a step that promised JSON; what
/// it wrote instead is in `output`.
pub(super) fn read(output: &Output, mode: CaptureMode) -> (Captured, Option<ErrorObject>) {
    let stdout = &output.shown;
    match mode {
        CaptureMode::Text => (text(stdout), None),
        CaptureMode::Lines => (lines(stdout), None),
        // Hiding a secret may leave text that is no JSON.
        CaptureMode::Json => match parse(output.whole.as_ref().unwrap_or(stdout)) {
            Ok(json) => {
                let captured = Captured {
                    // A null leaves nothing behind, as an absent value.
                    json: Some(json).filter(|json| !json.is_null()),
                    ..Captured::default()
                };
                (captured, None)
            }
            Err(error) => (text(stdout), Some(error)),
        },
    }
}

fn text(stdout: &Kept) -> Captured {
    let truncated = stdout.total > TEXT_LIMIT as u64;
    let bytes = &stdout.bytes[..stdout.bytes.len().min(TEXT_LIMIT)];
    Captured {
        output: Some(lossy(bytes, truncated)),
        truncated,
        ..Captured::default()
    }
}

fn lines(stdout: &Kept) -> Captured {
    let cut = stdout.total > LINES_BYTES as u64;
    let text = lossy(&stdout.bytes[..stdout.bytes.len().min(LINES_BYTES)], cut);
    let text = text.replace("\r\n", "\n");
    let body = text.strip_suffix('\n').unwrap_or(&text);
    let mut lines: Vec<String> = match body {
        "" if text.is_empty() => Vec::new(),
        body => body
            .split('\n')
            .take(LINES_LIMIT + 1)
            .map(str::to_owned)
            .collect(),
    };
    let truncated = cut || lines.len() > LINES_LIMIT;
    lines.truncate(LINES_LIMIT);
    Captured {
        lines: Some(lines),
        truncated,
        ..Captured::default()
    }
}

fn parse(stdout: &Kept) -> Result<serde_json::Value, ErrorObject> {
    if stdout.total > JSON_LIMIT as u64 {
        return Err(ErrorObject {
            kind: "json_overflow".to_owned(),
            message: format!(
                "standard output has {} bytes, and JSON may have at most {JSON_LIMIT}",
                stdout.total
            ),
            context: json!({ "buffer_size": stdout.total, "limit": JSON_LIMIT }),
        });
    }
    serde_json::from_str(&String::from_utf8_lossy(&stdout.bytes)).map_err(|error| ErrorObject {
        kind: "json_parse_error".to_owned(),
        message: format!("Failed to parse JSON: {error}"),
        context: serde_json::Value::Null,
    })
}

/// Text of bytes; a character that the limit cut in two is left out.
fn lossy(bytes: &[u8], cut: bool) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if cut && error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    String::from_utf8_lossy(whole).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What a mode keeps of some bytes, as JSON, with the kind and message of
    /// the error behind it.
    fn check(mode: CaptureMode, bytes: &[u8], expected: &str) {
        let stdout = Kept {
            bytes: bytes[..bytes.len().min(needed(mode))].to_owned(),
            total: bytes.len() as u64,
        };
        let output = Output {
            shown: stdout,
            whole: None,
        };
        let (captured, error) = read(&output, mode);
        let mut found = serde_json::to_string(&captured).unwrap();
        if let Some(error) = error {
            found = format!("{found} {}: {}", error.kind, error.message);
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn keeps_text() {
        let text = CaptureMode::Text;
        check(text, b"", r#"{"output":"","truncated":false}"#);
        check(text, b"a\r\n", r#"{"output":"a\r\n","truncated":false}"#);
        check(
            text,
            b"\xff!",
            "{\"output\":\"\u{fffd}!\",\"truncated\":false}",
        );
        let long = "é".repeat(5000);
        let kept = "é".repeat(4096);
        check(
            text,
            long.as_bytes(),
            &format!(r#"{{"output":"{kept}","truncated":true}}"#),
        );
        let odd = format!("a{long}");
        let kept = format!("a{}", "é".repeat(4095));
        check(
            text,
            odd.as_bytes(),
            &format!(r#"{{"output":"{kept}","truncated":true}}"#),
        );
        let full = "x".repeat(8192);
        check(
            text,
            full.as_bytes(),
            &format!(r#"{{"output":"{full}","truncated":false}}"#),
        );
    }

    #[test]
    fn keeps_lines() {
        let lines = CaptureMode::Lines;
        check(lines, b"", r#"{"lines":[],"truncated":false}"#);
        check(lines, b"\n", r#"{"lines":[""],"truncated":false}"#);
        check(
            lines,
            b"a\r\n\nb",
            r#"{"lines":["a","","b"],"truncated":false}"#,
        );
        check(lines, b"a\n\n", r#"{"lines":["a",""],"truncated":false}"#);
        let many = "1\n".repeat(10_001);
        let kept = vec!["\"1\""; 10_000].join(",");
        check(
            lines,
            many.as_bytes(),
            &format!(r#"{{"lines":[{kept}],"truncated":true}}"#),
        );
    }

    #[test]
    fn keeps_json() {
        let json = CaptureMode::Json;
        check(
            json,
            b" {\"a\": [1]}\n",
            r#"{"json":{"a":[1]},"truncated":false}"#,
        );
        check(json, b"null", r#"{"truncated":false}"#);
        check(
            json,
            b"{\n  a",
            r#"{"output":"{\n  a","truncated":false} json_parse_error: Failed to parse JSON: key must be a string at line 2 column 3"#,
        );
        let long = format!("\"{}\"", "x".repeat(JSON_LIMIT));
        let kept = format!("\\\"{}", "x".repeat(TEXT_LIMIT - 1));
        check(
            json,
            long.as_bytes(),
            &format!(
                "{{\"output\":\"{kept}\",\"truncated\":true}} json_overflow: standard output has 1048578 bytes, and JSON may have at most 1048576"
            ),
        );
    }
}
