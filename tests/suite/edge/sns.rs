//! Only SNS is listened to, and only about our topics, now.

use std::time::Duration;

use pombo::{
    grpc::proto::DeliveryStatus,
    simulator::{Behaviour, Channel, Fate, Settings, Step, aws::Forgery},
};
use serde_json::json;

use super::{NOBODYS, NUMBER, webhooks::counted, world};
use crate::support::{
    pombo::Pombo,
    redis_server::RedisServer,
    world::{World, brisk},
};

/// A service by AWS on whose first message nobody says anything, and its topic.
pub async fn silent() -> (World, Pombo, String, String) {
    let world = world(&[
        ("SMS__PROVIDER", "aws"),
        ("WHATSAPP__PROVIDER", "aws"),
        ("DELIVERY__PLAN", "sms"),
    ])
    .await;
    let pombo = world.serve_by_aws().await;
    let quiet = Behaviour::well().sms(Fate::accept([Step::Arrive]));
    world.simulator.script(NUMBER, quiet);
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let accepted =
        |it: &pombo::grpc::proto::Challenge| it.deliveries[0].status() == DeliveryStatus::Accepted;
    pombo.until(&challenge_id, accepted).await;
    let topic = world.simulator.aws_account().sms_topic.clone();
    (world, pombo, challenge_id, topic)
}

/// What AWS would tell of the first message.
pub fn event(challenge_id: &str, kind: &str) -> String {
    json!({
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": 1_790_000_000_000_u64,
        "messageId": "made-up",
        "context": { "delivery": format!("{challenge_id}.1") },
    })
    .to_string()
}

#[tokio::test]
async fn what_is_forged_foreign_old_or_raw_is_refused_counted_and_has_no_effect() {
    let (world, pombo, challenge_id, topic) = silent().await;
    let failed = event(&challenge_id, "TEXT_INVALID");
    let certificates = world.simulator.aws_url().replace("127.0.0.1", "localhost");
    let foreign = "arn:aws:sns:us-east-1:999999999999:somebody-elses".to_owned();
    for (forgery, result) in [
        (Forgery::Tampered, "forged"),
        (Forgery::Unsigned, "forged"),
        (Forgery::ForeignKey, "forged"),
        (Forgery::Version("3".to_owned()), "forged"),
        (Forgery::ForeignTopic(foreign), "foreign_topic"),
        (Forgery::ForeignHost(certificates), "foreign_certificate"),
        (Forgery::ForeignHost("https://evil.example.com".to_owned()), "foreign_certificate"),
        (Forgery::Old(Duration::from_secs(2 * 3600)), "old"),
        (Forgery::Raw, "raw"),
    ] {
        let before = counted(&pombo, "sns", result).await;
        let status = world.simulator.aws().forge(&topic, &failed, &forgery).await;
        assert_eq!(status, Some(403), "{forgery:?}");
        assert_eq!(counted(&pombo, "sns", result).await, before + 1.0, "{forgery:?}");
    }
    let seen = pombo.get(&challenge_id).await;
    assert_eq!(seen.deliveries[0].status(), DeliveryStatus::Accepted, "no effect");

    // The counter-test: the same event, well signed and of now.
    let status = world.simulator.aws().forge(&topic, &failed, &Forgery::None).await;
    assert_eq!(status, Some(200));
}

#[tokio::test]
async fn a_subscription_is_confirmed_for_our_topics_and_nowhere_else() {
    let (world, pombo, _, topic) = silent().await;
    let aws = world.simulator.aws();
    assert_eq!(counted(&pombo, "sns", "confirmed").await, 2.0, "both topics");
    let elsewhere = "http://127.0.0.1:9/?Action=ConfirmSubscription";
    assert_eq!(aws.ask_to_visit(&topic, elsewhere).await, Some(403));
    assert_eq!(counted(&pombo, "sns", "foreign_visit").await, 1.0);
    let foreign = "arn:aws:sns:us-east-1:999999999999:somebody-elses";
    assert_eq!(aws.ask_to_visit(foreign, &aws.url()).await, Some(403));
}

