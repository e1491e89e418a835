//! What a test does to a whole service: its weather, its templates, its notices.

use std::time::Duration;

use super::{
    Simulator,
    meta::{self, Notice, TemplateStatus},
    weather::{Provider, Weather},
};

impl Simulator {
    /// Gives a service this weather from its next request on, until it is given another.
    pub fn weather(&self, provider: Provider, weather: Weather) {
        self.world.skies.set(provider, weather, None);
    }

    /// The same for a time, after which the sky is clear.
    pub fn weather_for(&self, provider: Provider, weather: Weather, lasting: Duration) {
        self.world.skies.set(provider, weather, Some(lasting));
    }

    /// How many requests of any kind a service has got in this weather, its calm hours included.
    #[must_use]
    pub fn requests_in(&self, provider: Provider, weather: &Weather) -> usize {
        self.world.skies.requests.count(&(provider, weather.clone()))
    }

    /// Resolves once a service has got at least `n` requests in this weather.
    pub async fn wait_for_requests_in(&self, provider: Provider, weather: &Weather, n: usize) {
        self.world.skies.requests.wait_for(&(provider, weather.clone()), n).await;
    }

    /// Puts a template of Meta's into a state, and tells nobody; one that does not exist is made.
    pub fn set_template_status(&self, name: &str, language: &str, status: TemplateStatus) {
        self.world.templates.settle(name, language, status);
    }

    /// Lets the review of every draft of this name end badly from now on, in one language or in all.
    pub fn reject_template(&self, name: &str, language: Option<&str>) {
        self.world.templates.doom(name, language);
    }

    /// Posts a notice of Meta's to its webhook. It returns after the first attempt; retries go on by
    /// themselves until one is acknowledged.
    pub async fn notify(&self, notice: &Notice) {
        meta::notify(&self.world, notice).await;
    }

    /// Holds back the statuses of WhatsApp messages from now on.
    pub fn hold_statuses(&self) {
        self.world.statuses.hold();
    }

    /// Resolves once at least `n` statuses are held back.
    pub async fn wait_for_held(&self, n: usize) {
        self.world.statuses.wait_for(n).await;
    }

    /// Posts what was held back, up to 1,000 statuses in a call, and ends the holding back.
    pub async fn release_statuses(&self) {
        meta::release(&self.world).await;
    }
}
