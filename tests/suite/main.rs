//! Everything that is tested from outside: one binary, one folder a room of the house.

// A test that can't go on may end itself.
#![allow(clippy::unwrap_used)]

mod support;

mod store;
