//! What tests share: private servers, and words for what callers do.

pub mod redis_server;
