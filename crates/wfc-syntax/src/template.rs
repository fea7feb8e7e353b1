//! `${...}` templates and typed references inside strings.
//!
//! Only the shape is read here. Which step or input a name means is decided by
//! the compiler, because step names may contain dots and the longest known name
//! wins.

use std::ops::Range;

/// A text with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Text and holes in turn; no text is empty, and no two follow each other.
    pub parts: Vec<Part>,
    /// What looks like a mistake. The text is still a template: what is at
    /// fault stands in it literally.
    pub problems: Vec<Problem>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Literal text, with `$$` already turned into `$`.
    Text(String),
    /// A value to fill in.
    Hole(Hole),
}

/// `${name}` or `${name|filter}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Everything between the braces, as written. Blanks count.
    pub raw: String,
    /// The dotted name: `raw` without the filter.
    pub name: String,
    /// What follows the first `|`.
    pub filter: Option<String>,
    /// The bytes of the whole hole, `${` and `}` included.
    pub range: Range<usize>,
    /// The bytes of the name.
    pub name_range: Range<usize>,
    /// The bytes of the filter.
    pub filter_range: Option<Range<usize>>,
}

impl Hole {
    /// The name split at its dots, with the bytes of each part.
    pub fn segments(&self) -> Vec<Segment> {
        split(&self.name, self.name_range.start)
    }
}

/// Something in a template that looks like a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which mistake.
    pub kind: ProblemKind,
    /// The bytes it concerns.
    pub range: Range<usize>,
}

/// The mistakes of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// `${` without a `}` after it.
    Unterminated,
    /// `${}`.
    Empty,
}

impl ProblemKind {
    /// What to tell the author, as one sentence without a final full stop.
    pub fn message(self) -> &'static str {
        match self {
            ProblemKind::Unterminated => "this `${` is never closed, so it stays in the text",
            ProblemKind::Empty => "this `${}` names nothing, so it stays in the text",
        }
    }
}

impl Template {
    /// The text, if there is no hole in it.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }
}

/// Reads a template. `$$` is a `$`; a hole goes up to the first `}`; `${}` and
/// a `${` that is not closed are text, as is any other `$`.
pub fn parse(text: &str) -> Template {
    let mut template = Template {
        parts: Vec::new(),
        problems: Vec::new(),
    };
    let mut literal = String::new();
    let mut at = 0;
    // Once a `${` is not closed, no later one is.
    let mut closed = true;
    while let Some(found) = text[at..].find('$') {
        let dollar = at + found;
        literal.push_str(&text[at..dollar]);
        let rest = &text[dollar..];
        at = dollar + 1;
        if rest.starts_with("$$") {
            literal.push('$');
            at += 1;
        } else if !rest.starts_with("${") {
            literal.push('$');
        } else if let Some(close) = closed.then(|| rest.find('}')).flatten() {
            let range = dollar..dollar + close + 1;
            at = range.end;
            if close == 2 {
                literal.push_str("${}");
                template.problems.push(Problem {
                    kind: ProblemKind::Empty,
                    range,
                });
            } else {
                if !literal.is_empty() {
                    template
                        .parts
                        .push(Part::Text(std::mem::take(&mut literal)));
                }
                template.parts.push(Part::Hole(hole(text, range)));
            }
        } else {
            closed = false;
            literal.push('$');
            let name = rest[2..]
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '|')))
                .unwrap_or(rest.len() - 2);
            template.problems.push(Problem {
                kind: ProblemKind::Unterminated,
                range: dollar..dollar + 2 + name,
            });
        }
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        template.parts.push(Part::Text(literal));
    }
    template
}

fn hole(text: &str, range: Range<usize>) -> Hole {
    let inside = range.start + 2..range.end - 1;
    let raw = &text[inside.clone()];
    let bar = raw.find('|').map(|at| inside.start + at);
    let name_range = inside.start..bar.unwrap_or(inside.end);
    let filter_range = bar.map(|bar| bar + 1..inside.end);
    Hole {
        raw: raw.to_owned(),
        name: text[name_range.clone()].to_owned(),
        filter: filter_range.clone().map(|range| text[range].to_owned()),
        range,
        name_range,
        filter_range,
    }
}

/// One part of a dotted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The part.
    pub text: String,
    /// Its bytes.
    pub range: Range<usize>,
}

