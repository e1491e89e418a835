//! What circuits close, and for whom. On paused time: no socket is involved.

use std::{num::NonZeroU32, sync::Mutex};

use async_trait::async_trait;
use tokio::time::advance;

use super::*;
use crate::{
    delivery::{Pacing, reaction::Scope},
    otp::{ChallengeId, Code, DeliveryRef, FailureReason as Why},
};

const BRAZIL: &str = "+5511987654300";
const PORTUGAL: &str = "+351912345678";

/// Answers as it is told to, and remembers in which template it was to write.
struct Provider {
    answer: Mutex<Option<Reaction>>,
    templates: Mutex<Vec<String>>,
}

#[async_trait]
impl Messenger for Arc<Provider> {
    fn name(&self) -> &'static str {
        "cloud"
    }

    fn channel(&self) -> Channel {
        Channel::Whatsapp
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: NonZeroU32::new(1000).unwrap(), pair: None }
    }

    fn templates(&self, _language: &str) -> Vec<String> {
        ["pt_BR", "en_US"].map(str::to_owned).into()
    }

    async fn send(&self, message: &Message, _limit: Duration) -> Result<Accepted, SendError> {
        self.templates.lock().unwrap().push(message.template.clone());
        match *self.answer.lock().unwrap() {
            Some(reaction) => Err(SendError { reaction, detail: String::new() }),
            None => Ok(Accepted::named("wamid.1".to_owned())),
        }
    }
}

struct Town {
    provider: Arc<Provider>,
    roads: Roads,
}

impl Town {
    fn new() -> Self {
        let (answer, templates) = (Mutex::default(), Mutex::default());
        let provider = Arc::new(Provider { answer, templates });
        let messenger: Arc<dyn Messenger> = Arc::new(Arc::clone(&provider));
        Self { provider, roads: Roads::new(vec![messenger]) }
    }

    fn road(&self) -> &Road {
        self.roads.find(Channel::Whatsapp, "cloud").unwrap()
    }

    /// Sends, and is answered so.
    async fn send(&self, to: &str, answer: Option<Reaction>) {
        *self.provider.answer.lock().unwrap() = answer;
        let message = Message {
            to: PhoneNumber::parse(to).unwrap(),
            code: Code::parse("731946").unwrap(),
            language: "pt-BR".to_owned(),
            template: String::new(),
            details: None,
            delivery: DeliveryRef { challenge: ChallengeId([7; 32]), number: 1 },
            lives_for: Duration::from_secs(300),
        };
        let _ = self.road().send(&message, Duration::from_secs(4)).await;
    }

    /// For whom the road is closed.
    fn closed(&self) -> Vec<Option<&'static str>> {
        let name = |country: Country| if country.as_str() == "BR" { "BR" } else { "other" };
        self.roads.closed().into_iter().map(|closed| closed.country.map(name)).collect()
    }

    fn last_template(&self) -> String {
        self.provider.templates.lock().unwrap().last().unwrap().clone()
    }
}

fn stop(scope: Scope) -> Option<Reaction> {
    Some(Reaction::stop(Why::Misconfigured, scope))
}

fn unavailable() -> Option<Reaction> {
    Some(Reaction::alone(Why::Unavailable, crate::delivery::Again::Yes))
}

#[tokio::test(start_paused = true)]
async fn one_expired_token_closes_the_road_until_a_probe_succeeds() {
    for scope in [Scope::Token, Scope::App, Scope::Account, Scope::PhoneNumber] {
        let town = Town::new();
        town.send(BRAZIL, stop(scope)).await;
        assert_eq!(town.closed(), [None], "{scope:?}");
        advance(Duration::from_secs(5)).await;
        assert_eq!(town.closed(), [], "a probe may pass");
        town.send(BRAZIL, stop(scope)).await;
        advance(Duration::from_secs(9)).await;
        assert_eq!(town.closed(), [None], "it rests for longer");
        advance(Duration::from_secs(1)).await;
        town.send(BRAZIL, None).await;
        assert_eq!(town.closed(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_template_makes_way_for_another_language_and_with_the_last_one_the_road_closes() {
    let town = Town::new();
    town.send(BRAZIL, stop(Scope::Template)).await;
    assert_eq!((town.last_template(), town.closed()), ("pt_BR".to_owned(), vec![]));
    town.send(BRAZIL, stop(Scope::Template)).await;
    assert_eq!((town.last_template(), town.closed()), ("en_US".to_owned(), vec![None]));
}

#[tokio::test(start_paused = true)]
async fn a_country_may_be_closed_alone() {
    let town = Town::new();
    town.send(BRAZIL, stop(Scope::Country)).await;
    assert_eq!(town.closed(), [Some("BR")]);
    town.send(PORTUGAL, None).await;
    assert_eq!(town.closed(), [Some("BR")], "Portugal says nothing of Brazil");
}

#[tokio::test(start_paused = true)]
async fn failures_that_last_close_the_road_and_recipients_do_not() {
    let town = Town::new();
    for _ in 0..30 {
        town.send(BRAZIL, Some(Reaction::alone(Why::NotOnWhatsapp, crate::delivery::Again::No)))
            .await;
    }
    assert_eq!(town.closed(), []);
    for _ in 0..30 {
        let off = Reaction::alone(Why::Unreachable, crate::delivery::Again::No).of_sender();
        town.road().learn(DeliveryStatus::Failed, Some(off), "pt", Country::new("BR"));
    }
    assert_eq!(town.closed(), [], "phones that are off close no road");
    for _ in 0..20 {
        town.send(BRAZIL, unavailable()).await;
    }
    assert_eq!(town.closed(), [None]);
}

#[tokio::test(start_paused = true)]
async fn what_a_receipt_closes_a_receipt_opens() {
    let town = Town::new();
    let brazil = Country::new("BR");
    town.road().learn(DeliveryStatus::Failed, stop(Scope::Account), "pt", brazil);
    assert_eq!(town.closed(), [None]);
    advance(Duration::from_secs(5)).await;
    town.send(BRAZIL, None).await;
    assert_eq!(town.closed(), [None], "that it is taken proves nothing");
    town.road().learn(DeliveryStatus::Delivered, None, "pt", brazil);
    assert_eq!(town.closed(), []);
}

#[tokio::test(start_paused = true)]
async fn a_notice_closes_and_opens_the_road() {
    let town = Town::new();
    let notice = |stopped| Notice { event: "account_restriction", part: Part::Account, stopped };
    town.road().notice(&notice(true));
    assert_eq!(town.closed(), [None]);
    town.road().notice(&notice(false));
    assert_eq!(town.closed(), []);
}
