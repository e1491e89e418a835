//! Which addresses are SNS's. An address stands in a call that nobody believes yet, so it is taken
//! apart and judged before anybody goes there.

use reqwest::Url;

/// The addresses that are SNS's own or, in tests, its stand-in's.
pub(super) struct Addresses {
    /// In tests: where certificates are fetched from instead of SNS, and whose origin subscriptions may
    /// visit.
    pub instead: Option<Url>,
}

impl Addresses {
    /// From where the certificate of this address is fetched, if it is one of SNS's.
    pub fn certificate(&self, address: &str) -> Option<Url> {
        let url: Url = address.parse().ok()?;
        if !url.path().ends_with(".pem") || url.query().is_some() {
            return None;
        }
        let Some(instead) = &self.instead else {
            return is_of_sns(&url).then_some(url);
        };
        let url = match is_of_sns(&url) {
            true => instead.join(url.path_segments()?.next_back()?).ok()?,
            false => url,
        };
        // Judged last: a file's name may read as an address of its own.
        let is_below = is_same_place(&url, instead) && url.path().starts_with(instead.path());
        is_below.then_some(url)
    }

    /// Where this address leads, if a subscription may be confirmed there.
    pub fn visit(&self, address: &str) -> Option<Url> {
        let url: Url = address.parse().ok()?;
        let is_allowed = match &self.instead {
            Some(instead) => is_same_place(&url, instead),
            None => is_of_sns(&url),
        };
        is_allowed.then_some(url)
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

    fn addresses(instead: Option<&str>) -> Addresses {
        Addresses { instead: instead.map(|url| url.parse().unwrap()) }
    }

    fn fetched_from(instead: Option<&str>, address: &str) -> Option<String> {
        addresses(instead).certificate(address).map(String::from)
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
            "https://sns.us-east-1.amazonaws.com/https:evil.org.pem",
        ] {
            assert_eq!(fetched(address), None, "{address}");
        }
    }

    #[test]
    fn a_visit_leads_to_sns_or_in_tests_to_its_stand_in() {
        let confirm = "?Action=ConfirmSubscription&Token=1";
        let prefix = Some("http://127.0.0.1:4566/certificates/Simple-");
        for (instead, place, allowed) in [
            (None, "https://sns.us-east-1.amazonaws.com/", true),
            (None, "http://sns.us-east-1.amazonaws.com/", false),
            (None, "https://sns.us-east-1.amazonaws.com.evil.org/", false),
            (None, "http://127.0.0.1:4566/", false),
            (prefix, "http://127.0.0.1:4566/", true),
            (prefix, "http://127.0.0.1:45660/", false),
            (prefix, "http://user@127.0.0.1:4566/", false),
            (prefix, "https://sns.us-east-1.amazonaws.com/", false),
        ] {
            let visit = addresses(instead).visit(&format!("{place}{confirm}"));
            assert_eq!(visit.is_some(), allowed, "{instead:?} {place}");
        }
    }
}
