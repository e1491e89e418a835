//! A phone number and everybody who has to do with it.

use std::time::Duration;

use crate::otp::{
    Challenge, ChallengeId, Channel, Delivery, DeliveryStatus, Digest, Fact, FailureReason,
    FlowOutcome, Policy, Profile, Purpose, Recipe, Recipient, RecipientKey, Rules, State, Time,
    event::{
        Answer, Event, FactKind, Fresh, Guessed, Issue, Issued, Limit, Need, Operation, Progress,
        Refusal, Resent, Seen, Send, Source, Supply, Verdict,
    },
    id::{MessageTag, OperationId},
    keyring::SealedNumber,
    ledger::FlowKey,
    phone::Country,
    policy::LedgerRules,
};

pub const CALLER: &str = "bank";
pub const SUBJECT: &str = "ana";
/// No phone of these tests ever gets this code.
pub const WRONG: u32 = 999_999;
/// The fixed code of a test number.
pub const FIXED: u32 = 424_242;

const PLACE: RecipientKey = RecipientKey([7; 16]);

/// One number's record, its clock, and all that came of it.
pub struct Phone {
    pub record: Recipient,
    pub now: Time,
    pub rules: Rules,
    pub verdict: Verdict,
    /// A configured test number.
    pub test: bool,
    /// Codes to be drawn before the usual ones.
    pub draws: Vec<u32>,
    pub facts: Vec<Fact>,
    pub sends: Vec<Send>,
    codes: Vec<(ChallengeId, u32, u32)>,
    drawn: u32,
    operations: u32,
    challenges: u32,
}

/// A demand for a code: Ana's login at the bank, unless it says otherwise.
#[derive(Clone)]
pub struct Ask {
    pub caller: &'static str,
    pub purpose: Purpose,
    pub subject: &'static str,
    pub transaction: Option<u8>,
    pub channel: Option<Channel>,
    /// An idempotency key, and what stands for the other fields.
    pub key: Option<(u8, u8)>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            caller: CALLER,
            purpose: Purpose::Login,
            subject: SUBJECT,
            transaction: None,
            channel: None,
            key: None,
        }
    }
}

impl Ask {
    /// For a payment.
    pub fn payment(payment: u8) -> Self {
        Self {
            purpose: Purpose::Transaction,
            transaction: Some(payment),
            ..Self::default()
        }
    }

    pub fn purpose(purpose: Purpose) -> Self {
        Self {
            purpose,
            ..Self::default()
        }
    }

    pub fn subject(subject: &'static str) -> Self {
        Self {
            subject,
            ..Self::default()
        }
    }

    pub fn by(channel: Channel) -> Self {
        Self {
            channel: Some(channel),
            ..Self::default()
        }
    }
}

/// A guess, with what a caller may add to it.
pub struct Guess {
    pub code: u32,
    pub caller: &'static str,
    pub subject: Option<&'static str>,
    pub purpose: Option<Purpose>,
    pub transaction: Option<u8>,
    pub key: Option<(u8, u8)>,
}

impl Guess {
    pub fn of(code: u32) -> Self {
        Self {
            code,
            caller: CALLER,
            subject: None,
            purpose: None,
            transaction: None,
            key: None,
        }
    }
}

/// The defaults of the configuration.
pub fn rules() -> Rules {
    let seconds = Duration::from_secs;
    let policy = Policy {
        ttl: seconds(300),
        max_life: seconds(600),
        length: 6,
        max_attempts: 5,
        profile: Profile::Keyed,
        waits: [30, 60, 120].map(seconds).to_vec(),
        plan: vec![Channel::Whatsapp, Channel::Sms],
        undelivered: seconds(20),
        unread: None,
        unverified: None,
    };
    Rules {
        policies: std::array::from_fn(|_| policy.clone()),
        recipient: ["5/10m", "12/24h"].map(|text| text.parse().unwrap()).into(),
        ledger: LedgerRules {
            failures_in_a_row: 10,
            lock: seconds(1800),
            failures_per_day: 20,
        },
        retention: seconds(86_400),
        send_window: seconds(15),
        whatsapp_sender: Some("cloud".into()),
        sms_sender: Some("twilio".into()),
    }
}

/// The bytes of a name that only has to be another one each time.
fn numbered<const N: usize>(number: u32) -> [u8; N] {
    let bytes = number.to_le_bytes();
    std::array::from_fn(|i| bytes[i % bytes.len()])
}

