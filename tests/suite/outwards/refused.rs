//! Calls that a rule against toll fraud refused.

use pombo::grpc::proto::{Channel, IssueCodeRequest};
use serde_json::json;

use super::*;
use crate::support::{pombo::login, world::number};

fn by_sms(to: &str) -> IssueCodeRequest {
    IssueCodeRequest { requested_channel: Channel::Sms.into(), ..login(to) }
}

#[tokio::test]
async fn a_refused_call_is_an_event_with_its_rule() {
    let receiver = Receiver::start().await;
    let budget = [("FRAUD__ENFORCE", "[\"prefix_budget\"]"), ("FRAUD__PREFIX_HOURLY", "1")];
    let world = world("memory:", &receiver, &budget).await;
    let pombo = world.serve().await;
    pombo.try_issue(by_sms(&number(300_000, "00"))).await.unwrap();
    let here = number(300_001, "00");
    pombo.try_issue(by_sms(&here)).await.unwrap_err();
    let id = pombo.issue(&here).await.challenge_id;
    world.message(&here, pombo::simulator::Channel::WhatsApp, 1).await;
    pombo.resend(&id, Channel::Sms).await.unwrap_err();
    assert!(!pombo.try_issue(by_sms(&here)).await.unwrap().message_sent);

    let is_refused = |came: &&Came| came.kind() == "call.refused";
    let refused = |seen: &[Came]| seen.iter().filter(is_refused).count() == 3;
    let seen = receiver.until("three refused calls", refused).await;
    let mut of_nothing = seen.iter().filter(is_refused).filter(|it| it.text("subject").is_empty());
    let data = &of_nothing.next().expect("the call that began no challenge").event["data"];
    let told = ["rule", "enforced", "purpose", "country"].map(|name| &data[name]);
    assert_eq!(json!(told), json!(["prefix_budget", true, "login", "BR"]));
    assert_eq!(data["prefix"].as_str().unwrap().len(), 32);
    assert!(!data.to_string().contains(&here[4..]), "{data}");
    assert_eq!(of_nothing.count(), 0);
    let of_challenge = seen.iter().filter(is_refused).filter(|it| it.text("subject") == id);
    assert_eq!(of_challenge.count(), 2);
}
