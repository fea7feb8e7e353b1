//! Renderers: one file each.
