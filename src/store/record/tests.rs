use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use prost::Message;
use zeroize::Zeroizing;

use super::*;
use crate::otp::{
    Arm, Challenge, ChallengeId, Channel, Conclusion, ConclusionReason, Country, Delivery,
    DeliveryStatus, Keyring, MessageTag, OperationId, Profile, Purpose, RecipientKey, Route, State,
    TimelineEntry, TimelineEvent as Line, Transaction, VerifyOutcome,
    event::Operation,
    ledger::{Flow, FlowKey},
    limits::{Counted, MessageLog},
    recipient::{Answered, Said},
    toll::Destination,
};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_field_is_lost(recipient in arbitrary::recipient()) {
        prop_assert_eq!(decode(&encode(&recipient)).unwrap(), recipient);
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes in vec(any::<u8>(), 0..512)) {
        let _ = decode(&bytes);
        let _ = decode(&[&[8, 1][..], &bytes].concat());
    }

    #[test]
    fn a_damaged_record_does_not_bring_the_reader_down(
        recipient in arbitrary::recipient(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode(&recipient);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(&bytes);
        let _ = decode(&bytes[..at]);
    }
}

#[test]
fn a_newer_format_is_refused_whatever_it_holds() {
    let newer = wire::Head { format: FORMAT + 1 }.encode_to_vec();
    // Field 2 as a string, where this version has a number.
    let bytes = [newer, vec![0x12, 2, b'h', b'i']].concat();
    let error = decode(&bytes).unwrap_err().to_string();
    assert!(error.contains("its format is 2, the newest known here is 1"), "{error}");
}

#[test]
fn bytes_without_a_format_are_no_record() {
    assert!(matches!(decode(&[]), Err(StoreError::Unreadable(_))));
}

#[test]
fn a_concluded_challenge_takes_less_than_400_bytes() {
    let record = verified_by_fallback();
    let blank = Recipient { changed_at: record.changed_at, ..Recipient::default() };
    let alone = Recipient { challenges: record.challenges, ..blank.clone() };
    let size = encode(&alone).len() - encode(&blank).len();
    assert!(size < 400, "{size} bytes");
}

#[test]
fn a_plain_verified_flow_leaves_less_than_400_bytes_behind() {
    let size = encode(&verified_at_once()).len();
    assert!(size < 400, "{size} bytes");
}

#[test]
fn a_live_payment_takes_less_than_600_bytes() {
    let ring = Keyring::new([("k1".to_owned(), Zeroizing::new([1; 32]))]);
    let payment = Transaction::parse("1250", "BRL", "Padaria do Bairro Ltda", "").unwrap();
    let mut record = verified_at_once();
    let challenge = &mut record.challenges[0];
    let without = challenge.clone();
    challenge.details =
        Some(ring.seal_details(&payment.details(), &challenge.id, &mut rand::rng()));
    let size = encode(&record).len();
    record.challenges = vec![without];
    let more = size - encode(&record).len();
    // Twelve bytes of nonce, sixteen of tag, and the payment itself.
    assert!(size < 600 && more < 80, "{size} bytes, {more} of them for the payment");
}

fn after(seconds: u64) -> Time {
    Time::from_millis(1_790_000_000_123) + Duration::from_millis(seconds * 1_007)
}

fn flow() -> FlowKey {
    FlowKey {
        caller: "onboarding".into(),
        purpose: Purpose::Login,
        subject: "0b1f6a0e-6f1c-4f5e-9a55-7f1c0a5be001".into(),
    }
}

fn delivered(number: u32, channel: Channel, sender: &str, queued: u64) -> Delivery {
    Delivery {
        number,
        channel,
        sender: sender.into(),
        route: if number == 1 { Route::Plan } else { Route::Undelivered },
        status: DeliveryStatus::Read,
        failure: None,
        queued_at: after(queued),
        updated_at: after(queued + 9),
        retry_at: after(queued + 15),
        accepted_at: Some(after(queued + 1)),
        delivered_at: Some(after(queued + 4)),
        taken_over: false,
        perhaps_taken: false,
        messages: vec![MessageTag([number as u8; 12])],
        reference: None,
        template: None,
        digests: vec![],
    }
}

