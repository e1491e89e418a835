//! The course of one accepted message: its steps in order, with their pauses.

use std::future::Future;

use super::{behaviour::Step, settings::Pace};

/// What a service tells of a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    Sent,
    Delivered,
    Read,
    Failed(u32),
    Undelivered(u32),
}

const ALL: [Receipt; 3] = [Receipt::Sent, Receipt::Delivered, Receipt::Read];

/// One message under way, as its service carries it.
pub(crate) trait UnderWay {
    /// Puts it on the phone.
    fn arrive(&self);
    /// Tells the sender, in one call where the service can. It returns after the first attempt, so that
    /// receipts keep their order as long as the sender answers; later attempts are no reason to hold up
    /// the message.
    fn report(&self, receipts: &[Receipt]) -> impl Future<Output = ()> + Send;
    /// Tells the sender by one of AWS's own names; nobody else has any.
    fn event(&self, _name: &'static str) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
    /// Tells the sender that the person did not ask for it.
    fn did_not_request(&self) -> impl Future<Output = ()> + Send;
}

/// Takes the steps, one after the other.
pub(crate) async fn run(steps: Vec<Step>, pace: Pace, message: impl UnderWay) {
    for step in steps {
        match step {
            Step::Pause => tokio::time::sleep(pace.receipt).await,
            Step::Late => tokio::time::sleep(pace.late).await,
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Arrive => message.arrive(),
            Step::Sent => message.report(&[Receipt::Sent]).await,
            Step::Delivered => message.report(&[Receipt::Delivered]).await,
            Step::Read => message.report(&[Receipt::Read]).await,
            Step::AllAtOnce => message.report(&ALL).await,
            Step::Failed(code) => message.report(&[Receipt::Failed(code)]).await,
            Step::Undelivered(code) => message.report(&[Receipt::Undelivered(code)]).await,
            Step::Event(name) => message.event(name).await,
            Step::DidNotRequest => message.did_not_request().await,
        }
    }
}
