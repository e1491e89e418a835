//! Pombo issues, sends and verifies one-time passcodes over WhatsApp authentication templates, with
//! SMS where WhatsApp does not deliver.
//!
//! Read `otp` for the rules, `service` for the use cases, `docs/ARCHITECTURE.md` for the walk.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod otp;

mod files;

pub mod store;

pub mod delivery;

pub mod insight;

pub mod service;

pub mod outwards;

pub mod doors;

pub mod grpc;

pub mod http;

pub mod config;

pub mod app;

pub mod simulator;

pub mod cli;
