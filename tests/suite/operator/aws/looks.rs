//! Each look for itself, by AWS's own clients.

use pombo::{
    delivery::{
        Verdict, aws_inspect::inspect_identity, sms::aws_inspect::AwsSms, whatsapp::aws_inspect,
    },
    outwards::inspect::topic,
};

use super::{config, fault, right, simulated, sound};
use crate::delivery::provider::nobody;

#[tokio::test]
async fn everything_is_looked_at_by_awss_own_clients() {
    let (simulator, account) = simulated().await;
    let config = right(&simulator, &account).await;
    let identity = inspect_identity(&config).await;
    assert!(sound(&identity).ends_with("9012"), "{identity:?}");
    let number = aws_inspect::inspect(&config, &account.phone_number_id).await;
    assert_eq!(sound(&number), "linked, quality green");
    let sms = AwsSms::new(&config);
    assert_eq!(sound(&sms.inspect_sender(&account.origination_identities[0]).await), "active");
    let set = sms.inspect_set(&account.configuration_set, &account.sms_topic).await;
    assert_eq!(sound(&set), "go to the topic");
    let id = &account.phone_number_id;
    let events = aws_inspect::inspect_events(&config, id, &account.whatsapp_topic).await;
    assert_eq!(sound(&events.unwrap()), "go to the topic");
    assert_eq!(sound(&topic(&config, &account.events_topic).await), "there");
}

#[tokio::test]
async fn a_number_goes_by_its_digits_alone_and_an_agent_is_not_looked_at() {
    let (simulator, account) = simulated().await;
    let sms = AwsSms::new(&right(&simulator, &account).await);
    let digits = account.origination_identities[0].trim_start_matches('+');
    assert_eq!(sound(&sms.inspect_sender(digits).await), "active");
    let agents = ["rcs-1a2b", "arn:aws:sms-voice:us-east-1:123456789012:rcs-agent/rcs-1a2b"];
    for agent in agents {
        let agent = sms.inspect_sender(agent).await;
        assert!(matches!(&agent.verdict, Verdict::Warning(told) if told.contains("not looked at")));
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_fault_that_names_its_key() {
    let (simulator, account) = simulated().await;
    let config = right(&simulator, &account).await;
    let number = aws_inspect::inspect(&config, "phone-number-id-0").await;
    assert!(fault(&number).contains("whatsapp.aws.phone_number_id"), "{number:?}");
    let sms = AwsSms::new(&config);
    for identity in ["+12065550199", "12065550199", "phone-00000000000000000000000000000000"] {
        let sender = sms.inspect_sender(identity).await;
        assert!(fault(&sender).contains("sms.aws.origination_identity"), "{sender:?}");
        assert!(!fault(&sender).contains(identity), "{sender:?}");
    }
    let set = sms.inspect_set("nobodys", &account.sms_topic).await;
    assert!(fault(&set).contains("sms.aws.configuration_set"), "{set:?}");
    let topic = topic(&config, &account.sms_topic.replace("sms", "nobodys")).await;
    assert!(fault(&topic).contains("events.topic_arn"), "{topic:?}");
    // The look at the number tells it.
    let events = aws_inspect::inspect_events(&config, "phone-number-id-0", "any").await;
    assert_eq!(events, None);
}

#[tokio::test]
async fn keys_that_aws_does_not_accept_and_an_aws_that_is_away() {
    let (simulator, account) = simulated().await;
    let wrong = config(&simulator.aws_url(), &account, "wrong").await;
    let away = config(&nobody().await, &account, &account.secret_access_key).await;
    for (config, remedy) in [(wrong, "credentials of AWS"), (away, "endpoint_url")] {
        let sms = AwsSms::new(&config);
        for inspection in [
            inspect_identity(&config).await,
            aws_inspect::inspect(&config, &account.phone_number_id).await,
            sms.inspect_sender("+12065550152").await,
            sms.inspect_set("pombo", &account.sms_topic).await,
            topic(&config, &account.events_topic).await,
        ] {
            assert!(fault(&inspection).contains(remedy), "{inspection:?}");
        }
    }
}
