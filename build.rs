//! Compiles the protocol definitions in pure Rust, so that nobody needs `protoc` to build Pombo.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let protos = [
        "pombo/otp/v1/otp.proto",
        "pombo/store/v1/record.proto",
        "pombo/store/v1/destination.proto",
    ];
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(protos, ["proto"])?;

    // The public contract's descriptors feed gRPC reflection; the stored form is nobody's business.
    let public = protox::compile([protos[0]], ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("otp.bin"), prost::Message::encode_to_vec(&public))?;

    tonic_prost_build::configure()
        // Clients in Rust (the command line, the tests) come from the same definitions.
        .build_client(true)
        .compile_fds(descriptors)?;
    Ok(())
}