fn split(text: &str, base: usize) -> Vec<Segment> {
    let mut start = base;
    text.split('.')
        .map(|part| {
            let range = start..start + part.len();
            start = range.end + 1;
            Segment {
                text: part.to_owned(),
                range,
            }
        })
        .collect()
}

/// Whose steps or outputs a reference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `root.`: the outermost workflow body.
    Root,
    /// `self.`: the body the reference stands in.
    SelfScope,
    /// `parent.`: the body around that.
    Parent,
}

impl Scope {
    /// The word that is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Root => "root",
            Scope::SelfScope => "self",
            Scope::Parent => "parent",
        }
    }
}

/// What a reference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// `inputs.x`: the rest names an input.
    Input,
    /// `self.outputs.x`: the rest names an output of the loop body.
    Output,
    /// `root.steps.X...`: the rest is a step name and a field of it.
    Step(Scope),
}

/// A typed reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// What it is about.
    pub kind: RefKind,
    /// What follows the prefix, split at the dots; at least one, none empty. A
    /// step name with dots takes several of them.
    pub segments: Vec<Segment>,
    /// The bytes of what follows the prefix.
    pub rest: Range<usize>,
}

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefError {
    /// The bytes at fault.
    pub range: Range<usize>,
    /// What is wrong, as one sentence without a final full stop.
    pub message: String,
    /// What could stand there instead.
    pub allowed: &'static [&'static str],
}

/// The first word of a reference.
const ROOTS: &[&str] = &["root", "self", "parent", "inputs"];

/// Splits `root.steps.X.artifacts.n`, `self...`, `parent...`, `inputs.x` or
/// `self.outputs.x`.
///
/// # Errors
/// The part that does not fit, and what would.
pub fn parse_ref(text: &str) -> Result<Ref, RefError> {
    let error = |range: Range<usize>, message: String, allowed| {
        Err(RefError {
            range,
            message,
            allowed,
        })
    };
    let segments = split(text, 0);
    let Some(first) = segments.first().filter(|s| !s.text.is_empty()) else {
        return error(0..text.len(), "a reference needs a name".to_owned(), ROOTS);
    };
    let scope = match first.text.as_str() {
        "root" => Scope::Root,
        "self" => Scope::SelfScope,
        "parent" => Scope::Parent,
        "inputs" => return rest_of(text, RefKind::Input, &segments, 1, "an input"),
        "steps" => {
            return error(
                first.range.clone(),
                "a reference to a step says whose step it is: `root.`, `self.` or `parent.` comes \
                 before `steps`"
                    .to_owned(),
                &["root.steps", "self.steps", "parent.steps"],
            );
        }
        other => {
            return error(
                first.range.clone(),
                format!("a reference cannot begin with `{other}`"),
                ROOTS,
            );
        }
    };
    let areas: &[&str] = match scope {
        Scope::SelfScope => &["steps", "outputs"],
        Scope::Root | Scope::Parent => &["steps"],
    };
    match segments.get(1) {
        Some(area) if area.text == "steps" => {
            rest_of(text, RefKind::Step(scope), &segments, 2, "a step")
        }
        Some(area) if area.text == "outputs" && scope == Scope::SelfScope => {
            rest_of(text, RefKind::Output, &segments, 2, "an output")
        }
        Some(area) if !area.text.is_empty() => error(
            area.range.clone(),
            format!("`{}` cannot follow `{}.`", area.text, scope.as_str()),
            areas,
        ),
        _ => error(
            0..text.len(),
            format!("`{}` must be followed by `.steps.`", scope.as_str()),
            areas,
        ),
    }
}

