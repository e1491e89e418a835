//! Wishes and rules, drawn at random.

use std::time::Duration;

use proptest::{option, prelude::*, sample::select};

use super::wish::{Aim, Bound, Payment, Tag, Wish};
use crate::otp::{
    digest::Profile,
    kinds::{Channel, DeliveryStatus, FailureReason, FlowOutcome},
    policy::{LedgerRules, Policy, Rules},
};

/// Senders of WhatsApp, and of text messages, in their order.
pub const WHATSAPP: [&str; 2] = ["cloud", "aws"];
pub const SMS: [&str; 2] = ["twilio", "aws"];

/// A life of at most `most` wishes.
pub fn wishes(most: usize) -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec(wish(), 1..=most)
}

fn wish() -> impl Strategy<Value = Wish> {
    let guess = (recent(4), aim(), payment(), bound());
    let receipt = (recent(4), 1..=4u32, tag(), status(), option::weighted(0.8, 0..90_000u64));
    prop_oneof![
        8 => issue(),
        4 => (recent(4), channel(), odds(0.1)).prop_map(|(which, channel, stranger)| Wish::Resend { which, channel, stranger }),
        12 => guess.prop_map(|(which, aim, payment, bound)| Wish::Guess { which, aim, payment, bound }),
        3 => (recent(6), odds(0.3)).prop_map(|(back, changed)| Wish::Repeat { back, changed }),
        1 => (recent(4), odds(0.3)).prop_map(|(which, stranger)| Wish::Cancel { which, stranger }),
        1 => (recent(4), odds(0.3)).prop_map(|(which, stranger)| Wish::Look { which, stranger }),
        1 => (recent(4), select(FlowOutcome::ALL), option::of(-600..60i64))
            .prop_map(|(which, outcome, at)| Wish::Report { which, outcome, at }),
        7 => (recent(4), status(), odds(0.2)).prop_map(|(send, (status, failure), broken)| Wish::Sender { send, status, failure, broken }),
        6 => receipt.prop_map(|(which, delivery, tag, (status, failure), seconds_ago)| {
            Wish::Receipt { which, delivery, tag, status, failure, seconds_ago }
        }),
        1 => recent(4).prop_map(|which| Wish::NotRequested { which }),
        2 => (prop_oneof![Just(0), 0..16u8], option::weighted(0.3, odds(0.7)))
            .prop_map(|(closed, fraud)| Wish::Weather { closed, fraud }),
        1 => Just(Wish::Alarm),
        6 => Just(Wish::WakeOnTime),
        5 => recent(3).prop_map(|which| Wish::WaitForResend { which }),
        7 => pause().prop_map(|millis| Wish::Wait { millis }),
    ]
}

fn issue() -> impl Strategy<Value = Wish> {
    (flow(), 0..2u8, channel(), odds(0.1), odds(0.1)).prop_map(
        |(flow, payment, channel, test, shared_limit)| Wish::Issue {
            flow,
            payment,
            channel,
            test,
            shared_limit,
        },
    )
}

/// Some flows are busier than others: a login, and a payment.
fn flow() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0), 2 => Just(6), 3 => 0..9usize]
}

/// Zero half of the time.
fn recent(most: usize) -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), 0..most]
}

fn odds(odds: f64) -> impl Strategy<Value = bool> {
    prop::bool::weighted(odds)
}

fn channel() -> impl Strategy<Value = Option<Channel>> {
    option::weighted(0.2, select(Channel::ALL))
}

fn aim() -> impl Strategy<Value = Aim> {
    prop_oneof![
        2 => (0..6usize).prop_map(Aim::Right),
        6 => Just(Aim::Wrong),
        1 => (0..20usize).prop_map(Aim::Anything),
    ]
}

fn payment() -> impl Strategy<Value = Payment> {
    prop_oneof![8 => Just(Payment::Same), 1 => Just(Payment::Other), 1 => Just(Payment::Inverted)]
}

