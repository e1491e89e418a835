//! One binary for every test that looks at Pombo from outside.

// A test that can't go on should say so where it stands.
#![allow(clippy::unwrap_used)]

mod config;
