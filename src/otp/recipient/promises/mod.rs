//! What the service promises of a challenge, sentence by sentence, as tests of the machine alone.
//!
//! [`Phone`] has a verb for whatever a caller, a person, a provider or time can do to one number.
//! It also holds each event to what is true of all of them; see `Phone::check`.

mod fixture;

mod guesses;

mod replays;

mod waits;

mod lives;

mod receipts;

mod plan;

mod roads;

mod tolls;

mod limits;

mod record;

use fixture::{Ask, CALLER, FIXED, Guess, News, Phone, SUBJECT, WRONG, limited};

use crate::otp::{
    event::{Answer, FactKind, Limit, Refusal},
    id::ChallengeId,
    kinds::{
        Channel, ConclusionReason, DeliveryStatus, FailureReason, Purpose, Route, State,
        VerifyOutcome,
    },
};
