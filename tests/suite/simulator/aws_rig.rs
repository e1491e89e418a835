//! AWS's own clients, pointed at the stand-in; a webhook that confirms; and an outsider's judgement of
//! signatures.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use aws_sdk_pinpointsmsvoicev2 as sms;
use aws_sdk_sns as sns;
use aws_sdk_socialmessaging as social;
use aws_sdk_sts as sts;
use base64::{Engine, prelude::BASE64_STANDARD};
use pombo::simulator::{AwsAccount, Settings};
use serde_json::Value;

use super::rig::{CODE, Call, Rig, hurried, otp};

/// A client for these keys at this address, which tries once.
macro_rules! client {
    ($service:ident, $account:expr, $url:expr) => {{
        use $service::config::{Builder, Credentials, Region, retry::RetryConfig};
        let account: &AwsAccount = $account;
        let (id, secret) = (&account.access_key_id, &account.secret_access_key);
        let config = Builder::new()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region(Region::new(account.region.clone()))
            .credentials_provider(Credentials::new(id, secret, None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .endpoint_url($url);
        $service::Client::from_conf(config.build())
    }};
}

pub fn social_at(account: &AwsAccount, url: &str) -> social::Client {
    client!(social, account, url)
}

pub fn sms_at(account: &AwsAccount, url: &str) -> sms::Client {
    client!(sms, account, url)
}

pub fn sts_at(account: &AwsAccount, url: &str) -> sts::Client {
    client!(sts, account, url)
}

pub fn sns_at(account: &AwsAccount, url: &str) -> sns::Client {
    client!(sns, account, url)
}

pub fn with(change: impl FnOnce(&mut AwsAccount)) -> Settings {
    let mut settings = hurried();
    change(&mut settings.aws);
    settings
}

impl Rig {
    pub fn social(&self) -> social::Client {
        social_at(&self.settings.aws, &self.simulator.aws_url())
    }

    pub fn sms_v2(&self) -> sms::Client {
        sms_at(&self.settings.aws, &self.simulator.aws_url())
    }

    pub fn sts(&self) -> sts::Client {
        sts_at(&self.settings.aws, &self.simulator.aws_url())
    }

    pub fn sns(&self) -> sns::Client {
        sns_at(&self.settings.aws, &self.simulator.aws_url())
    }

    /// With a webhook that has confirmed both subscriptions.
    pub async fn subscribed(settings: Settings) -> Self {
        let rig = Self::with(settings).await;
        rig.simulator.aws().subscribe().await;
        for _ in 0..2 {
            let url = rig.hooks.next().await.json()["SubscribeURL"].as_str().unwrap().to_owned();
            assert_eq!(rig.http.get(url).send().await.unwrap().status(), 200);
        }
        rig
    }

    /// The documented message to this number, ready to be sent or changed.
    pub fn to_whatsapp(
        &self,
        to: &str,
    ) -> social::operation::send_whats_app_message::builders::SendWhatsAppMessageFluentBuilder {
        self.carrying(&otp(to, CODE))
    }

    pub fn carrying(
        &self,
        body: &Value,
    ) -> social::operation::send_whats_app_message::builders::SendWhatsAppMessageFluentBuilder {
        self.social()
            .send_whats_app_message()
            .origination_phone_number_id(&self.settings.aws.phone_number_id)
            .meta_api_version("v20.0")
            .message(social::primitives::Blob::new(body.to_string()))
    }

    /// A good text message to this number, ready to be sent or changed.
    pub fn to_sms(
        &self,
        to: &str,
    ) -> sms::operation::send_text_message::builders::SendTextMessageFluentBuilder {
        self.sms_v2()
            .send_text_message()
            .destination_phone_number(to)
            .origination_identity("+12065550152")
            .message_body("123456 is your Pombo code.")
            .message_type(sms::types::MessageType::Transactional)
            .configuration_set_name("pombo")
            .context("delivery", "c1.1")
    }
}

impl Call {
    /// What the notification says.
    pub fn message(&self) -> Value {
        serde_json::from_str(self.json()["Message"].as_str().unwrap()).unwrap()
    }

    /// Meta's entry in AWS's envelope.
    pub fn entry(&self) -> Value {
        serde_json::from_str(self.message()["whatsAppWebhookEntry"].as_str().unwrap()).unwrap()
    }

    pub fn whatsapp_status(&self) -> Value {
        self.entry()["changes"][0]["value"]["statuses"][0].clone()
    }
}

/// What SNS's pages say is signed, written down here a second time.
fn signed_text(fields: &Value) -> String {
    let mut names = vec!["Message", "MessageId"];
    if fields["Type"] == "Notification" {
        names.extend(["Subject", "Timestamp"]);
    } else {
        names.extend(["SubscribeURL", "Timestamp", "Token"]);
    }
    names.extend(["TopicArn", "Type"]);
    let present = names.iter().filter_map(|name| Some((name, fields[name].as_str()?)));
    present.map(|(name, value)| format!("{name}\n{value}\n")).collect()
}

/// OpenSSL's verdict on a notification's signature.
pub fn is_well_signed(certificate: &str, fields: &Value) -> bool {
    let dir = tempfile();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    std::fs::write(dir.join("cert"), certificate).unwrap();
    let key = openssl(&["x509", "-pubkey", "-noout", "-in", &path("cert")], b"").unwrap();
    std::fs::write(dir.join("key"), key).unwrap();
    let signature = BASE64_STANDARD.decode(fields["Signature"].as_str().unwrap()).unwrap();
    std::fs::write(dir.join("signature"), signature).unwrap();
    let digest = if fields["SignatureVersion"] == "1" { "-sha1" } else { "-sha256" };
    let args = ["dgst", digest, "-verify", &path("key"), "-signature", &path("signature")];
    let verdict = openssl(&args, signed_text(fields).as_bytes());
    std::fs::remove_dir_all(dir).unwrap();
    verdict.is_some()
}

fn tempfile() -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("pombo-{:032x}", rand::random::<u128>()));
    std::fs::create_dir(&dir).unwrap();
    dir
}

fn openssl(args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut program = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("can't run openssl, which judges signatures: {error}"));
    // It may need no input, and be gone before it gets any.
    let _ = program.stdin.take().unwrap().write_all(input);
    let output = program.wait_with_output().unwrap();
    output.status.success().then_some(output.stdout)
}
