//! The main job where AWS carries both channels, and where providers are mixed.

use pombo::{
    grpc::proto::{
        CancelChallengeRequest, ChallengeState, Channel, ConclusionReason,
        DeliveryStatus as Status, FailureReason as Why, VerifyOutcome,
    },
    simulator::{
        self, AwsAccount, Behaviour, Fate, Provider, Settings, Step, Weather, aws::Feedback,
    },
};

use crate::support::{
    pombo::Pombo,
    redis_server::RedisServer,
    world::{SOON, World, brisk, number},
};

const BY_AWS: [(&str, &str); 3] = [("WHATSAPP__PROVIDER", "aws"), ("SMS__PROVIDER", "aws"), SOON];

async fn by_aws(settings: Settings, more: &[(&str, &str)]) -> (World, Pombo) {
    let world = World::new("memory:", settings, &[&BY_AWS, more].concat()).await;
    let pombo = world.serve_by_aws().await;
    (world, pombo)
}

/// Issues, waits for the code, and gives it.
async fn verify_by(world: &World, pombo: &Pombo, to: &str, channel: Channel) -> String {
    let issued = pombo.issue(to).await;
    let by = match channel {
        Channel::Sms => simulator::Channel::Sms,
        _ => simulator::Channel::WhatsApp,
    };
    let message = world.message(to, by, 1).await;
    let verified = pombo.verify(&issued.challenge_id, &message.code).await;
    assert_eq!((verified.outcome(), verified.used_channel()), (VerifyOutcome::Verified, channel));
    issued.challenge_id
}

