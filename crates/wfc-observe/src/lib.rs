//! wfc-observe