fn digest(recipe: &Recipe, code: u32) -> Digest {
    let mut bytes = recipe.binding;
    bytes[0] ^= recipe.challenge.0[0];
    let code = code.to_be_bytes();
    bytes
        .iter_mut()
        .skip(1)
        .zip(code)
        .for_each(|(b, c)| *b ^= c);
    Digest(bytes)
}

impl Phone {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Under other rules than the defaults.
    pub fn with(change: impl FnOnce(&mut Rules)) -> Self {
        let mut rules = rules();
        change(&mut rules);
        Self {
            record: Recipient::default(),
            now: Time::from_secs(1_000_000),
            rules,
            verdict: Verdict::Allowed,
            test: false,
            draws: Vec::new(),
            facts: Vec::new(),
            sends: Vec::new(),
            codes: Vec::new(),
            drawn: 100_000,
            operations: 0,
            challenges: 0,
        }
    }

    /// Where every purpose's policy is another.
    pub fn with_policy(change: impl Fn(&mut Policy)) -> Self {
        Self::with(|rules| rules.policies.iter_mut().for_each(change))
    }

    /// Where messages have no limit, to look at something else.
    pub fn unlimited() -> Self {
        Self::with(|rules| rules.recipient.clear())
    }

    pub fn test_number() -> Self {
        Self {
            test: true,
            ..Self::new()
        }
    }

    // What happens.

    pub fn wait(&mut self, seconds: u64) -> &mut Self {
        self.wait_for(Duration::from_secs(seconds))
    }

    pub fn wait_for(&mut self, span: Duration) -> &mut Self {
        self.now = self.now + span;
        self
    }

    /// Time passes and somebody looks at what is due.
    pub fn alarm_after(&mut self, seconds: u64) {
        self.wait(seconds).on(&Event::Alarm);
    }

    pub fn issue(&mut self, ask: Ask) -> Answer {
        self.challenges += 1;
        let transaction = ask.transaction.map(|payment| [payment; 16]);
        let issue = Issue {
            operation: self.operation(ask.key),
            flow: FlowKey {
                caller: ask.caller.into(),
                purpose: ask.purpose,
                subject: ask.subject.into(),
            },
            new_id: ChallengeId(numbered(self.challenges)),
            number: SealedNumber {
                key_id: "k1".into(),
                bytes: vec![1, 2, 3],
            },
            masked: "+55 ** *****-**21".into(),
            country: Country::new("BR"),
            transaction,
            language: "pt-BR".into(),
            channel: ask.channel,
            test: self.test,
            key_id: "k1".into(),
        };
        self.on(&Event::Issue(Box::new(issue)))
    }

    /// Issues what can't be refused.
    #[track_caller]
    pub fn issued(&mut self, ask: Ask) -> Issued {
        match self.issue(ask) {
            Answer::Issued(issued) => issued,
            other => panic!("not issued: {other:?}"),
        }
    }

    /// Begins Ana's login.
    #[track_caller]
    pub fn login(&mut self) -> ChallengeId {
        self.begin(Ask::default())
    }

    #[track_caller]
    pub fn begin(&mut self, ask: Ask) -> ChallengeId {
        let issued = self.issued(ask);
        assert!(!issued.reused, "a new challenge was expected");
        issued.challenge
    }

    pub fn resend(&mut self, challenge: ChallengeId, channel: Option<Channel>) -> Answer {
        self.resend_as(CALLER, challenge, channel, None)
    }

    pub fn resend_as(
        &mut self,
        caller: &str,
        challenge: ChallengeId,
        channel: Option<Channel>,
        key: Option<(u8, u8)>,
    ) -> Answer {
        let operation = self.operation(key);
        self.on(&Event::Resend {
            operation,
            caller: caller.into(),
            challenge,
            channel,
        })
    }

    /// Resends what can't be refused.
    #[track_caller]
    pub fn resent(&mut self, challenge: ChallengeId) -> Resent {
        match self.resend(challenge, None) {
            Answer::Resent(resent) => resent,
            other => panic!("not resent: {other:?}"),
        }
    }

    #[track_caller]
    pub fn guess(&mut self, challenge: ChallengeId, code: u32) -> Guessed {
        self.guessed(challenge, Guess::of(code))
    }