fn bound() -> impl Strategy<Value = Bound> {
    prop_oneof![4 => Just(Bound::Free), 4 => Just(Bound::Same), 1 => Just(Bound::Other)]
}

fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![4 => Just(Tag::Right), 1 => Just(Tag::Foreign), 1 => Just(Tag::Absent)]
}

fn status() -> impl Strategy<Value = (DeliveryStatus, Option<FailureReason>)> {
    let failed = select(FailureReason::ALL).prop_map(|why| (DeliveryStatus::Failed, Some(why)));
    prop_oneof![
        1 => select(DeliveryStatus::ALL).prop_map(|status| (status, None)),
        1 => select(vec![DeliveryStatus::Accepted, DeliveryStatus::Delivered])
            .prop_map(|status| (status, None)),
        1 => failed,
    ]
}

fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => 0..5_000i64,
        4 => 5_000..120_000i64,
        2 => 120_000..700_000i64,
        1 => 700_000..100_000_000i64,
        1 => -600_000..0i64,
    ]
}

/// Rules of many kinds, some of them tight so that their ends are reached within a short life.
pub fn rules() -> impl Strategy<Value = Rules> {
    let windows = select(vec!["5/10m 12/24h", "1/30s 3/5m", "30/10m", "7/1h 4/1m", ""]);
    let ledger = select(vec![(10, 20), (3, 7), (2, 3), (4, 3)]);
    let lock = select(vec![60, 1800]);
    // How many senders serve each channel.
    let senders = select(vec![(1, 1), (1, 1), (1, 2), (2, 1), (2, 2), (1, 0), (0, 2)]);
    (windows, ledger, lock, senders, policy(), policy()).prop_map(
        |(windows, (in_a_row, per_day), lock, (whatsapp, sms), odd, even)| {
            let fit = |policy: &Policy| {
                let mut policy = policy.clone();
                policy.plan.retain(|channel| match channel {
                    Channel::Whatsapp => whatsapp > 0,
                    Channel::Sms => sms > 0,
                });
                policy
            };
            Rules {
                policies: std::array::from_fn(|i| fit(if i % 2 == 0 { &odd } else { &even })),
                recipient: windows
                    .split_whitespace()
                    .map(|window| window.parse().unwrap())
                    .collect(),
                ledger: LedgerRules {
                    failures_in_a_row: in_a_row,
                    lock: Duration::from_secs(lock),
                    failures_per_day: per_day,
                },
                retention: Duration::from_secs(86_400),
                send_window: Duration::from_secs(15),
                whatsapp_senders: WHATSAPP[..whatsapp].iter().map(ToString::to_string).collect(),
                sms_senders: SMS[..sms].iter().map(ToString::to_string).collect(),
            }
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    use Channel::{Sms, Whatsapp};
    let plan = select(vec![
        vec![Whatsapp, Sms],
        vec![Whatsapp, Sms],
        vec![Sms, Whatsapp],
        vec![Whatsapp, Sms, Whatsapp, Sms, Whatsapp, Sms],
    ]);
    let waits = select(vec![vec![30, 60, 120], vec![5, 5, 5, 5, 5], vec![20]]);
    let evidence = || option::weighted(0.5, (5..90u64).prop_map(Duration::from_secs));
    let lives = select(vec![(300, 600), (60, 600), (900, 600)]);
    (plan, waits, 1..=6u32, evidence(), evidence(), lives).prop_map(
        |(plan, waits, max_attempts, unread, unverified, (ttl, max_life))| Policy {
            ttl: Duration::from_secs(ttl),
            max_life: Duration::from_secs(max_life),
            length: 6,
            max_attempts,
            profile: Profile::Keyed,
            waits: waits.into_iter().map(Duration::from_secs).collect(),
            plan,
            undelivered: Duration::from_secs(20),
            unread,
            unverified,
        },
    )
}
