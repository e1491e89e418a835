//! A whole day of guessing at one number, by somebody who has every caller's key, under the limits that
//! nobody changed: what is compared in any day, and what `check` says of it.

use std::collections::HashMap;

use pombo::grpc::proto::{IssueCodeRequest, Purpose, VerifyOutcome};

use super::{Siege, count, faces, reason, siege::CALLERS, wrong_codes};
use crate::support::{long, pombo::run, world::number};

const DAY: u64 = 86_400;

/// What guessing at a day's codes may come to, at most.
const WORST_ODDS: f64 = 1e-4;

const PURPOSES: [Purpose; 5] = [
    Purpose::Signup,
    Purpose::Login,
    Purpose::Recovery,
    Purpose::PhoneChange,
    Purpose::DeviceRegistration,
];

/// The moments at which messages are to be had again, and some at which they are not. Codes of the
/// first are kept for guesses at their last moment, so that a day begins which ends with fresh ones.
fn moments() -> Vec<u64> {
    let first = [0, 280, 601, 1202, 1500, 3600, 6 * 3600, 18 * 3600, DAY - 60];
    let again = [DAY + 1, DAY + 120, DAY + 602, DAY + 1203, DAY + 7200];
    let every = (0..2 * DAY + 1800).step_by(600).filter(|_| long());
    let mut moments: Vec<_> = first.into_iter().chain(again).chain(every).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

struct Attacker {
    siege: Siege,
    to: String,
    now: u64,
    flows: usize,
    tried: usize,
    /// Challenges to guess at, with their callers.
    open: Vec<(String, &'static str)>,
    /// When, and the odds that the guesses which were counted then had to hit.
    compared: Vec<(u64, usize, f64)>,
    refused: HashMap<String, usize>,
}

impl Attacker {
    /// Another caller, purpose, subject, address, channel and name each time.
    fn face(&mut self) -> (&'static str, IssueCodeRequest) {
        let n = self.flows;
        self.flows += 1;
        let request = IssueCodeRequest {
            client_ip: format!("203.0.{}.{}", n / 250, n % 250),
            requested_channel: (n % 3) as i32,
            language_code: ["", "pt-BR", "en"][n / 2 % 3].to_owned(),
            idempotency_key: if n.is_multiple_of(2) { String::new() } else { format!("try {n}") },
            ..super::session(&self.to, PURPOSES[n % 5], &format!("subject {n}"))
        };
        (CALLERS[n / 5 % 3], request)
    }

    /// Messages until there are none for anybody.
    async fn collect(&mut self) {
        let mut in_vain = 0;
        while in_vain < 15 {
            let (caller, request) = self.face();
            match self.siege.issue(self.flows, caller, request).await {
                Ok(issued) => {
                    self.open.push((issued.challenge_id, caller));
                    in_vain = 0;
                }
                Err(status) => {
                    *self.refused.entry(reason(&status)).or_default() += 1;
                    in_vain += 1;
                }
            }
        }
    }

    /// Guesses at everything that is open, in crowds, with another message first if one is to be had.
    async fn guess(&mut self) {
        for (id, caller) in std::mem::take(&mut self.open) {
            let _ = self.siege.resend(self.flows, caller, &id).await;
            let wrong = wrong_codes(&self.siege.codes(&self.to), if long() { 120 } else { 30 });
            self.tried += wrong.len();
            let codes = self.codes_of(&id).await;
            let answers = self.siege.verify_all(caller, faces(&id, &wrong)).await;
            assert_eq!(count(&answers, VerifyOutcome::Verified), 0);
            let compared = count(&answers, VerifyOutcome::WrongCode);
            self.compared.push((self.now, compared, compared as f64 * codes as f64 / 1e6));
        }
    }

    /// How many codes a guess at a challenge is compared with.
    async fn codes_of(&self, id: &str) -> usize {
        let record = self.siege.record(&self.to).await;
        let challenge = record.challenges.iter().find(|challenge| challenge.id.to_string() == id);
        let deliveries = challenge.into_iter().flat_map(|challenge| &challenge.deliveries);
        deliveries.map(|delivery| delivery.digests.len()).sum()
    }

    /// The worst that any day came to: guesses and odds.
    fn worst_day(&self) -> (usize, f64) {
        let days = self.compared.iter().map(|&(start, ..)| {
            let day = self.compared.iter().filter(|(at, ..)| (start..start + DAY).contains(at));
            day.fold((0, 0.0), |(count, odds), (_, more, their)| (count + more, odds + their))
        });
        days.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
    }
}

/// What `check` says of guessing: one in so many.
async fn promised(siege: &Siege) -> f64 {
    let told = run(&["check", "--offline"], &siege.world.environment()).await.stdout;
    let (_, after) = told.split_once("1 in ").expect("the odds");
    after.split_whitespace().next().unwrap().parse().unwrap()
}

/// Attacks under these limits: what the worst day came to, and what `check` says.
async fn attack(more: &[(&str, &str)]) -> (usize, f64, f64) {
    let siege = Siege::over_lasting(more).await;
    let promised = promised(&siege).await;
    let mut attacker = Attacker {
        siege,
        to: number(1, "00"),
        now: 0,
        flows: 0,
        tried: 0,
        open: Vec::new(),
        compared: Vec::new(),
        refused: HashMap::new(),
    };
    for (n, moment) in moments().into_iter().enumerate() {
        attacker.siege.jump(moment).await;
        attacker.now = moment;
        if n % 4 == 3 {
            attacker.siege.restart(n / 4 % 2).await;
        }
        attacker.collect().await;
        if moment > 0 {
            attacker.guess().await;
        }
    }
    let (guesses, odds) = attacker.worst_day();
    println!(
        "{} demands, refused {:?}; {} guesses tried, {} compared; in the worst day {guesses}, which is 1 in \
         {:.0} ({odds:.1e}); check says 1 in {promised}",
        attacker.flows,
        attacker.refused,
        attacker.tried,
        attacker.compared.iter().map(|(_, count, _)| count).sum::<usize>(),
        1.0 / odds,
    );
    (guesses, odds, 1.0 / promised)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_guessing_by_every_caller_at_once_stays_below_one_in_ten_thousand() {
    let (guesses, odds, _) = attack(&[]).await;
    assert!(odds < WORST_ODDS, "{odds}");
    assert!(guesses >= 60, "the attack is as good as the limits allow: {guesses}");
}

/// Codes that were kept to the last moment, and those of the next window, fall into one day: what `check`
/// says holds over the days, and of a single one twice as much.
#[tokio::test(flavor = "multi_thread")]
async fn the_worst_day_is_no_worse_than_two() {
    let (guesses, odds, promised) = attack(&[("LIMITS__RECIPIENT", "[\"19/24h\"]")]).await;
    assert!(promised < WORST_ODDS && odds <= 2.0 * promised, "{guesses}: {odds}, {promised}");
}
