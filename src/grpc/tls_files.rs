//! The files of TLS: read, and judged whether they can be used. Each complaint names key and path.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    Error, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::files;

/// Where the files are, and what for.
#[derive(Clone)]
pub struct TlsFiles {
    /// Our certificate and those between it and its authority.
    pub cert: PathBuf,
    /// Its key: a file that nobody else should read or change. It is told and not refused, since what keeps
    /// certificates mostly hands them out so.
    pub key: PathBuf,
    /// The authorities of callers' certificates; without them nobody is asked for one.
    pub client_ca: Option<PathBuf>,
    /// Whether a connection without a certificate is let in.
    pub lets_in_without: bool,
}

/// A file's text.
type Pem = Zeroizing<String>;

/// What connections are accepted by.
pub struct Terms {
    /// How TLS is agreed on.
    pub config: Arc<ServerConfig>,
    /// When our certificate ends.
    pub ends: ASN1Time,
    /// Who vouches for callers' certificates, where they are asked for them.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Terms {
    /// Whether a chain of certificates holds at a time.
    pub fn vouch_for(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> bool {
        let Some((verifier, (own, others))) = self.verifier.as_ref().zip(chain.split_first())
        else {
            return false;
        };
        verifier.verify_client_cert(own, others, now).is_ok()
    }
}

/// What the files hold.
#[derive(Clone, PartialEq)]
pub struct Contents {
    cert: Pem,
    key: Pem,
    client_ca: Option<Pem>,
    /// Who else may read or change the key, and the remedy.
    pub exposure: Option<String>,
}

impl TlsFiles {
    /// Reads all.
    pub fn read(&self) -> Result<Contents, String> {
        let read =
            |key: &str, path: &Path| files::text(path).map_err(|what| complaint(key, path, &what));
        let client_ca = self.client_ca.as_ref().map(|path| read("client_ca", path)).transpose()?;
        let (key, exposure) =
            files::shared_secret(&self.key).map_err(|what| complaint("key", &self.key, &what))?;
        let exposure = exposure.map(|what| complaint("key", &self.key, &what));
        Ok(Contents { cert: read("cert", &self.cert)?, key, client_ca, exposure })
    }

    /// What connections are to be accepted by.
    pub fn terms(&self, contents: &Contents) -> Result<Terms, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = certificates(&contents.cert)
            .ok_or_else(|| complaint("cert", &self.cert, "holds no certificates in PEM"))?;
        let ends = end(&chain[0]).map_err(|why| complaint("cert", &self.cert, &why))?;
        let key = PrivateKeyDer::from_pem_slice(contents.key.as_bytes())
            .map_err(|_| complaint("key", &self.key, "holds no private key in PEM"))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| complaint("cert", &self.cert, &error.to_string()))?;
        let verifier = self.verifier(contents, provider)?;
        let builder = match verifier.clone() {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config =
            builder.with_single_cert(chain, key).map_err(|error| self.mismatch(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Each connection shows its certificate anew, so that none outlives what it was verified by.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Terms { config: Arc::new(config), ends, verifier })
    }

    fn verifier(
        &self,
        contents: &Contents,
        provider: Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, String> {
        let (Some(path), Some(pem)) = (&self.client_ca, &contents.client_ca) else {
            return Ok(None);
        };
        let none = || complaint("client_ca", path, "holds no authority's certificate in PEM");
        let mut roots = RootCertStore::empty();
        for authority in certificates(pem).ok_or_else(none)? {
            roots.add(authority).map_err(|_| none())?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = match self.lets_in_without {
            true => verifier.allow_unauthenticated(),
            false => verifier,
        };
        verifier.build().map(Some).map_err(|_| none())
    }

    fn mismatch(&self, error: &Error) -> String {
        match error {
            Error::InconsistentKeys(_) => {
                let cert = self.cert.display();
                complaint("key", &self.key, &format!("is not the key of the certificate in {cert}"))
            }
            error => complaint("key", &self.key, &format!("can't be used: {error}")),
        }
    }
}

fn complaint(key: &str, path: &Path, what: &str) -> String {
    format!("server.tls.{key}: {} {what}", path.display())
}

/// All certificates, at least one.
fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    all.ok().filter(|all| !all.is_empty())
}

/// When a certificate ends; it must have begun, and not have ended yet.
fn end(certificate: &CertificateDer<'_>) -> Result<ASN1Time, String> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|_| "holds no certificate".to_owned())?;
    let (validity, now) = (certificate.validity(), ASN1Time::now());
    let (begins, ends) = (validity.not_before, validity.not_after);
    if ends < now {
        return Err(format!("holds a certificate that ended on {ends}; renew it"));
    }
    match now < begins {
        true => {
            Err(format!("holds a certificate that begins on {begins}, and is not valid before"))
        }
        false => Ok(ends),
    }
}
