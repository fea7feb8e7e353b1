//! Expressions as text.

use super::grow::{Made, Tail, Ty};

pub(crate) fn ty(ty: Ty) -> &'static str {
    match ty {
        Ty::Int => "Int",
        Ty::Bool => "Bool",
        Ty::Mood => "Mood",
        Ty::Pair => "Pair",
        Ty::Outcome => "Outcome",
        Ty::Ints => "List[Int]",
        Ty::Maybe => "Optional[Int]",
    }
}

pub(crate) const MOODS: [&str; 3] = ["CALM", "BUSY", "LOUD"];

/// The expression, each part on a line of its own.
pub(crate) fn shown(made: &Made, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let sub = |made: &Made| shown(made, indent + 2);
    let head = |words: &str, parts: &[&Made]| {
        let mut text = format!("{pad}({words}");
        for part in parts {
            text.push('\n');
            text.push_str(&sub(part));
        }
        text + ")"
    };
    // A part that stands behind a keyword or a name.
    let behind = |words: &str, part: &Made| format!("{pad}  {words}\n{}", shown(part, indent + 4));
    match made {
        Made::Int(n) => format!("{pad}{n}"),
        Made::Bool(flag) => format!("{pad}{flag}"),
        Made::Mood(mood) => format!("{pad}Mood.{}", MOODS[*mood]),
        Made::Var(name) => format!("{pad}{name}"),
        Made::Op(op @ ("+" | "*"), parts) => {
            let parts: Vec<String> = parts.iter().map(sub).collect();
            format!("{pad}(mod ({op}\n{}) 97)", parts.join("\n"))
        }
        Made::Op(op, parts) => head(op, &parts.iter().collect::<Vec<_>>()),
        Made::Let(name, value, body) => {
            format!("{pad}(let* (({name}\n{}))\n{})", sub(value), sub(body))
        }
        Made::Parts(a, b, whole, body) => format!(
            "{pad}(let* (((record :a {a} :b {b})\n{}))\n{})",
            sub(whole),
            sub(body)
        ),
        Made::If(cond, then, otherwise) => head("if", &[cond, then, otherwise]),
        Made::Cond(clauses, otherwise) => {
            let mut text = format!("{pad}(cond");
            for (cond, value) in clauses {
                text.push_str(&format!("\n{pad} (\n{}\n{})", sub(cond), sub(value)));
            }
            format!("{text}\n{pad} (else\n{}))", sub(otherwise))
        }
        Made::When(cond, body) => head("when", &[cond, body]),
        Made::Do(first, last) => head("do", &[first, last]),
        Made::Pair(a, b) => format!(
            "{pad}(record Pair\n{}\n{})",
            behind(":a", a),
            behind(":b", b)
        ),
        Made::Update(base, field, value) => format!(
            "{pad}(record-update\n{}\n{})",
            sub(base),
            behind(&format!(":{field}"), value)
        ),
        Made::Done(n) => format!("{pad}(variant Outcome DONE\n{})", behind(":n", n)),
        Made::Stuck(why, flag) => format!(
            "{pad}(variant Outcome STUCK\n{}\n{})",
            behind(":why", why),
            behind(":flag", flag)
        ),
        Made::Idle => format!("{pad}(variant Outcome IDLE)"),
        Made::List(items) => head("list", &items.iter().collect::<Vec<_>>()),
        Made::ListMap(name, list, body) => over("list/map", name, list, body, indent),
        Made::Filter(name, list, body) => over("list/filter", name, list, body, indent),
        Made::MapEffect(name, list, body) => over("list/map-effect", name, list, body, indent),
        Made::ForEach(name, list, body) => over("for-each", name, list, body, indent),
        Made::Cases(name, subject, [done, stuck, idle]) => format!(
            "{pad}(let* (({name}\n{}))\n{pad}  (match {name}\n{pad}    ((DONE {name})\n{})\n{pad}    (STUCK\n{})\n{pad}    (_\n{})))",
            sub(subject),
            sub(done),
            sub(stuck),
            sub(idle)
        ),
        Made::Patterns(x, subject, [zero, guard, one, rest, stuck]) => format!(
            "{pad}(match\n{}\n{pad}  ((DONE :n 0)\n{})\n{pad}  ((DONE :n {x}) :when\n{}\n{})\n{pad}  ((or DONE IDLE)\n{})\n{pad}  ((STUCK :flag {x}f :why {x})\n{}))",
            sub(subject),
            sub(zero),
            sub(guard),
            sub(one),
            sub(rest),
            sub(stuck)
        ),
        Made::Moods(mood, [calm, busy, loud]) => format!(
            "{pad}(match\n{}\n{pad}  (CALM\n{})\n{pad}  (Mood.BUSY\n{})\n{pad}  (LOUD\n{}))",
            sub(mood),
            sub(calm),
            sub(busy),
            sub(loud)
        ),
        Made::Numbers(x, subject, [zero, few, guard, one, rest]) => format!(
            "{pad}(match\n{}\n{pad}  (0\n{})\n{pad}  ((or 1 2)\n{})\n{pad}  ({x} :when\n{}\n{})\n{pad}  (_\n{}))",
            sub(subject),
            sub(zero),
            sub(few),
            sub(guard),
            sub(one),
            sub(rest)
        ),
        Made::There(name, subject, there, missing) => format!(
            "{pad}(match\n{}\n{pad}  ((some {name})\n{})\n{pad}  (none\n{}))",
            sub(subject),
            sub(there),
            sub(missing)
        ),
        Made::IfThere(name, subject, there, missing) => format!(
            "{pad}(let* (({name}\n{}))\n{pad}  (if (some? {name})\n{}\n{}))",
            sub(subject),
            sub(there),
            sub(missing)
        ),
        Made::Recur {
            max,
            name,
            init,
            exhausted,
            body,
        } => format!(
            "{pad}(loop/recur\n{}\n{}\n{}\n{pad}  (fn ({name})\n{}))",
            behind(":max", max),
            behind(":state", init),
            behind(":on-exhausted", exhausted),
            tail(body, indent + 4)
        ),
        Made::Until(name, body, test) => format!(
            "{pad}(loop/until :max 2 :until (fn ({name}) (or\n{} true))\n{})",
            sub(test),
            sub(body)
        ),
        Made::Ask("agent", x) => format!(
            "{pad}(provider-result agent :prompt p :inputs (\n{}) :returns Int)",
            sub(x)
        ),
        Made::Ask(kind, x) => {
            let returns = match *kind {
                "int" => "Int",
                "bool" => "Bool",
                "pair" => "Pair",
                _ => "Outcome",
            };
            format!(
                "{pad}(command-result ask :argv (\"ask\" \"{kind}\"\n{}) :returns {returns})",
                sub(x)
            )
        }
        Made::Call(x) => format!("{pad}(call callee\n{})", behind(":x", x)),
        Made::Proc(x, y) => head("twice", &[x, y]),
    }
}

fn over(form: &str, name: &str, list: &Made, body: &Made, indent: usize) -> String {
    let pad = " ".repeat(indent);
    format!(
        "{pad}({form} (({name}\n{}))\n{})",
        shown(list, indent + 2),
        shown(body, indent + 2)
    )
}

fn tail(made: &Tail, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let sub = |made: &Made| shown(made, indent + 2);
    let rest = |made: &Tail| tail(made, indent + 2);
    match made {
        Tail::Done(value) => format!("{pad}(done\n{})", sub(value)),
        Tail::Continue(value) => format!("{pad}(continue\n{})", sub(value)),
        Tail::If(cond, then, otherwise) => {
            format!(
                "{pad}(if\n{}\n{}\n{})",
                sub(cond),
                rest(then),
                rest(otherwise)
            )
        }
        Tail::Let(name, value, body) => {
            format!("{pad}(let* (({name}\n{}))\n{})", sub(value), rest(body))
        }
        Tail::Moods(mood, [calm, busy, loud]) => format!(
            "{pad}(match\n{}\n{pad}  (CALM\n{})\n{pad}  (BUSY\n{})\n{pad}  (_\n{}))",
            sub(mood),
            rest(calm),
            rest(busy),
            rest(loud)
        ),
    }
}
