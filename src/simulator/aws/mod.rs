//! AWS, as far as a code needs it: WhatsApp by End User Messaging Social, text messages by End User
//! Messaging SMS (v2), SNS which tells of both, and STS which tells who one is. One address answers for
//! every service, and each request must be signed as AWS wants it.
//!
//! What Meta would answer at once comes here as a receipt of failure, as the caller of AWS never sees
//! Meta's answer; AWS refuses only what it can see itself. Where its pages are silent on which exception
//! is thrown, the code says so.
//!
//! Not here: temporary credentials, paging and filters, opt-out lists, pools' own rules, RCS, voice,
//! media, cancelling a subscription, the hour after which missing feedback counts as failure.

mod account;

mod door;

mod hooks;

mod incoming;

mod sigv4;

mod shape;

mod fault;

mod query;

mod social;

mod sms;

mod sns;

mod ids;

mod wording;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
};

use axum::Router;

pub use account::AwsAccount;
pub use sms::Feedback;
pub use sns::{Forgery, Published};
pub(crate) use wording::Social as Wording;

use super::{meta, world::World};

/// AWS, to be asked and to be told. Clones see the same one.
#[derive(Clone)]
pub struct Aws(Arc<Cloud>);

/// What its services share.
struct Cloud {
    world: Arc<World>,
    /// The base URL, known once the port is.
    url: OnceLock<String>,
    templates: Mutex<social::Book>,
    /// Meta's limits, which hold whoever passes a message on.
    limits: Mutex<meta::Limits>,
    texts: sms::Texts,
    sns: sns::Sns,
}

impl Aws {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        let settings = &world.settings;
        Self(Arc::new(Cloud {
            world: Arc::clone(world),
            url: OnceLock::new(),
            templates: Mutex::new(social::Book::new(settings)),
            limits: Mutex::new(meta::Limits::new(settings.meta.limits)),
            texts: sms::Texts::new(),
            sns: sns::Sns::new(),
        }))
    }

    pub(crate) fn router(&self) -> Router {
        door::router(&self.0)
    }

    /// Tells it its own address, once.
    pub(crate) fn found_at(&self, addr: SocketAddr) {
        self.0.url.get_or_init(|| format!("http://{addr}"));
    }
}

impl Cloud {
    fn account(&self) -> &AwsAccount {
        &self.world.settings.aws
    }

    fn url(&self) -> &str {
        self.url.get().map(String::as_str).unwrap_or_default()
    }
}
