//! A look at where events go.

use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::delivery::{
    Inspection,
    http_client::{self, root_cause},
};

const ENDPOINT: &str = "events endpoint";

/// The longest that an endpoint may take to answer.
const LIMIT: Duration = Duration::from_secs(4);

/// Looks whether an endpoint can be reached. It is asked for nothing at its root: a visit of the address
/// itself might set something off there. Nothing of the address is told but its host, since the rest may
/// hold a token.
pub async fn endpoint(url: &SecretString) -> Inspection {
    let root = url.expose_secret().parse::<Url>().and_then(|url| url.join("/"));
    let Ok(root) = root else { return Inspection::fault(ENDPOINT, "events.url is no address") };
    match http_client::client(&root) {
        Ok(client) => reach(&client, root).await,
        Err(error) => Inspection::fault(ENDPOINT, format!("not looked at: {error}")),
    }
}

async fn reach(client: &Client, root: Url) -> Inspection {
    let host = root.host_str().unwrap_or_default().to_owned();
    match client.head(root).timeout(LIMIT).send().await {
        Ok(_) => Inspection::sound(ENDPOINT, format!("{host} answers")),
        Err(error) if error.is_connect() => {
            let cause = root_cause(&error);
            let remedy = "look at events.url and this machine's way out";
            Inspection::fault(ENDPOINT, format!("no connection to {host}: {cause}; {remedy}"))
        }
        Err(_) => {
            let sentence = format!("{host} takes a connection and gives no answer to it");
            Inspection::warning(ENDPOINT, sentence)
        }
    }
}

#[cfg(feature = "aws")]
pub use by_aws::topic;

#[cfg(feature = "aws")]
mod by_aws {
    use aws_config::SdkConfig;

    use crate::delivery::{Inspection, Trouble, aws_inspect as aws};

    const TOPIC: &str = "events topic";

    /// Looks whether there is a topic of this ARN.
    pub async fn topic(config: &SdkConfig, arn: &str) -> Inspection {
        let look = aws_sdk_sns::Client::new(config).get_topic_attributes().topic_arn(arn);
        let Err(error) = look.send().await else {
            return Inspection::sound(TOPIC, "there");
        };
        let refusal = aws::refusal(&error);
        match refusal.trouble {
            // Who may publish need not be allowed to look.
            Trouble::Permission => {
                Inspection::warning(TOPIC, format!("can't be looked at: {}", refusal.detail))
            }
            Trouble::NotFound => {
                Inspection::refused(TOPIC, &refusal, "set events.topic_arn to one that there is")
            }
            trouble => Inspection::refused(TOPIC, &refusal, aws::remedy(trouble)),
        }
    }
}
