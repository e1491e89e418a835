//! Recipients of every shape, also of shapes that the machine never makes.

use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::otp::{
    Arm, Cause, Challenge, ChallengeId, Channel, Conclusion, ConclusionReason, Country, Delivery,
    DeliveryStatus, Digest, Failure, FailureReason, FlowOutcome, MessageTag, OperationId, Profile,
    Purpose, Recipient, RecipientKey, Route, State, Time, TimelineEntry, TimelineEvent,
    VerifyOutcome,
    event::Operation,
    keyring::Sealed,
    ledger::{Flow, FlowKey, Ledger},
    limits::{Counted, MessageLog},
    recipient::{Answered, Said},
    toll::Destination,
};

pub(super) fn recipient() -> impl Strategy<Value = Recipient> {
    let person = (time(), ".{0,16}", destination(), option::of(sealed()), option::of(time()));
    let history = (vec(counted(), 0..8), vec(flow(), 0..4), vec(challenge(), 0..4));
    (person, history, vec((answered(), any::<Option<prop::sample::Index>>()), 0..4)).prop_map(
        |((changed_at, masked, destination, number, off_whatsapp_since), history, operations)| {
            let (messages, flows, challenges) = history;
            let operations =
                operations.into_iter().map(|(answered, of)| aim(answered, of, &challenges));
            Recipient {
                changed_at,
                masked,
                destination,
                number,
                off_whatsapp_since,
                messages: MessageLog(messages),
                flows,
                operations: operations.collect(),
                challenges,
            }
        },
    )
}

/// Half of the answers concern a challenge of the record, the others one that it has forgotten.
fn aim(answered: Answered, of: Option<prop::sample::Index>, challenges: &[Challenge]) -> Answered {
    match of {
        Some(index) if !challenges.is_empty() => {
            Answered { challenge: index.get(challenges).id, ..answered }
        }
        _ => answered,
    }
}

fn time() -> impl Strategy<Value = Time> {
    // Plausible moments, and the ends of what a moment can be.
    let near = 1_700_000_000_000_u64..1_800_000_000_000;
    prop_oneof![near, any::<u64>(), Just(0), Just(u64::MAX)].prop_map(Time::from_millis)
}

fn kind<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

fn destination() -> impl Strategy<Value = Destination> {
    let prefix = option::of(any::<[u8; 16]>().prop_map(RecipientKey));
    (prefix, country()).prop_map(|(prefix, country)| Destination { prefix, country })
}

fn country() -> impl Strategy<Value = Country> {
    prop_oneof!["[A-Z]{2}", Just(String::new())].prop_map(|code| Country::new(&code))
}

fn sealed() -> impl Strategy<Value = Sealed> {
    (".{0,8}", vec(any::<u8>(), 0..48)).prop_map(|(key_id, bytes)| Sealed { key_id, bytes })
}

fn counted() -> impl Strategy<Value = Counted> {
    (time(), any::<bool>()).prop_map(|(at, unproven)| Counted { at, unproven })
}

fn flow_key() -> impl Strategy<Value = FlowKey> {
    // Few enough that some occur twice.
    ("[ab]?", kind(Purpose::ALL), "(.{0,36}|s)").prop_map(|(caller, purpose, subject)| FlowKey {
        caller,
        purpose,
        subject,
    })
}

fn flow() -> impl Strategy<Value = Flow> {
    let ledger = (any::<u32>(), option::of(time()), vec(time(), 0..6))
        .prop_map(|(in_a_row, row_lock, failures)| Ledger { in_a_row, row_lock, failures });
    (flow_key(), option::of(time()), ledger).prop_map(|(key, wait_until, ledger)| Flow {
        key,
        wait_until,
        ledger,
    })
}

