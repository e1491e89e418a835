//! A client of a running service, for the commands that call one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use http::Uri;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_types::StatusExt;

use crate::{config::is_this_machine, grpc::proto::otp_service_client::OtpServiceClient};

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
    api_key_file: Option<PathBuf>,
    /// With an https address: the authority of the service's certificate, in PEM. Default the system's
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// The caller's certificate, in PEM, where the service asks for one
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Target {
    /// Connects.
    pub async fn connect(&self) -> anyhow::Result<OtpServiceClient<Channel>> {
        let endpoint = Endpoint::from_shared(self.address.clone()).map_err(|_| {
            anyhow!("--address {}: not an address like {DEFAULT_ADDRESS}", self.address)
        })?;
        let endpoint = endpoint.connect_timeout(Duration::from_secs(3)).timeout(DEADLINE);
        let endpoint = match self.tls()? {
            Some(tls) => endpoint.tls_config(tls).context("--tls-ca, --tls-cert, --tls-key")?,
            None => endpoint,
        };
        match endpoint.connect().await {
            Ok(channel) => Ok(OtpServiceClient::new(channel)),
            Err(error) => Err(self.unreached(&error)),
        }
    }

    fn tls(&self) -> anyhow::Result<Option<ClientTlsConfig>> {
        let is_given = self.tls_ca.is_some() || self.tls_cert.is_some();
        if !self.address.starts_with("https://") {
            if is_given {
                bail!("--tls-ca and --tls-cert are for an --address that begins with https://");
            }
            return Ok(None);
        }
        let tls = ClientTlsConfig::new();
        let tls = match &self.tls_ca {
            Some(file) => tls.ca_certificate(Certificate::from_pem(read("--tls-ca", file)?)),
            None => tls.with_native_roots(),
        };
        let (Some(cert), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(Some(tls)) };
        let (cert, key) = (read("--tls-cert", cert)?, read("--tls-key", key)?);
        Ok(Some(tls.identity(Identity::from_pem(cert, key))))
    }

    fn unreached(&self, error: &dyn std::error::Error) -> anyhow::Error {
        let address = &self.address;
        let reasons = std::iter::successors(Some(error), |error| error.source());
        let last = reasons.last().map(ToString::to_string).unwrap_or_default();
        if address.starts_with("https://") {
            return anyhow!("no service that is trusted at {address}: {last}; see --tls-ca");
        }
        anyhow!("no service at {address}; start one with `pombo dev`, or name its --address")
    }

    /// A key that crosses a network in clear is anybody's on it. What is no address at all is told by
    /// whoever connects.
    fn refuse_in_clear(&self) -> anyhow::Result<()> {
        let Ok(address) = self.address.parse::<Uri>() else { return Ok(()) };
        if address.scheme_str() == Some("https") || address.host().is_none_or(is_this_machine) {
            return Ok(());
        }
        bail!(
            "--address {}: the key of --api-key-file would cross the network in clear; name an \
             https:// address (http:// only for this machine)",
            self.address
        )
    }

    /// A request in the caller's name.
    pub fn request<T>(&self, message: T) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        if let Some(file) = &self.api_key_file {
            self.refuse_in_clear()?;
            let key = read("--api-key-file", file)?;
            let value = MetadataValue::try_from(format!("Bearer {}", key.trim()));
            let value = value.map_err(|_| anyhow!("--api-key-file: not a key"))?;
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

fn read(option: &str, file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{option} {}", file.display()))
}

/// A refusal, as one sentence.
pub fn refused(status: &Status) -> anyhow::Error {
    let details = status.get_error_details();
    match details.error_info() {
        Some(info) => anyhow!("{}: {}", info.reason, status.message()),
        None => anyhow!("{}", status.message()),
    }
}
