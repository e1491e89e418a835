//! A run from its first step to its last: somebody acts, something breaks, time passes.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use pombo::{otp::toll::evidence, store::Store};
use tokio::time::sleep;

use super::{
    laws::{Breach, Law::Clean},
    life::Doom,
    panicked,
    pigeon::WORD,
    replica::REPLICAS,
    town::Town,
    weather::{Fault, Mood, SLOW, StoreWeather, Weather},
};

/// Longer than everything that a challenge waits for.
pub const OVER: Duration = Duration::from_secs(660);

/// Longer than everything is kept.
const FORGOTTEN: Duration = evidence::KEPT_FOR.saturating_add(OVER);

/// A while in which a healthy service gets over anything.
const RECOVERY: Duration = Duration::from_secs(30);

impl Town {
    /// Lives through so many steps, and then to the end.
    pub async fn live(self: &Arc<Self>, steps: usize) -> Result<(), Breach> {
        (0..2).for_each(|number| self.start_replica(number));
        for step in 0..steps {
            self.step(step);
            sleep(self.gap()).await;
            self.look()?;
        }
        self.end().await
    }

    fn look(&self) -> Result<(), Breach> {
        self.look_after_replicas();
        if self.replicas().is_empty() {
            self.unrest();
        }
        self.court.require(Clean, !panicked(), || "a task panicked".into());
        self.judge_now();
        self.court.breach().map_or(Ok(()), Err)
    }

    /// How long until the next step.
    fn gap(&self) -> Duration {
        let range = self.dice.weighted(&[
            (8, 0..=30),
            (6, 100..=3_000),
            (3, 3_000..=12_000),
            (1, 12_000..=60_000),
        ]);
        self.dice.millis(range)
    }

    fn step(self: &Arc<Self>, step: usize) {
        let dice = &self.dice;
        if self.replicas().is_empty() && dice.odds(0.5) {
            return self.start_replica(step);
        }
        match dice.weighted(&[(40, 0), (2, 1), (3, 2), (2, 3), (2, 4), (3, 5)]) {
            0 => self.act(),
            1 => self.change_store(),
            2 => self.change_road(),
            3 => self.doom_replica(),
            4 if self.replicas().len() < REPLICAS => self.start_replica(step),
            5 => self.move_clock(),
            _ => {}
        }
    }

    fn change_store(&self) {
        let dice = &self.dice;
        let faults = || dice.millis(100..=400).as_secs_f64();
        let busy = || StoreWeather { conflicts: faults(), ..StoreWeather::default() };
        let store = match dice.weighted(&[(4, "fair"), (5, "rough"), (1, "cut"), (1, "one cut")]) {
            "fair" => StoreWeather::default(),
            _ if self.is_gentle => busy(),
            "rough" => {
                let commits = self.dice.some(0.2, || self.two_lost()).unwrap_or_default();
                StoreWeather { faults: faults(), conflicts: faults(), commits, cut_off: None }
            }
            "cut" => StoreWeather { cut_off: Some(None), ..StoreWeather::default() },
            _ => {
                let whom = self.replicas().first().map(|it| it.life.number);
                StoreWeather { cut_off: whom.map(Some), ..StoreWeather::default() }
            }
        };
        self.weather().store = store;
        self.unrest();
    }

    /// Of the next two commits the answers are lost; the first is carried out after all.
    fn two_lost(&self) -> VecDeque<(Fault, Duration)> {
        self.tally.raise("two answers to commits are lost");
        [Fault::CarriedOutLater, Fault::Lost].map(|fault| (fault, self.dice.millis(SLOW))).into()
    }

    fn change_road(&self) {
        use Mood::{Hanging, Moody, Refusing, Silent, TwoFaced, Well};
        let mood = self.dice.weighted(&[
            (4, Well),
            (4, Moody),
            (2, Refusing),
            (1, Hanging),
            (1, Silent),
            (2, TwoFaced),
        ]);
        self.tally.raise(format!("sender turns {mood:?}"));
        let road = self.dice.below(4);
        self.weather().roads[road] = mood;
    }

    fn doom_replica(&self) {
        let replicas = self.replicas();
        if !replicas.is_empty() && !self.is_gentle {
            let steps = ["charge", "find", "remember", "try", "try", "commit", WORD, WORD];
            let step = self.dice.pick(&steps);
            let at = Doom::At(step, self.dice.pick(&["before", "after"]));
            let doom = self.dice.some(0.5, || Doom::After(self.dice.below(25))).unwrap_or(at);
            replicas[self.dice.below(replicas.len())].life.doom(Some(doom));
        }
    }

    /// The store's clock jumps; far ahead only when nothing waits to be looked at, since a record
    /// lives no longer than a day and an hour.
    fn move_clock(&self) {
        let dice = &self.dice;
        match dice.weighted(&[(6, "ahead"), (2, "far ahead"), (2, "back")]) {
            "far ahead" if self.calm() > RECOVERY / 2 => {
                self.tally.raise("clock jumps far ahead");
                self.jump(dice.seconds(3600..=20 * 3600), false);
            }
            "back" => {
                self.tally.raise("clock jumps back");
                self.jump(dice.seconds(1..=60), true);
            }
            _ => {
                self.tally.raise("clock jumps ahead");
                let span = dice.weighted(&[(3, 1..=30), (2, 30..=120), (1, 120..=900)]);
                self.jump(dice.seconds(span), false);
            }
        }
    }

    /// All is well again, and everything comes to its end.
    async fn end(self: &Arc<Self>) -> Result<(), Breach> {
        *self.weather() = Weather::default();
        self.replicas().iter().for_each(|replica| replica.life.doom(None));
        if self.replicas().is_empty() {
            self.start_replica(usize::MAX);
        }
        self.unrest();
        sleep(RECOVERY).await;
        self.look()?;
        // The clock may stand still where it was moved back.
        self.jump(Duration::from_secs(3600), false);
        self.jump(OVER, false);
        sleep(RECOVERY).await;
        self.judge_end().await;
        self.look()?;
        self.leave().await;
        self.court.breach().map_or(Ok(()), Err)
    }

    /// No work hangs, and nothing is kept for ever.
    async fn leave(&self) {
        let services: Vec<_> =
            self.replicas().iter().map(|replica| Arc::clone(&replica.service)).collect();
        for service in services {
            let done = service.drain(2 * RECOVERY).await;
            self.court.require(Clean, done, || "work hangs".into());
        }
        self.jump(FORGOTTEN, false);
        sleep(RECOVERY).await;
        let claimed = self.memory.claim(RECOVERY, 1).await;
        let left = self.memory.len();
        let clean = claimed.is_ok_and(|due| due.is_empty()) && left == 0;
        self.court.require(Clean, clean, || format!("{left} things are left behind"));
    }
}
