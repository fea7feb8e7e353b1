//! The forms in which programs write a secret without meaning to hide it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Lines with fewer bytes are not hidden by themselves.
const SHORTEST_LINE: usize = 8;

/// Encodings with fewer bytes may stand for something else.
const SHORTEST_CODE: usize = 8;

/// A value, and what becomes of it in JSON, in an address, and in base64; and
/// the lines of a value that has several, since they are printed one by one.
pub(crate) fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = written(value);
    let lines: Vec<&[u8]> = value
        .split(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii())
        .filter(|line| line.len() >= SHORTEST_LINE && *line != value)
        .collect();
    forms.extend(lines.into_iter().flat_map(written));
    forms
}

fn written(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_owned()];
    if let Ok(text) = std::str::from_utf8(value) {
        let once = quoted(text);
        // Agents tell in JSON what programs have told them in JSON.
        let twice = once.iter().flat_map(|text| quoted(text));
        forms.extend(twice.map(String::into_bytes));
        forms.extend(once.into_iter().map(String::into_bytes));
    }
    forms.push(percent(value));
    forms.extend(encoded(value));
    forms.sort();
    forms.dedup();
    forms
}

/// As different programs put a text into JSON.
fn quoted(text: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(text).to_string();
    let quoted = &quoted[1..quoted.len() - 1];
    let ascii = |spared: &[char]| by_number(quoted, |c| !c.is_ascii() || spared.contains(&c));
    let mut forms = vec![
        quoted.to_owned(),
        // Many keep to ASCII, and some spare HTML.
        ascii(&[]),
        ascii(&['<', '>', '&']),
        quoted.replace('/', "\\/"),
    ];
    forms.sort();
    forms.dedup();
    forms
}

/// Some characters as JSON has them by number.
fn by_number(text: &str, which: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if which(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// As in an address.
fn percent(value: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for byte in value {
        match byte {
            b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(*byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out.into_bytes()
}

/// In base64 three bytes become four letters, so that a value looks otherwise
/// depending on where among others it stands. What depends on its neighbours is
/// left out.
fn encoded(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(value);
        let first = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let code = engine.encode(&bytes);
            let code = code.as_bytes().get(first..end).unwrap_or_default();
            if code.len() >= SHORTEST_CODE {
                forms.push(code.to_owned());
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    /// Is one of the forms in a text?
    #[track_caller]
    fn check(value: &str, text: &str, expected: bool) {
        let forms = forms(value.as_bytes());
        let found = forms.iter().any(|form| {
            let text = text.as_bytes();
            text.windows(form.len()).any(|part| part == &form[..])
        });
        assert_eq!(found, expected, "{value:?} in {text:?}");
    }

    #[test]
    fn forms_are_recognised() {
        check("hunter2-hunter2", "a hunter2-hunter2 b", true);
        check("hunter2-hunter2", "a hunter2-hunter b", false);
        check(
            "p\u{e4}ss/w\u{1d11e}rd",
            "p\\u00e4ss/w\\ud834\\udd1erd",
            true,
        );
        check("p\u{e4}ss/word", "p\\\\u00e4ss/word", true);
        check("p\u{e4}ss/word", "p\u{e4}ss\\/word", true);
        check("a<b>&c/d", "a\\u003cb\\u003e\\u0026c/d", true);
        check("a b+c/d=", "https://x/?k=a%20b%2Bc%2Fd%3D&l", true);
        check("first line\nsecond line", "  2: second line", true);
        check("first line\r\nno\n", "no", false);
        for before in ["", "u", "us", "user:"] {
            for after in ["", "\n", ":x"] {
                let code = STANDARD.encode(format!("{before}hunter2-hunter2{after}"));
                check("hunter2-hunter2", &format!("Basic {code}"), true);
            }
        }
        let code = URL_SAFE_NO_PAD.encode("??>>??>>??");
        check("??>>??>>??", &code, true);
        check(
            "hunter2-hunter2",
            &STANDARD.encode("hunter2-hunter3"),
            false,
        );
    }

    #[test]
    fn short_values_have_few_forms() {
        assert_eq!(forms(b"abcd"), [b"abcd".to_vec()]);
        assert_eq!(forms(b""), [b"".to_vec()]);
    }
}
