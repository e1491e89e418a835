//! What tests share: private servers, the real binary, and words for what callers do.

pub mod pombo;

pub mod redis_server;

pub mod world;
