//! Programs made at random, well typed by construction: all of them compile.

use std::fmt::Write;

use proptest::prelude::*;

use crate::harness::check;

/// What an expression is made of. Every expression is an `Int`; the variables
/// in reach are `n`, the arms' binders and the loops' states.
#[derive(Clone, Debug)]
enum Made {
    Lit(i64),
    Var(u8),
    Op(u8, Box<Made>, Box<Made>),
    If(Box<Made>, Box<Made>, Box<Made>),
    Let(Box<Made>, Box<Made>),
    Do(Box<Made>, Box<Made>),
    Match(Box<Made>, Box<Made>, Box<Made>),
    EnumMatch(Box<Made>, Box<Made>, Box<Made>),
    Loop(Box<Made>, Box<Made>, Box<Made>, bool),
    Field(Box<Made>, Box<Made>),
    Provider(Box<Made>),
    Command(Box<Made>),
    Call(Box<Made>),
    Proc(Box<Made>, Box<Made>),
    OrElse(Box<Made>, Box<Made>),
}

fn made() -> impl Strategy<Value = Made> {
    let leaf = prop_oneof![
        (-3i64..9).prop_map(Made::Lit),
        any::<u8>().prop_map(Made::Var),
    ];
    leaf.prop_recursive(4, 40, 3, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (any::<u8>(), one(), one()).prop_map(|(op, a, b)| Made::Op(op, a, b)),
            (one(), one(), one()).prop_map(|(a, b, c)| Made::If(a, b, c)),
            (one(), one()).prop_map(|(a, b)| Made::Let(a, b)),
            (one(), one()).prop_map(|(a, b)| Made::Do(a, b)),
            (one(), one(), one()).prop_map(|(a, b, c)| Made::Match(a, b, c)),
            (one(), one(), one()).prop_map(|(a, b, c)| Made::EnumMatch(a, b, c)),
            (one(), one(), one(), any::<bool>()).prop_map(|(a, b, c, d)| Made::Loop(a, b, c, d)),
            (one(), one()).prop_map(|(a, b)| Made::Field(a, b)),
            one().prop_map(Made::Provider),
            one().prop_map(Made::Command),
            one().prop_map(Made::Call),
            (one(), one()).prop_map(|(a, b)| Made::Proc(a, b)),
            (one(), one()).prop_map(|(a, b)| Made::OrElse(a, b)),
        ]
    })
}

/// Writes the expression; `vars` are the names in reach.
fn write(made: &Made, vars: &mut Vec<String>, out: &mut String) {
    let text = |made: &Made, vars: &mut Vec<String>| {
        let mut out = String::new();
        write(made, vars, &mut out);
        out
    };
    let bound = |made: &Made, vars: &mut Vec<String>, name: &str| {
        vars.push(name.to_owned());
        let out = text(made, vars);
        vars.pop();
        out
    };
    let name = format!("v{}", vars.len());
    let _ = match made {
        Made::Lit(n) => write!(out, "{n}"),
        Made::Var(index) => write!(out, "{}", vars[usize::from(*index) % vars.len()]),
        Made::Op(op, a, b) => {
            let op = ["+", "-", "*", "min", "max"][usize::from(*op) % 5];
            write!(out, "({op} {} {})", text(a, vars), text(b, vars))
        }
        Made::If(a, b, c) => {
            let (a, b, c) = (text(a, vars), text(b, vars), text(c, vars));
            write!(out, "(if (and (> {a} 1) (not (= {b} {a}))) {b} {c})")
        }
        Made::Let(a, b) => {
            write!(
                out,
                "(let* (({name} {})) {})",
                text(a, vars),
                bound(b, vars, &name)
            )
        }
        Made::Do(a, b) => write!(out, "(do {} {})", text(a, vars), text(b, vars)),
        Made::Match(a, b, c) => write!(
            out,
            "(match (settle {}) ((DONE {name}) {}) (_ {}))",
            text(a, vars),
            bound(b, vars, &format!("{name}.n")),
            text(c, vars)
        ),
        Made::EnumMatch(a, b, c) => write!(
            out,
            "(match (if (> {} 1) Word.YES Word.NO) (YES {}) (NO {}))",
            text(a, vars),
            text(b, vars),
            text(c, vars)
        ),
        Made::Loop(a, b, c, ends) => {
            let exhausted = if *ends {
                format!(":on-exhausted {}", bound(c, vars, &name))
            } else {
                String::new()
            };
            write!(
                out,
                "(loop/recur :max 2 :state {} {exhausted} (fn ({name}) (if (> {} 3) (done {}) (continue {}))))",
                text(a, vars),
                bound(b, vars, &name),
                bound(c, vars, &name),
                bound(b, vars, &name)
            )
        }
        Made::Field(a, b) => write!(
            out,
            "(let* (({name} (record Pair :a {} :b (record Box :n {})))) (+ {name}.a {name}.b.n))",
            text(a, vars),
            text(b, vars)
        ),
        Made::Provider(a) => write!(
            out,
            "(provider-result providers.writer :prompt prompts.draft :inputs ({}) :returns Int)",
            text(a, vars)
        ),
        Made::Command(a) => write!(
            out,
            "(command-result count :argv (\"bash\" \"count.sh\" {}) :returns Int)",
            text(a, vars)
        ),
        Made::Call(a) => write!(out, "(call callee :n {})", text(a, vars)),
        Made::Proc(a, b) => write!(out, "(both {} :y {})", text(a, vars), text(b, vars)),
        Made::OrElse(a, b) => write!(
            out,
            "(or-else (if (< {} 2) none (some 1)) {})",
            text(a, vars),
            text(b, vars)
        ),
    };
}

