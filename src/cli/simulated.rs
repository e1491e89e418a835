//! The accounts that `pombo dev` simulates: those of the configuration, at providers of this machine.

use std::time::Duration;

use anyhow::anyhow;
use secrecy::ExposeSecret;

use crate::{
    config::{AwsKeys, Config, Origin, Sms, TwilioSender, Whatsapp},
    otp::Purpose,
    simulator::{MetaAccount, Pace, Settings, Simulator, TwilioAccount},
};

/// The simulated accounts are the configured ones.
pub fn accounts(config: &Config, public_url: &str) -> Settings {
    let mut settings = Settings { webhook_base: public_url.to_owned(), ..Settings::default() };
    if let Some(whatsapp) = &config.whatsapp {
        at_meta(&mut settings, whatsapp);
    }
    if let Some(sms) = &config.sms {
        at_twilio(&mut settings, sms);
    }
    at_aws(&mut settings, config);
    settings.pace = pace(config.rules.policy(Purpose::Login).undelivered);
    settings
}

/// The template is the same by whatever road it goes.
fn at_meta(settings: &mut Settings, whatsapp: &Whatsapp) {
    let template = &whatsapp.template;
    let meta = MetaAccount {
        template: template.name.clone(),
        languages: template.languages.values().chain([&template.language]).cloned().collect(),
        ..settings.meta.clone()
    };
    settings.meta = match &whatsapp.cloud {
        None => meta,
        Some(cloud) => MetaAccount {
            api_version: cloud.api_version.clone(),
            phone_number_id: cloud.phone_number_id.clone(),
            access_token: cloud.access_token.expose_secret().to_owned(),
            app_secret: cloud.app_secret.expose_secret().to_owned(),
            verify_token: cloud.verify_token.expose_secret().to_owned(),
            ..meta
        },
    };
}

fn at_twilio(settings: &mut Settings, sms: &Sms) {
    let Some(twilio) = &sms.twilio else { return };
    let (numbers, service) = match &twilio.sender {
        TwilioSender::From(from) => (vec![from.clone()], None),
        TwilioSender::MessagingService(sid) => (settings.twilio.numbers.clone(), Some(sid.clone())),
    };
    settings.twilio = TwilioAccount {
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.expose_secret().to_owned(),
        numbers,
        messaging_service_sid: service,
        ..settings.twilio.clone()
    };
}

fn at_aws(settings: &mut Settings, config: &Config) {
    let account = &mut settings.aws;
    if let Some(aws) = config.whatsapp.as_ref().and_then(|whatsapp| whatsapp.aws.as_ref()) {
        account.phone_number_id.clone_from(&aws.phone_number_id);
        account.whatsapp_topic.clone_from(&aws.topic_arn);
        account.meta_versions.push(aws.api_version.clone());
    }
    if let Some(aws) = config.sms.as_ref().and_then(|sms| sms.aws.as_ref()) {
        account.sms_topic.clone_from(&aws.topic_arn);
        account.origination_identities.extend(aws.origination_identity.clone());
        account.configuration_set = aws.configuration_set.clone().unwrap_or("pombo".to_owned());
        let protect = aws.protect_configuration.clone();
        account.protect_configuration = protect.unwrap_or(account.protect_configuration.clone());
    }
}

/// Receipts come well before the plan gives a message up, and a late message well after.
fn pace(undelivered: Duration) -> Pace {
    let usual = Pace::default();
    Pace { receipt: usual.receipt.min(undelivered / 10), late: undelivered * 5 / 4, ..usual }
}

/// Whether anything goes by AWS.
pub fn is_by_aws(config: &Config) -> bool {
    let whatsapp = config.whatsapp.as_ref().is_some_and(|whatsapp| whatsapp.aws.is_some());
    whatsapp || config.sms.as_ref().is_some_and(|sms| sms.aws.is_some())
}

/// Leads every sender to its simulated provider.
pub fn lead_to(config: &mut Config, simulator: &Simulator) -> anyhow::Result<()> {
    let account = simulator.aws_account();
    let at_aws = origin(&simulator.aws_url())?;
    if let Some(whatsapp) = &mut config.whatsapp {
        if let Some(cloud) = &mut whatsapp.cloud {
            cloud.base_url = origin(&simulator.meta_url())?;
        }
        if let Some(aws) = &mut whatsapp.aws {
            aws.endpoint_url = Some(at_aws.clone());
            aws.region.clone_from(&account.region);
        }
    }
    if let Some(sms) = &mut config.sms {
        if let Some(twilio) = &mut sms.twilio {
            twilio.base_url = origin(&simulator.twilio_url())?;
        }
        if let Some(aws) = &mut sms.aws {
            aws.endpoint_url = Some(at_aws);
            aws.region.clone_from(&account.region);
            // Without one there is nobody who would tell of a message.
            aws.configuration_set = Some(account.configuration_set.clone());
        }
    }
    config.aws_keys = Some(AwsKeys {
        id: account.access_key_id.clone(),
        secret: account.secret_access_key.clone().into(),
    });
    config.sns.certificates = Some(simulator.aws().certificate_url_prefix());
    Ok(())
}

fn origin(url: &str) -> anyhow::Result<Origin> {
    Origin::parse(url).ok_or_else(|| anyhow!("{url} is no origin"))
}
