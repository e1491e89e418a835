//! What the account owns, for whoever checks a configuration. Filters and pages are not offered: a
//! request for them is refused, not overlooked.

use serde_json::{Map, Value, json};

use super::{
    Fault, Misfit, NAME, members, missing,
    request::{SERVICE_ARN, phone_id},
};
use crate::simulator::aws::{account::AwsAccount, shape::held};

/// 2025-01-08, in the seconds that this protocol writes.
const CREATED: f64 = 1_736_294_400.0;

pub(super) fn numbers(account: &AwsAccount, body: &Map<String, Value>) -> Result<Value, Fault> {
    let wanted = wanted(body, "PhoneNumberIds")?;
    let own = account.origination_identities.iter().filter_map(|own| own.strip_prefix('+'));
    let own: Vec<_> = own.map(|digits| (phone_id(digits), digits)).collect();
    let names: Vec<_> = own.iter().map(|(id, _)| id.as_str()).collect();
    all_known(&wanted, &names, "phone-number", account)?;
    let chosen = own.iter().filter(|(id, _)| wanted.is_empty() || asks_for(&wanted, id));
    let chosen: Vec<_> = chosen.map(|(id, digits)| number(account, id, digits)).collect();
    Ok(json!({ "PhoneNumbers": chosen }))
}

fn number(account: &AwsAccount, id: &str, digits: &str) -> Value {
    json!({
        "PhoneNumberArn": account.arn(SERVICE_ARN, &format!("phone-number/{id}")),
        "PhoneNumberId": id,
        "PhoneNumber": format!("+{digits}"),
        "Status": "ACTIVE",
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "TEN_DLC",
        "MonthlyLeasingPrice": "1.00",
        "TwoWayEnabled": false,
        "SelfManagedOptOutsEnabled": false,
        "OptOutListName": "Default",
        "DeletionProtectionEnabled": false,
        "CreatedTimestamp": CREATED,
    })
}

pub(super) fn sets(account: &AwsAccount, body: &Map<String, Value>) -> Result<Value, Fault> {
    let wanted = wanted(body, "ConfigurationSetNames")?;
    let name = &account.configuration_set;
    all_known(&wanted, &[name], "configuration-set", account)?;
    Ok(json!({ "ConfigurationSets": [{
        "ConfigurationSetArn": account.arn(SERVICE_ARN, &format!("configuration-set/{name}")),
        "ConfigurationSetName": name,
        "EventDestinations": [{
            "EventDestinationName": "sns",
            "Enabled": true,
            "MatchingEventTypes": ["TEXT_ALL"],
            "SnsDestination": { "TopicArn": account.sms_topic },
        }],
        "DefaultMessageFeedbackEnabled": account.feedback_by_default,
        "CreatedTimestamp": CREATED,
    }] }))
}

pub(super) fn protection(account: &AwsAccount, body: &Map<String, Value>) -> Result<Value, Fault> {
    let wanted = wanted(body, "ProtectConfigurationIds")?;
    let id = &account.protect_configuration;
    all_known(&wanted, &[id], "protect-configuration", account)?;
    Ok(json!({ "ProtectConfigurations": [{
        "ProtectConfigurationArn": account.arn(SERVICE_ARN, &format!("protect-configuration/{id}")),
        "ProtectConfigurationId": id,
        "CreatedTimestamp": CREATED,
        "AccountDefault": false,
        "DeletionProtectionEnabled": false,
    }] }))
}

pub(super) fn attributes(account: &AwsAccount, body: &Map<String, Value>) -> Result<Value, Fault> {
    members(body, &["MaxResults"])?;
    let tier = if account.sandbox { "SANDBOX" } else { "PRODUCTION" };
    Ok(json!({ "AccountAttributes": [{ "Name": "ACCOUNT_TIER", "Value": tier }] }))
}

/// The ids or names that a request asks for, five at most; none means all.
fn wanted(body: &Map<String, Value>, member: &str) -> Result<Vec<String>, Fault> {
    let members = members(body, &[member, "MaxResults"])?;
    let read = || -> Result<Vec<String>, Misfit> {
        members.whole("MaxResults", 1, 100)?;
        let Some(given) = members.get(member) else {
            return Ok(Vec::new());
        };
        let list = given.as_array().filter(|list| list.len() <= 5);
        let list = list.ok_or_else(|| Misfit::new(member, "must be a list of 5 at most"))?;
        let text = |value: &Value| {
            let text = value.as_str().ok_or_else(|| Misfit::new(member, "must list strings"))?;
            held(member, text, NAME).map(str::to_owned)
        };
        list.iter().map(text).collect()
    };
    read().map_err(Misfit::fault)
}

fn all_known(
    wanted: &[String],
    own: &[&str],
    kind: &str,
    account: &AwsAccount,
) -> Result<(), Fault> {
    let known = |given: &&String| {
        let is = |own: &&&str| is(given, own) && belongs(given, account);
        own.iter().any(|own| is(&own))
    };
    match wanted.iter().find(|given| !known(given)) {
        Some(stranger) => Err(missing(kind, stranger)),
        None => Ok(()),
    }
}

fn asks_for(wanted: &[String], own: &str) -> bool {
    wanted.iter().any(|given| is(given, own))
}

/// By its id, or by an ARN that ends with it.
fn is(given: &str, own: &str) -> bool {
    given.rsplit('/').next() == Some(own)
}

fn belongs(given: &str, account: &AwsAccount) -> bool {
    !given.contains('/') || given.starts_with(&account.arn(SERVICE_ARN, ""))
}
