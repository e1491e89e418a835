//! A client of a running service, for the commands that call one.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use crate::grpc::proto::otp_service_client::OtpServiceClient;

/// Where `dev` and `serve` listen unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "http://127.0.0.1:50051";

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Where the service is and who asks.
#[derive(clap::Args)]
pub struct Target {
    /// The service's gRPC address
    #[arg(long, value_name = "URL", default_value = DEFAULT_ADDRESS)]
    address: String,
    /// File that holds the caller's API key, where the service asks for one
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<std::path::PathBuf>,
}

impl Target {
    /// Connects.
    pub async fn connect(&self) -> anyhow::Result<OtpServiceClient<Channel>> {
        let endpoint = Endpoint::from_shared(self.address.clone()).map_err(|_| {
            anyhow!("--address {}: not an address like {DEFAULT_ADDRESS}", self.address)
        })?;
        let endpoint = endpoint.connect_timeout(Duration::from_secs(3)).timeout(DEADLINE);
        let Ok(channel) = endpoint.connect().await else {
            bail!(
                "no service at {}; start one with `pombo dev`, or name its --address",
                self.address
            )
        };
        Ok(OtpServiceClient::new(channel))
    }

    /// A request in the caller's name.
    pub fn request<T>(&self, message: T) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        if let Some(file) = &self.api_key_file {
            let key = std::fs::read_to_string(file);
            let key = key.with_context(|| format!("--api-key-file {}", file.display()))?;
            let value = MetadataValue::try_from(format!("Bearer {}", key.trim()));
            let value = value.map_err(|_| anyhow!("--api-key-file: not a key"))?;
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// A refusal, as one sentence.
pub fn refused(status: &Status) -> anyhow::Error {
    let details = status.get_error_details();
    match details.error_info() {
        Some(info) => anyhow!("{}: {}", info.reason, status.message()),
        None => anyhow!("{}", status.message()),
    }
}
