//! The senders that the configuration names, in its order: one line of registration each.

use std::sync::Arc;

use anyhow::{Context, anyhow};

use crate::{
    config::{self, Config, SmsProvider, TwilioSender, WhatsappProvider},
    delivery::{
        Messenger,
        sms::{
            text::{TextSettings, Texts},
            twilio::{Sender, Twilio, TwilioSettings},
        },
        whatsapp::{
            cloud::{Cloud, CloudSettings},
            template::Template,
        },
    },
};

type Senders = Vec<Arc<dyn Messenger>>;

/// The senders of both channels, each channel's in the order in which they are to be tried.
pub(super) async fn messengers(config: &Config, public_url: &str) -> anyhow::Result<Senders> {
    let mut senders: Senders = Vec::new();
    if let Some(whatsapp) = &config.whatsapp {
        for provider in &whatsapp.order {
            senders.push(match provider {
                WhatsappProvider::Cloud => Arc::new(cloud(whatsapp)?),
                #[cfg(feature = "aws")]
                WhatsappProvider::Aws => Arc::new(aws::whatsapp(config, whatsapp).await?),
                #[cfg(not(feature = "aws"))]
                WhatsappProvider::Aws => unreachable_without_aws()?,
            });
        }
    }
    if let Some(sms) = &config.sms {
        for provider in &sms.order {
            senders.push(match provider {
                SmsProvider::Twilio => Arc::new(twilio(sms, public_url)?),
                #[cfg(feature = "aws")]
                SmsProvider::Aws => Arc::new(aws::sms(config, sms).await?),
                #[cfg(not(feature = "aws"))]
                SmsProvider::Aws => unreachable_without_aws()?,
            });
        }
    }
    Ok(senders)
}

/// The configuration refuses it before.
#[cfg(not(feature = "aws"))]
fn unreachable_without_aws() -> anyhow::Result<Arc<dyn Messenger>> {
    Err(anyhow!("this program was built without AWS"))
}

fn cloud(whatsapp: &config::Whatsapp) -> anyhow::Result<Cloud> {
    let cloud = whatsapp.cloud.as_ref().context("whatsapp.cloud is missing")?;
    let settings = CloudSettings {
        base_url: cloud.base_url.as_str().to_owned(),
        api_version: cloud.api_version.clone(),
        phone_number_id: cloud.phone_number_id.clone(),
        access_token: cloud.access_token.clone(),
        template: template(whatsapp),
        rate: cloud.rate,
    };
    Cloud::new(settings).context("whatsapp.cloud")
}

fn template(config::Whatsapp { template, .. }: &config::Whatsapp) -> Template {
    Template {
        name: template.name.clone(),
        language: template.language.clone(),
        languages: template.languages.clone(),
    }
}

fn twilio(sms: &config::Sms, public_url: &str) -> anyhow::Result<Twilio> {
    let twilio = sms.twilio.as_ref().context("sms.twilio is missing")?;
    let settings = TwilioSettings {
        base_url: twilio.base_url.as_str().to_owned(),
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.clone(),
        from: match &twilio.sender {
            TwilioSender::From(from) => Sender::Number(from.clone()),
            TwilioSender::MessagingService(sid) => Sender::MessagingService(sid.clone()),
        },
        public_url: public_url.to_owned(),
        texts: texts(&sms.text)?,
        rate: twilio.rate,
    };
    Twilio::new(settings).context("sms.twilio")
}

fn texts(text: &config::SmsText) -> anyhow::Result<Texts> {
    let texts = Texts::new(TextSettings {
        brand: text.brand.clone(),
        text: text.text.clone(),
        texts: text.texts.clone(),
        transaction_text: text.transaction_text.clone(),
        transaction_texts: text.transaction_texts.clone(),
        web_otp_host: text.web_otp_host.clone(),
        android_hash: text.android_hash.clone(),
    });
    texts.map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(|fault| format!("sms.{fault}")).collect();
        anyhow!(faults.join("; "))
    })
}

#[cfg(feature = "aws")]
mod aws {
    use anyhow::Context;

    use super::{template, texts};
    use crate::{
        app::parts,
        config::{self, Config},
        delivery::{sms::aws as by_sms, whatsapp::aws as by_whatsapp},
    };

    pub(super) async fn whatsapp(
        config: &Config,
        whatsapp: &config::Whatsapp,
    ) -> anyhow::Result<by_whatsapp::Aws> {
        let aws = whatsapp.aws.as_ref().context("whatsapp.aws is missing")?;
        let settings = by_whatsapp::AwsSettings {
            access: parts::access(config, &aws.region, aws.endpoint_url.as_ref()),
            phone_number_id: aws.phone_number_id.clone(),
            api_version: aws.api_version.clone(),
            template: template(whatsapp),
            rate: aws.rate,
        };
        Ok(by_whatsapp::Aws::new(settings).await)
    }

    pub(super) async fn sms(config: &Config, sms: &config::Sms) -> anyhow::Result<by_sms::Aws> {
        let aws = sms.aws.as_ref().context("sms.aws is missing")?;
        let settings = by_sms::AwsSettings {
            access: parts::access(config, &aws.region, aws.endpoint_url.as_ref()),
            origination_identity: aws.origination_identity.clone(),
            configuration_set: aws.configuration_set.clone(),
            protect_configuration: aws.protect_configuration.clone(),
            max_price: aws.max_price.clone(),
            texts: texts(&sms.text)?,
            rate: aws.rate,
        };
        Ok(by_sms::Aws::new(settings).await)
    }
}
