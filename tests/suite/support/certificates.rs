//! A private authority, and certificates by it.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType, date_time_ymd,
};

/// An authority that nobody else knows.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub struct Certificate {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(authority(), key).unwrap())
    }

    /// One that this one vouches for, for about so long by this machine's clock.
    pub fn authorize_for(&self, time: Duration) -> Self {
        let mut params = authority();
        params.not_after = (now() + time).into();
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// For a server, or a client, at this host.
    pub fn certify(&self, host: &str) -> Certificate {
        self.sign(host, CertificateParams::new([host.to_owned()]).unwrap())
    }

    /// For a client of these names; URIs have a scheme.
    pub fn certify_all(&self, sans: &[&str]) -> Certificate {
        self.sign("client", named(sans))
    }

    /// For a client of this name, for about so long by this machine's clock.
    pub fn certify_for(&self, san: &str, time: Duration) -> Certificate {
        let mut params = named(&[san]);
        params.not_after = (now() + time).into();
        self.sign("client", params)
    }

    /// For a client of this name, once.
    pub fn certify_until_2020(&self, san: &str) -> Certificate {
        let mut params = named(&[san]);
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign("client", params)
    }

    /// For a server at this host, from one time to another.
    pub fn certify_between(&self, host: &str, begins: SystemTime, ends: SystemTime) -> Certificate {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (begins.into(), ends.into());
        self.sign(host, params)
    }

    fn sign(&self, name: &str, mut params: CertificateParams) -> Certificate {
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certificate { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// Now, by the clock that certificates go by.
#[allow(clippy::disallowed_methods)]
pub fn now() -> SystemTime {
    SystemTime::now()
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    // Two of one name would be taken for each other.
    let name = format!("authority {}", rand::random::<u64>());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn named(sans: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    let san = |san: &&str| match san.contains("://") {
        true => SanType::URI((*san).try_into().unwrap()),
        false => SanType::DnsName((*san).try_into().unwrap()),
    };
    params.subject_alt_names = sans.iter().map(san).collect();
    params
}
