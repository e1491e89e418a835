//! How often each kind of thing happened.

use std::collections::BTreeMap;

use crate::otp::{
    event::{Answer, Fact, FactKind, Refusal, Transition},
    kinds::{ConclusionReason, DeliveryStatus, FlowOutcome, Route, VerifyOutcome},
};

/// Each kind, and how often it must happen in the run with the fixed seed.
const LEAST: u32 = 10;

#[derive(Default)]
pub struct Tally(BTreeMap<String, u32>);

impl Tally {
    pub fn count(&mut self, transition: &Transition) {
        for fact in &transition.facts {
            self.raise(fact_name(fact));
        }
        match &transition.answer {
            Answer::Refused(refusal) => self.raise(refusal_name(refusal)),
            Answer::Guessed(guessed) if guessed.replayed => self.raise("answer replayed".into()),
            Answer::Guessed(guessed) => {
                self.raise(format!("answer {}", guessed.outcome.as_str()));
            }
            Answer::Issued(issued) => self.raise(format!(
                "answer issued, {}, {}",
                if issued.reused { "reused" } else { "new" },
                if issued.message_sent { "sent" } else { "silent" },
            )),
            Answer::Resent(_) => self.raise("answer resent".into()),
            Answer::Challenge(_) => self.raise("answer challenge".into()),
            Answer::News(_) => self.raise("answer news".into()),
            Answer::Noted => self.raise("answer noted".into()),
            Answer::Ignored => self.raise("answer ignored".into()),
        }
    }

    pub fn raise(&mut self, name: String) {
        *self.0.entry(name).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (name, times) in &other.0 {
            *self.0.entry(name.clone()).or_default() += times;
        }
    }

    // The table is what this test is run for.
    #[allow(clippy::print_stdout)]
    pub fn print(&self) {
        for (name, times) in &self.0 {
            println!("{times:>7}  {name}");
        }
    }

    pub fn assert_complete(&self) {
        let rare: Vec<_> = expected()
            .filter(|name| self.0.get(name).copied().unwrap_or_default() < LEAST)
            .collect();
        assert!(rare.is_empty(), "happened less than {LEAST} times: {rare:?}");
    }
}

fn expected() -> impl Iterator<Item = String> {
    let statuses =
        DeliveryStatus::ALL.iter().map(|status| format!("fact delivery {}", status.as_str()));
    let conclusions =
        ConclusionReason::ALL.iter().map(|reason| format!("fact concluded {}", reason.as_str()));
    let outcomes = VerifyOutcome::ALL.iter().map(|outcome| format!("answer {}", outcome.as_str()));
    let reports = FlowOutcome::ALL.iter().map(|outcome| format!("fact flow {}", outcome.as_str()));
    let falls =
        [Route::Refused, Route::Failed, Route::Undelivered, Route::Unread, Route::Unverified];
    let falls = falls.map(|route| format!("fact fell back {}", route.as_str()));
    let others = [
        "fact issued",
        "fact taken over",
        "fact guess counted",
        "fact locked",
        "answer issued, new, sent",
        "answer issued, reused, sent",
        "answer issued, reused, silent",
        "answer resent",
        "answer replayed",
        "answer challenge",
        "answer noted",
        "answer news",
        "fact changed sender",
        "fact text withheld",
        "fact text noted",
        "settled, Some(Verified)",
        "settled, Some(Unverified)",
        "settled, Some(EndedEarly)",
        "settled, None",
        "refused prefix_budget",
        "sent by a detour",
        "sent by a closed road",
        "told what became of a code",
        "answer ignored",
        "refused recipient",
        "refused subject",
        "refused resend_wait",
        "refused locked",
        "refused not found",
        "refused concluded",
        "refused no message left",
        "refused no sender",
        "refused key reused",
        "refused transaction missing",
        "refused transaction unexpected",
        "refused time out of range",
        "repeat answered alike",
        "alarm on time",
        "alarm early",
        "clock behind",
        "challenge forgotten",
        "code drawn again",
    ];
    statuses
        .chain(conclusions)
        .chain(outcomes)
        .chain(reports)
        .chain(falls)
        .chain(others.map(str::to_owned))
}

fn fact_name(fact: &Fact) -> String {
    match &fact.kind {
        FactKind::Issued => "fact issued".into(),
        FactKind::Delivery { status, .. } => format!("fact delivery {}", status.as_str()),
        FactKind::TakenOver { .. } => "fact taken over".into(),
        FactKind::FellBack { reason, .. } => format!("fact fell back {}", reason.as_str()),
        FactKind::ChangedSender { .. } => "fact changed sender".into(),
        FactKind::TextWithheld { enforced: true, .. } => "fact text withheld".into(),
        FactKind::TextWithheld { enforced: false, .. } => "fact text noted".into(),
        FactKind::GuessCounted { .. } => "fact guess counted".into(),
        FactKind::Locked { .. } => "fact locked".into(),
        FactKind::Concluded { reason, .. } => format!("fact concluded {}", reason.as_str()),
        FactKind::FlowReported(outcome) => format!("fact flow {}", outcome.as_str()),
    }
}

fn refusal_name(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Limited { limit, .. } => format!("refused {}", limit.as_str()),
        Refusal::NotFound => "refused not found".into(),
        Refusal::Concluded(_) => "refused concluded".into(),
        Refusal::NoMessageLeft => "refused no message left".into(),
        Refusal::NoSender(_) => "refused no sender".into(),
        Refusal::KeyReused => "refused key reused".into(),
        Refusal::TransactionMissing => "refused transaction missing".into(),
        Refusal::TransactionUnexpected => "refused transaction unexpected".into(),
        Refusal::TimeOutOfRange => "refused time out of range".into(),
    }
}
