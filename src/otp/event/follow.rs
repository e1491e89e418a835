//! What follows from an event: the next record, messages to send, facts to tell.

use std::time::Duration;

use super::{Answer, Text};
use crate::otp::{
    country::Country,
    id::ChallengeId,
    keyring::Sealed,
    kinds::{
        Arm, Channel, ConclusionReason, DeliveryStatus, FailureReason, FlowOutcome, Purpose, Route,
        State,
    },
    recipient::Recipient,
    time::Time,
    toll::{Destination, Rule},
};

/// The record after an event, and what follows from it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The next record; `None` if the event changed nothing.
    pub next: Option<Recipient>,
    /// What to tell who caused it.
    pub answer: Answer,
    /// What happened, for metrics, counters, logs and watchers.
    pub facts: Vec<Fact>,
    /// What to send once the record is committed.
    pub sends: Vec<Send>,
    /// What to tell providers once the record is committed.
    pub feedback: Vec<Feedback>,
    /// What became of challenges that cost text messages, for the rules against toll fraud.
    pub settlements: Vec<Settlement>,
}

/// The end of a challenge that cost text messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Where its messages went.
    pub to: Destination,
    /// The text messages that a provider took, or may have taken.
    pub texts: Vec<Text>,
    /// Those that none took: they cost nothing.
    pub refused: Vec<Text>,
    /// What it tells of where they went, if anything.
    pub testimony: Option<Testimony>,
}

/// What the end of a challenge tells of where its text messages went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Testimony {
    /// Somebody there gave the code back.
    Verified,
    /// A provider took a message, somebody had the time to type its code, and nobody did.
    Unverified,
    /// Its caller ended it before that could be told.
    EndedEarly,
}

/// What became of a message's code, for its provider's fraud filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// The road,
    pub channel: Channel,
    /// and who served it.
    pub sender: String,
    /// The provider's name for the message.
    pub reference: String,
    /// Whether its code was given.
    pub used: bool,
}

/// A message to hand to a sender, after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The delivery's number.
    pub delivery: u32,
    /// The road,
    pub channel: Channel,
    /// and who serves it.
    pub sender: String,
    /// Whose challenge it is.
    pub caller: String,
    /// To whom,
    pub number: Sealed,
    /// of which country.
    pub country: Country,
    /// What it shows of a payment.
    pub details: Option<Sealed>,
    /// BCP 47, may be empty.
    pub language: String,
    /// Past this no try may start.
    pub retry_at: Time,
    /// Waiting longer than this for the sender's turn is as good as a failure.
    pub patience: Duration,
    /// Which of the supply's fresh codes it carries.
    pub fresh: usize,
}

/// The labels under which a challenge is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Labels {
    /// What it is for.
    pub purpose: Purpose,
    /// The number's country.
    pub country: Country,
    /// Where its plan started.
    pub first_channel: Option<Channel>,
    /// Experiment group.
    pub arm: Arm,
}

/// Something that happened to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which.
    pub challenge: ChallengeId,
    /// How it is counted.
    pub labels: Labels,
    /// When.
    pub at: Time,
    /// What.
    pub kind: FactKind,
}

/// What can happen to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// It began.
    Issued,
    /// A delivery reached a status.
    Delivery {
        /// Its number.
        number: u32,
        /// Its road.
        channel: Channel,
        /// Its sender.
        sender: String,
        /// How far it is.
        status: DeliveryStatus,
        /// Why it failed, if it did.
        failure: Option<FailureReason>,
        /// Time since it was asked for.
        after: Duration,
    },
    /// A delivery's sender fell silent and it is sent again.
    TakenOver {
        /// Its number.
        number: u32,
    },
    /// Another sender of the same channel goes on.
    ChangedSender {
        /// The channel.
        channel: Channel,
        /// From this sender
        from: String,
        /// to this one.
        to: String,
        /// Because.
        reason: Route,
    },
    /// The plan moved on.
    FellBack {
        /// From this channel.
        from: Channel,
        /// To this one.
        to: Channel,
        /// Because.
        reason: Route,
    },
    /// A rule against toll fraud stood in the way of a text message.
    TextWithheld {
        /// Which.
        rule: Rule,
        /// Whether it kept the message from being sent, or was only observed.
        enforced: bool,
    },
    /// A wrong guess was counted.
    GuessCounted {
        /// Guesses left.
        attempts_left: u32,
    },
    /// That guess locked its flow: no guess is compared and nothing is sent.
    Locked {
        /// Until when.
        until: Time,
    },
    /// It ended.
    Concluded {
        /// The final state.
        state: State,
        /// Why.
        reason: ConclusionReason,
        /// The channel of the message that was used.
        used_channel: Option<Channel>,
        /// Time since it was issued.
        after: Duration,
    },
    /// The caller told what became of the flow.
    FlowReported(FlowOutcome),
}
