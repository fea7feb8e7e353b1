//! What a plain scalar means.

use super::Kind;

/// What the text of a plain (unquoted) scalar means.
///
/// The rules are those of YAML 1.1 as the workflows of the DSL have always
/// been read, so that no existing file changes its meaning; `on` and `off`
/// are texts, because workflows use them as names.
///
/// | written | is | note |
/// |---|---|---|
/// | nothing, `~`, `null`, `Null`, `NULL` | null | |
/// | `true`, `True`, `TRUE`, `yes`, `Yes`, `YES` | true | also `false`, `no`; `y`, `n`, `on`, `off` are texts |
/// | `0`, `12`, `-3`, `+4`, `1_000` | integer | `_` may separate digits |
/// | `010`, `0_7` | octal integer | 8 and 7; `08` and `0o7` are texts |
/// | `0x1F`, `0b101` | hexadecimal, binary integer | lower-case `x` and `b` only |
/// | `1:30`, `1:30:05` | base-60 integer | 90, 5405 |
/// | `1.5`, `1.`, `.5`, `1_0.5` | float | there must be a dot |
/// | `1.5e+3`, `1.5E-3` | float | the exponent must have a sign: `1e3`, `1.5e3` are texts |
/// | `1:30.5` | base-60 float | 90.5 |
/// | `.inf`, `-.Inf`, `+.INF`, `.nan`, `.NaN`, `.NAN` | float | |
/// | `2024-01-31`, `2024-01-31T10:00:00Z` | date | a caller refuses it and suggests quotes |
/// | anything else, and everything in quotes | text | |
///
/// An integer that does not fit into 64 bits is [`Kind::BigInt`].
pub fn resolve(text: &str) -> Kind {
    let Some(&first) = text.as_bytes().first() else {
        return Kind::Null;
    };
    match first {
        b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' => word(text),
        b'+' | b'-' | b'.' | b'0'..=b'9' => number(text),
        _ => Kind::String,
    }
}

fn word(text: &str) -> Kind {
    match text {
        "~" | "null" | "Null" | "NULL" => Kind::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" => Kind::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => Kind::String,
    }
}

