//! Every format on one small sample of two files, and every format on every
//! span of some awkward texts.
#![allow(clippy::unwrap_used)]

use wfc_diag::render::{Format, render, summary_line};
use wfc_diag::{Applicability, Diagnostic, FileId, Severity, Sources, Span, codes};

/// Two files and four findings: a fix, a second place in the same file, a
/// second file, and the end of a file.
fn sample() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let main = sources.add(
        "flows/main flow.yaml",
        "version: \"2.14\"\nname: \"größe\"\nsteps:\n  - nam: Über\n    command: [echo, \"∀ 100%\"]\n  - name: Send\n  - name: Send\n",
    );
    let library = sources.add("lib.yaml", "inputs:\n  \"straße\": {type: string}\n");
    let find = |file: FileId, text: &str, nth: usize| {
        let (start, _) = sources
            .file(file)
            .text
            .match_indices(text)
            .nth(nth)
            .unwrap();
        Span::new(file, start, start + text.len())
    };
    let key = find(main, "nam", 1);
    let command = find(main, "∀ 100%", 0);
    let (first, second) = (find(main, "Send", 0), find(main, "Send", 1));
    let end = Span::at(main, sources.file(main).text.len());
    let input = find(library, "\"straße\"", 0);

    let mut overridden = Diagnostic::new(codes::UNUSED, command, "100% of this, is\nnever used");
    overridden.severity = Severity::Advice;
    let diagnostics = vec![
        Diagnostic::new(codes::UNKNOWN_KEY, key, "unknown key `nam` in a step")
            .label("not a key of a step")
            .note("expected `name`, `id` or `command`")
            .help("did you mean `name`?")
            .replace(
                key,
                "name",
                "replace `nam` with `name`",
                Applicability::Unsafe,
            ),
        overridden,
        Diagnostic::new(
            codes::DUPLICATE_NAME,
            second,
            "a second step is named `Send`",
        )
        .label("used again here")
        .also(first, "first used here")
        .also(input, "and an input looks alike"),
        Diagnostic::new(codes::MISSING_KEY, end, "`outputs` is missing"),
    ];
    (sources, diagnostics)
}

fn rendered(format: Format, sources: &Sources, diagnostics: &[Diagnostic], colour: bool) -> String {
    let mut out = Vec::new();
    render(format, sources, diagnostics, colour, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Renders the sample and compares it with the golden of that format.
#[track_caller]
fn check(format: Format) {
    let (sources, diagnostics) = sample();
    let mut text = rendered(format, &sources, &diagnostics, false);
    if format == Format::Sarif {
        text = without_pages(&text);
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format.as_str(), text);
    });
}

#[test]
fn human() {
    check(Format::Human);
}

#[test]
fn short() {
    check(Format::Short);
}

#[test]
fn json() {
    check(Format::Json);
}

#[test]
fn sarif() {
    check(Format::Sarif);
}

/// The text with each rule's page left out: pages change, the format does not.
fn without_pages(sarif: &str) -> String {
    let mut document: serde_json::Value = serde_json::from_str(sarif).unwrap();
    let rules = document
        .pointer_mut("/runs/0/tool/driver/rules")
        .and_then(|rules| rules.as_array_mut())
        .unwrap();
    for rule in rules {
        for key in ["text", "markdown"] {
            let id = rule["id"].as_str().unwrap().to_owned();
            let page = rule["help"][key].as_str().unwrap();
            assert!(page.starts_with(&format!("# {id} ")));
            rule["help"][key] = "(the page)".into();
        }
    }
    serde_json::to_string_pretty(&document).unwrap()
}

#[test]
fn github() {
    check(Format::Github);
}

#[test]
fn colour_adds_only_escapes() {
    let (sources, diagnostics) = sample();
    let coloured = rendered(Format::Human, &sources, &diagnostics, true);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    let tidy = |text: &str| {
        text.lines()
            .map(|l| l.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(
        tidy(&stripped),
        tidy(&rendered(Format::Human, &sources, &diagnostics, false))
    );
}

#[test]
fn no_format_fails_on_any_span() {
    let texts = [
        "",
        "\n",
        "\r\n",
        "a",
        "a\r\nb\r\n",
        "é∀\n\n\t😀x",
        "a\rb\u{2028}c\u{85}d\u{b}",
        "\u{feff}k: \u{1b}[31m\u{202e}v\n",
    ];
    for text in texts {
        let mut sources = Sources::default();
        let file = sources.add("f\n.yaml", text);
        let other = sources.add("other", "x\ny");
        let last = u32::try_from(text.len()).unwrap() + 2;
        for start in 0..=last {
            // Also backwards, past the end, and inside characters.
            for end in 0..=last {
                let span = Span { file, start, end };
                let back = Span {
                    file,
                    start: end,
                    end: start,
                };
                let diagnostic = Diagnostic::new(codes::YAML_SYNTAX, span, "m\u{1b}[2J")
                    .also(back, "back")
                    .also(Span::at(other, 2), "other")
                    .replace(span, "new", "mend", Applicability::Safe);
                for format in Format::ALL {
                    let text = rendered(format, &sources, std::slice::from_ref(&diagnostic), false);
                    assert!(text.contains("E0101"), "{format} dropped the finding");
                    assert!(
                        format == Format::Github || !text.contains('\u{1b}'),
                        "{format} lets the source steer the terminal: {text}"
                    );
                }
                let human = rendered(Format::Human, &sources, &[diagnostic], false);
                assert!(
                    human.contains("back") && human.contains("other"),
                    "a label of {span:?} is lost:\n{human}"
                );
            }
        }
    }
}

#[test]
fn the_end_of_a_file_is_a_place() {
    for (text, expected) in [
        ("", "f:1:1"),
        ("a", "f:1:2"),
        ("a\n", "f:2:1"),
        ("ß\r\n", "f:2:1"),
    ] {
        let mut sources = Sources::default();
        let file = sources.add("f", text);
        let diagnostic = Diagnostic::new(codes::YAML_SYNTAX, Span::at(file, text.len()), "end");
        for format in [Format::Human, Format::Short] {
            let found = rendered(format, &sources, std::slice::from_ref(&diagnostic), false);
            assert!(found.contains(expected), "{text:?} as {format}:\n{found}");
        }
    }
}

#[test]
fn a_very_long_line_is_not_shown() {
    let mut sources = Sources::default();
    let file = sources.add("f", format!("a\nb: {}\n", "é".repeat(1_000_000)));
    let diagnostic = Diagnostic::new(codes::YAML_SYNTAX, Span::new(file, 7, 9), "odd letter")
        .also(Span::new(file, 0, 1), "unlike this");
    assert_eq!(
        rendered(Format::Human, &sources, &[diagnostic], false),
        "error[E0101 yaml-syntax]: odd letter\n  f:2:5: here\n  f:1:1: unlike this\n\n"
    );
}

#[test]
fn names_of_formats() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    assert_eq!(
        "xml".parse::<Format>().unwrap_err().to_string(),
        "unknown format `xml`, expected `human`, `short`, `json`, `sarif` or `github`"
    );
}

#[test]
fn summaries() {
    let (_, diagnostics) = sample();
    assert_eq!(summary_line(&diagnostics), "3 errors, 1 piece of advice");
    assert_eq!(summary_line(&diagnostics[..1]), "1 error");
    assert_eq!(summary_line(&[]), "no findings");
}
