//! Budgets beside honest traffic, hour after hour: whoever gives a code back takes no room, however many they
//! are and however long it takes them.

use std::{collections::VecDeque, time::Duration};

use pombo::{
    otp::{
        OperationId,
        toll::{Evidence, Rules, evidence::Matured},
    },
    store::{Charge, Charged, Store, memory::MemoryStore},
};

use crate::support::clock::{self, Clock};

const HOURS: u64 = 6;

/// How long people take to type a code.
const TYPING: Duration = Duration::from_secs(30);

/// How long they take at most: a code ends after five minutes.
const TYPING_SLOWLY: Duration = Duration::from_secs(290);

/// A place of which a day is known, in which so many text messages an hour were verified.
struct Place {
    /// Of a hundred honest people so many give their code back.
    verify: u64,
    /// How long those take to type it.
    typing: Duration,
    store: MemoryStore,
    clock: Clock,
    rules: Rules,
    known: Evidence,
    next: u64,
}

/// What became of some hours.
#[derive(Default)]
struct Came {
    honest: u32,
    honest_refused: u32,
    pumped: u32,
}

impl Place {
    fn new(hourly: u64) -> Self {
        Self::where_so_many_verify(100, hourly)
    }

    fn where_so_many_verify(verify: u64, hourly: u64) -> Self {
        let (store, clock) = clock::store();
        let (rules, known) = (Rules::default(), Evidence::default());
        let mut place = Self { verify, typing: TYPING, store, clock, rules, known, next: 0 };
        for _ in 0..24 {
            place.learn((hourly * verify / 100) as u32);
            place.clock.pass(Duration::from_secs(3_600));
        }
        place
    }

    fn learn(&mut self, verified: u32) {
        let matured = Matured { verified, challenges: verified, ..Matured::default() };
        self.known.learn(&matured, &self.rules.breaker, self.store.time());
    }

    async fn charge(&self, operation: u64, cost: i32) -> bool {
        let windows = self.rules.country.windows(&self.known, self.store.time());
        let mut name = [0; 12];
        name[..8].copy_from_slice(&operation.to_be_bytes());
        let charge = Charge {
            counter: [1; 16],
            windows: windows.iter().map(|it| (it.count.get(), it.length)).collect(),
            cost,
            operation: OperationId(name),
            holder: None,
        };
        self.store.charge(&charge).await.unwrap() == Charged::Allowed
    }

    /// Somebody wants a text message: under this name, if it may be sent.
    async fn wants_one(&mut self) -> Option<u64> {
        self.next += 1;
        self.charge(self.next, 1).await.then_some(self.next)
    }

    /// So many hours with so many honest messages each, and so many of somebody who never gives one back.
    async fn live(&mut self, hours: u64, hourly: u64, pumped: u64) -> Came {
        let (mut came, mut typists) = (Came::default(), VecDeque::new());
        for tenth in 0..hours * 36_000 {
            self.clock.pass(Duration::from_millis(100));
            let now = self.store.time();
            while let Some((operation, _)) = typists.pop_front_if(|(_, at)| *at <= now) {
                assert!(self.charge(operation, -1).await);
                self.learn(1);
            }
            if is_due(tenth, hourly) {
                came.honest += 1;
                let verifies = u64::from(came.honest) * self.verify % 100 < self.verify;
                match self.wants_one().await {
                    Some(operation) if verifies => {
                        typists.push_back((operation, now + self.typing))
                    }
                    Some(_) => {}
                    None => came.honest_refused += 1,
                }
            }
            if is_due(tenth, pumped) && self.wants_one().await.is_some() {
                came.pumped += 1;
            }
        }
        println!(
            "{hourly} an hour, {} % verify within {:?}, {pumped} pumped: of {} honest messages {} refused, \
             {} pumped ones paid",
            self.verify, self.typing, came.honest, came.honest_refused, came.pumped
        );
        came
    }
}

/// Whether one of so many an hour comes in this tenth of a second.
fn is_due(tenth: u64, hourly: u64) -> bool {
    (tenth + 1) * hourly / 36_000 > tenth * hourly / 36_000
}

#[tokio::test]
async fn honest_traffic_uses_no_budget_up_however_long_people_type() {
    for typing in [TYPING, TYPING_SLOWLY] {
        for hourly in [6, 60, 300, 3_000] {
            let mut place = Place { typing, ..Place::new(hourly) };
            let came = place.live(HOURS, hourly, 0).await;
            assert_eq!((came.honest, came.honest_refused), (hourly as u32 * HOURS as u32, 0));
        }
    }
}

#[tokio::test]
async fn a_share_is_enough_where_77_of_100_verify_and_not_where_fewer_do() {
    for (verify, is_enough) in [(77, true), (72, false)] {
        let place = &mut Place::where_so_many_verify(verify, 300);
        let came = place.live(7 * 24, 300, 0).await;
        assert_eq!(came.honest_refused == 0, is_enough, "where {verify} of 100 verify");
    }
}

#[tokio::test]
async fn a_few_who_never_give_a_code_back_turn_no_honest_people_away() {
    let came = Place::new(3_000).live(HOURS, 3_000, 300).await;
    assert_eq!((came.honest_refused, came.pumped), (0, 300 * HOURS as u32));
}

#[tokio::test]
async fn a_flood_beside_honest_traffic_gets_the_budget_and_no_more() {
    let mut place = Place { typing: TYPING_SLOWLY, ..Place::new(3_000) };
    let came = place.live(HOURS, 3_000, 20_000).await;
    // What it leaves to honest people is chance, and is printed only.
    // The hour's is the less of both. It grows by those who verify beside the flood, so it is never more
    // than in the end: so many at once, and what leaks meanwhile.
    let [hour, _] = place.rules.country.windows(&place.known, place.store.time());
    let most = hour.count.get() * (1 + HOURS as u32);
    assert!(came.pumped <= most, "{} of {most}", came.pumped);
    assert!(came.pumped > most / 2, "{} of {most}: the flood was none", came.pumped);
}
