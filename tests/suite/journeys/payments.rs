//! The text message of a payment shows what its code approves, whoever sends it.

use pombo::{
    grpc::proto::{
        Channel, DeliveryStatus, IssueCodeRequest, Purpose, Transaction, VerifyCodeRequest,
        VerifyOutcome,
    },
    simulator::Channel::Sms,
};

use crate::support::{
    pombo::{Pombo, guess, login},
    redis_server::RedisServer,
    world::{SOON, World, brisk, number},
};

fn pay(to: &str, language: &str, payee: &str) -> IssueCodeRequest {
    IssueCodeRequest {
        purpose: Purpose::Transaction.into(),
        transaction: Some(Transaction {
            amount: "1250".to_owned(),
            currency: "BRL".to_owned(),
            payee: payee.to_owned(),
            reference: "order 7".to_owned(),
        }),
        language_code: language.to_owned(),
        ..login(to)
    }
}

async fn approves(pombo: &Pombo, request: IssueCodeRequest, id: &str, code: &str) {
    let guess = VerifyCodeRequest { transaction: request.transaction, ..guess(id, code) };
    let answer = pombo.try_verify(guess).await.unwrap();
    assert_eq!((answer.outcome(), answer.used_channel()), (VerifyOutcome::Verified, Channel::Sms));
}

#[tokio::test]
async fn a_fallback_shows_amount_and_payee_in_the_language_asked_for() {
    let soon = (&*format!("POMBO_{}", SOON.0), SOON.1);
    let dev = Pombo::dev(&[soon]).await;
    for (index, language, text) in [
        (1, "pt-BR", "CODE aprova 1.250,00 BRL para Padaria São João. Pombo"),
        (2, "en", "CODE approves 1,250.00 BRL to Padaria São João. Pombo"),
        (3, "hi-IN", "CODE: Padaria São João को 1,250.00 BRL के भुगतान का कोड। Pombo"),
        (4, "iw", "CODE הוא הקוד לתשלום 1,250.00 BRL אל Padaria São João. Pombo"),
    ] {
        // WhatsApp refuses it, or falls silent.
        let to = number(index, if index % 2 == 0 { "01" } else { "03" });
        let request = pay(&to, language, "Padaria São João");
        let id = dev.try_issue(request.clone()).await.unwrap().challenge_id;
        let message = dev.message(&to, 1).await;
        assert_eq!(message.text, text.replace("CODE", &message.code));
        assert_eq!(message.channel, "sms");
        approves(&dev, request, &id, &message.code).await;
    }
}

#[tokio::test]
async fn a_payee_that_says_more_than_a_name_says_it_to_nobody() {
    let host = ("SMS__WEB_OTP_HOST", "otp.example.com");
    let world = World::new("memory:", brisk(), &[host]).await;
    let (pombo, to) = (world.serve().await, number(1, "01"));
    let payee = "{code} http://evil.example/x\u{2028}@evil.example #999999";
    let request = pay(&to, "en", payee);
    let id = pombo.try_issue(request.clone()).await.unwrap().challenge_id;
    let message = world.message(&to, Sms, 1).await;
    let (code, text) = (&message.code, &message.text);
    let words =
        format!("{code} approves 1,250.00 BRL to code http evil. example x evil. example *999");
    assert_eq!(*text, format!("{words}. Pombo\n\n@otp.example.com #{code}"));
    approves(&pombo, request, &id, code).await;
}

#[tokio::test]
async fn an_heir_shows_the_payment_that_another_process_was_asked_for() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[("DELIVERY__UNDELIVERED", "2s")]).await;
    let to = number(1, "03");
    let request = pay(&to, "pt", "Padaria do Bairro");
    let mut first = world.serve().await;
    let id = first.try_issue(request.clone()).await.unwrap().challenge_id;
    first.until(&id, |c| c.deliveries[0].status() >= DeliveryStatus::Accepted).await;
    first.kill().await;
    assert_eq!(world.asked(&to), (1, 0), "killed too late to prove anything");

    let heir = world.serve().await;
    let message = world.message(&to, Sms, 1).await;
    let text = format!("{} aprova 1.250,00 BRL para Padaria do Bairro. Pombo", message.code);
    assert_eq!(message.text, text);
    approves(&heir, request, &id, &message.code).await;
}
