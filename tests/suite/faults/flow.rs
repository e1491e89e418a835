//! One person's way: a code is asked for, comes by some road, is mistyped now and then, and is given.

use std::time::Duration;

use pombo::{
    grpc::proto::{
        IssueCodeRequest, IssueCodeResponse, Purpose, Transaction, VerifyCodeRequest,
        VerifyCodeResponse, VerifyOutcome,
    },
    simulator::Delivered,
};
use prost_types::Timestamp;
use tokio::time::timeout;
use tonic::Status;

use super::house::House;
use crate::support::{
    pombo::{PATIENCE, guess, login, wrong},
    world::{World, number},
};

/// No code of these tests lives longer.
const LONGEST_LIFE: Duration = Duration::from_secs(45);

/// Numbers that are reached by one road or the other, sooner or later, with and without receipts.
const ROADS: [&str; 6] = ["00", "01", "02", "03", "05", "06"];

const PURPOSES: [Purpose; 6] = [
    Purpose::Signup,
    Purpose::Login,
    Purpose::Recovery,
    Purpose::Transaction,
    Purpose::PhoneChange,
    Purpose::DeviceRegistration,
];

/// A flow that has come to its end, as its caller knows it.
#[derive(Debug, Default)]
pub struct Flow {
    /// Empty if it was not accepted.
    pub id: String,
    /// When it ends at the latest.
    pub expire_time: Option<Timestamp>,
    /// The right guess, once there is one.
    pub given: VerifyCodeRequest,
    /// Whether it was told to be verified, for the first time or again: the first answer may be lost.
    pub is_verified: bool,
    /// How often it was told so, not counting what was told again.
    pub verified: usize,
    /// Calls that had no answer.
    pub lost: usize,
    /// Whether the store had lost the challenge when its code came.
    pub is_forgotten: bool,
    /// Whether its person went away without their code.
    pub is_left: bool,
    /// Whether no message came in time: both processes that were to send it were killed.
    pub is_unreached: bool,
}

impl Flow {
    /// A whole flow. Every ninth is left by its person.
    pub async fn go(house: &House, index: u32) -> Self {
        let mut flow = Self::default();
        let request = request(index);
        match issue(house, &request).await {
            Ok(issued) => (flow.id, flow.expire_time) = (issued.challenge_id, issued.expire_time),
            Err(_) => flow.lost += 1,
        }
        flow.is_left = index % 9 == 8;
        if flow.id.is_empty() || flow.is_left {
            return flow;
        }
        let inbox = house.world.simulator.inbox();
        let Ok(messages) = timeout(LONGEST_LIFE, inbox.wait_for(&request.recipient, 1)).await
        else {
            flow.is_unreached = true;
            return flow;
        };
        let code = messages[0].code.clone();
        if index.is_multiple_of(4) {
            flow.mistype(house, &request, &code).await;
        }
        flow.give(house, &request, &code, index % 4 == 1).await;
        flow
    }

    async fn mistype(&mut self, house: &House, request: &IssueCodeRequest, code: &str) {
        let guess = keyed(self.guess(request, &wrong(&[code])), "mistyped");
        match verify(house, &guess).await {
            Ok(answer) => self.expect(&answer, VerifyOutcome::WrongCode),
            Err(_) => self.lost += 1,
        }
    }

    /// Gives the code; a form that submits twice does so at once, by both replicas.
    async fn give(&mut self, house: &House, request: &IssueCodeRequest, code: &str, twice: bool) {
        self.given = keyed(self.guess(request, code), "submit");
        let again = async {
            match twice {
                true => Some(verify(house, &self.given).await),
                false => None,
            }
        };
        let (first, second) = tokio::join!(verify(house, &self.given), again);
        for answer in [Some(first), second].into_iter().flatten() {
            self.note(answer);
        }
    }

    fn note(&mut self, answer: Result<VerifyCodeResponse, Status>) {
        match answer {
            Ok(answer) => {
                self.expect(&answer, VerifyOutcome::Verified);
                let is_verified = answer.outcome() == VerifyOutcome::Verified;
                self.is_verified |= is_verified;
                self.verified += usize::from(is_verified && !answer.replayed);
            }
            Err(_) => self.lost += 1,
        }
    }

    fn expect(&mut self, answer: &VerifyCodeResponse, outcome: VerifyOutcome) {
        self.is_forgotten |= answer.outcome() == VerifyOutcome::UnknownChallenge;
        self.is_unreached |= answer.outcome() == VerifyOutcome::Expired;
        let is_over = self.is_forgotten || self.is_unreached;
        assert!(is_over || answer.outcome() == outcome, "{self:?}: {answer:?}");
    }

    fn guess(&self, request: &IssueCodeRequest, code: &str) -> VerifyCodeRequest {
        VerifyCodeRequest { transaction: request.transaction.clone(), ..guess(&self.id, code) }
    }
}

/// A guess under an idempotency key.
pub fn keyed(guess: VerifyCodeRequest, key: &str) -> VerifyCodeRequest {
    VerifyCodeRequest { idempotency_key: key.to_owned(), ..guess }
}

/// A right guess, under a key, at the challenge that this number was sent the code of.
pub async fn right_guess(world: &World, to: &str, challenge_id: &str) -> VerifyCodeRequest {
    keyed(guess(challenge_id, &message(world, to).await.code), "submit")
}

/// A demand for a code, of any purpose, for a phone of any kind.
pub fn request(index: u32) -> IssueCodeRequest {
    let of = |count: usize| index as usize % count;
    let purpose = PURPOSES[index as usize / ROADS.len() % PURPOSES.len()];
    let payment = Transaction {
        amount: "12.50".to_owned(),
        currency: "BRL".to_owned(),
        payee: "Padaria do Bairro".to_owned(),
        ..Transaction::default()
    };
    IssueCodeRequest {
        purpose: purpose.into(),
        transaction: (purpose == Purpose::Transaction).then_some(payment),
        idempotency_key: format!("issue {index}"),
        ..login(&number(index, ROADS[of(ROADS.len())]))
    }
}

pub async fn issue(house: &House, request: &IssueCodeRequest) -> Result<IssueCodeResponse, Status> {
    let call = house.call(|mut client| {
        let request = request.clone();
        async move { client.issue_code(request).await }
    });
    call.await
}

pub async fn verify(
    house: &House,
    guess: &VerifyCodeRequest,
) -> Result<VerifyCodeResponse, Status> {
    let call = house.call(|mut client| {
        let guess = guess.clone();
        async move { client.verify_code(guess).await }
    });
    call.await
}

/// The first message to a number by any road, waited for.
pub async fn message(world: &World, to: &str) -> Delivered {
    let inbox = world.simulator.inbox();
    let found = timeout(PATIENCE, inbox.wait_for(to, 1)).await;
    found.unwrap_or_else(|_| panic!("no message came to {to}")).remove(0)
}