    #[track_caller]
    pub fn guessed(&mut self, challenge: ChallengeId, guess: Guess) -> Guessed {
        match self.try_guess(challenge, guess) {
            Answer::Guessed(guessed) => *guessed,
            other => panic!("no guess: {other:?}"),
        }
    }

    pub fn try_guess(&mut self, challenge: ChallengeId, guess: Guess) -> Answer {
        let event = Event::Guess {
            operation: self.operation(guess.key),
            caller: guess.caller.into(),
            challenge,
            subject: guess.subject.map(str::to_owned),
            purpose: guess.purpose,
            transaction: guess.transaction.map(|payment| [payment; 16]),
        };
        self.on_guess(&event, guess.code)
    }

    /// Guesses wrong so often.
    pub fn guess_wrong(&mut self, challenge: ChallengeId, times: u32) {
        (0..times).for_each(|_| drop(self.guess(challenge, WRONG)));
    }

    pub fn cancel(&mut self, challenge: ChallengeId) -> Answer {
        let caller = CALLER.into();
        self.on(&Event::Cancel { caller, challenge })
    }

    pub fn look_as(&mut self, caller: &str, challenge: ChallengeId) -> Answer {
        let caller = caller.into();
        self.on(&Event::Look { caller, challenge })
    }

    #[track_caller]
    pub fn look(&mut self, challenge: ChallengeId) -> Seen {
        match self.look_as(CALLER, challenge) {
            Answer::Challenge(seen) => *seen,
            other => panic!("not seen: {other:?}"),
        }
    }

    pub fn report(
        &mut self,
        challenge: ChallengeId,
        outcome: FlowOutcome,
        at: Option<Time>,
    ) -> Answer {
        let caller = CALLER.into();
        self.on(&Event::Report {
            caller,
            challenge,
            outcome,
            at,
        })
    }

    pub fn not_requested(&mut self, challenge: ChallengeId) -> Answer {
        self.on(&Event::NotRequested { challenge })
    }

    /// Our own sender tells how a send went.
    pub fn sender(
        &mut self,
        challenge: ChallengeId,
        delivery: u32,
        news: impl Into<News>,
    ) -> Answer {
        self.progress(challenge, delivery, Source::Sender, news.into())
    }

    /// A provider's receipt comes in, as soon as it was written.
    pub fn receipt(
        &mut self,
        challenge: ChallengeId,
        delivery: u32,
        news: impl Into<News>,
    ) -> Answer {
        let source = Source::Receipt(self.now);
        self.progress(challenge, delivery, source, news.into())
    }

    pub fn receipt_of(
        &mut self,
        at: Time,
        challenge: ChallengeId,
        delivery: u32,
        news: impl Into<News>,
    ) -> Answer {
        self.progress(challenge, delivery, Source::Receipt(at), news.into())
    }

    fn progress(
        &mut self,
        challenge: ChallengeId,
        delivery: u32,
        source: Source,
        news: News,
    ) -> Answer {
        self.on(&Event::Progress(Progress {
            challenge,
            delivery,
            source,
            message: news.message,
            status: news.status,
            failure: news.failure,
        }))
    }

    // What came of it.

    /// As the record has it, without an event.
    #[track_caller]
    pub fn challenge(&self, id: ChallengeId) -> &Challenge {
        let mut challenges = self.record.challenges.iter();
        challenges.find(|c| c.id == id).expect("is in the record")
    }

    #[track_caller]
    pub fn delivery(&self, id: ChallengeId, number: u32) -> &Delivery {
        self.challenge(id).delivery(number).expect("was asked for")
    }

    #[track_caller]
    pub fn state(&self, id: ChallengeId) -> State {
        self.challenge(id).state()
    }

    /// Channel and route of each message.
    #[track_caller]
    pub fn road(&self, id: ChallengeId) -> Vec<(Channel, crate::otp::Route)> {
        let deliveries = &self.challenge(id).deliveries;
        deliveries.iter().map(|d| (d.channel, d.route)).collect()
    }

    /// The newest code of a delivery.
    #[track_caller]
    pub fn code(&self, id: ChallengeId, delivery: u32) -> u32 {
        *self.codes_of(id, delivery).last().expect("was sent")
    }

    pub fn codes_of(&self, id: ChallengeId, delivery: u32) -> Vec<u32> {
        let codes = self.codes.iter();
        codes
            .filter(|(challenge, number, _)| (*challenge, *number) == (id, delivery))
            .map(|(_, _, code)| *code)
            .collect()
    }

