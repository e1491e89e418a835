//! The edge for callers: protobuf to domain and back, who calls, and what errors say.

mod callers;

mod convert;

mod complaints;

mod errors;

mod people;

mod call;

mod fields;

mod requests;

mod otp_service;

mod san;

mod peer;

mod gate;

mod tls_files;

mod trust;

mod tls;

mod ends;

mod lines;

pub mod server;

/// Generated from `proto/pombo/otp/v1/otp.proto`: messages, server and client.
#[allow(missing_docs, clippy::all, clippy::unwrap_used)]
pub mod proto {
    tonic::include_proto!("pombo.otp.v1");

    /// For gRPC reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/otp.bin"));
}

pub use callers::{Caller, Callers, Proof};
pub use san::San;
pub use tls::Tls;
pub use tls_files::TlsFiles;
