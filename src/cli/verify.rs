//! `pombo verify`: give a running service the code that a person typed.

use std::process::ExitCode;

use super::{
    client::{self, Target},
    issue::transaction,
    out,
};
use crate::{
    grpc::proto::{Transaction, VerifyCodeRequest},
    otp::{Channel, VerifyOutcome},
};

/// Give a running service the code that a person typed.
#[derive(clap::Args)]
#[command(
    after_help = "Example: pombo verify ch_… 123456\nExits with 0 if the code is right, with 1 otherwise."
)]
pub struct Verify {
    /// As `pombo issue` printed it
    #[arg(value_name = "CHALLENGE")]
    challenge_id: String,
    /// The digits
    code: String,
    /// The payment that is about to be made
    #[arg(long, value_parser = transaction, value_name = "AMOUNT:CURRENCY:PAYEE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    target: Target,
}

impl Verify {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let request = self.target.request(VerifyCodeRequest {
            challenge_id: self.challenge_id,
            code: self.code,
            transaction: self.transaction,
            ..VerifyCodeRequest::default()
        })?;
        let mut client = self.target.connect().await?;
        let answer = client.verify_code(request).await;
        let verified = answer.map_err(|status| client::refused(&status))?.into_inner();
        let outcome = VerifyOutcome::from_number(verified.outcome);
        let words = outcome.map_or("unspecified", VerifyOutcome::as_str).to_uppercase();
        out::line(format!("outcome             {words}"));
        out::line(format!("attempts_remaining  {}", verified.attempts_remaining));
        if let Some(channel) = Channel::from_number(verified.used_channel) {
            out::line(format!("used_channel        {}", channel.as_str()));
        }
        Ok(match outcome {
            Some(VerifyOutcome::Verified) => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }
}
