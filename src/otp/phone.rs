//! Phone numbers: E.164, checked by libphonenumber's rules, masked wherever they are shown.

use std::{fmt, sync::PoisonError};

use phonenumber::{
    Metadata, Mode, Type,
    metadata::{DATABASE, Descriptor},
};

use super::country::Country;

/// Why a text is not a phone number that a code can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Not `+` and 8 to 15 digits.
    #[error("must be an E.164 number: + and 8 to 15 digits, like +5511987654321")]
    Shape,
    /// No operator has numbers like it.
    #[error("is not a number that any country assigns; check its country code and length")]
    Unassigned,
}

/// A number that may be called, in E.164 form.
///
/// `Debug` and `Display` show [`masked`](Self::masked) only; [`e164`](Self::e164) is for the sender
/// that must know it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    e164: String,
    calling_code_digits: usize,
    country: Country,
    tariff: Tariff,
}

/// What a call to a number costs by its country's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tariff {
    /// What any number does.
    Usual,
    /// More, and its owner gets it.
    PremiumRate,
    /// More, shared between both ends.
    SharedCost,
}

impl PhoneNumber {
    /// Parses an E.164 number and checks it against the numbering plan of its country.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        check_shape(text)?;
        let number = phonenumber::parse(None, text).map_err(|_| PhoneError::Unassigned)?;
        // One phone, one spelling: a trunk zero after the country code would make a second record.
        let canonical = number.format().mode(Mode::E164).to_string();
        if !is_assigned(&number) || canonical != text {
            return Err(PhoneError::Unassigned);
        }
        Ok(Self::from_parts(text, &number))
    }

    /// Takes a configured test number, which need not exist in any country's plan.
    pub fn parse_test_number(text: &str) -> Result<Self, PhoneError> {
        check_shape(text)?;
        Ok(match phonenumber::parse(None, text) {
            Ok(number) => Self::from_parts(text, &number),
            Err(_) => {
                let (e164, country) = (text.to_owned(), Country::UNKNOWN);
                Self { e164, calling_code_digits: 0, country, tariff: Tariff::Usual }
            }
        })
    }

    fn from_parts(text: &str, number: &phonenumber::PhoneNumber) -> Self {
        let national = number.national().to_string();
        let plan = plan_of(number.code().value(), &national);
        Self {
            e164: text.to_owned(),
            calling_code_digits: number.code().value().to_string().len(),
            country: plan.map_or(Country::UNKNOWN, |plan| Country::new(plan.id())),
            tariff: plan.map_or(Tariff::Usual, |plan| tariff(plan, &national)),
        }
    }

    /// The whole number, `+` and digits.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The country whose plan the number belongs to.
    pub fn country(&self) -> Country {
        self.country
    }

    /// What a call to it costs.
    pub fn tariff(&self) -> Tariff {
        self.tariff
    }

    /// The number with all but its country code and last two digits hidden: `+55*********21`.
    pub fn masked(&self) -> String {
        let digits = self.e164.len() - 1;
        let shown = self.calling_code_digits.min(digits - 2);
        let hidden = digits - shown - 2;
        format!(
            "{}{}{}",
            &self.e164[..=shown],
            "*".repeat(hidden),
            &self.e164[1 + shown + hidden..]
        )
    }
}

fn is_assigned(number: &phonenumber::PhoneNumber) -> bool {
    let national = number.national().to_string();
    let plan = plan_of(number.code().value(), &national);
    plan.is_some_and(|plan| KINDS.iter().any(|kind| is_of(plan, *kind, &national)))
}

/// The plan that a number belongs to, of those that share its calling code: by its digits as they are, with the
/// zeros in front that some have (Italy's, Niger's). The library's own answer goes by another number, without
/// them.
fn plan_of(code: u16, national: &str) -> Option<&'static Metadata> {
    let mut plans = DATABASE.by_code(&code)?;
    if plans.len() == 1 {
        return plans.pop();
    }
    plans.into_iter().find(|plan| match plan.leading_digits() {
        Some(first) => first.find(national).is_some_and(|found| found.start() == 0),
        None => KINDS.iter().any(|kind| is_of(plan, *kind, national)),
    })
}