    /// How often a fact was told.
    pub fn told(&self, is: impl Fn(&FactKind) -> bool) -> usize {
        self.facts.iter().filter(|fact| is(&fact.kind)).count()
    }

    // How it works.

    fn operation(&mut self, key: Option<(u8, u8)>) -> Operation {
        self.operations += 1;
        let (id, tag) = match key {
            Some((key, fields)) => ([key; 12], fields),
            None => (numbered(self.operations), 0),
        };
        Operation {
            id: OperationId(id),
            tag: [tag; 12],
        }
    }

    pub fn on(&mut self, event: &Event) -> Answer {
        self.on_guess(event, WRONG)
    }

    fn on_guess(&mut self, event: &Event, guess: u32) -> Answer {
        let mut supply = Supply::default();
        let mut codes = Vec::new();
        let transition = loop {
            match self
                .record
                .on(&PLACE, event, &self.rules, &supply, self.now)
            {
                Ok(transition) => break transition,
                Err(Need::Fresh(recipe)) => {
                    let code = self.draw();
                    codes.push(code);
                    supply.fresh.push(Fresh {
                        challenge: recipe.challenge,
                        digest: digest(&recipe, code),
                    });
                }
                Err(Need::Guess { recipe, .. }) => supply.guess = Some(digest(&recipe, guess)),
                Err(Need::Verdict) => supply.verdict = Some(self.verdict),
            }
        };
        for send in &transition.sends {
            let code = codes[send.fresh];
            self.codes.push((send.challenge, send.delivery, code));
        }
        if let Some(next) = transition.next {
            self.record = next;
        }
        self.facts.extend(transition.facts);
        self.sends.extend(transition.sends);
        self.check(event, &supply);
        transition.answer
    }

    fn draw(&mut self) -> u32 {
        if self.test {
            return FIXED;
        }
        if !self.draws.is_empty() {
            return self.draws.remove(0);
        }
        self.drawn += 1;
        self.drawn
    }

    /// What holds after every event.
    fn check(&self, event: &Event, supply: &Supply) {
        let record = &self.record;
        let again = record.on(&PLACE, event, &self.rules, supply, self.now);
        let again = again.expect("the same event needs nothing more");
        assert_eq!(again.next, None, "applied twice, it changes nothing");
        assert_eq!(
            (again.facts, again.sends),
            (vec![], vec![]),
            "nor does it tell or send"
        );

        let live: Vec<_> = record.challenges.iter().filter(|c| c.is_live()).collect();
        assert_eq!(
            record.number.is_some(),
            !live.is_empty(),
            "the number lives with a challenge"
        );
        let alarm = record.alarm(&self.rules);
        assert_eq!(alarm.is_some(), !live.is_empty(), "so does the alarm");
        if matches!(event, Event::Alarm) {
            assert!(
                alarm.is_none_or(|at| at > self.now),
                "an alarm looks after all that is due"
            );
        }
        for challenge in &record.challenges {
            let digests = challenge.deliveries.iter().flat_map(|d| &d.digests).count();
            let fewest = if challenge.is_live() {
                challenge.deliveries.len()
            } else {
                0
            };
            assert!(digests >= fewest, "no live code is dropped");
            assert!(
                challenge.is_live() || digests == 0,
                "a concluded challenge keeps no digest"
            );
            assert!(challenge.deliveries.len() <= 4, "four messages at most");
        }
    }
}

/// What is told of a delivery.
pub struct News {
    pub status: DeliveryStatus,
    pub failure: Option<FailureReason>,
    pub message: Option<MessageTag>,
}

impl News {
    /// Names the provider's message.
    pub fn of(status: DeliveryStatus, message: u8) -> Self {
        Self {
            message: Some(MessageTag([message; 12])),
            ..status.into()
        }
    }
}

impl From<DeliveryStatus> for News {
    fn from(status: DeliveryStatus) -> Self {
        Self {
            status,
            failure: None,
            message: None,
        }
    }
}

impl From<FailureReason> for News {
    fn from(reason: FailureReason) -> Self {
        Self {
            failure: Some(reason),
            ..DeliveryStatus::Failed.into()
        }
    }
}

/// The limit that refused, and how long to wait.
#[track_caller]
pub fn limited(answer: Answer) -> (Limit, Duration) {
    match answer {
        Answer::Refused(Refusal::Limited { limit, wait }) => (limit, wait),
        other => panic!("not limited: {other:?}"),
    }
}
