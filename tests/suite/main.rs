//! The one integration binary. Each folder holds the promises of one room of the house.

// A test that can't go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// What a test run measures belongs into its output.
#![allow(clippy::print_stdout)]

mod support;

mod config;

mod store;

mod delivery;

mod simulator;

mod alarms;

mod journeys;

mod edge;

mod fraud;

mod operator;

mod keys;

mod mutations;

mod outwards;

mod faults;

mod simulation;

mod attacks;

mod policy;
