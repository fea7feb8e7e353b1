//! wfc-vm