fn rest_of(
    text: &str,
    kind: RefKind,
    segments: &[Segment],
    prefix: usize,
    what: &str,
) -> Result<Ref, RefError> {
    let rest = segments.get(prefix..).unwrap_or_default();
    if let Some(empty) = rest.iter().find(|s| s.text.is_empty()) {
        // An empty part has no bytes to show: show the dot beside it.
        let start = empty.range.start.saturating_sub(1);
        return Err(RefError {
            range: start..(empty.range.end + 1).min(text.len()),
            message: "a name is missing beside this dot".to_owned(),
            allowed: &[],
        });
    }
    let Some(first) = rest.first() else {
        return Err(RefError {
            range: 0..text.len(),
            message: format!(
                "this reference does not say which one: the name of {what} must follow"
            ),
            allowed: &[],
        });
    };
    Ok(Ref {
        kind,
        rest: first.range.start..text.len(),
        segments: rest.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text as it is, holes as `<name|filter>`, problems as `!bytes`; every
    /// range is checked against the text.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let template = parse(text);
        let mut shown = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => shown.push_str(text),
                Part::Hole(hole) => {
                    assert_eq!(text[hole.range.clone()], format!("${{{}}}", hole.raw));
                    assert_eq!(text[hole.name_range.clone()], hole.name);
                    let filter = hole.filter_range.clone().map(|range| &text[range]);
                    assert_eq!(filter, hole.filter.as_deref());
                    for segment in hole.segments() {
                        assert_eq!(text[segment.range], segment.text);
                    }
                    shown.push_str(&format!("<{}>", hole.raw));
                }
            }
        }
        for problem in &template.problems {
            shown.push_str(&format!(" !{}", &text[problem.range.clone()]));
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn holes_and_text() {
        check("", "");
        check("plain", "plain");
        check("a ${b.c} d", "a <b.c> d");
        check("${a}${b|json}", "<a><b|json>");
        check("${steps.X.json.a.0}", "<steps.X.json.a.0>");
        check("${ a }", "< a >");
        check("é${é}é", "é<é>é");
    }

    #[test]
    fn dollars() {
        check("$$", "$");
        check("$${x}", "${x}");
        check("$$${x}", "$<x>");
        check("$x $", "$x $");
        check("cost: 5$", "cost: 5$");
    }

    #[test]
    fn mistakes_stay_in_the_text() {
        check("a ${} b", "a ${} b !${}");
        check("${a.b c", "${a.b c !${a.b");
        check("${a ${b}", "<a ${b>");
        check("${a} ${", "<a> ${ !${");
    }

    #[test]
    fn a_text_of_dollars_takes_linear_time() {
        let template = parse(&"${".repeat(200_000));
        assert_eq!(template.problems.len(), 200_000);
    }

    #[track_caller]
    fn check_ref(text: &str, expected: Result<(RefKind, &[&str]), (&str, &str)>) {
        let found = parse_ref(text);
        match &found {
            Ok(found) => {
                let names: Vec<&str> = found.segments.iter().map(|s| s.text.as_str()).collect();
                for segment in &found.segments {
                    assert_eq!(text[segment.range.clone()], segment.text);
                }
                assert_eq!(text[found.rest.clone()], names.join("."));
                assert_eq!(Ok((found.kind, names.as_slice())), expected);
            }
            Err(e) => assert_eq!(Err((&text[e.range.clone()], e.message.as_str())), expected),
        }
    }

    #[test]
    fn references() {
        check_ref(
            "root.steps.A.artifacts.n",
            Ok((RefKind::Step(Scope::Root), &["A", "artifacts", "n"])),
        );
        check_ref(
            "self.steps.A.b.exit_code",
            Ok((RefKind::Step(Scope::SelfScope), &["A", "b", "exit_code"])),
        );
        check_ref(
            "parent.steps.A b.outcome.class",
            Ok((RefKind::Step(Scope::Parent), &["A b", "outcome", "class"])),
        );
        check_ref("inputs.x", Ok((RefKind::Input, &["x"])));
        check_ref("self.outputs.x", Ok((RefKind::Output, &["x"])));
    }

    #[test]
    fn what_is_no_reference() {
        check_ref("", Err(("", "a reference needs a name")));
        check_ref(
            "context.x",
            Err(("context", "a reference cannot begin with `context`")),
        );
        check_ref(
            "steps.A.exit_code",
            Err((
                "steps",
                "a reference to a step says whose step it is: `root.`, `self.` or `parent.` comes \
                 before `steps`",
            )),
        );
        check_ref(
            "root.outputs.x",
            Err(("outputs", "`outputs` cannot follow `root.`")),
        );
        check_ref(
            "root",
            Err(("root", "`root` must be followed by `.steps.`")),
        );
        check_ref(
            "root.steps.A..b",
            Err(("..", "a name is missing beside this dot")),
        );
        check_ref("inputs.", Err((".", "a name is missing beside this dot")));
        check_ref(
            "inputs",
            Err((
                "inputs",
                "this reference does not say which one: the name of an input must follow",
            )),
        );
    }
}
