//! What becomes of a message, once its request has been found good: by the last two digits of the
//! recipient's number, or as a test scripts it.

use std::time::Duration;

use Step::{Arrive, Delivered, DidNotRequest, Failed, Late, Pause, Read, Sent, Undelivered};

/// "Message undeliverable": the number is not on WhatsApp.
const NOT_ON_WHATSAPP: u32 = 131_026;
/// "Rate limit hit", Meta's throughput limit.
const TOO_FAST: u32 = 130_429;
/// "Unknown destination handset", Twilio's.
const NO_SUCH_PHONE: u32 = 30_005;

/// How a number takes messages, channel by channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    pub whatsapp: Fate,
    pub sms: Fate,
}

/// What the sender is answered, and what happens afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Accepted; then these steps, in this order.
    Accept(Vec<Step>),
    /// Accepted, and the steps are taken, but the connection breaks before the answer.
    Lose(Vec<Step>),
    /// WhatsApp's answer with this `message_status` (`held_for_quality_assessment`, `paused`): accepted,
    /// and going nowhere for now. Twilio knows no such thing and merely accepts.
    Hold(&'static str),
    /// Refused at once with the service's own error code, and a status other than the usual if wanted.
    Refuse { code: u32, status: Option<u16> },
    /// Refused by one of AWS's exceptions, with the `Reason` that it may carry. The others know no such
    /// names, and fail inside.
    Exception { name: &'static str, reason: Option<&'static str> },
    /// A bare HTTP status with no word from the service: its gateway speaks.
    Broken(u16),
    /// No answer, ever.
    Hang,
    /// The connection breaks, and nothing has been accepted.
    Close,
}

/// One thing that happens to an accepted message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Time passes: one receipt's gap.
    Pause,
    /// Time passes: as long as a late message takes.
    Late,
    /// Time passes.
    Wait(Duration),
    /// The message is on the phone.
    Arrive,
    Sent,
    Delivered,
    /// The person has read it. Twilio has no such receipt for SMS and stays silent.
    Read,
    /// Sent, delivered and read in one call of the webhook, which Meta may always do; Twilio never does,
    /// and tells the first two one after the other.
    AllAtOnce,
    /// A receipt of failure with the service's error code.
    Failed(u32),
    /// Twilio's `undelivered`, which the carrier says; on WhatsApp the same as `Failed`.
    Undelivered(u32),
    /// An event of AWS's text messages by its `eventType` (`TEXT_SPAM`). The others know no such thing
    /// and stay silent.
    Event(&'static str),
    /// The person taps "I didn't request a code" (WhatsApp only).
    DidNotRequest,
}

impl Behaviour {
    /// All is well: WhatsApp sent, delivered and read; SMS sent and delivered.
    #[must_use]
    pub fn well() -> Self {
        Self {
            whatsapp: Fate::accept([Pause, Sent, Pause, Arrive, Delivered, Pause, Read]),
            sms: Fate::accept([Pause, Sent, Pause, Arrive, Delivered]),
        }
    }

    /// The behaviour that a number's last two digits stand for.
    #[must_use]
    pub fn of(to: &str) -> Self {
        let well = Self::well();
        match to.get(to.len().saturating_sub(2)..).unwrap_or_default() {
            "01" => well.whatsapp(Fate::refuse(NOT_ON_WHATSAPP)),
            "02" => well.whatsapp(Fate::accept([Pause, Failed(NOT_ON_WHATSAPP)])),
            "03" => well.whatsapp(Fate::accept([Pause, Sent])),
            "04" => {
                well.whatsapp(Fate::accept([Pause, Sent, Late, Arrive, Delivered, Pause, Read]))
            }
            "05" => Self::confused(),
            "06" => Self::silent(),
            "07" => well.whatsapp(Fate::refuse(TOO_FAST)),
            "08" => Self::unreachable(),
            "09" => well.whatsapp(Fate::accept([
                Pause,
                Sent,
                Pause,
                Arrive,
                Delivered,
                Pause,
                DidNotRequest,
            ])),
            _ => well,
        }
    }

    /// The same with another fate on WhatsApp.
    #[must_use]
    pub fn whatsapp(self, fate: Fate) -> Self {
        Self { whatsapp: fate, ..self }
    }

    /// The same with another fate as SMS.
    #[must_use]
    pub fn sms(self, fate: Fate) -> Self {
        Self { sms: fate, ..self }
    }

    fn confused() -> Self {
        Self {
            whatsapp: Fate::accept([
                Pause, Arrive, Read, Read, Pause, Delivered, Delivered, Pause, Sent, Sent,
            ]),
            sms: Fate::accept([Pause, Arrive, Delivered, Delivered, Pause, Sent, Sent]),
        }
    }

    fn silent() -> Self {
        Self { whatsapp: Fate::accept([Pause, Arrive]), sms: Fate::accept([Pause, Arrive]) }
    }

    fn unreachable() -> Self {
        Self {
            whatsapp: Fate::accept([Pause, Failed(NOT_ON_WHATSAPP)]),
            sms: Fate::accept([Pause, Sent, Pause, Undelivered(NO_SUCH_PHONE)]),
        }
    }
}

impl Fate {
    /// Accepted, then these steps.
    pub fn accept(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::Accept(steps.into_iter().collect())
    }

    /// Refused with this code, under the HTTP status that the service is known to use for it.
    #[must_use]
    pub fn refuse(code: u32) -> Self {
        Self::Refuse { code, status: None }
    }
}
