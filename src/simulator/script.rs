//! The fates that a test has scripted, by number and channel; all others follow their last two digits.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use super::{
    behaviour::{Behaviour, Fate},
    inbox::Channel,
};

#[derive(Default)]
pub(crate) struct Script(Mutex<HashMap<(String, Channel), VecDeque<Fate>>>);

impl Script {
    pub fn set(&self, to: &str, channel: Channel, fates: impl IntoIterator<Item = Fate>) {
        let fates = fates.into_iter().collect();
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.insert((to.to_owned(), channel), fates);
    }

    /// The fate of the next message; the last one scripted is never used up.
    pub fn next(&self, to: &str, channel: Channel) -> Fate {
        self.scripted(to, channel).unwrap_or_else(|| {
            let behaviour = Behaviour::of(to);
            match channel {
                Channel::WhatsApp => behaviour.whatsapp,
                Channel::Sms => behaviour.sms,
            }
        })
    }

    fn scripted(&self, to: &str, channel: Channel) -> Option<Fate> {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fates = book.get_mut(&(to.to_owned(), channel))?;
        if fates.len() > 1 { fates.pop_front() } else { fates.front().cloned() }
    }
}
