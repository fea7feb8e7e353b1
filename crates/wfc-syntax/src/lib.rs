//! wfc-syntax
