//! The certificates of SNS, fetched once and kept.
//!
//! Where a certificate lies stands in the notification itself, so a forger can make us fetch. What it
//! costs is bounded: a few fetches at once, each short and small, and what came to nothing is not asked
//! for again for a while, however many wait for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, Url};
use tokio::{
    sync::{OnceCell, Semaphore},
    time::Instant,
};

use super::{address::Addresses, signature::Key};
use crate::delivery::http_client::{self, SetupError};

/// The longest that a fetch, or a visit to confirm a subscription, may take; SNS itself waits 15 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// A certificate is two kilobytes.
const MOST_BYTES: usize = 32 * 1024;

/// SNS changes its certificate about once a year, and with it the address. After this time it is
/// looked at again.
const KEEP: Duration = Duration::from_secs(24 * 3600);

/// What was no certificate is not asked for again within this time.
const KEEP_NOTHING: Duration = Duration::from_secs(60);

/// Nor what could not be fetched: less than the 20 s after which SNS calls again.
const KEEP_AWAY: Duration = Duration::from_secs(15);

/// Addresses that are kept, and fetches at once.
const MOST_KEPT: usize = 64;
const MOST_FETCHES: usize = 4;

/// Why a certificate can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It is not SNS that keeps it.
    #[error("the address is not one of SNS")]
    ForeignAddress,
    /// What lies there is no certificate.
    #[error("no certificate lies there")]
    NoCertificate,
    /// It could not be fetched now.
    #[error("it can't be fetched now")]
    Away,
}

/// Fetches certificates and keeps them.
pub struct Certificates {
    client: Client,
    addresses: Addresses,
    kept: Mutex<HashMap<Url, Arc<Kept>>>,
    fetches: Semaphore,
}

struct Kept {
    since: Instant,
    /// Whoever wants it meanwhile waits for the same fetch.
    key: OnceCell<Result<Key, Untrusted>>,
    /// The key that lay there before: good until it is known what lies there now.
    before: Option<Key>,
}

impl Certificates {
    /// Fetches from SNS, or from below `instead`, which is for tests.
    pub fn new(instead: Option<Url>) -> Result<Self, SetupError> {
        let base = instead.clone().map_or_else(|| "https://sns.amazonaws.com".parse(), Ok);
        let base = base.map_err(|_| SetupError::BaseUrl)?;
        Ok(Self {
            client: http_client::client(&base)?,
            addresses: Addresses { instead },
            kept: Mutex::default(),
            fetches: Semaphore::new(MOST_FETCHES),
        })
    }

    /// The key of the certificate at this address.
    pub async fn key(&self, address: &str) -> Result<Key, Untrusted> {
        let url = self.addresses.certificate(address).ok_or(Untrusted::ForeignAddress)?;
        let kept = self.keep(&url);
        let fetch = || async {
            // That there was no room says nothing of the certificate, and is not kept.
            let _place = self.fetches.try_acquire().map_err(|_| Untrusted::Away)?;
            Ok(self.fetch(url).await)
        };
        let key = kept.key.get_or_try_init(fetch).await.and_then(Clone::clone);
        match (key, &kept.before) {
            // It is as good as it was, and SNS does not call for ever.
            (Err(Untrusted::Away), Some(before)) => Ok(before.clone()),
            (key, _) => key,
        }
    }

    /// Confirms a subscription by visiting the address that SNS gave.
    pub async fn confirm(&self, address: &str) -> Result<(), Untrusted> {
        let url = self.addresses.visit(address).ok_or(Untrusted::ForeignAddress)?;
        let visit = self.client.get(url).timeout(PATIENCE).send().await;
        let is_done = visit.is_ok_and(|answer| answer.status().is_success());
        if is_done { Ok(()) } else { Err(Untrusted::Away) }
    }

    /// The place where an address's key is kept, or will be.
    fn keep(&self, url: &Url) -> Arc<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, it| it.is_fresh() || it.best().is_some());
        let stale = kept.get(url).filter(|it| !it.is_fresh());
        if let Some(before) = stale.and_then(|it| it.best()) {
            kept.insert(url.clone(), Arc::new(Kept::new(Some(before))));
        }
        let is_full = kept.len() >= MOST_KEPT;
        if let (true, Some(oldest)) = (
            is_full && !kept.contains_key(url),
            // What was no certificate goes first, then what is not known yet: a forger shall not push
            // a true one out.
            kept.iter().min_by_key(|(_, it)| (it.worth(), it.since)).map(|(url, _)| url.clone()),
        ) {
            kept.remove(&oldest);
        }
        Arc::clone(kept.entry(url.clone()).or_insert_with(|| Arc::new(Kept::new(None))))
    }

    async fn fetch(&self, url: Url) -> Result<Key, Untrusted> {
        let get = self.client.get(url).timeout(PATIENCE);
        let mut answer = get.send().await.map_err(|_| Untrusted::Away)?;
        match answer.status().as_u16() {
            200 => {}
            408 | 429 | 500.. => return Err(Untrusted::Away),
            _ => return Err(Untrusted::NoCertificate),
        }
        let mut pem = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Untrusted::Away)? {
            pem.extend_from_slice(&chunk);
            if pem.len() > MOST_BYTES {
                return Err(Untrusted::NoCertificate);
            }
        }
        Key::of_certificate(&pem).ok_or(Untrusted::NoCertificate)
    }
}

impl Kept {
    fn new(before: Option<Key>) -> Self {
        Self { since: Instant::now(), key: OnceCell::new(), before }
    }

    fn is_fresh(&self) -> bool {
        self.since.elapsed() < self.lasts()
    }

    /// The newest key there is.
    fn best(&self) -> Option<Key> {
        match self.key.get() {
            Some(Ok(key)) => Some(key.clone()),
            _ => self.before.clone(),
        }
    }

    fn worth(&self) -> u8 {
        match (self.best(), self.key.get()) {
            (Some(_), _) => 2,
            (None, None) => 1,
            (None, _) => 0,
        }
    }

    fn lasts(&self) -> Duration {
        match self.key.get() {
            Some(Ok(_)) => KEEP,
            Some(Err(Untrusted::NoCertificate)) => KEEP_NOTHING,
            // Or nothing is known yet.
            _ => KEEP_AWAY,
        }
    }
}
