//! The two HTTP listeners: callbacks of providers on the public one; metrics, health and the first
//! page on the admin one.

pub mod webhooks;

pub mod admin;

mod server;

mod heads;

pub use server::serve;
