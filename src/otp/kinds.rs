//! The closed sets of words: purposes, channels, states, reasons.
//!
//! Each has a stable number (for the stored form and the contract, which number alike) and a stable
//! spelling (for configuration, metrics and logs).

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $number:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$item_doc])* $item = $number,)+ }

        impl $name {
            /// Every value, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$item,)+];

            /// As configuration, metrics and logs spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$item => $text,)+ }
            }

            /// The value of a number, if there is one.
            pub const fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$item),)+ _ => None }
            }

            /// The value of a spelling, if there is one.
            pub fn from_text(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }
        }
    };
}

kinds! {
    /// What a code is for.
    Purpose {
        /// A new account.
        Signup = 1 "signup",
        /// A login.
        Login = 2 "login",
        /// Getting back into an account.
        Recovery = 3 "recovery",
        /// Approval of one payment.
        Transaction = 4 "transaction",
        /// A new number for an account.
        PhoneChange = 5 "phone_change",
        /// A new device for an account.
        DeviceRegistration = 6 "device_registration",
    }
}

impl Purpose {
    /// Nobody has shown yet that the number is theirs, so a stranger may be asking. Such purposes
    /// may use only half of a recipient's messages.
    pub const fn is_unproven(self) -> bool {
        matches!(self, Self::Signup | Self::Recovery | Self::PhoneChange)
    }
}

kinds! {
    /// The road a message takes.
    Channel {
        /// A WhatsApp authentication template.
        Whatsapp = 1 "whatsapp",
        /// A text message.
        Sms = 2 "sms",
    }
}

kinds! {
    /// Where a challenge stands; all but `Pending` are final.
    State {
        /// A right code verifies it.
        Pending = 1 "pending",
        /// A right code was given.
        Verified = 2 "verified",
        /// Its time ran out.
        Expired = 3 "expired",
        /// Its attempts were used up.
        Exhausted = 4 "exhausted",
        /// The caller, or the recipient, ended it.
        Cancelled = 5 "cancelled",
        /// A challenge for another payment took its place.
        Superseded = 6 "superseded",
        /// Every delivery failed and no step was left.
        Undeliverable = 7 "undeliverable",
    }
}

kinds! {
    /// Why a challenge concluded.
    ConclusionReason {
        /// A right code.
        CodeMatched = 1 "code_matched",
        /// Its time ran out.
        Time = 2 "time",
        /// Its attempts were used up.
        Attempts = 3 "attempts",
        /// The caller asked for it.
        Caller = 4 "caller",
        /// A challenge for another payment.
        NewTransaction = 5 "new_transaction",
        /// Every delivery failed and no step was left.
        NoChannelLeft = 6 "no_channel_left",
        /// The recipient tapped "I didn't request a code".
        NotRequestedByRecipient = 7 "not_requested_by_recipient",
        /// The WhatsApp identity behind the number changed.
        IdentityChanged = 8 "identity_changed",
    }
}

kinds! {
    /// How far a message got. The order is the order of the numbers; a status only moves forward.
    DeliveryStatus {
        /// Stored, on its way to the provider.
        Queued = 1 "queued",
        /// The provider took it.
        Accepted = 2 "accepted",
        /// The provider handed it on.
        Sent = 3 "sent",
        /// No word of its delivery in time; it may still arrive.
        TimedOut = 4 "timed_out",
        /// It will not arrive.
        Failed = 5 "failed",
        /// It reached the phone.
        Delivered = 6 "delivered",
        /// It was read.
        Read = 7 "read",
    }
}

kinds! {
    /// Why a message failed.
    FailureReason {
        /// The number has no WhatsApp that can take it.
        NotOnWhatsapp = 1 "not_on_whatsapp",
        /// The provider refuses this message.
        Rejected = 2 "rejected",
        /// The provider takes no more at the moment.
        RateLimited = 3 "rate_limited",
        /// The provider is down or did not answer in time.
        Unavailable = 4 "unavailable",
        /// Credentials, template, sender or account are not in order.
        Misconfigured = 5 "misconfigured",
        /// The provider takes it for fraud: no other provider of the channel is tried.
        BlockedAsFraud = 6 "blocked_as_fraud",
        /// The phone can't be reached.
        Unreachable = 7 "unreachable",
        /// The WhatsApp identity behind the number changed.
        IdentityChanged = 8 "identity_changed",
        /// None of these.
        Other = 9 "other",
    }
}

