//! wfc-compiler
