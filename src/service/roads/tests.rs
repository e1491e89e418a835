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
            template: self.road().enter("pt-BR", PhoneNumber::parse(to).unwrap().country()),
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

/// A message to Brazil, taken so long ago.
fn news(seconds: u64) -> Carried {
    let age = Duration::from_secs(seconds);
    Carried { template: Some("pt_BR".to_owned()), country: Country::new("BR"), age }
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
        town.road().learn(DeliveryStatus::Failed, Some(off), &news(0));
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
    town.road().learn(DeliveryStatus::Failed, stop(Scope::Account), &news(0));
    assert_eq!(town.closed(), [None]);
    advance(Duration::from_secs(5)).await;
    town.send(BRAZIL, None).await;
    assert_eq!(town.closed(), [None], "that it is taken proves nothing");
    town.road().learn(DeliveryStatus::Delivered, None, &news(0));
    assert_eq!(town.closed(), []);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_counts_for_the_template_that_the_message_went_in() {
    let town = Town::new();
    let of = |template: Option<&str>| Carried { template: template.map(str::to_owned), ..news(0) };
    town.road().learn(DeliveryStatus::Failed, stop(Scope::Template), &of(Some("en_US")));
    town.send(BRAZIL, None).await;
    assert_eq!((town.last_template(), town.closed()), ("pt_BR".to_owned(), vec![]));
    for _ in 0..2 {
        town.road().learn(DeliveryStatus::Failed, stop(Scope::Template), &of(None));
    }
    assert_eq!(town.closed(), [], "which one it was is not known");
    town.road().learn(DeliveryStatus::Failed, stop(Scope::Template), &of(Some("pt_BR")));
    assert_eq!(town.closed(), [None]);
}

#[tokio::test(start_paused = true)]
async fn of_messages_that_are_sent_together_one_is_the_probe() {
    let town = Town::new();
    town.send(BRAZIL, stop(Scope::Token)).await;
    advance(Duration::from_secs(5)).await;
    let brazil = Country::new("BR");
    assert_eq!(town.closed(), []);
    town.road().enter("pt-BR", brazil);
    assert_eq!(town.closed(), [None], "from the moment at which it is on its way");
}

#[tokio::test(start_paused = true)]
async fn news_of_a_message_of_before_the_road_was_mended_closes_it_no_more() {
    let town = Town::new();
    town.send(BRAZIL, stop(Scope::Account)).await;
    advance(Duration::from_secs(5)).await;
    town.send(BRAZIL, None).await;
    assert_eq!(town.closed(), []);
    advance(Duration::from_secs(1)).await;
    town.road().learn(DeliveryStatus::Failed, stop(Scope::Account), &news(6));
    assert_eq!(town.closed(), []);
    town.road().learn(DeliveryStatus::Failed, stop(Scope::Account), &news(1));
    assert_eq!(town.closed(), [None]);
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
