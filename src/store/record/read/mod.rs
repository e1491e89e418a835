//! From the wire to the domain. Nothing is taken on trust: what does not fit is an error that names
//! the field, never its value.

mod answered;

mod challenge;

mod field;

use prost::Message;

use super::{Base, FORMAT, StoreError, wire};
use crate::otp::{
    Country, Purpose, Recipient, RecipientKey, Time,
    keyring::Sealed,
    ledger::{Flow, FlowKey, Ledger},
    limits::{Counted, MessageLog},
    toll::Destination,
};
use answered::answered;
use challenge::challenge;
use field::{all, groups, known, unreadable};

type Read<T> = Result<T, StoreError>;

pub(super) fn recipient(bytes: &[u8]) -> Read<Recipient> {
    check_format(bytes)?;
    let record = wire::Recipient::decode(bytes).map_err(|_| unreadable("it is no record"))?;
    let changed_at = Time::from_millis(record.changed_at);
    let base = Base(changed_at);
    let keys: Vec<FlowKey> = all(record.flow_keys, flow_key)?;
    let challenges = all(record.challenges, |one| challenge(base, &keys, one))?;
    Ok(Recipient {
        changed_at,
        masked: record.masked,
        destination: Destination {
            prefix: prefix(&record.prefix)?,
            country: Country::new(&record.country),
        },
        number: record.number.map(sealed),
        off_whatsapp_since: base.time_if(record.off_whatsapp_since),
        messages: messages(base, &record.messages)?,
        flows: all(record.flows, |one| flow(base, &keys, one))?,
        operations: all(record.operations, |one| answered(base, &challenges, one))?,
        challenges,
    })
}

/// Looks at the format before anything else: a newer one may have given other fields other types.
pub(super) fn check_format(bytes: &[u8]) -> Read<()> {
    let head = wire::Head::decode(bytes).map_err(|_| unreadable("it is no record"))?;
    match head.format {
        FORMAT => Ok(()),
        0 => Err(unreadable("it has no format")),
        newer => Err(StoreError::Unreadable(format!(
            "its format is {newer}, the newest known here is {FORMAT}"
        ))),
    }
}

fn prefix(bytes: &[u8]) -> Read<Option<RecipientKey>> {
    match <[u8; 16]>::try_from(bytes) {
        Ok(prefix) => Ok(Some(RecipientKey(prefix))),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(unreadable("prefix")),
    }
}

fn sealed(number: wire::Sealed) -> Sealed {
    Sealed { key_id: number.key_id, bytes: number.bytes }
}

fn messages(base: Base, numbers: &[i64]) -> Read<MessageLog> {
    let messages = groups(numbers, "messages")?
        .map(|&[at, unproven]| Counted { at: base.time(at), unproven: unproven != 0 });
    Ok(MessageLog(messages.collect()))
}

fn flow_key(key: wire::FlowKey) -> Read<FlowKey> {
    Ok(FlowKey {
        caller: key.caller,
        purpose: known(Purpose::from_number(key.purpose), "purpose")?,
        subject: key.subject,
    })
}

fn key_at(keys: &[FlowKey], position: u32) -> Read<FlowKey> {
    known(keys.get(position as usize).cloned(), "flow_key")
}

fn flow(base: Base, keys: &[FlowKey], flow: wire::Flow) -> Read<Flow> {
    Ok(Flow {
        key: key_at(keys, flow.key)?,
        wait_until: base.time_if(flow.wait_until),
        ledger: Ledger {
            in_a_row: flow.in_a_row,
            row_lock: base.time_if(flow.row_lock),
            failures: flow.failures.into_iter().map(|at| base.time(at)).collect(),
        },
    })
}
