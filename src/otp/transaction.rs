//! The payment that a code approves (PSD2 RTS article 5: this amount, this payee, no other).

/// A payment as the caller describes it. Checked and in one canonical form, so that `10.50` and
/// `10.5` are the same amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Decimal number with a point.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// Who is paid.
    pub payee: String,
    /// The caller's own reference, may be empty.
    pub reference: String,
}

/// What of a payment its message shows. Kept sealed, and only while the challenge is live.
#[derive(Clone, PartialEq, Eq)]
pub struct Details {
    /// Decimal number with a point, in its shortest form.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// Who is paid, as the caller wrote it.
    pub payee: String,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details(hidden)")
    }
}

impl Details {
    /// One text, to be sealed. No field has a line break in it.
    pub fn to_text(&self) -> String {
        [&*self.amount, &self.currency, &self.payee].join("\n")
    }

    /// Reads back what [`to_text`](Self::to_text) wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut fields = text.splitn(3, '\n').map(str::to_owned);
        let (amount, currency) = (fields.next()?, fields.next()?);
        Some(Self { amount, currency, payee: fields.next()? })
    }
}

/// Longest amount, in characters.
pub const MAX_AMOUNT: usize = 20;
/// Longest payee or reference, in characters.
pub const MAX_TEXT: usize = 140;

impl Transaction {
    /// Checks every field; returns all complaints as (field, what is wrong).
    pub fn parse(
        amount: &str,
        currency: &str,
        payee: &str,
        reference: &str,
    ) -> Result<Self, Vec<(&'static str, &'static str)>> {
        let canonical = canonical_amount(amount);
        let faults: Vec<_> = [
            (canonical.is_none(), "amount", "must be a decimal number without sign or grouping, like 1234.50, of at most 20 characters"),
            (!is_currency(currency), "currency", "must be an ISO 4217 code: three capital letters, like BRL"),
            (!is_text(payee, 1), "payee", "must have 1 to 140 characters and no control characters"),
            (!is_text(reference, 0), "reference", "must have at most 140 characters and no control characters"),
        ]
        .into_iter()
        .filter_map(|(wrong, field, complaint)| wrong.then_some((field, complaint)))
        .collect();
        match canonical {
            Some(amount) if faults.is_empty() => Ok(Self {
                amount,
                currency: currency.to_owned(),
                payee: payee.to_owned(),
                reference: reference.to_owned(),
            }),
            _ => Err(faults),
        }
    }

    /// What of it a message shows.
    pub fn details(&self) -> Details {
        let Self { amount, currency, payee, .. } = self.clone();
        Details { amount, currency, payee }
    }

    /// The fields, each with its length, so that no two payments look alike.
    pub fn bytes(&self) -> Vec<u8> {
        [&self.amount, &self.currency, &self.payee, &self.reference]
            .into_iter()
            .flat_map(|field| {
                let length = (field.len() as u32).to_be_bytes();
                length.into_iter().chain(field.bytes())
            })
            .collect()
    }
}

fn canonical_amount(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.len() > MAX_AMOUNT || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    Some(match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    })
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_text(text: &str, least: usize) -> bool {
    (least..=MAX_TEXT).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && (least == 0 || !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_has_one_form() {
        let amount = |text| canonical_amount(text);
        assert_eq!(amount("0010.50"), amount("10.5"));
        assert_eq!(amount("10"), amount("10.00"));
        assert_ne!(amount("10.5"), amount("10.05"));
        for text in ["", "-1", "1,50", "1.", ".5", "1e3", "1.2.3", "123456789012345678901"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    #[test]
    fn every_fault_is_named() {
        let faults = Transaction::parse("x", "brl", "", "\u{7}").unwrap_err();
        let fields: Vec<_> = faults.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["amount", "currency", "payee", "reference"]);
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let one = Transaction::parse("1", "BRL", "ab", "c").unwrap();
        let other = Transaction::parse("1", "BRL", "a", "bc").unwrap();
        assert_ne!(one.bytes(), other.bytes());
    }
}