fn challenge() -> impl Strategy<Value = Challenge> {
    let profile = select(vec![Profile::Balanced, Profile::Owasp, Profile::Keyed]);
    let language = "[a-zA-Z-]{0,8}";
    let payment = any::<Option<[u8; 16]>>();
    let name = (any::<[u8; 32]>(), flow_key(), ".{0,8}", language, payment, option::of(sealed()));
    let times = (time(), time(), option::of(time()));
    let counts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u8>(), any::<usize>());
    let course =
        (vec(kind(Channel::ALL), 0..4), vec(delivery(), 0..5), vec(timeline_entry(), 0..8));
    let end = (option::of(conclusion()), option::of(kind(FlowOutcome::ALL)), kind(Arm::ALL));
    (name, times, counts, course, end, profile).prop_map(
        |(name, times, counts, course, end, profile)| Challenge {
            id: ChallengeId(name.0),
            flow: name.1,
            issued_at: times.0,
            expires_at: times.1,
            resend_at: times.2,
            asked: counts.0,
            max_attempts: counts.1,
            attempts_used: counts.2,
            length: counts.3,
            profile,
            key_id: name.2,
            transaction: name.4,
            details: name.5,
            language: name.3,
            plan: course.0,
            step: counts.4,
            arm: end.2,
            deliveries: course.1,
            timeline: course.2,
            conclusion: end.0,
            flow_outcome: end.1,
        },
    )
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let road = (any::<u32>(), kind(Channel::ALL), ".{0,8}", kind(Route::ALL));
    let cause = prop_oneof![Just(Cause::Sender), Just(Cause::Recipient)];
    let failure = (kind(FailureReason::ALL), cause);
    let failure = failure.prop_map(|(reason, cause)| Failure { reason, cause });
    let fate = (kind(DeliveryStatus::ALL), option::of(failure), any::<[bool; 2]>());
    let times = (time(), time(), time(), option::of(time()), option::of(time()));
    let messages = vec(any::<[u8; 12]>().prop_map(MessageTag), 0..3);
    let messages = (messages, option::of(".{0,40}"), option::of(".{0,8}"));
    let digests = vec(any::<[u8; 32]>().prop_map(Digest), 0..3);
    (road, fate, times, messages, digests).prop_map(|(road, fate, times, messages, digests)| {
        Delivery {
            number: road.0,
            channel: road.1,
            sender: road.2,
            route: road.3,
            status: fate.0,
            failure: fate.1,
            queued_at: times.0,
            updated_at: times.1,
            retry_at: times.2,
            accepted_at: times.3,
            delivered_at: times.4,
            taken_over: fate.2[0],
            perhaps_taken: fate.2[1],
            messages: messages.0,
            reference: messages.1,
            template: messages.2,
            digests,
        }
    })
}

fn timeline_entry() -> impl Strategy<Value = TimelineEntry> {
    (time(), kind(TimelineEvent::ALL), any::<u32>())
        .prop_map(|(at, event, delivery)| TimelineEntry { at, event, delivery })
}

fn conclusion() -> impl Strategy<Value = Conclusion> {
    (kind(State::ALL), kind(ConclusionReason::ALL), time(), any::<Option<u32>>())
        .prop_map(|(state, reason, at, used)| Conclusion { state, reason, at, used })
}

fn answered() -> impl Strategy<Value = Answered> {
    let operation = any::<([u8; 12], [u8; 12], [u8; 8])>();
    (operation, time(), any::<[u8; 32]>(), said()).prop_map(
        |((id, tag, by), at, challenge, said)| Answered {
            operation: Operation { id: OperationId(id), tag, by },
            at,
            challenge: ChallengeId(challenge),
            said,
        },
    )
}

fn said() -> impl Strategy<Value = Said> {
    let counts = any::<(u32, u32, bool, bool)>();
    let times = (time(), option::of(time()));
    prop_oneof![
        (times, counts).prop_map(|((expires_at, resend_at), counts)| Said::Issued {
            expires_at,
            resend_at,
            reused: counts.2,
            attempts_left: counts.0,
            message_sent: counts.3,
            messages_left: counts.1,
        }),
        (time(), option::of(time()), kind(Channel::ALL), any::<(u32, u32)>()).prop_map(
            |(expires_at, resend_at, channel, (attempts_left, messages_left))| Said::Resent {
                expires_at,
                resend_at,
                channel,
                attempts_left,
                messages_left,
            }
        ),
        (kind(VerifyOutcome::ALL), any::<u32>(), option::of(time())).prop_map(
            |(outcome, attempts_left, resend_at)| Said::Guessed {
                outcome,
                attempts_left,
                resend_at
            }
        ),
    ]
}
