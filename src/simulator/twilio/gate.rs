//! Twilio's front door: what is served where, and who may come in.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, Uri, header::AUTHORIZATION},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{account, error::TwilioError, send};
use crate::simulator::world::World;

const BAD_CREDENTIALS: u32 = 20_003;

pub(crate) fn router(world: &Arc<World>) -> Router {
    let account = "/2010-04-01/Accounts/{account}";
    Router::new()
        .route(account, get(account::show).fallback(not_allowed))
        .route(&format!("{account}/Messages.json"), post(send::send).fallback(not_allowed))
        .route(
            &format!("{account}/IncomingPhoneNumbers.json"),
            get(account::numbers).fallback(not_allowed),
        )
        .fallback(not_found)
        .with_state(Arc::clone(world))
}

/// Whether these credentials open this account.
pub(super) fn open(world: &World, headers: &HeaderMap, account: &str) -> Result<(), TwilioError> {
    authorize(world, headers)?;
    if account != world.settings.twilio.account_sid {
        return Err(TwilioError::not_found(&format!("/2010-04-01/Accounts/{account}")));
    }
    Ok(())
}

/// The same for an account that is in use: the credentials of one that is suspended or closed open
/// nothing in it.
pub(super) fn open_active(
    world: &World,
    headers: &HeaderMap,
    account: &str,
) -> Result<(), TwilioError> {
    open(world, headers, account)?;
    match world.settings.twilio.status.as_str() {
        "active" => Ok(()),
        _ => Err(TwilioError::known(BAD_CREDENTIALS)),
    }
}

fn authorize(world: &World, headers: &HeaderMap) -> Result<(), TwilioError> {
    let account = &world.settings.twilio;
    let wanted = format!("{}:{}", account.account_sid, account.auth_token);
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    match given {
        Some(given) if given == wanted.as_bytes() => Ok(()),
        _ => Err(TwilioError::known(BAD_CREDENTIALS)),
    }
}

async fn not_allowed() -> TwilioError {
    TwilioError::known(20_004)
}

async fn not_found(uri: Uri) -> TwilioError {
    TwilioError::not_found(uri.path())
}
