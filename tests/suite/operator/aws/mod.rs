//! The same looks and the same push where AWS is the road.

mod check;

mod looks;

mod push;

mod receipts;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use pombo::{
    delivery::{Inspection, Verdict},
    simulator::{self, AwsAccount, Settings, Simulator},
};

async fn simulated() -> (Simulator, AwsAccount) {
    let aws = AwsAccount { template_review: Duration::from_millis(50), ..AwsAccount::default() };
    let settings = Settings { aws: aws.clone(), ..Settings::default() };
    (simulator::start(settings).await.unwrap(), aws)
}

/// The SDK's configuration with the account's keys, or wrong ones.
async fn config(url: &str, account: &AwsAccount, secret: &str) -> SdkConfig {
    let keys = Credentials::new(&account.access_key_id, secret, None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(account.region.clone()))
        .credentials_provider(keys)
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .endpoint_url(url)
        .load()
        .await
}

async fn right(simulator: &Simulator, account: &AwsAccount) -> SdkConfig {
    config(&simulator.aws_url(), account, &account.secret_access_key).await
}

fn fault(inspection: &Inspection) -> &str {
    match &inspection.verdict {
        Verdict::Fault(told) => told,
        other => panic!("{other:?}"),
    }
}

fn sound(inspection: &Inspection) -> &str {
    match &inspection.verdict {
        Verdict::Sound(state) => state,
        other => panic!("{other:?}"),
    }
}
