//! The layer around a service's router that lets the weather through.

use std::{future::pending, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tokio::sync::oneshot;

use super::{Lag, Provider, Weather};
use crate::simulator::{inbox::Channel, line::Line, world::World};

/// More than any request here needs.
const LONGEST_BODY: usize = 4 << 20;

/// How a service words what the weather makes it say.
pub(crate) trait Wording: Send + Sync {
    /// The one of several services at this address that a request is for, if it serves several.
    fn of(&self, _headers: &HeaderMap) -> Option<&'static dyn Wording> {
        None
    }
    /// Its own refusal with this code; nothing if no code of the service looks so.
    fn refusal(&self, code: &str, status: Option<u16>) -> Option<Response>;
    /// HTTP 429 with its own word for too many requests.
    fn throttled(&self) -> Response;
    /// This 5xx status as the service, or the gateway in front of it, fills it.
    fn failing(&self, status: u16) -> Response;
    /// Unauthorized, as credentials that were good once are told.
    fn token_expired(&self) -> Response;
    /// Whose phone a body was meant for, if it is a send: what is refused has been received as well.
    fn recipient(&self, body: &[u8]) -> Option<(String, Channel)>;
}

/// A service's router with the weather over it.
pub(crate) fn over(
    router: Router,
    world: &Arc<World>,
    provider: Provider,
    wording: &'static dyn Wording,
) -> Router {
    let sky = Sky { world: Arc::clone(world), provider, wording };
    router.layer(middleware::from_fn_with_state(sky, pass))
}

#[derive(Clone)]
struct Sky {
    world: Arc<World>,
    provider: Provider,
    wording: &'static dyn Wording,
}

async fn pass(
    State(sky): State<Sky>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let spell = sky.world.skies.meet(sky.provider);
    match spell.weather.clone() {
        Weather::Clear | Weather::TemplatePaused { .. } => next.run(request).await,
        Weather::Bursts { on, off, .. } if !spell.in_trouble(on, off) => next.run(request).await,
        Weather::ResetUntaken => reset(&line).await,
        Weather::ResetTaken => {
            next.run(request).await;
            reset(&line).await
        }
        Weather::Slow { by, lag: Lag::AfterTaken } => {
            let answer = next.run(request).await;
            tokio::time::sleep(by).await;
            answer
        }
        Weather::Slow { by, lag: Lag::BeforeTaken } => sky.taken_late(by, request, next).await,
        trouble => match read(request).await {
            Ok((parts, body)) => sky.refused(&trouble, &parts.headers, &body).await,
            Err(unreadable) => unreadable,
        },
    }
}

impl Sky {
    async fn refused(&self, trouble: &Weather, headers: &HeaderMap, body: &[u8]) -> Response {
        let wording = self.wording.of(headers).unwrap_or(self.wording);
        if let Some((to, channel)) = wording.recipient(body) {
            self.world.ledger.record(&to, channel);
        }
        match trouble {
            Weather::Refuse { code, status } => {
                wording.refusal(code, *status).unwrap_or_else(|| no_such_code(code))
            }
            Weather::Throttle => wording.throttled(),
            Weather::Bursts { status, .. } => wording.failing(*status),
            Weather::TokenExpired => wording.token_expired(),
            // It hangs.
            _ => pending().await,
        }
    }

    /// As a task of its own: a sender that hangs up does not call its message back.
    async fn taken_late(&self, by: Duration, request: Request, next: Next) -> Response {
        let (parts, body) = match read(request).await {
            Ok(whole) => whole,
            Err(unreadable) => return unreadable,
        };
        let (sender, answer) = oneshot::channel();
        self.world.spawn(async move {
            tokio::time::sleep(by).await;
            let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
            // It fails when nobody waits any more.
            let _ = sender.send(answer);
        });
        match answer.await {
            Ok(answer) => answer,
            // The simulator has ended, and every connection with it.
            Err(_) => pending().await,
        }
    }
}

async fn reset(line: &Line) -> Response {
    line.cut();
    pending().await
}

async fn read(request: Request) -> Result<(Parts, Bytes), Response> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, LONGEST_BODY).await {
        Ok(body) => Ok((parts, body)),
        Err(_) => Err(StatusCode::BAD_REQUEST.into_response()),
    }
}

/// A mistake of the script's, which must not pass for an answer of the service's.
fn no_such_code(code: &str) -> Response {
    (StatusCode::NOT_IMPLEMENTED, format!("this service has no code like {code:?}")).into_response()
}
