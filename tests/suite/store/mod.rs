//! The store: one set of promises held by every implementation, and what only Redis can show.

pub mod bench;

mod conformance;

mod opening;

mod outage;

mod secured;

mod users;

mod sentinel;

mod cluster;

mod replicas;

mod leftovers;