kinds! {
    /// What became of a guess.
    VerifyOutcome {
        /// The code is right.
        Verified = 1 "verified",
        /// The code is wrong; an attempt was used.
        WrongCode = 2 "wrong_code",
        /// The challenge had expired.
        Expired = 3 "expired",
        /// The attempts had been used up.
        Exhausted = 4 "exhausted",
        /// The challenge had been verified.
        AlreadyUsed = 5 "already_used",
        /// The challenge had been cancelled.
        Cancelled = 6 "cancelled",
        /// A challenge for another payment had taken its place.
        Superseded = 7 "superseded",
        /// No such challenge of this caller, subject and purpose.
        UnknownChallenge = 8 "unknown_challenge",
        /// Another payment than the code was issued for; an attempt was used.
        TransactionMismatch = 9 "transaction_mismatch",
        /// No message could be delivered.
        Undeliverable = 10 "undeliverable",
        /// Too many wrong guesses across challenges.
        Locked = 11 "locked",
    }
}

impl VerifyOutcome {
    /// What a guess at a challenge in this state is told; `None` while it is pending.
    pub const fn of_concluded(state: State) -> Option<Self> {
        Some(match state {
            State::Pending => return None,
            State::Verified => Self::AlreadyUsed,
            State::Expired => Self::Expired,
            State::Exhausted => Self::Exhausted,
            State::Cancelled => Self::Cancelled,
            State::Superseded => Self::Superseded,
            State::Undeliverable => Self::Undeliverable,
        })
    }
}

kinds! {
    /// What became of a flow after its code.
    FlowOutcome {
        /// The person finished what they came for.
        Completed = 1 "completed",
        /// The person did not.
        Abandoned = 2 "abandoned",
    }
}

kinds! {
    /// One line of a challenge's history.
    TimelineEvent {
        /// The challenge began.
        Issued = 1 "issued",
        /// A message was asked for, or the plan moved on.
        DeliveryQueued = 2 "delivery_queued",
        /// The provider took the message.
        DeliveryAccepted = 3 "delivery_accepted",
        /// The provider handed it on.
        DeliverySent = 4 "delivery_sent",
        /// No word of delivery in time.
        DeliveryTimedOut = 5 "delivery_timed_out",
        /// It will not arrive.
        DeliveryFailed = 6 "delivery_failed",
        /// It reached the phone.
        Delivered = 7 "delivered",
        /// It was read.
        Read = 8 "read",
        /// A wrong guess was counted.
        GuessCounted = 9 "guess_counted",
        /// The challenge ended.
        Concluded = 10 "concluded",
        /// A message whose sender had fallen silent was sent again.
        SendTakenOver = 11 "send_taken_over",
    }
}

impl From<DeliveryStatus> for TimelineEvent {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Queued => Self::DeliveryQueued,
            DeliveryStatus::Accepted => Self::DeliveryAccepted,
            DeliveryStatus::Sent => Self::DeliverySent,
            DeliveryStatus::TimedOut => Self::DeliveryTimedOut,
            DeliveryStatus::Failed => Self::DeliveryFailed,
            DeliveryStatus::Delivered => Self::Delivered,
            DeliveryStatus::Read => Self::Read,
        }
    }
}

kinds! {
    /// Why a delivery took its channel.
    Route {
        /// The plan begins with it.
        Plan = 1 "plan",
        /// The caller asked for this channel.
        Requested = 2 "requested",
        /// Another message was asked for, at the step the plan had reached.
        Resend = 3 "resend",
        /// The number is known not to be on WhatsApp.
        NotOnWhatsapp = 4 "not_on_whatsapp",
        /// The step before was refused by its provider.
        Refused = 5 "refused",
        /// The step before was reported as failed.
        Failed = 6 "failed",
        /// No word of delivery from the step before.
        Undelivered = 7 "undelivered",
        /// The step before was delivered but not read.
        Unread = 8 "unread",
        /// The step before did not lead to a verification.
        Unverified = 9 "unverified",
        /// The sender or step before is closed: its circuit is open.
        CircuitOpen = 10 "circuit_open",
    }
}

kinds! {
    /// Which group of an experiment a challenge belongs to.
    Arm {
        /// No experiment.
        None = 0 "",
        /// A test number: nothing was sent.
        Test = 1 "test",
    }
}