#[tokio::test]
async fn every_behaviour_leads_to_its_channel() {
    let (world, pombo) = by_aws(brisk(), &[]).await;
    for (digits, channel, why) in [
        ("00", Channel::Whatsapp, None),
        ("01", Channel::Sms, Some(Why::NotOnWhatsapp)),
        ("02", Channel::Sms, Some(Why::NotOnWhatsapp)),
        ("03", Channel::Sms, Some(Why::Unspecified)),
        ("05", Channel::Whatsapp, None),
        ("06", Channel::Whatsapp, None),
        ("07", Channel::Sms, Some(Why::RateLimited)),
    ] {
        let id = verify_by(&world, &pombo, &number(700, digits), channel).await;
        let seen = pombo.get(&id).await;
        assert!(seen.deliveries.iter().all(|delivery| delivery.sender == "aws"), "{digits}");
        if let Some(why) = why {
            assert_eq!(seen.deliveries[0].failure_reason(), why, "{digits}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn receipts_by_sns_move_deliveries_and_tell_when_it_was_read() {
    let (_world, pombo) = by_aws(brisk(), &[]).await;
    let issued = pombo.issue(&number(701, "00")).await;
    let read = pombo.until(&issued.challenge_id, |it| it.deliveries[0].status() == Status::Read);
    read.await;
}

#[tokio::test]
async fn who_did_not_request_the_code_ends_it_though_aws_never_told_the_messages_id() {
    let (_world, pombo) = by_aws(brisk(), &[]).await;
    let issued = pombo.issue(&number(702, "09")).await;
    let ended = pombo.end(&issued.challenge_id).await;
    assert_eq!(ended.state(), ChallengeState::Cancelled);
    assert_eq!(ended.conclusion_reason(), ConclusionReason::NotRequestedByRecipient);
}

#[tokio::test]
async fn events_of_eventbridge_alone_do_as_well() {
    let mut settings = brisk();
    settings.aws = AwsAccount { event_bridge: true, ..settings.aws };
    let (world, pombo) = by_aws(settings, &[]).await;
    let issued = pombo.issue(&number(703, "00")).await;
    world.message(&number(703, "00"), simulator::Channel::WhatsApp, 1).await;
    pombo.until(&issued.challenge_id, |it| it.deliveries[0].status() == Status::Read).await;
    let metrics = pombo.metrics().await;
    for result in ["malformed", "ignored", "skipped"] {
        let series = format!("pombo_webhooks_total{{source=\"sns\",result=\"{result}\"}}");
        assert_eq!(metrics.get(&series), None, "{result}");
    }
}

#[tokio::test]
async fn aws_hears_what_became_of_each_code() {
    let (world, pombo) = by_aws(brisk(), &[]).await;
    let to = number(704, "01");
    verify_by(&world, &pombo, &to, Channel::Sms).await;
    assert_eq!(world.simulator.aws().wait_for_feedback(&to).await, Feedback::Received);

    let to = number(705, "01");
    let issued = pombo.issue(&to).await;
    world.message(&to, simulator::Channel::Sms, 1).await;
    let taken = |it: &pombo::grpc::proto::Challenge| {
        it.deliveries.last().is_some_and(|last| last.status() >= Status::Accepted)
            && it.deliveries.len() == 2
    };
    pombo.until(&issued.challenge_id, taken).await;
    let challenge_id = issued.challenge_id;
    pombo.client().await.cancel_challenge(CancelChallengeRequest { challenge_id }).await.unwrap();
    assert_eq!(world.simulator.aws().wait_for_feedback(&to).await, Feedback::Failed);
}

#[tokio::test]
async fn a_fraud_filters_verdict_is_tried_by_nobody_else() {
    let more = [("DELIVERY__PLAN", "sms"), ("SMS__PROVIDER", "aws,twilio")];
    let (world, pombo) = by_aws(brisk(), &more).await;
    let to = number(706, "00");
    let blocked = Fate::accept([Step::Event("TEXT_PROTECT_BLOCKED")]);
    world.simulator.script(&to, Behaviour::well().sms(blocked));
    let ended = pombo.end(&pombo.issue(&to).await.challenge_id).await;
    assert_eq!(ended.state(), ChallengeState::Undeliverable);
    assert_eq!(ended.deliveries.len(), 1);
    assert_eq!(ended.deliveries[0].failure_reason(), Why::BlockedAsFraud);
}

#[tokio::test]
async fn with_mixed_senders_the_next_one_takes_over_and_says_why() {
    let redis = RedisServer::start();
    let more = [("WHATSAPP__PROVIDER", "cloud,aws"), ("SMS__PROVIDER", "aws,twilio"), SOON];
    let world = World::new(&redis.url(), brisk(), &more).await;
    let pombo = world.serve_by_aws().await;
    world.simulator.weather(Provider::Meta, Weather::TokenExpired);
    let first = verify_by(&world, &pombo, &number(707, "00"), Channel::Whatsapp).await;
    let road = |seen: pombo::grpc::proto::Challenge| {
        let deliveries = seen.deliveries.into_iter();
        deliveries.map(|it| (it.sender, it.route_reason)).collect::<Vec<_>>()
    };
    let told = |sender: &str, why: &str| (sender.to_owned(), why.to_owned());
    assert_eq!(road(pombo.get(&first).await), [told("cloud", "plan"), told("aws", "refused")]);
    // By now the road is known to be closed.
    let second = verify_by(&world, &pombo, &number(708, "00"), Channel::Whatsapp).await;
    assert_eq!(road(pombo.get(&second).await), [told("aws", "circuit_open")]);
    let third = verify_by(&world, &pombo, &number(709, "01"), Channel::Sms).await;
    let third = road(pombo.get(&third).await);
    assert_eq!(third, [told("aws", "circuit_open"), told("aws", "failed")]);
    world.simulator.weather(Provider::Meta, Weather::Clear);
}

#[tokio::test]
async fn dev_simulates_aws_as_well() {
    let environment = [
        ("POMBO_WHATSAPP__PROVIDER", "aws"),
        ("POMBO_SMS__PROVIDER", "aws"),
        ("POMBO_DELIVERY__UNDELIVERED", "1s"),
    ];
    let dev = Pombo::dev(&environment).await;
    for (digits, channel) in [("00", "whatsapp"), ("02", "sms")] {
        let to = number(710, digits);
        let issued = dev.issue(&to).await;
        let message = dev.message(&to, 1).await;
        assert_eq!(message.channel, channel);
        let verified = dev.verify(&issued.challenge_id, &message.code).await;
        assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    }
}
