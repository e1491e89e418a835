//! The commands, where AWS is the road.

use pombo::simulator::AwsAccount;
use serde_json::json;

use crate::{
    operator::{answering_at, sentences, state, world},
    support::pombo::{Ended, run},
};

/// `check` where events go to a topic, with these keys.
async fn check(keys: &[(&str, &str)]) -> Ended {
    let topic = "arn:aws:sns:us-east-1:123456789012:pombo-events";
    let world = world(&[("EVENTS__TOPIC_ARN", topic)]).await;
    let url = world.simulator.aws_url();
    let apart = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ];
    let environment: Vec<_> =
        world.environment().into_iter().filter(|(key, _)| !key.starts_with("AWS_")).collect();
    run(&["check"], &[&environment[..], &apart, keys].concat()).await
}

#[tokio::test]
async fn check_tells_whom_aws_takes_us_for_and_that_there_are_no_credentials() {
    let account = AwsAccount::default();
    let keys = [
        ("AWS_ACCESS_KEY_ID", account.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", account.secret_access_key.as_str()),
    ];
    let known = check(&keys).await;
    assert_eq!(state(&known, "aws identity"), "of the account that ends in 9012");
    assert_eq!(state(&known, "events topic"), "there");
    assert_eq!(known.code, 0, "{}", known.stderr);
    let nobody = check(&[]).await;
    assert_eq!((nobody.code, state(&nobody, "aws identity")), (1, "fault"));
    assert!(sentences(&nobody)[0].contains("no AWS credentials"), "{}", nobody.stderr);
}

#[tokio::test]
async fn check_and_push_go_by_aws_where_that_is_the_road() {
    let by_aws = [("WHATSAPP__PROVIDER", "aws"), ("SMS__PROVIDER", "aws")];
    let world = world(&by_aws).await;
    let pushed = run(&["templates", "push", "--every", "100ms"], &world.environment()).await;
    assert_eq!(pushed.code, 0, "{}{}", pushed.stdout, pushed.stderr);
    let looked = run(&["check"], &world.environment()).await;
    assert_eq!(looked.code, 0, "{}{}", looked.stdout, looked.stderr);
    for (what, found) in [
        ("aws identity", "of the account that ends in 9012"),
        ("whatsapp number", "linked, quality green"),
        ("sms sender", "active"),
        ("sms events", "go to the topic"),
        ("whatsapp events", "go to the topic"),
        ("template pt_BR", "approved"),
    ] {
        assert_eq!(state(&looked, what), found);
    }
}

#[tokio::test]
async fn who_one_is_is_not_asked_where_a_messaging_service_stands_outside() {
    let outside = "https://social-messaging.invalid";
    let world =
        world(&[("WHATSAPP__PROVIDER", "aws"), ("WHATSAPP__AWS__ENDPOINT_URL", outside)]).await;
    let url = world.simulator.aws_url();
    let mut environment = world.environment();
    environment.push(("AWS_ENDPOINT_URL_STS", &url));
    let looked = run(&["check"], &environment).await;
    assert_eq!(state(&looked, "aws identity"), "of the account that ends in 9012");
    assert_eq!(state(&looked, "whatsapp number"), "fault", "{}", looked.stdout);
}

#[tokio::test]
async fn what_is_slow_at_aws_hides_nothing_of_the_rest() {
    let account = AwsAccount::default();
    let number = json!({
        "arn": "a", "phoneNumber": "+1", "phoneNumberId": account.phone_number_id,
        "metaPhoneNumberId": "1", "displayPhoneNumberName": "n", "displayPhoneNumber": "+1",
        "qualityRating": "GREEN",
    });
    let found = json!({ "phoneNumber": number, "linkedWhatsAppBusinessAccountId": "waba-1" });
    let url = answering_at("/v1/whatsapp/waba/phone/details", found).await;
    let more = [("WHATSAPP__PROVIDER", "aws"), ("WHATSAPP__AWS__ENDPOINT_URL", url.as_str())];
    let world = world(&more).await;
    let looked = run(&["check"], &world.environment()).await;
    assert_eq!(state(&looked, "whatsapp number"), "linked, quality green");
    for (what, told) in [("whatsapp events", "within 5 s"), ("template", "within 4 s")] {
        assert_eq!(state(&looked, what), "fault", "{}", looked.stdout);
        let sentences = sentences(&looked);
        assert!(
            sentences.iter().any(|it| it.starts_with(what) && it.contains(told)),
            "{sentences:?}"
        );
    }
}
