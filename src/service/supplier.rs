//! What the machine lacks on the way to an answer: a fresh code, the hash of a guess, the verdict of
//! the shared limits. It is got here and added to the machine's supply.

use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{
    Fault, Service,
    gate::{Entry, Matter, Visit},
    hashing::Queue,
    shared_limits::Charges,
};
use crate::otp::{
    Code, Digest, Event, Need, Recipe, RecipientKey, Supply,
    digest::Workspace,
    event::{Fresh, Verdict},
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
    visit: Option<Visit<'a>>,
}

impl<'a> Supplier<'a> {
    /// Has nothing yet. A call that may have something hashed comes to its gate; what providers tell
    /// and alarms pass by it, as they keep what was promised.
    pub fn new(
        service: &'a Service,
        place: RecipientKey,
        event: &'a Event,
        with: &'a With,
        gone: CancellationToken,
    ) -> Self {
        let matter = match event {
            Event::Guess { challenge, .. } => Some(Matter::Guess(*challenge)),
            _ => event.asks_for_a_message().then_some(Matter::Message(place)),
        };
        let visit = matter.map(|matter| service.gates.visit(matter));
        let caller = event.caller();
        Self { service, caller, with, gone, supply: Supply::default(), codes: Vec::new(), visit }
    }

    /// To be told before each look at the record.
    pub fn look(&mut self) {
        self.visit.iter_mut().for_each(Visit::look);
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
            Need::Guess { recipe, attempts_left } => self.hash_guess(recipe, attempts_left).await,
            Need::Remember { message, delivery } => {
                let parts = &self.service.parts;
                parts.store.remember(&message, &delivery, parts.rules.retention).await?;
                self.supply.remembered = Some(message);
                Ok(())
            }
            Need::Clearance(text) => {
                let hit = self.service.clear(&text).await?;
                self.supply.cleared.push((text, hit));
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
        if !self.may_hash(1).await? {
            return Ok(());
        }
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

    async fn hash_guess(&mut self, recipe: Recipe, attempts_left: u32) -> Result<(), Fault> {
        let code = self.with.guess.clone().ok_or(Fault::Contended)?;
        if self.may_hash(attempts_left).await? {
            self.supply.guess = Some(self.hash(Queue::Guesses, recipe, code).await?);
        }
        Ok(())
    }

    /// Whether the gate is open. If not, it was worth waiting for another look at the record.
    async fn may_hash(&mut self, room: u32) -> Result<bool, Fault> {
        match self.visit.as_mut().map_or(Entry::Open, |visit| visit.enter(room)) {
            Entry::Open => Ok(true),
            Entry::Full => Err(Fault::Overloaded),
            Entry::Again => Ok(false),
            Entry::Wait(turn) => {
                let come = self.gone.run_until_cancelled(turn.come()).await;
                come.map(|()| false).ok_or(Fault::Abandoned)
            }
        }
    }

    async fn hash(&self, queue: Queue, recipe: Recipe, code: Code) -> Result<Digest, Fault> {
        let profile = recipe.profile;
        let pepper = Zeroizing::new(*self.service.parts.keyring.pepper(&recipe.key_id)?);
        let hash = move |workspace: &mut Workspace| recipe.digest(&pepper, &code, workspace);
        self.service.hasher.run(queue, self.caller, &self.gone, profile, hash).await
    }

    /// It is through: whoever waits at the gate may go on.
    pub fn leave(&mut self) {
        self.visit = None;
    }

    /// Gives back what was charged for a message that did not go out, or that a twin of this call,
    /// whose answer it got, sent and was charged for.
    pub async fn settle_charges(&self, sent: bool) {
        if self.supply.verdict == Some(Verdict::Allowed) && !sent {
            self.with.charges.give_back(&*self.service.parts.store).await;
        }
    }
}
