//! What the machine lacks on the way to an answer: a fresh code, the hash of a guess, the verdict of
//! the shared limits, a text message's clearance. It is got here and added to the machine's supply; what was
//! charged for it and no commit used is given back.

use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{Fault, Service, hashing::Queue, shared_limits::Charges};
use crate::{
    otp::{
        Channel, Code, DeliveryRef, Digest, Event, Need, Recipe, Supply,
        digest::Workspace,
        event::{Cleared, Fresh, Send, Verdict},
    },
    store::{Charge, Holder},
};

/// What comes with an event besides the event.
#[derive(Default)]
pub struct With {
    /// The guess, to be hashed if the machine asks.
    pub guess: Option<Code>,
    /// A test number's code, instead of a drawn one.
    pub fixed: Option<Code>,
    /// What a message is charged.
    pub charges: Charges,
    /// Whoever asks has a place of another kind already.
    pub is_seated: bool,
}

/// Gets what the machine lacks, for one event.
pub struct Supplier<'a> {
    service: &'a Service,
    caller: Option<&'a str>,
    with: &'a With,
    /// Cancelled once nobody waits for the answer.
    gone: CancellationToken,
    /// What has been got so far.
    pub supply: Supply,
    /// The fresh codes, in the order of the supply.
    codes: Vec<Code>,
    /// In whose name text messages are charged,
    holder: Holder,
    /// and what those were charged that no commit has sent so far.
    tolls: Vec<(DeliveryRef, Vec<Charge>)>,
}

impl<'a> Supplier<'a> {
    /// Has nothing yet.
    pub fn new(
        service: &'a Service,
        event: &'a Event,
        with: &'a With,
        gone: CancellationToken,
    ) -> Self {
        Self {
            service,
            caller: event.caller(),
            with,
            gone,
            supply: Supply::default(),
            codes: Vec::new(),
            holder: service.parts.entropy.bytes(),
            tolls: Vec::new(),
        }
    }

    /// To be told before each look at the record.
    pub fn look(&mut self) {
        self.supply.closed = self.service.roads.closed();
    }

    /// The code of a fresh digest.
    pub fn code(&self, fresh: usize) -> Code {
        self.codes[fresh].clone()
    }

    /// Gets what the machine lacks.
    pub async fn get(&mut self, need: Need) -> Result<(), Fault> {
        match need {
            Need::Fresh(recipe) => self.draw(recipe).await,
            Need::Guess(recipe) => self.hash_guess(recipe).await,
            Need::Remember { message, delivery } => {
                let parts = &self.service.parts;
                parts.store.remember(&message, &delivery, parts.rules.retention).await?;
                self.supply.remembered = Some(message);
                Ok(())
            }
            Need::Clearance(text) => {
                let (hits, charged) = self.service.clear(&text, self.holder).await?;
                self.supply.cleared.push(Cleared { text, hits });
                self.tolls.push((text.delivery, charged));
                Ok(())
            }
            Need::Verdict => {
                let store = &*self.service.parts.store;
                self.supply.verdict = Some(self.with.charges.charge(store).await?);
                Ok(())
            }
        }
    }

    async fn draw(&mut self, recipe: Recipe) -> Result<(), Fault> {
        let code = match &self.with.fixed {
            Some(fixed) => fixed.clone(),
            None => Code::draw(recipe.length, &mut self.service.parts.entropy.clone()),
        };
        let challenge = recipe.challenge;
        let digest = self.hash(Queue::Draws, recipe, code.clone()).await?;
        self.supply.fresh.push(Fresh { challenge, digest });
        self.codes.push(code);
        Ok(())
    }

    async fn hash_guess(&mut self, recipe: Recipe) -> Result<(), Fault> {
        let code = self.with.guess.clone().ok_or(Fault::Contended)?;
        self.supply.guess = Some(self.hash(Queue::Guesses, recipe, code).await?);
        Ok(())
    }

    async fn hash(&self, queue: Queue, recipe: Recipe, code: Code) -> Result<Digest, Fault> {
        let profile = recipe.profile;
        let pepper = Zeroizing::new(*self.service.parts.keyring.pepper(&recipe.key_id)?);
        let hash = move |workspace: &mut Workspace| recipe.digest(&pepper, &code, workspace);
        self.service.hasher.run(queue, self.caller, &self.gone, profile, hash).await
    }

    /// Text messages that a commit sends keep what they were charged.
    pub fn pay(&mut self, sends: &[Send]) {
        let texts = sends.iter().filter(|send| send.channel == Channel::Sms);
        let sent: Vec<_> = texts.map(|send| (send.challenge, send.delivery)).collect();
        self.tolls.retain(|(text, _)| !sent.contains(&(text.challenge, text.number)));
    }

    /// Gives back what was charged for a message that did not go out, or that a twin of this call,
    /// whose answer it got, sent and was charged for. A text message that is not paid for by now is
    /// sent by nobody, or again by somebody else, who is charged for it.
    pub async fn settle(&mut self, sent: bool) {
        if self.supply.verdict == Some(Verdict::Allowed) && !sent {
            self.with.charges.give_back(&*self.service.parts.store).await;
        }
        for (_, charges) in self.tolls.drain(..) {
            self.service.give_back(charges).await;
        }
    }
}
