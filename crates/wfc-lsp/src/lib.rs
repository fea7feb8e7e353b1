//! The editor server: the findings of `wfc check` while one writes.
//!
//! [`serve`] speaks the Language Server Protocol. Behind it one session owns
//! the open documents and asks the compiler; nothing here runs a workflow.

mod analysis;
mod describe;
mod format;
mod position;
mod server;
mod session;

pub use server::serve;
