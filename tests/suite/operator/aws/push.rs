//! The template, pushed.

use std::time::Duration;

use pombo::{
    delivery::{
        Trouble,
        whatsapp::{
            aws_templates::AwsTemplates,
            definition::{App, Button, Definition},
            templates::{Standing, Templates},
        },
    },
    simulator::AwsAccount,
};
use serde_json::json;

use super::{config, right, simulated};
use crate::{delivery::provider::Provider, operator::TEMPLATE};

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
