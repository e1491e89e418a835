//! `pombo check` beyond the configuration: everything that it names is looked at, side by side.

use std::{path::Path, pin::Pin, sync::Arc, time::Duration};

use tokio::time::timeout;
use x509_parser::prelude::ASN1Time;

#[cfg(feature = "aws")]
use super::aws_looks;
use super::{operator, parts, store_look};
use crate::{
    config::{Config, EventsEndpoint, TwilioSender},
    delivery::{
        Inspection, Refusal, Trouble, Verdict,
        sms::twilio_inspect::TwilioAccount,
        whatsapp::{
            cloud_inspect,
            templates::{self, Templates},
        },
    },
    outwards,
    store::{self, Sight, Visit},
};

/// The longest that one look may take: what is slow hides nothing of what the others find.
const LIMIT: Duration = Duration::from_secs(5);

/// A certificate that ends sooner is warned of.
const DAYS_LEFT: i64 = 30;

const CERTIFICATE: &str = "certificate";
const STORE: &str = "store";
const NUMBER: &str = "whatsapp number";
pub(super) const TEMPLATE: &str = "template";
const SMS: &str = "sms account";
const EVENTS: &str = "events endpoint";

pub(super) type Look = Pin<Box<dyn Future<Output = Vec<Inspection>> + Send>>;

/// Looks at everything that the configuration names, at the same time, and tells it in one order.
pub async fn inspect(config: Config) -> Vec<Inspection> {
    let config = Arc::new(config);
    let looks: Vec<_> = looks(&config).into_iter().map(tokio::spawn).collect();
    let mut found = Vec::new();
    // All are under way before the first is waited for.
    for look in looks {
        match look.await {
            Ok(inspections) => found.extend(inspections),
            Err(error) => found.push(Inspection::fault("check", format!("broke off: {error}"))),
        }
    }
    found
}

/// How the files of a configured `[server.tls]` stand.
///
/// # Errors
///
/// A file can't be used, so that `serve` would not start; the sentence names its key and path.
pub fn inspect_tls(config: &Config) -> anyhow::Result<Vec<Inspection>> {
    let tls = parts::tls(config, &parts::callers(config))?;
    let Some((tls, files)) = tls.zip(config.server.tls.as_ref()) else { return Ok(Vec::new()) };
    let key = tls.exposure().map(|sentence| Inspection::warning(CERTIFICATE, sentence));
    Ok([certificate(&files.cert, tls.ends())].into_iter().chain(key).collect())
}

fn certificate(path: &Path, ends: ASN1Time) -> Inspection {
    let days = (ends - ASN1Time::now()).map_or(0, |left| left.whole_days());
    if days >= DAYS_LEFT {
        return Inspection::sound(CERTIFICATE, format!("ends on {ends}"));
    }
    let path = path.display();
    let sentence = format!("server.tls.cert: {path} ends on {ends}, in {days} days; renew it");
    Inspection::warning(CERTIFICATE, sentence)
}

/// A look that is told to be late if it is.
pub(super) fn look(
    what: &'static str,
    look: impl Future<Output = Vec<Inspection>> + Send + 'static,
) -> Look {
    Box::pin(async move {
        let late = |_| vec![Inspection::fault(what, "no answer within 5 s; try again later")];
        timeout(LIMIT, look).await.unwrap_or_else(late)
    })
}

fn looks(config: &Arc<Config>) -> Vec<Look> {
    let mut looks = vec![look(STORE, store(config.clone()))];
    if config.whatsapp.as_ref().is_some_and(|whatsapp| whatsapp.cloud.is_some()) {
        // It keeps its own time, part by part.
        looks.push(Box::pin(cloud(config.clone())));
    }
    if config.sms.as_ref().is_some_and(|sms| sms.twilio.is_some()) {
        looks.push(look(SMS, twilio(config.clone())));
    }
    #[cfg(feature = "aws")]
    looks.extend(aws_looks::looks(config));
    if let Some(EventsEndpoint { url, .. }) = config.events.endpoint.clone() {
        looks.push(look(EVENTS, async move { vec![outwards::inspect::endpoint(&url).await] }));
    }
    looks
}

