//! CancelChallenge, GetChallenge, ReportOutcome.

use std::sync::Arc;

use super::{CallError, Fault, Service, supplier::With};
use crate::otp::{Answer, ChallengeId, Event, FlowOutcome, Time, event::Seen};

impl Service {
    /// Ends a challenge; a concluded one is returned as it is.
    pub async fn cancel(
        self: &Arc<Self>,
        caller: String,
        challenge: ChallengeId,
    ) -> Result<Seen, CallError> {
        self.see(challenge, Event::Cancel { caller, challenge }).await
    }

    /// Reads a challenge.
    pub async fn get(
        self: &Arc<Self>,
        caller: String,
        challenge: ChallengeId,
    ) -> Result<Seen, CallError> {
        self.see(challenge, Event::Look { caller, challenge }).await
    }

    /// The same, for one who has a place already.
    pub(super) async fn look(
        self: &Arc<Self>,
        caller: String,
        challenge: ChallengeId,
    ) -> Result<Seen, CallError> {
        let place = self.parts.index.recipient_of(&challenge);
        let with = With { is_seated: true, ..With::default() };
        seen(self.apply(place, Event::Look { caller, challenge }, with).await?)
    }

    async fn see(
        self: &Arc<Self>,
        challenge: ChallengeId,
        event: Event,
    ) -> Result<Seen, CallError> {
        seen(self.apply_to(&challenge, event).await?)
    }

    /// Takes in what became of the flow after its code. The first report counts.
    pub async fn report(
        self: &Arc<Self>,
        caller: String,
        challenge: ChallengeId,
        outcome: FlowOutcome,
        at: Option<Time>,
    ) -> Result<(), CallError> {
        let event = Event::Report { caller, challenge, outcome, at };
        match self.apply_to(&challenge, event).await? {
            Answer::Refused(refusal) => Err(CallError::Refused(refusal)),
            _ => Ok(()),
        }
    }
}

fn seen(answer: Answer) -> Result<Seen, CallError> {
    match answer {
        Answer::Challenge(seen) => Ok(*seen),
        Answer::Refused(refusal) => Err(CallError::Refused(refusal)),
        _ => Err(Fault::Contended.into()),
    }
}
