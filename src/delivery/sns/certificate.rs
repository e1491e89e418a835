//! The certificates of SNS: from where one may be fetched, and those that were.
//!
//! Where a certificate lies stands in the notification itself, so the address is judged before
//! anybody goes there, and it bounds what a forger can make us do: a few fetches at once, each short
//! and small, none twice within a minute for nothing.

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

use super::signature::Key;
use crate::delivery::http_client::{self, SetupError};

/// The longest that a fetch, or a visit to confirm a subscription, may take; SNS itself waits 15 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// A certificate is two kilobytes.
const MOST_BYTES: usize = 32 * 1024;

/// SNS changes its certificate about once a year, and with it the address.
const KEEP: Duration = Duration::from_secs(24 * 3600);

/// What was no certificate is not asked for again within this time.
const KEEP_NOTHING: Duration = Duration::from_secs(60);

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
    /// In tests: where they are fetched from instead of SNS, and what subscriptions may visit.
    instead: Option<Url>,
    kept: Mutex<HashMap<Url, Arc<Kept>>>,
    fetches: Semaphore,
}

struct Kept {
    since: Instant,
    key: OnceCell<Option<Key>>,
}

impl Certificates {
    /// Fetches from SNS, or from below `instead`, which is for tests.
    pub fn new(instead: Option<Url>) -> Result<Self, SetupError> {
        let base = instead.clone().map_or_else(|| "https://sns.amazonaws.com".parse(), Ok);
        let base = base.map_err(|_| SetupError::BaseUrl)?;
        Ok(Self {
            client: http_client::client(&base)?,
            instead,
            kept: Mutex::default(),
            fetches: Semaphore::new(MOST_FETCHES),
        })
    }

    /// The key of the certificate at this address.
    pub async fn key(&self, address: &str) -> Result<Key, Untrusted> {
        let url = self.certificate_at(address).ok_or(Untrusted::ForeignAddress)?;
        let kept = self.keep(&url);
        let key = kept.key.get_or_try_init(|| self.fetch(url)).await?;
        key.clone().ok_or(Untrusted::NoCertificate)
    }

    /// Confirms a subscription by visiting the address that SNS gave.
    pub async fn confirm(&self, address: &str) -> Result<(), Untrusted> {
        let url = self.may_visit(address).ok_or(Untrusted::ForeignAddress)?;
        let visit = self.client.get(url).timeout(PATIENCE).send().await;
        let is_done = visit.is_ok_and(|answer| answer.status().is_success());
        if is_done { Ok(()) } else { Err(Untrusted::Away) }
    }

    /// From where the certificate of this address is fetched, if it is one of SNS's.
    fn certificate_at(&self, address: &str) -> Option<Url> {
        let url: Url = address.parse().ok()?;
        let is_file = url.path().ends_with(".pem") && url.query().is_none();
        let Some(instead) = &self.instead else {
            return (is_file && is_of_sns(&url)).then_some(url);
        };
        if is_of_sns(&url) {
            let file = url.path_segments()?.next_back()?.to_owned();
            return instead.join(&file).ok().filter(|_| is_file);
        }
        let is_below = is_same_place(&url, instead) && url.path().starts_with(instead.path());
        (is_file && is_below).then_some(url)
    }

    fn may_visit(&self, address: &str) -> Option<Url> {
        let url: Url = address.parse().ok()?;
        let is_allowed = match &self.instead {
            Some(instead) => is_same_place(&url, instead),
            None => is_of_sns(&url),
        };
        is_allowed.then_some(url)
    }

    /// The place where an address's key is kept, or will be.
    fn keep(&self, url: &Url) -> Arc<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, it| it.since.elapsed() < it.lasts());
        let is_full = kept.len() >= MOST_KEPT;
        if let (true, Some(oldest)) = (
            is_full && !kept.contains_key(url),
            // What was no certificate goes first: a forger shall not push a true one out.
            kept.iter().min_by_key(|(_, it)| (it.is_key(), it.since)).map(|(url, _)| url.clone()),
        ) {
            kept.remove(&oldest);
        }
        let new = || Arc::new(Kept { since: Instant::now(), key: OnceCell::new() });
        Arc::clone(kept.entry(url.clone()).or_insert_with(new))
    }

    async fn fetch(&self, url: Url) -> Result<Option<Key>, Untrusted> {
        let _place = self.fetches.try_acquire().map_err(|_| Untrusted::Away)?;
        let get = self.client.get(url).timeout(PATIENCE);
        let mut answer = get.send().await.map_err(|_| Untrusted::Away)?;
        match answer.status().as_u16() {
            200 => {}
            500.. => return Err(Untrusted::Away),
            _ => return Ok(None),
        }
        let mut pem = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Untrusted::Away)? {
            pem.extend_from_slice(&chunk);
            if pem.len() > MOST_BYTES {
                return Ok(None);
            }
        }
        Ok(Key::of_certificate(&pem))
    }
}