fn tariff(plan: &Metadata, national: &str) -> Tariff {
    // In the library's order: of a number that is of several kinds the first holds.
    let tariffs = [
        (Type::PremiumRate, Tariff::PremiumRate),
        (Type::TollFree, Tariff::Usual),
        (Type::SharedCost, Tariff::SharedCost),
    ];
    let first = tariffs.into_iter().find(|(kind, _)| is_of(plan, *kind, national));
    first.map_or(Tariff::Usual, |(_, tariff)| tariff)
}

fn is_of(plan: &Metadata, kind: Type, national: &str) -> bool {
    let (all, of_kind) = (plan.descriptors().general(), plan.descriptors().get(kind));
    is_like(all, national) && of_kind.is_some_and(|numbers| is_like(numbers, national))
}

/// Whether all of a number is like these: the library is content if it begins like them.
fn is_like(numbers: &Descriptor, national: &str) -> bool {
    let whole = || {
        let pattern = format!("^(?:{})$", numbers.national_number().as_str());
        let cache = DATABASE.cache();
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        // All digits are ASCII's: so it takes little to be made ready.
        let pattern =
            cache.configure(&pattern, |builder| builder.ignore_whitespace(true).unicode(false));
        pattern.is_ok_and(|pattern| pattern.is_match(national))
    };
    numbers.is_match(national) && whole()
}

/// The kinds of numbers that a plan may have.
const KINDS: [Type; 10] = [
    Type::FixedLine,
    Type::Mobile,
    Type::TollFree,
    Type::PremiumRate,
    Type::SharedCost,
    Type::PersonalNumber,
    Type::Voip,
    Type::Pager,
    Type::Uan,
    Type::Voicemail,
];

fn check_shape(text: &str) -> Result<(), PhoneError> {
    let digits = text.strip_prefix('+').ok_or(PhoneError::Shape)?;
    let plausible = (8..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    plausible.then_some(()).ok_or(PhoneError::Shape)
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_country_and_last_two_digits_only() {
        let number = PhoneNumber::parse("+5511987654321").unwrap();
        assert_eq!(format!("{number}"), "+55*********21");
        assert_eq!(format!("{number:?}"), "+55*********21");
        assert_eq!(number.country().as_str(), "BR");
    }

    #[test]
    fn a_number_of_no_plan_is_refused() {
        for text in
            ["", "5511987654321", "+55 11 98765-4321", "+0123456789", "+551", "+55１１987654321"]
        {
            assert_eq!(PhoneNumber::parse(text), Err(PhoneError::Shape), "{text}");
        }
        for text in ["+5511111", "+99912345678", "+15550100001", "+55011987654321"] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_plans_own_examples_are_assigned() {
        for plan in DATABASE.iter() {
            let kinds = [Type::FixedLine, Type::Mobile].map(|kind| plan.descriptors().get(kind));
            for example in kinds.into_iter().flatten().filter_map(Descriptor::example) {
                let text = format!("+{}{example}", plan.country_code());
                let parsed = PhoneNumber::parse(&text);
                let is_short = text.len() < "+12345678".len();
                assert_eq!(parsed.is_err(), is_short, "{}: {text}", plan.id());
            }
        }
    }

    #[test]
    fn a_number_that_only_begins_like_one_is_refused() {
        for text in ["+601293456789", "+96712345678", "+3161512345678", "+39010212345678"] {
            assert_eq!(PhoneNumber::parse(text), Err(PhoneError::Unassigned), "{text}");
        }
    }

    #[test]
    fn a_national_number_may_begin_with_a_zero() {
        let known = |text| {
            let number = PhoneNumber::parse(text).unwrap();
            (number.country().as_str().to_owned(), number.tariff())
        };
        assert_eq!(known("+390612345678"), ("IT".to_owned(), Tariff::Usual));
        assert_eq!(known("+39087812345"), ("IT".to_owned(), Tariff::PremiumRate));
        assert_eq!(known("+22709123456"), ("NE".to_owned(), Tariff::PremiumRate));
        assert_eq!(known("+2250712345678"), ("CI".to_owned(), Tariff::Usual));
        assert_eq!(known("+80012345678"), (String::new(), Tariff::Usual));
    }

    #[test]
    fn a_test_number_need_not_exist() {
        let number = PhoneNumber::parse_test_number("+15550100001").unwrap();
        assert_eq!(number.masked(), "+1********01");
    }
}
