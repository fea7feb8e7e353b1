//! Text that nobody would write: no panic, no hang, no stack overflow, and
//! whatever compiles is a sound program.
//!
//! `WFC_FUZZ_SECONDS=3600 cargo test --test lisp fuzz` goes on for an hour.

// How long it goes on is for who runs it to say; what is compiled is not.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use wfc_syntax::lisp::TokenKind;

use crate::harness::{build, files};

/// How long one text may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A small generator of numbers, so that a seed names a text.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}

/// The words of the language, and some that are none.
const WORDS: &[&str] = &[
    "(",
    ")",
    "(",
    ")",
    "(let* ((",
    "(match ",
    "(if ",
    "(cond ",
    "(do ",
    "(defmacro m (x &key y &rest r) ",
    "(m ",
    "(splice r)",
    "(splice x)",
    "&key",
    "&rest",
    ":y",
    "(defproc p ((n Int)) -> Int ",
    "(p ",
    "(defworkflow w () -> Int ",
    "(call w ",
    "(record ",
    "(variant ",
    "(list ",
    "(some ",
    "none",
    "(loop/recur :max 3 :state ",
    "(fn (s) ",
    "(continue ",
    "(done ",
    "(provider-result writer :prompt prompts.draft ",
    "(command-result check ",
    ":returns Int",
    ":inputs (",
    "(defrecord R (",
    "(:include S)",
    "(defschema S (",
    "(defunion U (A (n Int)) (B)) ",
    "(defenum E x y) ",
    "E.x",
    "(proc-ref p)",
    ":forall (T)",
    "List[",
    "]",
    "Int",
    "String",
    "n",
    "x",
    "s",
    "12",
    "-1.5e3",
    "\"text\"",
    "\"",
    "#|",
    "|#",
    "#;",
    "; c\n",
    "\n",
    " ",
    "(+ ",
    "(string/concat ",
    "(for-each (i ",
    "(list/map ((i ",
    "_",
    "->",
    ":effects (",
    "(import main)",
    "(export go)",
    "(defmodule main)",
    "(when ",
    "(assert ",
    "(defprompt q (:fills (",
    "(with-phase ",
    "\u{e9}",
    "\u{feff}",
    "'",
    "`",
    "[",
    "(list/map-effect ((i ",
    "(let-proc (",
    "(the ",
    "(deftype T2 ",
];

fn seeds() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/fixtures/lisp", "std", "../../lisp-examples/pairs"];
    let mut seeds = Vec::new();
    for folder in folders {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "orc"))
            .collect();
        paths.sort();
        let texts = paths
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap());
        seeds.extend(texts);
    }
    assert!(seeds.len() > 20, "{} seeds", seeds.len());
    seeds
}

/// The tokens of a text; those of another one may be put between them.
fn tokens(text: &str) -> Vec<String> {
    let (file, _) = wfc_syntax::lisp::parse(wfc_diag::FileId(0), text);
    let all = file.tokens.iter();
    all.map(|token| match token.kind {
        TokenKind::Space if text.len() > 4000 => " ".to_owned(),
        _ => token.text(text).to_owned(),
    })
    .collect()
}

fn text(random: &mut Random, seeds: &[Vec<String>]) -> String {
    let choose = |random: &mut Random| seeds[random.below(seeds.len())].clone();
    if random.below(5) == 0 {
        let count = random.below(120);
        let words: Vec<&str> = (0..count)
            .map(|_| WORDS[random.below(WORDS.len())])
            .collect();
        let header = "(workflow-lisp (:language \"1.0\") (defmodule main) (export go)\n";
        let header = if random.below(4) == 0 { "" } else { header };
        return header.to_owned() + &words.join(" ");
    }
    let mut all = choose(random);
    // Some are left as they are, so that some are programs.
    for _ in 0..random.below(9) {
        let at = random.below(all.len());
        let to = (at + random.below(30)).min(all.len());
        match random.below(7) {
            0 => drop(all.drain(at..to)),
            1 => {
                let copied = all[at..to].to_vec();
                let place = random.below(all.len());
                all.splice(place..place, copied);
            }
            2 => {
                let other = choose(random);
                let from = random.below(other.len());
                let end = (from + random.below(40)).min(other.len());
                all.splice(at..at, other[from..end].iter().cloned());
            }
            3 => all.insert(at, WORDS[random.below(WORDS.len())].to_owned()),
            4 if !all.is_empty() => {
                let with = random.below(all.len());
                all.swap(at, with);
            }
            // Deep and long.
            5 if random.below(4) == 0 => {
                let word = WORDS[random.below(WORDS.len())];
                all.insert(at, word.repeat(1 + random.below(400)));
            }
            _ if !all.is_empty() => all[at] = WORDS[random.below(WORDS.len())].to_owned(),
            _ => {}
        }
        if all.is_empty() {
            break;
        }
    }
    all.concat()
}

