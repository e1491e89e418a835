//! One binary for all that is tested from outside.

// A test that can't go on should stop right there.
#![allow(clippy::unwrap_used)]

mod delivery;
