//! What a text message says: the configured words, or the house's own, in one segment if they can.
//!
//! Below the words may stand lines for programs: the hash that lets an Android app read the message
//! (SMS Retriever), then the line that binds the code to a website (WebOTP and iOS). The website's
//! must be the last. Google's page once asked for the hash at the very end; today it only asks for
//! it to be in the message, so with both set an old Play Services may not see its own. Nothing in a
//! call tells which program waits for its message, so both lines stand there where there is room.
//!
//! Where all of it is more than a segment, it is said in less: of a payment first the payee's
//! accents and the end of the name go, then the brand, then the payment itself; of a code the brand, which the
//! website's line tells as well. An app gets nothing that is longer, so beside its hash the website's
//! line goes next. Without an app a second segment is better than a page that waits in vain: a long
//! host beside words in an alphabet of 70 gets one, and the brand stays. The code never goes.

mod wording;

mod words;

mod amount;

mod payee;

mod faults;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::segments;
use crate::{
    delivery::language,
    otp::{Code, transaction::Details},
};
pub use faults::TextFault;
use faults::faults;
use wording::{Wording, codes, payments};
use words::{Marks, WORDS};

/// Most bytes of a message that Android's SMS Retriever looks at. Google does not say bytes of what;
/// as UTF-8, which is what the app gets, a text is never shorter than on its way.
const MAX_RETRIEVER_BYTES: usize = 140;

/// The configured words. `{code}` and `{brand}` are filled in, and of a payment `{amount}` (with its
/// currency) and `{payee}`.
#[derive(Clone, Debug, Default)]
pub struct TextSettings {
    /// Who sends.
    pub brand: String,
    /// For languages that `texts` does not have. Without it, ours.
    pub text: Option<String>,
    /// By BCP 47 tag.
    pub texts: BTreeMap<String, String>,
    /// For payments in languages that `transaction_texts` does not have. Without it, ours, but for
    /// languages whose `text` is not ours: these say of a payment what they say of any code.
    pub transaction_text: Option<String>,
    /// For payments, by BCP 47 tag.
    pub transaction_texts: BTreeMap<String, String>,
    /// The website that a browser may fill the code in on: a host name, no scheme, no port.
    pub web_otp_host: Option<String>,
    /// The 11 characters that name the Android app.
    pub android_hash: Option<String>,
}

/// Texts that are in order: each names its code and fits.
pub struct Texts {
    codes: Wording,
    payments: Wording,
    marks: BTreeMap<String, Marks>,
    android_hash: Option<String>,
    web_otp_host: Option<String>,
}

/// A message that shows a payment.
struct Shown {
    text: Zeroizing<String>,
    /// With nothing cut off or left out of the payee's name. The amount always is all there.
    whole: bool,
}

impl Texts {
    /// Fails with every fault of the settings at once.
    pub fn new(settings: TextSettings) -> Result<Self, Vec<TextFault>> {
        let texts = Self {
            codes: codes(&settings),
            payments: payments(&settings),
            marks: WORDS.iter().map(|words| (words.tag.to_owned(), words.marks)).collect(),
            android_hash: settings.android_hash.clone(),
            web_otp_host: settings.web_otp_host.clone(),
        };
        let faults = faults(&settings, &texts);
        if faults.is_empty() { Ok(texts) } else { Err(faults) }
    }

    /// The message for a code, with the payment that it approves if there is room for it. Its last
    /// line ends without a line break, or it would not be the last.
    pub fn render(
        &self,
        language: &str,
        code: &Code,
        details: Option<&Details>,
    ) -> Zeroizing<String> {
        let digits = code.digits();
        let payment = details.and_then(|details| self.payment(language, digits, details));
        payment.map_or_else(|| self.code(self.codes.of(language), digits), |shown| shown.text)
    }

    /// Whether the message for a code of so many digits shows this payment: its amount, and all letters
    /// and digits of its payee.
    pub fn shows(&self, language: &str, digits: u8, details: &Details) -> bool {
        let shown = self.payment(language, &"0".repeat(digits.into()), details);
        shown.is_some_and(|shown| shown.whole)
    }

    fn marks(&self, language: &str) -> Marks {
        language::choose(&self.marks, language).copied().unwrap_or(Marks::Point)
    }

    /// The first form that fits. If none does, brevity buys nothing.
    fn code(&self, forms: &[String], digits: &str) -> Zeroizing<String> {
        let host = self.web_otp_host.as_deref();
        let whole = forms.iter().map(|words| self.fill(words, digits, host));
        // The app gets nothing of a longer message; the page's reader can still type the code.
        let for_app = forms.iter().filter(|_| self.android_hash.is_some());
        let mut texts = whole.chain(for_app.map(|words| self.fill(words, digits, None)));
        let fit = texts.find(|text| self.fits(text));
        fit.or_else(|| Some(self.fill(forms.first()?, digits, host))).unwrap_or_default()
    }

    /// A message that shows a payment, if any form of it fits.
    fn payment(&self, language: &str, digits: &str, details: &Details) -> Option<Shown> {
        let marks = self.marks(language);
        let mut forms = self.payments.of(language).iter();
        forms.find_map(|words| self.form(words, digits, details, marks))
    }

    /// In these words, with as much of the payee as fits.
    fn form(&self, words: &str, digits: &str, details: &Details, marks: Marks) -> Option<Shown> {
        let words = words.replace("{amount}", &amount::written(details, marks));
        let mut messages = payee::spellings(&details.payee).map(|payee| {
            let words = words.replace("{payee}", &payee.name);
            let text = self.fill(&words, digits, self.web_otp_host.as_deref());
            Shown { text, whole: payee.whole }
        });
        messages.find(|shown| self.fits(&shown.text))
    }

    /// Whether the message is one segment, and one that an Android app gets if one waits for it.
    fn fits(&self, text: &str) -> bool {
        let seen = self.android_hash.is_none() || text.len() <= MAX_RETRIEVER_BYTES;
        seen && segments(text).1 == 1
    }

    /// Words with their code and the lines for programs.
    fn fill(&self, words: &str, digits: &str, host: Option<&str>) -> Zeroizing<String> {
        let mut text = Zeroizing::new(words.replace("{code}", digits));
        if self.android_hash.is_some() || host.is_some() {
            text.push('\n');
        }
        if let Some(hash) = &self.android_hash {
            text.push('\n');
            text.push_str(hash);
        }
        if let Some(host) = host {
            text.push_str("\n@");
            text.push_str(host);
            text.push_str(" #");
            text.push_str(digits);
        }
        text
    }
}

impl TextSettings {
    /// Words with the brand in them.
    fn branded(&self, words: &str) -> String {
        words.trim_end().replace("{brand}", &self.brand)
    }
}
