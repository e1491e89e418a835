//! `pombo issue`: ask a running service for a code.

use std::process::ExitCode;

use super::{
    client::{self, Target},
    out,
};
use crate::{
    grpc::proto::{IssueCodeRequest, Transaction},
    otp::{Channel, Purpose},
};

/// Ask a running service for a code.
#[derive(clap::Args)]
#[command(after_help = "Example: pombo issue +5511987654300 --purpose signup --language pt-BR")]
pub struct Issue {
    /// Phone number, E.164
    #[arg(value_name = "NUMBER")]
    recipient: String,
    /// What the code is for: signup, login, recovery, transaction, phone_change or device_registration
    #[arg(long, default_value = "login", value_parser = purpose)]
    purpose: Purpose,
    /// The account or session, by an id of yours
    #[arg(long, default_value = "", hide_default_value = true)]
    subject: String,
    /// Only by this channel: whatsapp or sms
    #[arg(long, value_parser = channel)]
    channel: Option<Channel>,
    /// Language of the message, BCP 47
    #[arg(long, default_value = "", hide_default_value = true)]
    language: String,
    /// With --purpose transaction: amount, currency and payee, like 10.50:BRL:"ACME Ltda"
    #[arg(long, value_parser = transaction, value_name = "AMOUNT:CURRENCY:PAYEE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    target: Target,
}

impl Issue {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let request = self.target.request(IssueCodeRequest {
            recipient: self.recipient,
            purpose: self.purpose as i32,
            subject_id: self.subject,
            language_code: self.language,
            requested_channel: self.channel.map_or(0, |channel| channel as i32),
            transaction: self.transaction,
            ..IssueCodeRequest::default()
        })?;
        let mut client = self.target.connect().await?;
        let answer = client.issue_code(request).await;
        let issued = answer.map_err(|status| client::refused(&status))?.into_inner();
        let channel = Channel::from_number(issued.first_channel).map_or("", Channel::as_str);
        out::line(format!("challenge_id        {}", issued.challenge_id));
        out::line(format!("recipient           {}", issued.masked_recipient));
        out::line(format!("first_channel       {channel}"));
        out::line(format!("message_sent        {}", issued.message_sent));
        out::line(format!("attempts_remaining  {}", issued.attempts_remaining));
        out::line(format!("messages_remaining  {}", issued.messages_remaining));
        Ok(ExitCode::SUCCESS)
    }
}

fn purpose(text: &str) -> Result<Purpose, String> {
    Purpose::from_text(text).ok_or_else(|| one_of(Purpose::ALL.iter().map(|p| p.as_str())))
}

fn channel(text: &str) -> Result<Channel, String> {
    Channel::from_text(text).ok_or_else(|| one_of(Channel::ALL.iter().map(|c| c.as_str())))
}

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    format!("must be one of {}", words.collect::<Vec<_>>().join(", "))
}

/// `AMOUNT:CURRENCY:PAYEE`; the service checks the parts.
pub fn transaction(text: &str) -> Result<Transaction, String> {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(amount), Some(currency), Some(payee)) => {
            Ok(Transaction { amount, currency, payee, reference: String::new() })
        }
        _ => Err("must be AMOUNT:CURRENCY:PAYEE, like 10.50:BRL:ACME".to_owned()),
    }
}
