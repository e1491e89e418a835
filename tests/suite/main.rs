//! The one integration binary: each module reads as the promises it holds.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

mod simulator;
