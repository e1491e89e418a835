//! What callers ask, and how they get an answer or hang up.

use std::{net::IpAddr, sync::Arc, time::Duration};

use pombo::{
    otp::{ChallengeId, Channel, Code, FlowOutcome, Time},
    service::{CallError, Guess, Issue, Resend, Service},
};
use tokio::time::timeout;

use super::{
    book::Case,
    laws::Told,
    rules::{FLOWS, payment, phone},
    town::Town,
};

/// One call; made again, it is a retry.
#[derive(Clone, Debug)]
pub struct Ask {
    pub call: Call,
    /// Its idempotency key, may be empty.
    pub key: String,
    /// When somebody first asked this.
    pub since: Time,
    /// Whether it is another call under an old key.
    pub changed: bool,
}

#[derive(Clone, Debug)]
pub enum Call {
    Issue {
        flow: usize,
        phone: usize,
        payment: Option<u8>,
        channel: Option<Channel>,
        address: Option<IpAddr>,
    },
    Resend {
        caller: String,
        challenge: ChallengeId,
        channel: Option<Channel>,
    },
    Guess {
        caller: String,
        challenge: ChallengeId,
        code: Code,
        aim: Aim,
        payment: Option<u8>,
        subject: Option<String>,
    },
    Cancel {
        caller: String,
        challenge: ChallengeId,
    },
    Get {
        caller: String,
        challenge: ChallengeId,
    },
    Report {
        caller: String,
        challenge: ChallengeId,
        outcome: FlowOutcome,
    },
}

/// What a guess is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// A code from a message of this challenge, for its payment.
    Right,
    /// No code of any challenge.
    Wrong,
    /// Whatever.
    Anything,
}

impl Town {
    /// Makes a call, by whichever replica, as a task of its own.
    pub fn ask(self: &Arc<Self>, ask: Ask) {
        if let Call::Guess { challenge, .. } = &ask.call {
            let is_new = ask.changed || !self.book().knows(&ask);
            self.book().guesses.entry(*challenge).or_default().asked += u32::from(is_new);
        }
        self.book().keep(&ask);
        let town = Arc::clone(self);
        tokio::spawn(async move { town.answer(ask).await });
    }

    async fn answer(self: Arc<Self>, ask: Ask) {
        let Some(service) = self.some_replica() else { return };
        let hangs_up = self.dice.some(0.04, || self.dice.millis(0..=400));
        let patience = hangs_up.unwrap_or(Duration::from_secs(30));
        let heard = self.book().first.contains_key(&ask.key);
        let Ok(told) = timeout(patience, call(&service, &ask)).await else {
            let why = if hangs_up.is_some() { "caller hangs up" } else { "caller hears nothing" };
            return self.tally.raise(why);
        };
        self.tally.raise(name(&told));
        self.judge_answer(&ask, heard, &told);
        if let (Call::Issue { flow, phone, payment, .. }, Told::Issued(issued)) = (&ask.call, told)
        {
            let (flow, phone, payment) = (*flow, *phone, *payment);
            self.book().meet(Case { challenge: issued.challenge, flow, phone, payment });
        }
    }
}

/// Makes a call and waits for its answer.
pub async fn call(service: &Arc<Service>, ask: &Ask) -> Told {
    let key = ask.key.clone();
    let answer = match ask.call.clone() {
        Call::Issue { flow, phone: which, payment: paid, channel, address } => {
            let (caller, purpose, subject) = FLOWS[flow];
            let issue = Issue {
                caller: caller.to_owned(),
                recipient: phone(which),
                purpose,
                subject: subject.to_owned(),
                client_ip: address,
                language: String::new(),
                transaction: paid.map(payment),
                channel,
                idempotency_key: key,
            };
            service.issue(issue).await.map(Told::Issued)
        }
        Call::Resend { caller, challenge, channel } => {
            let resend = Resend { caller, challenge, channel, idempotency_key: key };
            service.resend(resend).await.map(Told::Resent)
        }
        Call::Guess { caller, challenge, code, payment: paid, subject, .. } => {
            let transaction = paid.map(payment);
            let guess = Guess {
                caller,
                challenge,
                code,
                transaction,
                subject,
                purpose: None,
                idempotency_key: key,
            };
            service.verify(guess).await.map(|it| Told::Guessed(Box::new(it)))
        }
        Call::Cancel { caller, challenge } => {
            service.cancel(caller, challenge).await.map(|it| Told::Seen(Box::new(it)))
        }
        Call::Get { caller, challenge } => {
            service.get(caller, challenge).await.map(|it| Told::Seen(Box::new(it)))
        }
        Call::Report { caller, challenge, outcome } => {
            let at: Option<Time> = None;
            service.report(caller, challenge, outcome, at).await.map(|()| Told::Reported)
        }
    };
    answer.unwrap_or_else(|error| match error {
        CallError::Refused(refusal) => Told::Refused(refusal),
        CallError::Failed(fault) => Told::Failed(fault),
        CallError::Screened(screen) => panic!("nobody is screened out here: {screen:?}"),
    })
}

fn name(told: &Told) -> String {
    use pombo::otp::Refusal::Limited;
    match told {
        Told::Issued(issued) => format!(
            "answer issued, {}, {}",
            if issued.reused { "reused" } else { "new" },
            if issued.message_sent { "sent" } else { "silent" },
        ),
        Told::Resent(_) => "answer resent".into(),
        Told::Guessed(verified) if verified.guessed.replayed => "answer replayed".into(),
        Told::Guessed(verified) => format!("answer {}", verified.guessed.outcome.as_str()),
        Told::Seen(_) => "answer challenge".into(),
        Told::Reported => "answer reported".into(),
        Told::Refused(Limited { limit, .. }) => format!("refused {}", limit.as_str()),
        Told::Refused(refusal) => {
            let words = format!("{refusal:?}");
            format!("refused {}", words.split(['(', ' ']).next().unwrap_or_default())
        }
        Told::Failed(fault) => {
            let words = format!("{fault:?}");
            format!("failed {}", words.split(['(', ' ']).next().unwrap_or_default())
        }
    }
}
