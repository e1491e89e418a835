//! How many sends came for each number and channel, so that a test can say "and no second one".

use super::{inbox::Channel, tally::Tally};

#[derive(Default)]
pub(crate) struct Ledger(Tally<(String, Channel)>);

impl Ledger {
    pub fn record(&self, to: &str, channel: Channel) {
        self.0.record((to.to_owned(), channel));
    }

    pub fn count(&self, to: &str, channel: Channel) -> usize {
        self.0.count(&(to.to_owned(), channel))
    }

    pub async fn wait_for(&self, to: &str, channel: Channel, n: usize) {
        self.0.wait_for(&(to.to_owned(), channel), n).await;
    }
}
