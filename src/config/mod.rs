//! The configuration: a TOML file and the environment over it, checked as a whole at start.
//!
//! One struct a section, one file a section. Everything that is wrong is told at once, each error
//! with its key and its remedy; a key that no section asks for is refused by name. Nothing here
//! starts, connects or sends: it says what is wanted, and `app` builds it.

mod error;

mod kind;

mod nearest;

mod source;

mod reader;

mod section;

mod origin;

mod strength;

mod server;

mod store;

mod keys;

mod policy;

mod provider;

mod template;

mod aws;

mod whatsapp;

mod sms;

mod sns;

mod limits;

mod fraud;

mod callers;

mod test_numbers;

mod events;

mod attestation;

mod checks;

mod caution;

mod exposure;

mod toothless;

use std::{collections::BTreeSet, ffi::OsString, path::Path, time::Duration};

pub use attestation::Attestation;
pub use aws::{SmsAws, WhatsappAws};
pub use callers::{Caller, KeyHash, Proof, caller_name};
pub use caution::Caution;
pub use error::{ConfigError, Errors};
pub use events::{Events, EventsEndpoint, EventsTopic};
pub use fraud::Fraud;
pub use keys::{Keys, key_id};
pub use limits::SharedLimits;
pub use origin::{Origin, is_this_machine};
pub use server::{Server, ServerTls};
pub use sms::{Sms, SmsProvider, SmsText, Twilio, TwilioSender};
pub use sns::Sns;
pub use store::{Store, StoreUrl};
pub use template::{App, Button, Template};
pub use test_numbers::TestNumber;
pub use whatsapp::{Cloud, Whatsapp, WhatsappProvider};

use secrecy::SecretString;

use self::{kind::FLAG, limits::Limits, policy::Senders, reader::Reader};
use crate::otp::{Countries, Rules};

/// The longest a send may take. A delivery that is queued for longer is taken over.
const SEND_WINDOW: Duration = Duration::from_secs(15);

/// An access key of AWS. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct AwsKeys {
    /// `AKIA…`
    pub id: String,
    /// What signs requests.
    pub secret: SecretString,
}

/// What the configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The service: whatever it needs must be said.
    Serve,
    /// Everything in one process, for a developer: whatever is not said is made up.
    Dev,
    /// A look at what [`Serve`](Self::Serve) would be given, by the same rules.
    Check,
}

impl Mode {
    const fn is_strict(self) -> bool {
        matches!(self, Self::Serve | Self::Check)
    }
}

/// All that was configured. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[keys]`
    pub keys: Keys,
    /// `[code]`, `[resend]`, `[delivery]`, `[purpose.x]` and the limits of a recipient.
    pub rules: Rules,
    /// Whether odds of 1 in 10 000 a day and worse are accepted, `code.accept_odds`. Default no.
    pub accept_odds: bool,
    /// `[whatsapp]`, unless its provider is `none`.
    pub whatsapp: Option<Whatsapp>,
    /// `[sms]`, unless its provider is `none`.
    pub sms: Option<Sms>,
    /// `[sns]`
    pub sns: Sns,
    /// The keys of a simulated AWS account, which `dev` sets; otherwise the SDK's own chain has them.
    pub aws_keys: Option<AwsKeys>,
    /// Limits on what many recipients share.
    pub limits: SharedLimits,
    /// `[fraud]`
    pub fraud: Fraud,
    /// Where messages may go. `serve` wants it said; the default of `dev` is everywhere.
    pub allowed_countries: Countries,
    /// `[[callers]]`; with none `serve` listens on this machine only.
    pub callers: Vec<Caller>,
    /// `[test_numbers]`
    pub test_numbers: Vec<TestNumber>,
    /// `[events]`
    pub events: Events,
    /// `[attestation]`
    pub attestation: Attestation,
}

impl Config {
    /// Reads and checks everything. `environment` is [`std::env::vars_os`], or a test's own.
    ///
    /// Reads the files that it is told of, and nothing else; what [`Mode::Dev`] makes up for keys
    /// on a memory store is random.
    pub fn load(
        mode: Mode,
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Errors> {
        let mut reader = Reader::new(file, environment)?;
        let config = Self::read(&mut reader, mode);
        reader.finish().map(|()| config)
    }

    /// Every key of this version, whole and in order. Of callers and test numbers, whose keys carry
    /// a number or a name, only the heading.
    pub fn known_keys() -> BTreeSet<String> {
        let mut reader = Reader::default();
        Self::read(&mut reader, Mode::Dev);
        reader.known().clone()
    }

    fn read(reader: &mut Reader, mode: Mode) -> Self {
        let (whatsapp, sms) = (whatsapp::read(reader, mode), sms::read(reader, mode));
        let calls_back = whatsapp.is_some() || sms.is_some();
        let store = store::read(reader, mode);
        let limits = limits::read(reader, mode, store.retention);
        let config = Self {
            server: server::read(reader, mode.is_strict() && calls_back),
            keys: keys::read(reader, mode, store.url.is_memory()),
            rules: rules(reader, whatsapp.as_ref(), sms.as_ref(), store.retention, &limits),
            accept_odds: reader.section("code").get("accept_odds", &FLAG).unwrap_or(false),
            callers: callers::read(reader, mode),
            test_numbers: test_numbers::read(reader),
            events: events::read(reader, mode),
            fraud: fraud::read(reader),
            attestation: attestation::read(reader),
            limits: limits.shared,
            allowed_countries: limits.allowed_countries,
            store,
            sns: sns::read(reader, mode),
            aws_keys: None,
            whatsapp,
            sms,
        };
        reader.refuse_section("experiment");
        config.check(reader, mode);
        config
    }
}

fn rules(
    reader: &mut Reader,
    whatsapp: Option<&Whatsapp>,
    sms: Option<&Sms>,
    retention: Duration,
    limits: &Limits,
) -> Rules {
    let senders = Senders { whatsapp: whatsapp.is_some(), sms: sms.is_some() };
    Rules {
        policies: policy::read(reader, &senders),
        recipient: limits.recipient.clone(),
        ledger: limits.ledger,
        retention,
        send_window: SEND_WINDOW,
        whatsapp_senders: names(whatsapp.map(|it| it.order.iter().map(|it| it.as_str()))),
        sms_senders: names(sms.map(|it| it.order.iter().map(|it| it.as_str()))),
    }
}

fn names<'a>(senders: Option<impl Iterator<Item = &'a str>>) -> Vec<String> {
    senders.into_iter().flatten().map(str::to_owned).collect()
}