fn lines(lines: &[(u64, Line, u32)]) -> Vec<TimelineEntry> {
    let lines = lines.iter();
    lines.map(|&(at, event, delivery)| TimelineEntry { at: after(at), event, delivery }).collect()
}

fn verified(deliveries: Vec<Delivery>, timeline: Vec<TimelineEntry>, at: u64) -> Challenge {
    Challenge {
        id: ChallengeId([0xc4; 32]),
        flow: flow(),
        issued_at: after(0),
        expires_at: after(300),
        resend_at: Some(after(60)),
        asked: 1,
        max_attempts: 5,
        attempts_used: 2,
        length: 6,
        profile: Profile::Balanced,
        key_id: "k1".into(),
        transaction: None,
        details: None,
        language: "pt-BR".into(),
        plan: vec![Channel::Whatsapp, Channel::Sms],
        step: deliveries.len() - 1,
        arm: Arm::None,
        conclusion: Some(Conclusion {
            state: State::Verified,
            reason: ConclusionReason::CodeMatched,
            at: after(at),
            used: Some(deliveries.len() as u32),
        }),
        deliveries,
        timeline,
        flow_outcome: None,
    }
}

fn record(challenge: Challenge) -> Recipient {
    let at = challenge.conclusion.map_or(after(0), |conclusion| conclusion.at);
    let id = challenge.id;
    let answered = |number, at, said| Answered {
        operation: Operation {
            id: OperationId([number; 12]),
            tag: [number + 1; 12],
            by: [number + 2; 8],
        },
        at,
        challenge: id,
        said,
    };
    let issued = Said::Issued {
        expires_at: after(300),
        resend_at: Some(after(30)),
        reused: false,
        attempts_left: 5,
        message_sent: true,
        messages_left: 3,
    };
    let guessed =
        Said::Guessed { outcome: VerifyOutcome::Verified, attempts_left: 5, resend_at: None };
    Recipient {
        changed_at: at,
        masked: "+55*********21".into(),
        destination: Destination {
            prefix: Some(RecipientKey([9; 16])),
            country: Country::new("BR"),
        },
        messages: MessageLog(vec![Counted { at: after(0), unproven: false }]),
        flows: vec![Flow::new(flow())],
        operations: vec![answered(1, after(0), issued), answered(3, at, guessed)],
        challenges: vec![challenge],
        ..Recipient::default()
    }
}

fn verified_at_once() -> Recipient {
    let timeline = lines(&[
        (0, Line::Issued, 0),
        (0, Line::DeliveryQueued, 1),
        (1, Line::DeliveryAccepted, 1),
        (2, Line::DeliverySent, 1),
        (4, Line::Delivered, 1),
        (9, Line::Read, 1),
        (15, Line::Concluded, 1),
    ]);
    record(verified(vec![delivered(1, Channel::Whatsapp, "cloud", 0)], timeline, 15))
}

fn verified_by_fallback() -> Recipient {
    let timeline = lines(&[
        (0, Line::Issued, 0),
        (0, Line::DeliveryQueued, 1),
        (1, Line::DeliveryAccepted, 1),
        (2, Line::DeliverySent, 1),
        (21, Line::DeliveryTimedOut, 1),
        (21, Line::DeliveryQueued, 2),
        (22, Line::DeliveryAccepted, 2),
        (25, Line::Delivered, 2),
        (31, Line::GuessCounted, 0),
        (40, Line::Delivered, 1),
        (44, Line::GuessCounted, 0),
        (61, Line::Concluded, 2),
    ]);
    let deliveries =
        vec![delivered(1, Channel::Whatsapp, "cloud", 0), delivered(2, Channel::Sms, "twilio", 21)];
    record(verified(deliveries, timeline, 61))
}
