//! Whether what becomes of messages is told where we listen.

use pombo::{
    delivery::{
        Inspection,
        sms::{aws_events::ENDS, aws_inspect::AwsSms},
        whatsapp::aws_inspect,
    },
    simulator::AwsAccount,
};
use serde_json::json;

use super::{config, fault, sound};
use crate::delivery::provider::Provider;

/// What is made of a configuration set with these event destinations.
async fn set_with(destinations: serde_json::Value) -> Inspection {
    let account = AwsAccount::default();
    let set = json!({
        "ConfigurationSetArn": "arn", "ConfigurationSetName": "pombo", "CreatedTimestamp": 0,
        "EventDestinations": destinations,
    });
    let aws = Provider::answering(200, json!({ "ConfigurationSets": [set] })).await;
    let config = config(&aws.url(), &account, &account.secret_access_key).await;
    AwsSms::new(&config).inspect_set("pombo", &account.sms_topic).await
}

#[tokio::test]
async fn a_set_must_tell_our_topic_how_messages_end() {
    let topic = AwsAccount::default().sms_topic;
    let to = |topic: &str, enabled: bool, types: &[&str]| {
        json!({
            "EventDestinationName": "d", "Enabled": enabled, "MatchingEventTypes": types,
            "SnsDestination": { "TopicArn": topic },
        })
    };
    let log = json!({
        "EventDestinationName": "d", "Enabled": true, "MatchingEventTypes": ["ALL"],
        "CloudWatchLogsDestination": { "IamRoleArn": "a", "LogGroupArn": "b" },
    });
    let other = topic.replace("sms", "other");
    for (destinations, remedy) in [
        (json!([]), "no events to a topic"),
        (json!([log]), "no events to a topic"),
        (json!([to(&topic, false, &["TEXT_ALL"])]), "no events to a topic"),
        (json!([to(&other, true, &["TEXT_ALL"])]), "sms.aws.topic_arn"),
        (json!([to(&other, true, &["ALL"]), to(&topic, true, &ENDS[1..])]), "TEXT_SUCCESSFUL out"),
        (json!([to(&topic, true, &["VOICE_ALL"])]), "TEXT_ALL"),
    ] {
        let found = set_with(destinations).await;
        assert!(fault(&found).contains(remedy), "{found:?}");
        assert!(!fault(&found).contains("123456789012"), "{found:?}");
    }
    let (some, rest) = ENDS.split_at(4);
    for destinations in [
        json!([log, to(&topic, true, &["ALL"])]),
        json!([to(&other, true, &[]), to(&topic, true, some), to(&topic, true, rest)]),
    ] {
        assert_eq!(sound(&set_with(destinations).await), "go to the topic");
    }
}

#[tokio::test]
async fn an_account_must_tell_our_topic_of_its_messages() {
    let account = AwsAccount::default();
    let other = account.whatsapp_topic.replace("whatsapp", "other");
    for (destinations, verdict) in
        [(json!([]), "go nowhere"), (json!([{ "eventDestinationArn": other }]), "go elsewhere")]
    {
        let linked = json!({
            "arn": "a", "id": "waba-1", "wabaId": "1", "registrationStatus": "COMPLETE",
            "linkDate": 0, "wabaName": "n", "eventDestinations": destinations, "phoneNumbers": [],
        });
        let answer = json!({ "linkedWhatsAppBusinessAccountId": "waba-1", "account": linked });
        let aws = Provider::answering(200, answer).await;
        let config = config(&aws.url(), &account, &account.secret_access_key).await;
        let topic = &account.whatsapp_topic;
        let found = aws_inspect::inspect_events(&config, &account.phone_number_id, topic).await;
        let found = found.unwrap();
        assert!(fault(&found).starts_with(verdict) && fault(&found).contains("event destination"));
    }
}
