//! wfc-ir