impl Kept {
    fn is_key(&self) -> bool {
        matches!(self.key.get(), Some(Some(_)))
    }

    fn lasts(&self) -> Duration {
        match self.key.get() {
            Some(None) => KEEP_NOTHING,
            _ => KEEP,
        }
    }
}

/// `https://sns.REGION.amazonaws.com`, or `.com.cn`, at the usual port and for nobody in particular.
fn is_of_sns(url: &Url) -> bool {
    let labels: Vec<_> = url.host_str().unwrap_or_default().split('.').collect();
    let region = match labels[..] {
        ["sns", region, "amazonaws", "com"] | ["sns", region, "amazonaws", "com", "cn"] => region,
        _ => return false,
    };
    let is_region = is_region(region);
    let is_plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
    url.scheme() == "https" && is_region && is_plain
}

/// Like `eu-west-1`, `us-gov-west-1`. Names of other services stand in the same place: below
/// `s3-us-west-2` anybody may have a bucket of the name `sns`.
fn is_region(label: &str) -> bool {
    let parts: Vec<_> = label.split('-').collect();
    let [area, middle @ .., number] = &parts[..] else { return false };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    area.len() == 2
        && is_word(area)
        && !middle.is_empty()
        && middle.iter().all(is_word)
        && is_number
}

fn is_same_place(url: &Url, base: &Url) -> bool {
    let is_plain = url.username().is_empty() && url.password().is_none();
    is_plain && url.origin() == base.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched_from(instead: Option<&str>, address: &str) -> Option<String> {
        let instead = instead.map(|url| url.parse().unwrap());
        let url = Certificates::new(instead).ok().unwrap().certificate_at(address);
        url.map(String::from)
    }

    #[test]
    fn a_certificate_lies_at_sns() {
        for address in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem",
            "https://SNS.us-east-1.amazonaws.com:443/SimpleNotificationService-1.pem",
        ] {
            assert!(fetched_from(None, address).is_some(), "{address}");
        }
    }

    #[test]
    fn nothing_else_is_one_however_it_is_dressed() {
        for address in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.org/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.org/a.pem",
            "https://user@sns.us-east-1.amazonaws.com/a.pem",
            "https://user:word@sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com:8443/a.pem",
            "https://sns.us-east-1.amazonaws.com./a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem?x=.pem",
            "https://sns.us-east-1.amazonaws.com/a.txt",
            "https://sns.us-east-1.amazonaws.com/a.pem/../b",
            "https://sns.amazonaws.com/a.pem",
            "https://sns.x.amazonaws.com/a.pem",
            "https://sns.us_east_1.amazonaws.com/a.pem",
            "https://evil.org/sns.us-east-1.amazonaws.com/a.pem",
            "https://s3.us-east-1.amazonaws.com/a.pem",
            "https://sns.s3-us-west-2.amazonaws.com/a.pem",
            "https://sns.s3-accelerate.amazonaws.com/a.pem",
            "https://sns.s3-1.amazonaws.com/a.pem",
            "https://bucket.sns.us-east-1.amazonaws.com/a.pem",
            "file:///etc/a.pem",
            "a.pem",
            "",
        ] {
            assert_eq!(fetched_from(None, address), None, "{address}");
        }
    }

    #[test]
    fn in_tests_it_lies_below_the_prefix_and_nowhere_else() {
        let prefix = Some("http://127.0.0.1:4566/certificates/Simple-");
        let fetched = |address| fetched_from(prefix, address);
        let below = "http://127.0.0.1:4566/certificates/Simple-1.pem";
        assert_eq!(fetched(below).as_deref(), Some(below));
        let of_sns = "https://sns.us-east-1.amazonaws.com/Simple-1.pem";
        assert_eq!(fetched(of_sns).as_deref(), Some(below), "instead of SNS");
        for address in [
            "http://127.0.0.1:4566/Simple-1.pem",
            "http://127.0.0.1:45660/certificates/Simple-1.pem",
            "http://127.0.0.1:4566@evil.org/certificates/Simple-1.pem",
            "http://127.0.0.1:4566.evil.org/certificates/Simple-1.pem",
            "https://127.0.0.1:4566/certificates/Simple-1.pem",
            "http://127.0.0.1:4566/certificates/Simple-/../../1.pem",
        ] {
            assert_eq!(fetched(address), None, "{address}");
        }
    }
}
