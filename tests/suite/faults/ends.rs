//! What became of everybody, once every challenge has concluded by itself.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use pombo::grpc::proto::{Challenge, ChallengeState, TimelineEvent, VerifyOutcome};
use prost_types::Timestamp;
use tokio::time::sleep;
use tonic::Code;

use super::{
    Flow, House,
    flow::{keyed, verify},
    funnel::{Counted, Funnel},
};

/// How long after its expiry the last challenge has concluded: its replica is gone, so that a scan of the
/// schedules finds it; whoever scanned is gone, too, so that its lease has to run out; and a scan.
const OVERDUE: Duration = Duration::from_secs(1 + 5 + 1);

/// How much later than that the counters are given up on, so that it is told which challenge was late.
const SLACK: Duration = Duration::from_secs(5);

/// How many flows came to which end.
#[derive(Debug, Default)]
pub struct Ends {
    pub flows: usize,
    pub verified: usize,
    /// Their code was given by nobody: the person had left,
    pub left: usize,
    /// or every message was lost, or came too late.
    pub unreached: usize,
    /// Accepted, and unknown to the store afterwards.
    pub forgotten: usize,
    /// Concluded later than they may.
    pub late: usize,
    /// How long after its expiry the last one had concluded.
    latest: Duration,
    /// Told to be verified more than once.
    pub doubled: usize,
    /// The states in which challenges were found.
    states: BTreeMap<String, i64>,
}

impl Ends {
    /// Waits until each challenge has ended, and holds the store's own numbers against what callers saw.
    pub async fn of(house: &House, flows: &[Flow], funnel: &Funnel) -> Self {
        let counted = concluded(flows, funnel).await;
        let mut ends = Self { flows: flows.len(), ..Self::default() };
        for flow in flows {
            assert_eq!(flow.lost, 0, "a call had no answer in the end: {flow:?}");
            ends.add(house, flow).await;
        }
        assert_eq!(counted.issued, (ends.flows - ends.forgotten) as i64, "{ends:?}");
        assert_eq!(counted.concluded, ends.states, "{ends:?}");
        ends
    }

    /// Challenges that were accepted and not seen to in time, or not at all.
    pub fn lost(&self) -> usize {
        self.forgotten + self.late
    }

    pub fn print(&self, house: &House, kills: usize, failovers: usize) {
        println!(
            "flows  kills  failovers  asked again  verified  left  unreached  lost  doubled\n\
             {:>5}  {kills:>5}  {failovers:>9}  {:>11}  {:>8}  {:>4}  {:>9}  {:>4}  {:>7}",
            self.flows,
            house.retries(),
            self.verified,
            self.left,
            self.unreached,
            self.lost(),
            self.doubled,
        );
        println!("the last to conclude did so {:?} after its expiry", self.latest);
    }

    async fn add(&mut self, house: &House, flow: &Flow) {
        let challenge = match house.get(&flow.id).await {
            Ok(challenge) => challenge,
            Err(status) => {
                assert_eq!(status.code(), Code::NotFound, "{status:?}");
                assert!(!flow.is_verified, "a verification is forgotten: {flow:?}");
                self.forgotten += 1;
                return;
            }
        };
        let state = challenge.state();
        let word = state.as_str_name().trim_start_matches("CHALLENGE_STATE_").to_lowercase();
        *self.states.entry(word).or_default() += 1;
        self.latest = self.latest.max(late(&challenge));
        if late(&challenge) > OVERDUE {
            println!("{:?} late: {challenge:#?}", late(&challenge));
            self.late += 1;
        }
        if flow.is_verified {
            assert_eq!(state, ChallengeState::Verified, "{flow:?} {challenge:#?}");
            self.verified += 1;
            self.doubled += usize::from(flow.verified > 1 || verifies_again(house, flow).await);
        } else {
            assert_eq!(state, ChallengeState::Expired, "{flow:?} {challenge:#?}");
            self.add_expired(flow, &challenge);
        }
    }

    fn add_expired(&mut self, flow: &Flow, challenge: &Challenge) {
        if flow.is_left {
            self.left += 1;
        } else {
            assert!(flow.is_unreached, "nobody knows why it was not verified: {flow:?}");
            // What was cut short once is taken over. Only who cuts short that, too, keeps a person waiting.
            assert!(lost_sends(challenge) >= 2, "its person was not reached: {challenge:#?}");
            self.unreached += 1;
        }
    }
}

/// Waits until nothing is live. Nobody asks the service meanwhile, as a look at a challenge would itself
/// find that its time is over.
async fn concluded(flows: &[Flow], funnel: &Funnel) -> Counted {
    let last = flows.iter().filter_map(|flow| flow.expire_time).map(time).max().unwrap();
    loop {
        let counted = funnel.read().await;
        if counted.is_whole() {
            let concluded: i64 = counted.concluded.values().sum();
            assert_eq!(counted.issued, concluded + counted.live, "{counted:?}");
            if counted.live == 0 {
                return counted;
            }
        }
        assert!(counted.time < last + OVERDUE + SLACK, "not all concludes: {counted:?}");
        sleep(Duration::from_millis(200)).await;
    }
}

/// Whether a code that was given already verifies once more, for a call of its own.
async fn verifies_again(house: &House, flow: &Flow) -> bool {
    let again = verify(house, &keyed(flow.given.clone(), "once more")).await.unwrap();
    let is_verified = again.outcome() == VerifyOutcome::Verified;
    assert!(is_verified || again.outcome() == VerifyOutcome::AlreadyUsed, "{flow:?}: {again:?}");
    is_verified
}

/// How long after its time a challenge concluded.
fn late(challenge: &Challenge) -> Duration {
    let concluded = time(challenge.conclude_time.unwrap());
    concluded.duration_since(time(challenge.expire_time.unwrap())).unwrap_or_default()
}

fn time(time: Timestamp) -> SystemTime {
    time.try_into().unwrap()
}

/// How many sends of a challenge came to nothing because their process ended: those that were taken over,
/// and those of which no provider ever told anything.
fn lost_sends(challenge: &Challenge) -> usize {
    let told = |number: i32| {
        let mut entries = challenge.timeline.iter().filter(|it| it.delivery_number == number);
        entries.any(|entry| {
            matches!(
                entry.event(),
                TimelineEvent::DeliveryAccepted
                    | TimelineEvent::DeliverySent
                    | TimelineEvent::DeliveryFailed
                    | TimelineEvent::Delivered
                    | TimelineEvent::Read
            )
        })
    };
    let taken_over = challenge.timeline.iter();
    let taken_over = taken_over.filter(|entry| entry.event() == TimelineEvent::SendTakenOver);
    let untold = challenge.deliveries.iter().filter(|delivery| !told(delivery.number));
    taken_over.count() + untold.count()
}