#[tokio::test]
async fn one_topic_may_tell_of_both_channels() {
    let topic = Settings::default().aws.sms_topic;
    let world = world(&[
        ("SMS__PROVIDER", "aws"),
        ("WHATSAPP__PROVIDER", "aws"),
        ("WHATSAPP__AWS__TOPIC_ARN", &topic),
    ])
    .await;
    let pombo = world.serve().await;
    let status = json!({ "id": "wamid.x", "status": "sent", "biz_opaque_callback_data": format!("{NOBODYS}.1") });
    let value = json!({ "statuses": [status] });
    let entry = json!({ "id": "1", "changes": [{ "field": "messages", "value": value }] });
    let envelope = json!({ "whatsAppWebhookEntry": entry.to_string() }).to_string();
    // An event of EventBridge may have fields by whatever name.
    let bridged = json!({
        "source": "aws.social-messaging",
        "detail-type": "WhatsApp Message Sent",
        "detail": { "messageId": "made-up", "eventType": "sent" },
    });
    for message in [event(NOBODYS, "TEXT_DELIVERED"), envelope, bridged.to_string()] {
        let before = counted(&pombo, "sns", "ignored").await;
        let status = world.simulator.aws().forge(&topic, &message, &Forgery::None).await;
        assert_eq!(status, Some(200), "{message}");
        assert_eq!(counted(&pombo, "sns", "ignored").await, before + 1.0, "read: {message}");
    }
    let status = world.simulator.aws().forge(&topic, "{}", &Forgery::None).await;
    assert_eq!(status, Some(200), "SNS would only send the same again");
    assert_eq!(counted(&pombo, "sns", "malformed").await, 1.0);
}

#[tokio::test]
async fn a_fault_that_a_receipt_tells_of_is_logged_with_who_told_it() {
    for teller in ["cloud", "aws"] {
        let world = world(&[("WHATSAPP__PROVIDER", teller)]).await;
        let pombo = match teller {
            "aws" => world.serve_by_aws().await,
            _ => world.serve().await,
        };
        let locked = Fate::accept([Step::Undelivered(131_031)]);
        world.simulator.script(NUMBER, Behaviour::well().whatsapp(locked));
        pombo.issue(NUMBER).await;
        let fault = |line: &str| line.contains("refuses more than this message");
        let line = pombo.stderr.wait_for("the fault", fault).await;
        assert!(line.contains(&format!("\"{teller}\"")), "{line}");
    }
}

#[tokio::test]
async fn what_finds_no_store_comes_again() {
    let redis = RedisServer::start();
    let more = [("SMS__PROVIDER", "aws"), ("DELIVERY__PLAN", "sms")];
    let world = World::new(&redis.url(), brisk(), &more).await;
    let pombo = world.serve_by_aws().await;
    let steps = [Step::Wait(Duration::from_millis(500)), Step::Arrive, Step::Delivered];
    world.simulator.script_each(NUMBER, Channel::Sms, [Fate::accept(steps)]);
    let id = pombo.issue(NUMBER).await.challenge_id;
    pombo.until(&id, |it| it.deliveries[0].status() == DeliveryStatus::Accepted).await;

    redis.pause();
    let refused = |line: &str| line.contains("a callback could not be taken in");
    pombo.stderr.wait_for("a callback refused", refused).await;
    let topic = &world.simulator.aws_account().sms_topic;
    let again = event(&id, "TEXT_DELIVERED");
    let status = world.simulator.aws().forge(topic, &again, &Forgery::None).await;
    assert_eq!(status, Some(503), "what is below 500 SNS tells nobody again");
    redis.resume();

    let seen = pombo.until(&id, |it| it.deliveries[0].status() > DeliveryStatus::Accepted).await;
    assert_eq!(seen.deliveries[0].status(), DeliveryStatus::Delivered);
    assert!(counted(&pombo, "sns", "store_away").await >= 2.0);
}

#[tokio::test]
async fn a_call_over_the_bound_is_refused() {
    let (_world, pombo, ..) = silent().await;
    let url = format!("http://{}/webhooks/sns", pombo.webhooks);
    for (bytes, expected) in [(640 * 1024, 403), (640 * 1024 + 1, 413)] {
        let call = reqwest::Client::new().post(&url).body(vec![b' '; bytes]);
        assert_eq!(call.send().await.unwrap().status().as_u16(), expected);
    }
}
