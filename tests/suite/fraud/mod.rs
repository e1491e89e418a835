//! Toll fraud: budgets, the breaker, the cap, and a flood of all of them; against the real binary where no
//! clock has to be moved.

mod rules;

mod screens;

mod steady;

mod breaker;

mod takeovers;

mod pumping;

use std::time::Duration;

use pombo::grpc::proto::{self, IssueCodeRequest};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::support::{
    pombo::{PATIENCE, Pombo, by_sms, login},
    world::{World, brisk},
};

/// A service under these rules.
async fn world(store_url: &str, more: &[(&str, &str)]) -> World {
    let keyed = [("CODE__HASH", "keyed"), ("LIMITS__CLIENT_IP", "[]")];
    World::new(store_url, brisk(), &[&keyed, more].concat()).await
}

/// Somebody gets a text message and gives its code back.
async fn verifies_by_sms(world: &World, pombo: &Pombo, to: &str) -> Result<(), Status> {
    let issued = pombo.try_issue(by_sms(to)).await?;
    let code = world.message(to, pombo::simulator::Channel::Sms, 1).await.code;
    let verified = pombo.verify(&issued.challenge_id, &code).await;
    assert_eq!(verified.outcome(), proto::VerifyOutcome::Verified);
    Ok(())
}

/// The rule that refused a call, and how long it says to wait.
fn refused<T: std::fmt::Debug>(call: Result<T, Status>) -> (String, Duration) {
    let status = call.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let details = status.get_error_details();
    let wait = details.retry_info().and_then(|it| it.retry_delay).unwrap();
    (details.error_info().unwrap().reason.clone(), wait)
}
