//! A sender that lives only here, as `docs/SENDERS.md` describes one.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use pombo::{
    delivery::{
        Accepted, Again, Message, Messenger, Pacing, SendError,
        reaction::{Reaction, Scope},
    },
    otp::{Channel, FailureReason},
    service::roads::Roads,
};
use tokio::sync::mpsc;

use super::{CODE, PATIENCE, message};

/// A pigeon that flies, or one that is ill.
struct Pigeon {
    name: &'static str,
    is_well: bool,
    loft: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl Messenger for Pigeon {
    fn name(&self) -> &'static str {
        self.name
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: NonZeroU32::new(10).unwrap(), pair: None }
    }

    async fn send(&self, message: &Message, _limit: Duration) -> Result<Accepted, SendError> {
        if !self.is_well {
            return Err(judge(7).refused(Some(7), 503, "the pigeon is ill"));
        }
        self.loft.send(message.code.digits().to_owned()).unwrap();
        Ok(Accepted::named(message.delivery.to_string()))
    }
}

/// Its table of codes.
fn judge(code: i64) -> Reaction {
    match code {
        7 => Reaction::stop(FailureReason::Unavailable, Scope::Account),
        _ => Reaction::alone(FailureReason::Other, Again::No),
    }
}

#[tokio::test]
async fn it_sends_by_its_road_and_an_ill_one_makes_way_for_the_next() {
    let (loft, mut arrived) = mpsc::unbounded_channel();
    let pigeons = [("grey", false), ("white", true)].map(|(name, is_well)| {
        Arc::new(Pigeon { name, is_well, loft: loft.clone() }) as Arc<dyn Messenger>
    });
    let roads = Roads::new(pigeons.into());
    let [grey, white] = ["grey", "white"].map(|name| roads.find(Channel::Sms, name).unwrap());

    let error = grey.send(&message(), PATIENCE).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "unavailable: code 7, HTTP 503 [stops account]: the pigeon is ill"
    );
    let closed = roads.closed();
    assert_eq!((closed.len(), closed[0].sender.as_str()), (1, "grey"), "left out from now on");

    white.send(&message(), PATIENCE).await.ok().unwrap();
    assert_eq!(arrived.recv().await.as_deref(), Some(CODE));
}
