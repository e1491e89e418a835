//! The rules that the machine applies: one policy a purpose, and what holds for a recipient.

use std::time::Duration;

use super::{
    digest::Profile,
    kinds::{Channel, Purpose},
    limits::Window,
};

/// Most messages of one challenge: first, fallbacks and resends together.
pub const MAX_DELIVERIES: usize = 4;

/// How the codes of one purpose live and travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a code lives after the last message asked for.
    pub ttl: Duration,
    /// How long a challenge lives at most after its first message.
    pub max_life: Duration,
    /// Digits, 4 to 10.
    pub length: u8,
    /// Wrong guesses that a challenge bears.
    pub max_attempts: u32,
    /// How codes are hashed.
    pub profile: Profile,
    /// Wait before the second message asked for, the third, and so on; then no more.
    pub waits: Vec<Duration>,
    /// The channels to try, in order.
    pub plan: Vec<Channel>,
    /// Leave a step when no receipt of delivery came within this time of its acceptance.
    pub undelivered: Duration,
    /// Leave a step that was delivered but not read within this time, if set.
    pub unread: Option<Duration>,
    /// Leave a step that led to no verification within this time of its acceptance, if set.
    pub unverified: Option<Duration>,
}

/// When wrong guesses lock a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRules {
    /// Each this many without a verification between them lock the flow.
    pub failures_in_a_row: u32,
    /// For how long.
    pub lock: Duration,
    /// This many within a day lock it until they are older.
    pub failures_per_day: u32,
}

/// Everything the machine needs to know besides the record and the event.
#[derive(Clone, Debug)]
pub struct Rules {
    /// One policy for each purpose, in the order of their numbers.
    pub policies: [Policy; 6],
    /// The limit of a recipient.
    pub recipient: Vec<Window>,
    /// The failure ledger.
    pub ledger: LedgerRules,
    /// How long a concluded challenge can be read.
    pub retention: Duration,
    /// The longest a send may take; a delivery still queued after it is taken over.
    pub send_window: Duration,
    /// Who carries messages on WhatsApp, in the order in which they are to be tried.
    pub whatsapp_senders: Vec<String>,
    /// Who carries text messages, in the order in which they are to be tried.
    pub sms_senders: Vec<String>,
}

impl Rules {
    /// The policy of a purpose.
    pub fn policy(&self, purpose: Purpose) -> &Policy {
        &self.policies[purpose as usize - 1]
    }

    /// Who carries messages on a channel, in the order in which they are to be tried.
    pub fn senders(&self, channel: Channel) -> &[String] {
        match channel {
            Channel::Whatsapp => &self.whatsapp_senders,
            Channel::Sms => &self.sms_senders,
        }
    }

    /// The odds that somebody who guesses at one recipient for a day, as often as the limits allow,
    /// hits a code: the worst purpose's attempts times the day's messages over the number of codes.
    pub fn guessing_odds_per_day(&self) -> f64 {
        let day = 86_400.0;
        let messages = self.recipient.iter().map(|window| {
            let windows = (day / window.length.as_secs_f64()).max(1.0).ceil();
            f64::from(window.count.get()) * windows
        });
        let messages = messages.fold(f64::INFINITY, f64::min);
        let odds = self.policies.iter().map(|policy| {
            f64::from(policy.max_attempts) * messages / 10f64.powi(i32::from(policy.length))
        });
        odds.fold(0.0, f64::max)
    }
}
