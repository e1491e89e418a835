//! The machine, lived by bytes: the first chooses the rules, and each four after it are something that
//! somebody wants. After each event the laws must hold.

pub mod rules;

mod wish;

mod laws;

mod planted;

use pombo::otp::{
    ClosedRoad, Digest, Event, MessageTag, Need, Recipe, Recipient, RecipientKey, Rules, Send,
    Supply, Time, Transition,
    event::{Cleared, Fresh, Verdict},
    toll::Hit,
};

use crate::records;
use laws::{Book, Step};
use wish::Wish;

const PLACE: RecipientKey = RecipientKey([7; 16]);
const START: Time = Time::from_secs(1_800_000_000);

/// Lives longer than this show nothing that shorter ones don't.
const MOST_WISHES: usize = 128;

/// An event and what its cause knows besides.
#[derive(Clone)]
struct Call {
    event: Event,
    guess: Option<Digest>,
    verdict: Verdict,
}

impl From<Event> for Call {
    fn from(event: Event) -> Self {
        Self { event, guess: None, verdict: Verdict::Allowed }
    }
}

/// One recipient and all who want something of it.
struct World {
    rules: Rules,
    record: Recipient,
    now: Time,
    /// The number of the last thing that was drawn: an id, a code, a name of a call.
    drawn: u64,
    calls: Vec<Call>,
    sends: Vec<(Send, MessageTag)>,
    closed: Vec<ClosedRoad>,
    /// What the rules against toll fraud say to text messages.
    hit: Option<Hit>,
    book: Book,
}

/// Lives a life.
pub fn live(bytes: &[u8]) {
    let (kind, wishes) = bytes.split_first().unwrap_or((&0, &[]));
    let mut world = World::new(rules::of(*kind));
    for wish in wishes.as_chunks().0.iter().take(MOST_WISHES) {
        if let Some(call) = world.grant(Wish(*wish)) {
            world.take(&call);
        }
    }
    records::leave(&world.record);
}

impl World {
    fn new(rules: Rules) -> Self {
        Self {
            rules,
            record: Recipient::default(),
            now: START,
            drawn: 0,
            calls: Vec::new(),
            sends: Vec::new(),
            closed: Vec::new(),
            hit: None,
            book: Book::default(),
        }
    }

    /// Applies an event, judges what it led to, and commits it.
    fn take(&mut self, call: &Call) {
        let before = self.record.clone();
        let mut transition = self.apply(&before, call);
        planted::spoil(&before, call, &mut transition);
        let after = transition.next.clone().unwrap_or_else(|| before.clone());
        let now = self.now.max(before.changed_at);
        let step = Step { rules: &self.rules, before: &before, after: &after, now };
        self.book.judge(&step, call, &transition);
        self.apply_again(&after, call);
        for send in transition.sends {
            let tag = MessageTag(self.draw());
            self.sends.push((send, tag));
        }
        self.record = after;
    }

    /// An event whose commit is thought lost and was not meets its own result.
    fn apply_again(&mut self, after: &Recipient, call: &Call) {
        let again = self.apply(after, call);
        assert_eq!(again.next, None, "{:?} again changed the record", call.event);
        assert!(again.facts.is_empty() && again.sends.is_empty(), "{:?} again", call.event);
    }

    /// Gets the machine what it needs until it has it all.
    fn apply(&mut self, record: &Recipient, call: &Call) -> Transition {
        let mut supply = Supply { closed: self.closed.clone(), ..Supply::default() };
        for _ in 0..100 {
            match record.on(&PLACE, &call.event, &self.rules, &supply, self.now) {
                Ok(transition) => return transition,
                Err(Need::Remember { message, .. }) => supply.remembered = Some(message),
                Err(Need::Verdict) => supply.verdict = Some(call.verdict),
                Err(Need::Clearance(text)) => {
                    supply.cleared.push(Cleared { text, hits: self.hit.into_iter().collect() })
                }
                Err(Need::Guess(recipe)) => {
                    supply.guess = Some(call.guess.clone().unwrap_or_else(|| wrong(&recipe)));
                }
                Err(Need::Fresh(recipe)) => supply.fresh.push(self.fresh(&recipe)),
            }
        }
        panic!("the machine is never content with {:?}", call.event);
    }

    /// A code that nobody had before.
    fn fresh(&mut self, recipe: &Recipe) -> Fresh {
        let code = self.draw::<8>();
        Fresh { challenge: recipe.challenge, digest: digest(recipe, code) }
    }

    /// Bytes that were never drawn before.
    fn draw<const N: usize>(&mut self) -> [u8; N] {
        self.drawn += 1;
        let drawn = self.drawn.to_be_bytes();
        std::array::from_fn(|i| drawn.get(i).copied().unwrap_or_default())
    }
}

/// A stand-in for a hash: whom the code is for, and the code.
fn digest(recipe: &Recipe, code: [u8; 8]) -> Digest {
    let mut bytes = recipe.challenge.0;
    bytes[16..24].copy_from_slice(&code);
    Digest(bytes)
}

fn wrong(recipe: &Recipe) -> Digest {
    digest(recipe, [255; 8])
}
