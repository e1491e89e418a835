//! Meta tells of the template and the account: the road closes at once, and opens again.

use pombo::simulator::{Notice, TemplateNotice};

use super::start;
use crate::support::{pombo::Pombo, world::number};

fn template(event: &str) -> Notice {
    Notice::Template(TemplateNotice {
        event: event.into(),
        name: "verification_code".into(),
        language: "pt_BR".into(),
        reason: None,
        title: None,
    })
}

/// The first delivery's sender and the reason of its route.
async fn road(pombo: &Pombo, index: u32) -> (String, String) {
    let id = pombo.issue(&number(950_000 + index, "00")).await.challenge_id;
    let first = pombo.get(&id).await.deliveries.swap_remove(0);
    (first.sender, first.route_reason)
}

fn told(sender: &str, why: &str) -> (String, String) {
    (sender.to_owned(), why.to_owned())
}

#[tokio::test]
async fn a_paused_template_closes_the_road_until_it_is_approved_again() {
    let (world, pombo) = start().await;
    assert_eq!(road(&pombo, 0).await, told("cloud", "plan"));
    world.simulator.notify(&template("PAUSED")).await;
    assert_eq!(road(&pombo, 1).await, told("twilio", "circuit_open"));
    world.simulator.notify(&template("APPROVED")).await;
    assert_eq!(road(&pombo, 2).await, told("cloud", "plan"));
    let metrics = pombo.metrics().await;
    for event in ["template_paused", "template_approved"] {
        let series = format!("pombo_provider_notices_total{{sender=\"cloud\",event=\"{event}\"}}");
        assert_eq!(metrics[&series], 1.0);
    }
}

#[tokio::test]
async fn a_restricted_account_closes_the_road_and_its_reinstatement_opens_it() {
    let (world, pombo) = start().await;
    let ban = |state: &str| Notice::Ban { state: state.into(), date: "April 17, 2026".into() };
    world.simulator.notify(&ban("DISABLE")).await;
    assert_eq!(road(&pombo, 10).await, told("twilio", "circuit_open"));
    world.simulator.notify(&ban("REINSTATE")).await;
    assert_eq!(road(&pombo, 11).await, told("cloud", "plan"));
}
