//! `[events]`: where what happens is told.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Uri;
use secrecy::{SecretSlice, SecretString};

use super::{
    Mode, aws,
    kind::Kind,
    origin::{API, Origin},
    reader::Reader,
};

/// Who is told of events. Nobody, unless it is said.
#[derive(Clone, Debug)]
pub struct Events {
    /// An endpoint of the operator's own.
    pub endpoint: Option<EventsEndpoint>,
    /// A topic of AWS SNS.
    pub topic: Option<EventsTopic>,
}

/// An HTTPS endpoint that takes events.
#[derive(Clone, Debug)]
pub struct EventsEndpoint {
    /// Where: `https`, or `http` on this machine. May hold a token.
    pub url: SecretString,
    /// What signs: 24 to 64 bytes each. Each event carries a signature by every one, so that a secret
    /// can be changed while events flow.
    pub secrets: Vec<SecretSlice<u8>>,
}

/// A topic of AWS SNS, whose region is the one in its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsTopic {
    /// `arn:aws:sns:<region>:<account>:<name>`; with a name in `.fifo` SNS keeps the order.
    pub arn: String,
    /// The region in the ARN.
    pub region: String,
    /// Where SNS stands, if not at AWS's own address.
    pub endpoint_url: Option<Origin>,
}

struct Address {
    url: SecretString,
    is_loopback: bool,
}

const URL: Kind<Address> = Kind::new(
    "an address like \"https://hooks.example.com/pombo\" (http:// only for this machine), without a \
     user or a #fragment",
    |text| {
        let uri: Uri = text.parse().ok().filter(|_| !text.contains('#'))?;
        let origin = Origin::parse(&format!("{}://{}", uri.scheme_str()?, uri.authority()?))?;
        Some(Address { url: text.into(), is_loopback: origin.is_loopback() })
    },
)
.secret();

const SECRET: Kind<SecretSlice<u8>> = Kind::new(
    "whsec_ and the base64 of 24 to 64 random bytes; \
     `printf whsec_ && openssl rand -base64 32` makes one",
    |text| {
        let bytes = BASE64_STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then(|| bytes.into())
    },
)
.secret();

const TOPIC: Kind<EventsTopic> =
    Kind::new("a topic's ARN, like \"arn:aws:sns:eu-west-1:123456789012:pombo\"", |text| {
        let region = aws::topic(text)?.region.to_owned();
        Some(EventsTopic { arn: text.to_owned(), region, endpoint_url: None })
    });

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Events {
    let mut keys = reader.section("events").demanding(true);
    let address = keys.get("url", &URL);
    let secrets = keys.list("secret", &SECRET);
    let topic = keys.get("topic_arn", &TOPIC);
    let endpoint_url = keys.get("endpoint_url", &API);
    if address.is_some() && secrets.as_ref().is_none_or(Vec::is_empty) {
        keys.miss("secret", SECRET.accepts());
    }
    if topic.is_some() && cfg!(not(feature = "aws")) {
        keys.refuse("topic_arn", "needs AWS, and this program was built without it; use url");
    }
    // In `dev` nothing leaves the machine.
    let stays = |is_loopback| mode.is_strict() || is_loopback;
    let endpoint = address.filter(|address| stays(address.is_loopback));
    let topic = topic.map(|topic| EventsTopic { endpoint_url, ..topic });
    Events {
        endpoint: endpoint.map(|Address { url, .. }| EventsEndpoint {
            url,
            secrets: secrets.unwrap_or_default(),
        }),
        topic: topic.filter(|it| stays(it.endpoint_url.as_ref().is_some_and(Origin::is_loopback))),
    }
}
