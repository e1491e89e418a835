//! What people, providers and time may want. A wish names things by small numbers, newest first, so
//! that it means something in any world and shrinks well.

use crate::otp::kinds::{Channel, DeliveryStatus, FailureReason, FlowOutcome};

/// Something that somebody wants.
#[derive(Clone, Debug)]
pub enum Wish {
    Issue {
        flow: usize,
        payment: u8,
        channel: Option<Channel>,
        test: bool,
        shared_limit: bool,
    },
    Resend {
        which: usize,
        channel: Option<Channel>,
        stranger: bool,
    },
    Guess {
        which: usize,
        aim: Aim,
        payment: Payment,
        bound: Bound,
    },
    /// A call made before, once more; `changed` with the same key for something else.
    Repeat {
        back: usize,
        changed: bool,
    },
    Cancel {
        which: usize,
        stranger: bool,
    },
    Look {
        which: usize,
        stranger: bool,
    },
    Report {
        which: usize,
        outcome: FlowOutcome,
        /// Seconds after now, if a time is told at all.
        at: Option<i64>,
    },
    /// The answer of the provider to one of our sends.
    Sender {
        send: usize,
        status: DeliveryStatus,
        failure: Option<FailureReason>,
        /// A try before it broke off.
        broken: bool,
    },
    /// A provider's callback.
    Receipt {
        which: usize,
        delivery: u32,
        tag: Tag,
        status: DeliveryStatus,
        failure: Option<FailureReason>,
        seconds_ago: Option<u64>,
    },
    NotRequested {
        which: usize,
    },
    /// Roads close and open: each bit closes one of two senders of two channels. And a rule against
    /// toll fraud stands in the way of text messages or is only observed, or none does.
    Weather {
        closed: u8,
        fraud: Option<bool>,
    },
    /// Somebody wakes early, late or for nothing.
    Alarm,
    /// Time passes until the alarm is due, and somebody wakes.
    WakeOnTime,
    /// Time passes until another message may be asked for.
    WaitForResend {
        which: usize,
    },
    /// The store's clock moves, sometimes back.
    Wait {
        millis: i64,
    },
}

/// The code of a guess.
#[derive(Clone, Copy, Debug)]
pub enum Aim {
    /// The code of one of the challenge's messages.
    Right(usize),
    /// Nobody's.
    Wrong,
    /// The code of a message of any challenge, concluded or not.
    Anything(usize),
}

/// The payment of a guess.
#[derive(Clone, Copy, Debug)]
pub enum Payment {
    Same,
    Other,
    /// None where one is due, one where none is.
    Inverted,
}

/// The subject and purpose to which a guess is bound.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    Free,
    Same,
    Other,
}

/// The message that a receipt names.
#[derive(Clone, Copy, Debug)]
pub enum Tag {
    Right,
    Foreign,
    Absent,
}
