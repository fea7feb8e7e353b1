//! Workflow Lisp: what compiles, what is refused and with which words.
#![allow(clippy::unwrap_used)]

mod fixtures;
mod fuzz;
mod harness;
mod hooks;
mod lowering;
mod macros;
mod matrix;
mod programs;
mod project;
mod random;