fn number(text: &str) -> Kind {
    let (negative, signed, body) = match text.as_bytes()[0] {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    match body {
        ".inf" | ".Inf" | ".INF" if negative => return Kind::Float(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => return Kind::Float(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if !signed => return Kind::Float(f64::NAN),
        _ => {}
    }
    let number = float(body, signed).or_else(|| integer(body, negative));
    number
        .unwrap_or_else(|| {
            if !signed && is_date(text) {
                Kind::Date
            } else {
                Kind::String
            }
        })
        .negated_float(negative)
}

impl Kind {
    fn negated_float(self, negative: bool) -> Kind {
        match self {
            Kind::Float(value) if negative => Kind::Float(-value),
            other => other,
        }
    }
}

/// Digits and underscores, beginning with a digit?
fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn without_underscores(text: &str) -> String {
    text.chars().filter(|&c| c != '_').collect()
}

/// A float without its sign; `.5` must not have one.
fn float(body: &str, signed: bool) -> Option<Kind> {
    let (whole, rest) = body.split_once('.')?;
    if let Some((head, tail)) = whole.split_once(':') {
        let fraction = rest;
        if !is_digits(head) || !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
            return None;
        }
        let mut value: f64 = without_underscores(head).parse().ok()?;
        for group in tail.split(':') {
            value = value * 60.0 + f64::from(base60(group)?);
        }
        let fraction = format!("0.{}0", without_underscores(fraction));
        return Some(Kind::Float(value + fraction.parse::<f64>().ok()?));
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let fits = if whole.is_empty() {
        !signed && is_digits(fraction)
    } else {
        is_digits(whole) && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    };
    let exponent_fits = exponent.is_none_or(|e| {
        e.strip_prefix(['+', '-'])
            .is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    });
    if !fits || !exponent_fits {
        return None;
    }
    without_underscores(body).parse().ok().map(Kind::Float)
}

/// Two digits below 60 at most.
fn base60(group: &str) -> Option<u8> {
    let fits = matches!(group.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    group.parse().ok().filter(|_| fits)
}

fn integer(body: &str, negative: bool) -> Option<Kind> {
    let bytes = body.as_bytes();
    let (radix, digits) = match bytes {
        [b'0'] => return Some(Kind::Int(0)),
        [b'0', b'b', ..] => (2, &body[2..]),
        [b'0', b'x', ..] => (16, &body[2..]),
        [b'0', ..] => (8, &body[1..]),
        [b'1'..=b'9', ..] => (10, body),
        _ => return None,
    };
    if radix == 10 && body.contains(':') {
        return sexagesimal(body, negative);
    }
    let valid = |b: u8| b == b'_' || char::from(b).is_digit(radix);
    if !digits.bytes().all(valid) || !digits.bytes().any(|b| b != b'_') {
        // `0_` is zero: the underscores have nothing to separate.
        let zero = radix == 8 && !digits.is_empty() && digits.bytes().all(|b| b == b'_');
        return zero.then_some(Kind::Int(0));
    }
    let mut value: i128 = 0;
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        value = value * i128::from(radix) + i128::from(digit);
        if value > I64_RANGE {
            return Some(Kind::BigInt);
        }
    }
    Some(fit(value, negative))
}

/// One more than the largest magnitude of an `i64`, beyond which digits stop
/// being counted.
const I64_RANGE: i128 = 1 << 64;

fn sexagesimal(body: &str, negative: bool) -> Option<Kind> {
    let (head, tail) = body.split_once(':')?;
    if !is_digits(head) {
        return None;
    }
    let mut value: i128 = 0;
    for digit in head.chars().filter_map(|c| c.to_digit(10)) {
        value = (value * 10 + i128::from(digit)).min(I64_RANGE);
    }
    for group in tail.split(':') {
        value = (value * 60 + i128::from(base60(group)?)).min(I64_RANGE);
    }
    Some(fit(value, negative))
}

fn fit(value: i128, negative: bool) -> Kind {
    let value = if negative { -value } else { value };
    i64::try_from(value).map_or(Kind::BigInt, Kind::Int)
}

/// `YYYY-MM-DD`, or `YYYY-M-D`, a time and perhaps a zone.
fn is_date(text: &str) -> bool {
    let mut rest = Cursor(text.as_bytes());
    if !(rest.digits(4, 4) && rest.byte(b'-')) {
        return false;
    }
    let after_year = rest.0;
    if rest.digits(2, 2) && rest.byte(b'-') && rest.digits(2, 2) && rest.0.is_empty() {
        return true;
    }
    rest.0 = after_year;
    let date = rest.digits(1, 2) && rest.byte(b'-') && rest.digits(1, 2);
    let separated = date && (rest.byte(b'T') || rest.byte(b't') || rest.blanks() > 0);
    let time = separated
        && rest.digits(1, 2)
        && rest.byte(b':')
        && rest.digits(2, 2)
        && rest.byte(b':')
        && rest.digits(2, 2);
    if !time {
        return false;
    }
    if rest.byte(b'.') {
        rest.digits(0, usize::MAX);
    }
    if rest.0.is_empty() {
        return true;
    }
    rest.blanks();
    if rest.byte(b'Z') {
        return rest.0.is_empty();
    }
    let zone = (rest.byte(b'-') || rest.byte(b'+')) && rest.digits(1, 2);
    zone && (rest.0.is_empty() || rest.byte(b':') && rest.digits(2, 2) && rest.0.is_empty())
}

/// What is left of a text that is matched piece by piece.
struct Cursor<'t>(&'t [u8]);

impl Cursor<'_> {
    /// Takes `byte` if it is next.
    fn byte(&mut self, byte: u8) -> bool {
        let matches = self.0.first() == Some(&byte);
        if matches {
            self.0 = &self.0[1..];
        }
        matches
    }

    /// Takes up to `most` digits; were there at least `least`?
    fn digits(&mut self, least: usize, most: usize) -> bool {
        let digits = self.0.iter().take(most).take_while(|b| b.is_ascii_digit());
        let count = digits.count();
        self.0 = &self.0[count..];
        count >= least
    }

    /// Takes blanks and counts them.
    fn blanks(&mut self) -> usize {
        let count = self
            .0
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        self.0 = &self.0[count..];
        count
    }
}
