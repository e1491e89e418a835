//! `GET …/Accounts/{Sid}.json` and `GET …/IncomingPhoneNumbers.json`: the account, and its numbers.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Uri},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{error::TwilioError, gate};
use crate::simulator::{clock, settings::TwilioAccount, world::World};

const API_VERSION: &str = "2010-04-01";
const UNKNOWN_PARAMETER: u32 = 20_001;
const OUT_OF_BOUNDS: u32 = 20_422;
const USUAL_PAGE: usize = 50;
const LARGEST_PAGE: usize = 1_000;

/// Without `.json` the API would speak XML, which nobody here reads.
pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Value>, TwilioError> {
    let sid = file.strip_suffix(".json").ok_or_else(|| TwilioError::not_found(uri.path()))?;
    gate::open(&world, &headers, sid)?;
    Ok(Json(account(&world.settings.twilio)))
}

fn account(account: &TwilioAccount) -> Value {
    let date = clock::rfc2822(SystemTime::now());
    let path = format!("/{API_VERSION}/Accounts/{}", account.account_sid);
    json!({
        "sid": account.account_sid,
        "owner_account_sid": account.account_sid,
        "friendly_name": account.friendly_name,
        "status": account.status,
        "type": "Full",
        "date_created": date,
        "date_updated": date,
        "subresource_uris": {
            "messages": format!("{path}/Messages.json"),
            "incoming_phone_numbers": format!("{path}/IncomingPhoneNumbers.json"),
        },
        "uri": format!("{path}.json"),
    })
}

pub(super) async fn numbers(
    State(world): State<Arc<World>>,
    Path(sid): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, TwilioError> {
    gate::open_active(&world, &headers, &sid)?;
    let raw = raw.unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
    let search = Search::read(&query)?;
    Ok(Json(search.page(&world.settings.twilio)))
}

struct Search<'a> {
    pattern: Option<&'a str>,
    size: usize,
    page: usize,
}

impl<'a> Search<'a> {
    fn read(query: &'a [(String, String)]) -> Result<Self, TwilioError> {
        let mut search = Self { pattern: None, size: USUAL_PAGE, page: 0 };
        for (name, value) in query {
            let bad = || TwilioError::new(OUT_OF_BOUNDS, format!("Invalid parameter: {name}"));
            match name.as_str() {
                "PhoneNumber" => search.pattern = Some(value),
                "PageSize" => search.size = value.parse().map_err(|_| bad())?,
                "Page" => search.page = value.parse().map_err(|_| bad())?,
                _ => {
                    let message = format!("Unknown parameter: {name}");
                    return Err(TwilioError::new(UNKNOWN_PARAMETER, message));
                }
            }
            if !(1..=LARGEST_PAGE).contains(&search.size) {
                return Err(bad());
            }
        }
        Ok(search)
    }

    fn page(&self, account: &TwilioAccount) -> Value {
        let found: Vec<&String> = account.numbers.iter().filter(|n| self.fits(n)).collect();
        let from = self.page.saturating_mul(self.size).min(found.len());
        let to = from.saturating_add(self.size).min(found.len());
        let shown: Vec<Value> = found[from..to].iter().map(|n| number(account, n)).collect();
        json!({
            "incoming_phone_numbers": shown,
            "page": self.page,
            "page_size": self.size,
            "start": from,
            "end": to.saturating_sub(1),
            "uri": self.uri(account, self.page),
            "first_page_uri": self.uri(account, 0),
            "previous_page_uri": self.page.checked_sub(1).map(|page| self.uri(account, page)),
            "next_page_uri": (to < found.len()).then(|| self.uri(account, self.page + 1)),
        })
    }

    /// A pattern may be a part of the number, and `*` stands for any digit.
    fn fits(&self, number: &str) -> bool {
        let pattern = self.pattern.unwrap_or_default().as_bytes();
        pattern.is_empty()
            || number.as_bytes().windows(pattern.len()).any(|part| {
                part.iter().zip(pattern).all(|(b, wanted)| *wanted == b'*' || b == wanted)
            })
    }

    fn uri(&self, account: &TwilioAccount, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("PageSize", &self.size.to_string());
        query.append_pair("Page", &page.to_string());
        if let Some(pattern) = self.pattern {
            query.append_pair("PhoneNumber", pattern);
        }
        let list = format!("Accounts/{}/IncomingPhoneNumbers.json", account.account_sid);
        format!("/{API_VERSION}/{list}?{}", query.finish())
    }
}

fn number(account: &TwilioAccount, number: &str) -> Value {
    let digest = Sha256::digest(number.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let sid = format!("PN{hex}");
    let uri = format!("Accounts/{}/IncomingPhoneNumbers/{sid}.json", account.account_sid);
    json!({
        "sid": sid,
        "account_sid": account.account_sid,
        "friendly_name": number,
        "phone_number": number,
        "api_version": API_VERSION,
        "capabilities": { "voice": true, "sms": true, "mms": true, "fax": false },
        "status": "in-use",
        "uri": format!("/{API_VERSION}/{uri}"),
    })
}
