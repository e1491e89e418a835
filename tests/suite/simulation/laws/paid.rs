//! What text messages are charged by the rules against toll fraud.

use std::collections::HashSet;

use pombo::store::Charge;

use super::Law::Paid;
use crate::simulation::{
    bill::{Bill, Item, Mark, Text},
    town::Town,
    witness::Written,
};

impl Town {
    /// Takes in the text messages of a commit.
    pub(super) fn note_texts(&self, written: &Written) {
        self.bill().note(&self.index, &written.before, &written.after);
    }

    /// What stands charged now.
    fn charged(&self) -> HashSet<Mark> {
        self.memory.charged().into_iter().collect()
    }

    /// Whether what a charge is for stands charged.
    pub fn stands(&self, charge: &Charge) -> bool {
        self.charged().contains(&(charge.counter, charge.operation))
    }

    /// Takes in what became of a charge, before which it stood or did not.
    pub fn note_charge(&self, charge: &Charge, stood: bool) {
        let mut bill = self.bill();
        if !bill.has(&charge.counter) {
            return;
        }
        let what = match (charge.cost > 0, stood, self.stands(charge)) {
            (true, _, false) => "charge refused",
            (true, true, true) => "text charged already",
            (true, false, true) => "text charged",
            (false, true, true) => "charge held by another",
            (false, true, false) if charge.holder.is_some() => "charge given back",
            (false, true, false) => "text given back",
            (false, false, _) => "nothing to give back",
        };
        self.tally.raise(what);
        if charge.cost > 0 && self.stands(charge) {
            bill.note_mark((charge.counter, charge.operation), self.now());
        }
    }

    /// A try of a text message starts: by now it is charged.
    pub(super) fn judge_price(&self, text: &Text) {
        let (mut bill, charged) = (self.bill(), self.charged());
        let Some(item) = bill.items.get_mut(text) else { return };
        self.tally.raise(if text.again { "text tried again" } else { "text tried" });
        item.is_tried = true;
        let item = &bill.items[text];
        self.judge_item(&bill, text, item, &charged);
    }

    /// What may have gone out stays charged, whatever became of other work at the same message.
    pub(super) fn judge_charges(&self) {
        if self.tolls.is_on() {
            let (bill, charged) = (self.bill(), self.charged());
            let tried = bill.items.iter().filter(|(_, item)| item.is_tried);
            tried.for_each(|(text, item)| self.judge_item(&bill, text, item, &charged));
        }
    }

    fn judge_item(&self, bill: &Bill, text: &Text, item: &Item, charged: &HashSet<Mark>) {
        let now = self.now();
        for (rule, mark) in &item.marks {
            let is_owed = self.tolls.enforced.contains(rule) && item.is_charged_by(*rule);
            let holds = !is_owed || charged.contains(mark) || !bill.is_recent(mark, now);
            self.court
                .require(Paid, holds, || format!("{rule:?} does not charge {text:?}: {item:?}"));
        }
    }

    /// In the end nothing else is charged. Where calls to the store are lost and replicas die, it may be: on
    /// the safe side, and for a day.
    pub(super) fn judge_leftovers(&self) {
        let (bill, charged) = (self.bill(), self.charged());
        let ours: HashSet<_> = bill
            .items
            .values()
            .flat_map(|item| {
                let marks = item.marks.iter().filter(|(rule, _)| item.is_charged_by(*rule));
                marks.map(|(_, mark)| *mark)
            })
            .collect();
        let others = charged.iter().filter(|mark| bill.has(&mark.0) && !ours.contains(mark));
        for mark in others {
            self.tally.raise("charge left behind");
            self.court.require(Paid, !self.is_gentle, || {
                format!("{} is charged for nothing", bill.name(mark))
            });
        }
    }
}
