//! What an operator asks of providers from a terminal: whether all is in order, and the template.

mod check;

mod faults;

mod push;

mod refusals;

#[cfg(feature = "aws")]
mod aws;

use axum::{Json, Router, routing::get};
use pombo::simulator::{MetaAccount, Pace, Settings, TwilioAccount};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::{
    pombo::{Ended, run},
    world::World,
};

const TEMPLATE: &str = "verification_code";

/// Providers as they are by default, and the environment that leads to them.
async fn world(more: &[(&str, &str)]) -> World {
    World::new("memory:", Settings::default(), more).await
}

/// Providers with another account at Meta.
async fn meta(meta: MetaAccount, more: &[(&str, &str)]) -> World {
    World::new("memory:", Settings { meta, ..Settings::default() }, more).await
}

/// Providers with another account at Twilio.
async fn twilio(twilio: TwilioAccount, more: &[(&str, &str)]) -> World {
    World::new("memory:", Settings { twilio, ..Settings::default() }, more).await
}

/// Meta reviews templates in no time.
fn hasty() -> Settings {
    let pace = Pace { review: std::time::Duration::from_millis(50), ..Pace::default() };
    Settings { pace, ..Settings::default() }
}

/// Where a server answers this at one place, and nothing anywhere else.
async fn answering_at(place: &str, answer: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route(place, get(async move || Json(answer)));
    let app = app.fallback(std::future::pending::<()>);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

async fn command(world: &World, arguments: &[&str]) -> Ended {
    run(arguments, &world.environment()).await
}

/// The state in the line that begins with these words.
fn state<'a>(ended: &'a Ended, what: &str) -> &'a str {
    let states = ended.stdout.lines().filter_map(|line| line.strip_prefix(what));
    let mut states = states.filter(|rest| rest.starts_with("  "));
    states.next().unwrap_or_else(|| panic!("no line {what} in {}", ended.stdout)).trim()
}

/// The sentences on stderr, without the program's name.
fn sentences(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().map(|line| line.strip_prefix("pombo: ").unwrap_or(line)).collect()
}
