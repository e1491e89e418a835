//! IssueCode: start a challenge, or find the pending one, and send a message.

use std::{net::IpAddr, slice, sync::Arc};

use super::{CallError, Fault, Service, numbers::Admitted, supplier::With};
use crate::{
    insight::metrics,
    otp::{
        Answer, Channel, Code, Event, OperationId, Purpose, Transaction,
        event::{self, Issued, Operation},
        ledger::FlowKey,
    },
};

/// A demand for a code, checked.
#[derive(Debug)]
pub struct Issue {
    /// Who asks; empty where callers have no names.
    pub caller: String,
    /// To whom.
    pub recipient: Admitted,
    /// What for.
    pub purpose: Purpose,
    /// The caller's subject, may be empty.
    pub subject: String,
    /// Where the person is, if known.
    pub client_ip: Option<IpAddr>,
    /// BCP 47, may be empty.
    pub language: String,
    /// The payment to approve.
    pub transaction: Option<Transaction>,
    /// Only by this channel.
    pub channel: Option<Channel>,
    /// May be empty.
    pub idempotency_key: String,
}

impl Service {
    /// Starts a challenge or returns the pending one. Answers once the plan is stored; the message
    /// goes out from a task of its own.
    pub async fn issue(self: &Arc<Self>, issue: Issue) -> Result<Issued, CallError> {
        self.screen(&issue)?;
        let parts = &self.parts;
        let place = parts.index.recipient(&issue.recipient.number);
        let event = self.issue_event(&issue);
        let charges = match issue.recipient.test_code {
            Some(_) => Default::default(),
            // Charged for the call, not for its name: one name may serve many recipients, and a
            // retry is answered from the record before anything is charged.
            None => parts.shared_limits.charges(
                &parts.index,
                OperationId(parts.entropy.bytes()),
                &issue.caller,
                &issue.subject,
                issue.client_ip,
            ),
        };
        // A test number's code has its own length, whatever the policy says.
        let fixed = issue.recipient.test_code;
        let digits = fixed.as_ref().map(Code::length);
        let with = With { fixed, charges, ..With::default() };
        match self.apply(place, Event::Issue(Box::new(event)), with).await? {
            Answer::Issued(issued) => {
                Ok(Issued { length: digits.unwrap_or(issued.length), ..issued })
            }
            Answer::Refused(refusal) => Err(CallError::Refused(refusal)),
            _ => Err(Fault::Contended.into()),
        }
    }

    /// Turns away numbers to which nothing is sent. No record tells of it, so each hit is noted for an event.
    fn screen(self: &Arc<Self>, issue: &Issue) -> Result<(), CallError> {
        let recipient = &issue.recipient;
        let hits = self.parts.screens.hits(&recipient.number);
        let hits = hits.filter(|_| recipient.test_code.is_none());
        for (screen, enforced) in hits {
            self.note_screened(issue, screen, enforced);
            if enforced {
                metrics::limited(screen.as_str());
                return Err(CallError::Screened(screen));
            }
            metrics::observed(screen.as_str());
        }
        Ok(())
    }

    /// Whether a message of it may be one that can't show the payment whole, so that the app has to.
    pub fn is_shown_by_the_app(&self, issue: &Issue) -> bool {
        let Some(transaction) = &issue.transaction else { return false };
        let policy = self.parts.rules.policy(issue.purpose);
        let channels = issue.channel.as_ref().map_or(&policy.plan[..], slice::from_ref);
        let (details, language) = (transaction.details(), &issue.language);
        let shows = |&by| self.roads.show(by, &details, language, policy.length);
        !channels.iter().all(shows)
    }

    fn issue_event(&self, issue: &Issue) -> event::Issue {
        let parts = &self.parts;
        let number = &issue.recipient.number;
        let place = parts.index.recipient(number);
        let mut entropy = parts.entropy.clone();
        let new_id = parts.index.challenge_id(&place, &mut entropy);
        let sealed = parts.keyring.seal_number(number, &place, &mut entropy);
        let details = |transaction: &Transaction| {
            parts.keyring.seal_details(&transaction.details(), &new_id, &mut entropy)
        };
        event::Issue {
            operation: self.issue_operation(issue),
            named: !issue.idempotency_key.is_empty(),
            flow: FlowKey {
                caller: issue.caller.clone(),
                purpose: issue.purpose,
                subject: issue.subject.clone(),
            },
            new_id,
            number: sealed,
            masked: number.masked(),
            destination: parts.tolls.destination(&parts.index, number),
            transaction: issue.transaction.as_ref().map(|t| parts.index.transaction_tag(t)),
            details: issue.transaction.as_ref().map(details),
            language: issue.language.clone(),
            channel: issue.channel,
            test: issue.recipient.test_code.is_some(),
            key_id: parts.keyring.writing().to_owned(),
        }
    }

    /// Recognises a retry with the same fields.
    fn issue_operation(&self, issue: &Issue) -> Operation {
        let address = issue.client_ip.map(|ip| ip.to_string()).unwrap_or_default();
        let transaction = issue.transaction.as_ref().map(Transaction::bytes).unwrap_or_default();
        let fields: [&[u8]; 6] = [
            &[issue.purpose as u8],
            issue.subject.as_bytes(),
            address.as_bytes(),
            issue.language.as_bytes(),
            &transaction,
            &[issue.channel.map_or(0, |channel| channel as u8)],
        ];
        self.operation("issue", &issue.caller, &issue.idempotency_key, &fields)
    }
}
