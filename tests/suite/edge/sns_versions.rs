//! SNS signs by SHA-1 or SHA-256; who will not have the first says so.

use pombo::simulator::aws::Forgery;

use super::{
    NOBODYS,
    sns::{event, silent},
    webhooks::counted,
};
use crate::support::{
    pombo::Pombo,
    world::{World, brisk},
};

#[tokio::test]
async fn both_signature_versions_are_believed() {
    for version in ["1", "2"] {
        let (world, pombo, challenge_id, topic) = silent().await;
        let genuine = Forgery::Version(version.to_owned());
        let aws = world.simulator.aws();
        let delivered = event(&challenge_id, "TEXT_DELIVERED");
        // The id is another than AWS answered to the send: taken, and ignored.
        assert_eq!(aws.forge(&topic, &delivered, &genuine).await, Some(200));
        assert_eq!(counted(&pombo, "sns", "ignored").await, 1.0);
    }
}

/// Topics that sign by this version, and a service by AWS that takes only the second.
async fn demanding(version: &str) -> (World, Pombo) {
    let mut settings = brisk();
    settings.aws.signature_version = version.to_owned();
    let more = [("SMS__PROVIDER", "aws"), ("SNS__SIGNATURE_VERSION", "2")];
    let world = World::new("memory:", settings, &more).await;
    let pombo = world.serve().await;
    (world, pombo)
}

#[tokio::test]
async fn who_demands_sha_256_takes_nothing_less() {
    let (world, pombo) = demanding("1").await;
    let (aws, topic) = (world.simulator.aws(), &world.simulator.aws_account().sms_topic);
    let message = event(NOBODYS, "TEXT_DELIVERED");
    // Nobody fetches a certificate for it, wherever that lies.
    let elsewhere = Forgery::ForeignHost("https://evil.example.com".to_owned());
    for (n, call) in [Forgery::None, elsewhere].iter().enumerate() {
        assert_eq!(aws.forge(topic, &message, call).await, Some(403), "{call:?}");
        assert_eq!(counted(&pombo, "sns", "old_signature").await, n as f64 + 1.0, "{call:?}");
    }
    assert_eq!(aws.ask_to_visit(topic, &aws.url()).await, Some(403), "nor by a question");
    let newer = Forgery::Version("2".to_owned());
    assert_eq!(aws.forge(topic, &message, &newer).await, Some(200));
    assert_eq!(counted(&pombo, "sns", "ignored").await, 1.0);
}

#[tokio::test]
async fn who_demands_sha_256_is_told_by_topics_that_sign_so() {
    let (world, pombo) = demanding("2").await;
    let (aws, topic) = (world.simulator.aws(), &world.simulator.aws_account().sms_topic);
    aws.subscribe().await;
    aws.wait_until_confirmed(topic).await;
    assert_eq!(counted(&pombo, "sns", "confirmed").await, 1.0);
}
