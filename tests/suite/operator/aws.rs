//! The same looks and the same push where AWS is the road.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use pombo::{
    delivery::{
        Inspection, Trouble, Verdict,
        aws_inspect::inspect_identity,
        sms::aws_inspect::AwsSms,
        whatsapp::{
            aws_inspect,
            aws_templates::AwsTemplates,
            definition::{App, Button, Definition},
            templates::{Standing, Templates},
        },
    },
    simulator::{self, AwsAccount, Settings, Simulator},
};
use serde_json::json;

use super::{TEMPLATE, sentences, state, world};
use crate::{
    delivery::provider::{Provider, nobody},
    support::pombo::{Ended, run},
};

async fn simulated() -> (Simulator, AwsAccount) {
    let aws = AwsAccount { template_review: Duration::from_millis(50), ..AwsAccount::default() };
    let settings = Settings { aws: aws.clone(), ..Settings::default() };
    (simulator::start(settings).await.unwrap(), aws)
}

/// The SDK's configuration with the account's keys, or wrong ones.
async fn config(url: &str, account: &AwsAccount, secret: &str) -> SdkConfig {
    let keys = Credentials::new(&account.access_key_id, secret, None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(account.region.clone()))
        .credentials_provider(keys)
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(url)
        .load()
        .await
}

async fn right(simulator: &Simulator, account: &AwsAccount) -> SdkConfig {
    config(&simulator.aws_url(), account, &account.secret_access_key).await
}

fn fault(inspection: &Inspection) -> &str {
    match &inspection.verdict {
        Verdict::Fault(told) => told,
        other => panic!("{other:?}"),
    }
}

fn sound(inspection: &Inspection) -> &str {
    match &inspection.verdict {
        Verdict::Sound(state) => state,
        other => panic!("{other:?}"),
    }
}

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
    assert_eq!(sound(&sms.inspect_set(&account.configuration_set).await), "go to a topic");
}

#[tokio::test]
async fn what_is_not_there_is_a_fault_that_names_its_key() {
    let (simulator, account) = simulated().await;
    let config = right(&simulator, &account).await;
    let number = aws_inspect::inspect(&config, "phone-number-id-0").await;
    assert!(fault(&number).contains("whatsapp.aws.phone_number_id"), "{number:?}");
    let sms = AwsSms::new(&config);
    for identity in ["+12065550199", "phone-00000000000000000000000000000000"] {
        let sender = sms.inspect_sender(identity).await;
        assert!(fault(&sender).contains("sms.aws.origination_identity"), "{sender:?}");
        assert!(!fault(&sender).contains(identity), "{sender:?}");
    }
    let set = sms.inspect_set("nobodys").await;
    assert!(fault(&set).contains("sms.aws.configuration_set"), "{set:?}");
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
            sms.inspect_set("pombo").await,
        ] {
            assert!(fault(&inspection).contains(remedy), "{inspection:?}");
        }
    }
}

fn definition(name: &str) -> Definition {
    let app = App { package_name: "com.example.app".into(), signature_hash: "K8a/AINcGX7".into() };
    Definition {
        name: name.to_owned(),
        languages: vec!["pt_BR".to_owned(), "en_US".to_owned()],
        code_ttl: Duration::from_secs(300),
        message_ttl: Duration::from_secs(30),
        button: Button::OneTap(vec![app]),
    }
}

#[tokio::test]
async fn a_template_is_made_where_it_is_not_and_changed_where_it_is() {
    let (simulator, account) = simulated().await;
    let config = right(&simulator, &account).await;
    let templates = AwsTemplates::new(&config, account.phone_number_id.clone());
    assert_eq!(templates.standings("fresh").await.unwrap(), []);
    for name in ["fresh", TEMPLATE, "fresh"] {
        templates.push(&definition(name)).await.unwrap();
        let standings = templates.standings(name).await.unwrap();
        for language in ["pt_BR", "en_US"] {
            let standing = standings.iter().find(|standing| standing.is_in(language)).unwrap();
            assert!(standing.is_pending() || standing.is_approved(), "{standing:?}");
        }
    }
    let approved = async {
        while !templates.standings("fresh").await.unwrap().iter().all(Standing::is_approved) {}
    };
    tokio::time::timeout(Duration::from_secs(10), approved).await.unwrap();
    assert_eq!(templates.bodies(&definition("fresh")).len(), 2);
}

#[tokio::test]
async fn a_refused_template_names_its_language() {
    let (simulator, account) = simulated().await;
    let config = right(&simulator, &account).await;
    let templates = AwsTemplates::new(&config, account.phone_number_id.clone());
    let refusal = templates.push(&definition("Not A Name")).await.unwrap_err();
    assert!(refusal.detail.starts_with("in pt_BR: "), "{refusal}");
    let nobodys = AwsTemplates::new(&config, "phone-number-id-0".to_owned());
    let refusal = nobodys.push(&definition("fresh")).await.unwrap_err();
    assert_eq!(refusal.trouble, Trouble::NotFound);
}

/// The templates of an account that this server stands in for.
async fn at(server: &Provider) -> AwsTemplates {
    let account = AwsAccount::default();
    let config = config(&server.url(), &account, &account.secret_access_key).await;
    AwsTemplates::new(&config, account.phone_number_id)
}

#[tokio::test]
async fn a_push_asks_for_the_account_once() {
    let answer = json!({ "linkedWhatsAppBusinessAccountId": "waba-1", "templates": [] });
    let aws = Provider::answering(200, answer).await;
    at(&aws).await.push(&definition("fresh")).await.unwrap();
    let requests = aws.requests();
    let asked = requests.iter().map(|it| it.uri.path().trim_start_matches("/v1/whatsapp/"));
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked, ["waba/phone/details", "template/list", "template/put", "template/put"]);
}

#[tokio::test]
async fn an_aws_that_never_answers_holds_no_push_up() {
    let silent = Provider::hanging().await;
    let start = std::time::Instant::now();
    let refusal = at(&silent).await.push(&definition("fresh")).await.unwrap_err();
    assert_eq!(refusal.trouble, Trouble::Away, "{refusal}");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

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
        ("sms events", "go to a topic"),
    ] {
        assert_eq!(state(&looked, what), found);
    }
}