fn program(made: &Made) -> String {
    let mut body = String::new();
    write(made, &mut vec!["n".to_owned()], &mut body);
    format!(
        "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defenum Word YES NO)
  (defrecord Box (n Int))
  (defrecord Pair (a Int) (b Box))
  (defunion Outcome (DONE (n Int)) (STUCK (why String)))
  (defproc settle ((n Int)) -> Outcome
    (if (> n n) (variant Outcome STUCK :why \"no\") (variant Outcome DONE :n n)))
  (defproc both ((x Int) (y Int)) -> Int
    (let* ((z (command-result count :argv (\"bash\" \"count.sh\" x) :returns Int)))
      (+ x (* y z) y)))
  (defworkflow callee ((n Int)) -> Int (+ n 1))
  (defworkflow go ((n Int)) -> Int
    {body}))
"
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// What type-checks, compiles: no nesting is refused.
    #[test]
    fn well_typed_programs_compile(made in made()) {
        let text = program(&made);
        let memory = crate::harness::files(&text);
        let compiled = crate::harness::build(&memory);
        let errors: Vec<_> = compiled
            .diagnostics
            .iter()
            .filter(|each| each.severity == wfc_diag::Severity::Error)
            .cloned()
            .collect();
        prop_assert!(
            errors.is_empty(),
            "{text}\n{}",
            crate::harness::shown(&compiled.sources, &errors)
        );
        let program = compiled.program.unwrap();
        prop_assert_eq!(wfc_ir::verify(&program), Ok(()));
        let plan = wfc_compiler::plan_optimised(program, 1, &mut Vec::new());
        let json = serde_json::to_string(&plan).unwrap();
        let back: wfc_ir::Plan = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(back, plan);
    }
}

/// Depth and length are bounded by findings, not by the stack.
#[test]
fn long_and_deep_programs_compile_or_are_refused() {
    let mut chain = String::from("(let* ((a0 n)");
    for i in 1..2000 {
        let _ = write!(chain, " (a{i} (+ a{} 1))", i - 1);
    }
    chain.push_str(") a1999)");
    let deep = format!("{}n{}", "(+ 1 ".repeat(240), ")".repeat(240));
    let nested = format!(
        "{}n{}",
        "(let* ((x (call callee :n 1))) (if (> x 1) (do (call callee :n 2) ".repeat(60),
        ") x))".repeat(60)
    );
    for body in [chain, deep, nested] {
        let text = format!(
            "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defworkflow callee ((n Int)) -> Int (+ n 1))
  (defworkflow go ((n Int)) -> Int {body}))"
        );
        check("long or deep", &text);
    }
}

/// Procedures that double the work of one another.
#[test]
fn an_explosion_of_procedures_is_refused() {
    let mut procs = String::from("(defproc p0 ((n Int)) -> Int (call callee :n n))\n");
    for i in 1..28 {
        let below = i - 1;
        let _ = writeln!(
            procs,
            "(defproc p{i} ((n Int)) -> Int (+ (p{below} n) (p{below} n)))"
        );
    }
    let text = format!(
        "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)
  (defworkflow callee ((n Int)) -> Int (+ n 1))
{procs}
  (defworkflow go ((n Int)) -> Int (p27 n))) ;! E0611 \"the workflow `go` is too large\"
"
    );
    check("explosion", &text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is done to a program, it is compiled or refused: no panic, no
    /// hang, and what is not refused verifies.
    #[test]
    fn broken_programs_are_refused_in_words(
        made in made(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..4), 1..6),
    ) {
        let text = program(&made);
        let mut tokens: Vec<String> = text
            .replace('(', " ( ")
            .replace(')', " ) ")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        for (at, other, edit) in edits {
            let (at, other) = (at.index(tokens.len()), other.index(tokens.len()));
            match edit {
                0 => drop(tokens.remove(at)),
                1 => tokens.swap(at, other),
                2 => tokens.insert(at, tokens[other].clone()),
                _ => tokens[at] = tokens[other].clone(),
            }
        }
        let memory = crate::harness::files(&tokens.join(" "));
        let compiled = crate::harness::build(&memory);
        for each in &compiled.diagnostics {
            prop_assert!(!each.message.is_empty() && !each.message.ends_with('.'), "{}", each.message);
        }
        if let Some(program) = compiled.program {
            prop_assert_eq!(wfc_ir::verify(&program), Ok(()));
        }
    }
}