async fn store(config: Arc<Config>) -> Vec<Inspection> {
    match store::look(parts::store_settings(&config, Visit::Look)).await {
        Ok(Sight::Memory) => vec![Inspection::sound(STORE, "in memory, gone with the process")],
        Ok(Sight::Redis(Ok(facts))) => store_look::tell(STORE, &facts, config.store.wait_replicas),
        Ok(Sight::Redis(Err(error))) => {
            let sentence = format!("answers, but does not tell how it is set up: {error}");
            vec![Inspection::warning(STORE, sentence)]
        }
        Err(error) => vec![Inspection::fault(STORE, error.to_string())],
    }
}

async fn cloud(config: Arc<Config>) -> Vec<Inspection> {
    let Some(whatsapp) = &config.whatsapp else { return Vec::new() };
    let Some(cloud) = &whatsapp.cloud else { return Vec::new() };
    let graph = match operator::graph(cloud) {
        Ok(graph) => graph,
        Err(error) => return vec![Inspection::fault(NUMBER, format!("{error:#}"))],
    };
    let id = cloud.phone_number_id.clone();
    let number = look(NUMBER, async move { cloud_inspect::inspect(&graph, &id).await });
    let template = timeout(LIMIT, template(&config, operator::at_meta(cloud)));
    let (mut found, template) = tokio::join!(number, template);
    let late =
        || Err(Refusal { trouble: Trouble::Away, detail: "no answer within 5 s".to_owned() });
    let template = template.unwrap_or_else(|_| late());
    let has_fault = found.iter().any(|one| matches!(one.verdict, Verdict::Fault(_)));
    match template {
        Ok(template) => found.extend(template),
        // The same token, the same way to Meta: told already.
        Err(Refusal { trouble: Trouble::Credentials | Trouble::Away, .. }) if has_fault => {}
        Err(refusal) => found.push(template_refused(&refusal)),
    }
    found
}

/// Looks at the template in one of the accounts that it is kept in.
pub(super) async fn template(
    config: &Config,
    account: anyhow::Result<Box<dyn Templates>>,
) -> Result<Vec<Inspection>, Refusal> {
    let (account, template) = match (account, &config.whatsapp) {
        (_, None) => return Ok(Vec::new()),
        (Ok(account), Some(whatsapp)) => (account, &whatsapp.template),
        (Err(error), _) => {
            let sentence = format!("not looked at: {error:#}");
            return Ok(vec![Inspection::warning(TEMPLATE, sentence)]);
        }
    };
    let standings = account.standings(&template.name).await?;
    let fallback = operator::fallback_wait(&config.rules);
    Ok(templates::inspect(&operator::languages(template), &standings, fallback))
}

fn template_refused(refusal: &Refusal) -> Inspection {
    let remedy = match refusal.trouble {
        Trouble::NotFound => {
            "set whatsapp.cloud.business_account_id to the id of the WhatsApp Business Account that \
             the number belongs to"
        }
        trouble => cloud_inspect::remedy(trouble),
    };
    Inspection::refused(TEMPLATE, refusal, remedy)
}

async fn twilio(config: Arc<Config>) -> Vec<Inspection> {
    let twilio = config.sms.as_ref().and_then(|sms| sms.twilio.as_ref());
    let Some(twilio) = twilio else { return Vec::new() };
    let (sid, token) = (twilio.account_sid.clone(), twilio.auth_token.clone());
    let number = match &twilio.sender {
        TwilioSender::From(from) if from.starts_with('+') => Some(from.as_str()),
        // Names and short codes are not among an account's numbers; a service picks its own.
        TwilioSender::From(_) | TwilioSender::MessagingService(_) => None,
    };
    match TwilioAccount::new(twilio.base_url.as_str(), sid, token) {
        Ok(account) => account.inspect(number).await,
        Err(error) => vec![Inspection::fault(SMS, format!("sms.twilio: {error}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_look_that_takes_too_long_is_told_to_be_late() {
        let sound = Inspection::sound(STORE, "there");
        let there = std::future::ready(vec![sound.clone()]);
        assert_eq!(look(STORE, there).await, [sound]);
        let told = look(STORE, std::future::pending()).await;
        assert!(
            matches!(&told[..], [Inspection { what, verdict: Verdict::Fault(_) }] if what == STORE)
        );
    }
}