/// What was found once: forms with nothing where something is looked for.
#[test]
fn empty_parts_are_refused_in_words() {
    for form in [
        "(list/map (()) 1)",
        "(list/map-effect (()) :max 1 1)",
        "(for-each (()) 1)",
        "(let* (()) 1)",
        "(match n (() 1))",
        "(cond ())",
        "(fn ())",
        "(loop/recur :max 1 :state 1 (fn () 1))",
        "(let-proc () 1)",
        "(let-proc (()) 1)",
        "(record ())",
        "(variant ())",
        "(call ())",
        "(+ ())",
        "(m ())",
        "(m (()))",
        "(provider-result () :prompt () :inputs (()))",
        "(command-result () :argv (()))",
        "(with-phase () () ())",
        "(the () ())",
        "(proc-ref ())",
        "(bind-proc ())",
        "(record-update ())",
        "(list/head (()))",
        "(())",
    ] {
        let text = format!(
            "(defmodule main)\n(export go)\n(defmacro m (x) (let* (x) 1))\n(defworkflow go ((n Int)) -> Int\n  {form})\n"
        );
        let compiled = build(&files(&text));
        assert!(wfc_diag::has_errors(&compiled.diagnostics), "{form}");
    }
}

#[test]
fn a_context_that_contains_itself_has_no_value() {
    let text = "(workflow-lisp
  (:language \"0.1\")
  (:target-dsl \"2.14\")
  (defmodule main)
  (export go)
  (defrecord PhaseCtx (run PhaseCtx) (phase-name Symbol))
  (defworkflow inner ((ctx PhaseCtx)) -> Int
    1)
  (defworkflow go () -> Int
    (call inner)))
";
    let compiled = build(&files(text));
    assert!(wfc_diag::has_errors(&compiled.diagnostics));
}

#[test]
fn no_text_is_too_strange() {
    let seconds = std::env::var("WFC_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok());
    let first: u64 = std::env::var("WFC_FUZZ_SEED").map_or(1, |text| text.parse().unwrap());
    let seeds: Vec<Vec<String>> = seeds().iter().map(|text| tokens(text)).collect();
    let begin = Instant::now();
    let mut sound = 0;
    let mut seed = first;
    loop {
        let done = match seconds {
            Some(seconds) => begin.elapsed() > Duration::from_secs(seconds),
            None => seed >= first + 250,
        };
        if done {
            break;
        }
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let text = text(&mut random, &seeds);
        let start = Instant::now();
        let done = std::panic::catch_unwind(|| {
            let compiled = build(&files(&text));
            if let Some(program) = &compiled.program {
                assert_eq!(wfc_ir::verify(program), Ok(()));
            }
            if let wfc_syntax::Format::Unsafe = wfc_syntax::lisp::format(wfc_diag::FileId(0), &text)
            {
                panic!("formatting would change it");
            }
            compiled.program.is_some()
        });
        let took = start.elapsed();
        match done {
            Ok(compiles) => sound += usize::from(compiles),
            Err(_) => panic!("seed {seed}:\n{text}"),
        }
        assert!(took < PATIENCE, "seed {seed} took {took:?}:\n{text}");
        seed += 1;
    }
    assert!(sound > 0, "none of the texts is a program");
}
