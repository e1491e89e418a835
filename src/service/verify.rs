//! VerifyCode: one guess.

use std::sync::Arc;

use super::{CallError, Fault, Service, supplier::With};
use crate::{
    insight,
    otp::{
        Answer, ChallengeId, Code, Event, PhoneNumber, Purpose, RecipientKey, Transaction,
        VerifyOutcome,
        attestation::Claims,
        event::{Guessed, Operation},
        keyring::Sealed,
    },
};

/// A guess, checked.
#[derive(Debug)]
pub struct Guess {
    /// Who asks.
    pub caller: String,
    /// At which challenge.
    pub challenge: ChallengeId,
    /// What the person typed.
    pub code: Code,
    /// The payment that is about to be made.
    pub transaction: Option<Transaction>,
    /// If given, must be the challenge's.
    pub subject: Option<String>,
    /// If given, must be the challenge's.
    pub purpose: Option<Purpose>,
    /// May be empty.
    pub idempotency_key: String,
}

/// What became of it.
#[derive(Debug)]
pub struct Verified {
    /// The machine's answer.
    pub guessed: Guessed,
    /// The verified number, the first time.
    pub number: Option<PhoneNumber>,
    /// A signed statement of it; empty unless it is verified.
    pub attestation: String,
}

impl Service {
    /// Compares a guess. Of any number of concurrent right ones exactly one is answered "verified".
    pub async fn verify(self: &Arc<Self>, guess: Guess) -> Result<Verified, CallError> {
        let parts = &self.parts;
        let place = parts.index.recipient_of(&guess.challenge);
        let event = Event::Guess {
            operation: self.guess_operation(&guess),
            caller: guess.caller,
            challenge: guess.challenge,
            subject: guess.subject,
            purpose: guess.purpose,
            transaction: guess.transaction.as_ref().map(|t| parts.index.transaction_tag(t)),
        };
        let with = With { guess: Some(guess.code), ..With::default() };
        match self.apply(place, event, with).await? {
            Answer::Guessed(guessed) => {
                insight::metrics::guessed(&guessed);
                let number = guessed.number.as_ref();
                let number = number.and_then(|number| self.read(number, &place));
                let attestation = self.attest(&guessed, &place, guess.transaction.as_ref());
                Ok(Verified { number, attestation, guessed: *guessed })
            }
            Answer::Refused(refusal) => Err(CallError::Refused(refusal)),
            _ => Err(Fault::Contended.into()),
        }
    }

    /// The verified number. A verification that is recorded stays one, even if the ring has lost
    /// the key that the number was sealed with.
    fn read(&self, number: &Sealed, place: &RecipientKey) -> Option<PhoneNumber> {
        let opened = self.parts.keyring.open_number(number, place);
        opened.inspect_err(|error| tracing::error!(%error, "a verified number can't be told")).ok()
    }

    /// Attests a verification, with the key that its codes were made with: one that every replica
    /// has, and the same when it is told again, though another may write by then.
    fn attest(
        &self,
        guessed: &Guessed,
        place: &RecipientKey,
        transaction: Option<&Transaction>,
    ) -> String {
        let challenge = guessed.challenge.as_ref();
        let Some(challenge) = challenge.filter(|_| guessed.outcome == VerifyOutcome::Verified)
        else {
            return String::new();
        };
        let recipient = self.parts.index.attested(place);
        let claims = Claims::of(&self.parts.issuer, challenge, recipient, transaction);
        let signed = claims.map(|claims| self.parts.keyring.attest(&challenge.key_id, &claims));
        let signed = signed.transpose().inspect_err(|error| {
            tracing::error!(%error, "a verification can't be attested");
        });
        signed.ok().flatten().unwrap_or_default()
    }

    /// Recognises a retry with the same fields and the same code.
    fn guess_operation(&self, guess: &Guess) -> Operation {
        let scope = format!("guess {}", guess.challenge);
        let transaction = guess.transaction.as_ref().map(Transaction::bytes).unwrap_or_default();
        let fields: [&[u8]; 5] = [
            scope.as_bytes(),
            guess.code.digits().as_bytes(),
            &transaction,
            guess.subject.as_deref().unwrap_or_default().as_bytes(),
            &[guess.purpose.map_or(0, |purpose| purpose as u8)],
        ];
        self.operation(&scope, &guess.caller, &guess.idempotency_key, &fields)
    }
}
