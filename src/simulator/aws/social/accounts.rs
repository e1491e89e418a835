//! The linked WhatsApp business account and its one number.

use serde_json::{Map, Value, json};

use super::{Cloud, Fault, Members, PHONE, WABA, missing};
use crate::simulator::{MetaAccount, aws::account::AwsAccount};

/// 2025-01-08, in the seconds that REST-JSON writes.
const LINKED: u64 = 1_736_294_400;

type Accounts<'a> = (&'a AwsAccount, &'a MetaAccount);

impl Cloud {
    pub(super) fn account_and_meta(&self) -> Accounts<'_> {
        (&self.world.settings.aws, &self.world.settings.meta)
    }
}

pub(super) fn details(accounts: Accounts, query: &Map<String, Value>) -> Result<Value, Fault> {
    let members = Members::read(query, &["id"])?;
    owned(accounts.0, members.required("id", WABA)?)?;
    let mut account = summary(accounts);
    account["phoneNumbers"] = json!([number(accounts)]);
    Ok(json!({ "account": account }))
}

/// There is one, so there is nothing to page through.
pub(super) fn list(accounts: Accounts, query: &Map<String, Value>) -> Result<Value, Fault> {
    Members::read(query, &["maxResults"])?;
    Ok(json!({ "linkedAccounts": [summary(accounts)] }))
}

pub(super) fn phone(accounts: Accounts, query: &Map<String, Value>) -> Result<Value, Fault> {
    let members = Members::read(query, &["id"])?;
    let id = members.required("id", PHONE)?;
    let aws = accounts.0;
    if id != aws.phone_number_id && id != aws.phone_arn() {
        return Err(missing("phone number"));
    }
    let linked = &aws.waba_id;
    Ok(json!({ "phoneNumber": number(accounts), "linkedWhatsAppBusinessAccountId": linked }))
}

/// Fails unless this is the id or the ARN of the account's own WhatsApp business account.
pub(super) fn owned(aws: &AwsAccount, id: &str) -> Result<(), Fault> {
    if id == aws.waba_id || id == aws.waba_arn() {
        return Ok(());
    }
    Err(missing("WhatsApp business account"))
}

fn summary((aws, meta): Accounts) -> Value {
    json!({
        "arn": aws.waba_arn(),
        "id": aws.waba_id,
        "wabaId": meta.business_account_id,
        "registrationStatus": "COMPLETE",
        "linkDate": LINKED,
        "wabaName": "Simulated",
        "eventDestinations": [{ "eventDestinationArn": aws.whatsapp_topic }],
    })
}

fn number((aws, meta): Accounts) -> Value {
    json!({
        "arn": aws.phone_arn(),
        "phoneNumber": format!("+{}", meta.display_number),
        "phoneNumberId": aws.phone_number_id,
        "metaPhoneNumberId": meta.phone_number_id,
        "displayPhoneNumberName": "Simulated",
        "displayPhoneNumber": format!("+{}", meta.display_number),
        "qualityRating": "GREEN",
    })
}
