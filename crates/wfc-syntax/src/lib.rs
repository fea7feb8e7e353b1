//! wfc-syntax
pub mod lisp;
