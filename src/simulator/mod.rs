//! Local stand-ins for the services that carry a code: Meta's WhatsApp Cloud API, Twilio's
//! Programmable Messaging and AWS's End User Messaging, speaking real HTTP on loopback ports of their own.
//!
//! Their worth lies in what they refuse. A request that the real service would turn down is turned
//! down here, in the same words; only then does a number's [`Behaviour`] decide what becomes of the
//! message, and a message that reaches the phone stands in the [`Inbox`].
//!
//! What does not live here: anything of the service under test. The stand-ins share no type, constant
//! or signature routine with the senders, so that the same mistake can't be made on both sides.
//! Nothing is called that is not on this machine, and no log line holds a code or a whole number.

// The world outside has clocks of its own.
#![allow(clippy::disallowed_methods)]

mod settings;

mod behaviour;

mod course;

mod inbox;

mod tally;

mod ledger;

mod script;

mod weather;

mod world;

pub mod meta;

pub mod twilio;

pub mod aws;

mod caller;

mod clock;

mod line;

mod number;

mod conditions;

use std::{io, net::SocketAddr, sync::Arc};

use axum::Router;
use tokio_util::sync::DropGuard;

pub use aws::Aws;
pub use behaviour::{Behaviour, Fate, Step};
pub use inbox::{Channel, Delivered, Inbox, router};
pub use meta::{HandshakeError, Notice, TemplateNotice, TemplateStatus};
pub use settings::{AwsAccount, MetaAccount, MetaLimits, MetaPhone, Pace, Settings, TwilioAccount};
pub use weather::{Lag, Provider, Weather};

use line::Lines;
use world::World;

/// The stand-ins, running. Dropping it ends every task and cuts every connection.
pub struct Simulator {
    world: Arc<World>,
    meta: SocketAddr,
    twilio: SocketAddr,
    aws: Aws,
    _stop: DropGuard,
}

/// Binds three free loopback ports and starts a stand-in on each.
///
/// # Errors
/// A port can't be bound, or the client that calls webhooks can't be built.
pub async fn start(settings: Settings) -> io::Result<Simulator> {
    let world = Arc::new(World::new(settings)?);
    let meta = weather::over(meta::router(&world), &world, Provider::Meta, &meta::Wording);
    let twilio = weather::over(twilio::router(&world), &world, Provider::Twilio, &twilio::Wording);
    let aws = Aws::new(&world);
    let services = weather::over(aws.router(), &world, Provider::Aws, &aws::Wording);
    aws.found_at(serve(&world, services).await?);
    Ok(Simulator {
        meta: serve(&world, meta).await?,
        twilio: serve(&world, twilio).await?,
        aws,
        _stop: world.stopper(),
        world,
    })
}

async fn serve(world: &World, router: Router) -> io::Result<SocketAddr> {
    let lines = Lines::bind(world.token()).await?;
    let addr = lines.addr()?;
    let service = router.into_make_service_with_connect_info::<line::Line>();
    let serving = axum::serve(lines, service).into_future();
    world.spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "a stand-in has stopped listening");
        }
    });
    Ok(addr)
}

impl Simulator {
    /// The base URL that stands for `https://graph.facebook.com`, without a trailing slash.
    #[must_use]
    pub fn meta_url(&self) -> String {
        format!("http://{}", self.meta)
    }

    /// The base URL that stands for `https://api.twilio.com`, without a trailing slash.
    #[must_use]
    pub fn twilio_url(&self) -> String {
        format!("http://{}", self.twilio)
    }

    /// The base URL that stands for every endpoint of AWS, without a trailing slash.
    #[must_use]
    pub fn aws_url(&self) -> String {
        self.aws.url()
    }

    /// What can be asked of AWS and done to it: topics, notifications, feedback.
    #[must_use]
    pub fn aws(&self) -> Aws {
        self.aws.clone()
    }

    /// The AWS account, which whoever calls has to know.
    #[must_use]
    pub fn aws_account(&self) -> &AwsAccount {
        &self.world.settings.aws
    }

    /// The messages that reached a phone.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        self.world.inbox.clone()
    }

    /// Tells Meta and AWS where their webhooks go (`http://host:port`), for a listener whose port is known only
    /// after this simulator's. Events still to be sent go there too.
    pub fn set_webhook_base(&self, url: impl Into<String>) {
        self.world.set_webhook_base(url.into());
    }

    /// Gives one number (`+` and digits) a behaviour that overrides its last two digits.
    pub fn script(&self, to: &str, behaviour: Behaviour) {
        self.script_each(to, Channel::WhatsApp, [behaviour.whatsapp]);
        self.script_each(to, Channel::Sms, [behaviour.sms]);
    }

    /// Gives each next message to a number on one channel the next of these fates; the last one stays.
    pub fn script_each(&self, to: &str, channel: Channel, fates: impl IntoIterator<Item = Fate>) {
        self.world.script.set(to, channel, fates);
    }

    /// How many sends for this number have been received on this channel, refused ones included, as
    /// long as the number in them could be read.
    #[must_use]
    pub fn requests(&self, to: &str, channel: Channel) -> usize {
        self.world.ledger.count(to, channel)
    }

    /// Resolves once at least `n` sends for this number have been received on this channel.
    pub async fn wait_for_requests(&self, to: &str, channel: Channel, n: usize) {
        self.world.ledger.wait_for(to, channel, n).await;
    }

    /// Performs Meta's handshake: asks the webhook to echo a challenge, with the verify token.
    ///
    /// # Errors
    /// Says in which way the webhook failed it.
    pub async fn handshake(&self) -> Result<(), HandshakeError> {
        meta::handshake(&self.world, &self.world.settings.meta.verify_token).await
    }

    /// The handshake with another verify token: a webhook must refuse it.
    ///
    /// # Errors
    /// Says how the webhook refused, which is what is hoped for here.
    pub async fn handshake_with(&self, verify_token: &str) -> Result<(), HandshakeError> {
        meta::handshake(&self.world, verify_token).await
    }

    /// Ends everything and waits until the last task is gone.
    pub fn stop(self) -> impl Future<Output = ()> {
        let world = Arc::clone(&self.world);
        drop(self);
        async move { world.ended().await }
    }
}
