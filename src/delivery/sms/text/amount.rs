//! How an amount is written in a message, so that it can't be misread.

use super::words::Marks;
use crate::otp::transaction::Details;

/// ISO 4217: currencies without a minor unit, and those with another than a hundredth.
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";
const TEN_THOUSANDTHS: &str = "CLF UYW";

/// With its currency: `1,250.00 BRL`.
pub fn written(details: &Details, marks: Marks) -> String {
    let (group, point) = match marks {
        Marks::Point => (',', '.'),
        Marks::Comma => ('.', ','),
        Marks::Blank => (' ', ','),
    };
    let (whole, fraction) = details.amount.split_once('.').unwrap_or((&details.amount, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    let fraction = format!("{fraction:0<width$}", width = decimals(&details.currency));
    if !fraction.is_empty() {
        text.push(point);
    }
    text + &fraction + " " + &details.currency
}

fn decimals(currency: &str) -> usize {
    let units = [(WHOLE, 0), (THOUSANDTHS, 3), (TEN_THOUSANDTHS, 4)];
    let found = units.iter().find(|(currencies, _)| currencies.contains(currency));
    found.map_or(2, |(_, decimals)| *decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(amount: &str, currency: &str, marks: Marks) -> String {
        let payment = Details {
            amount: amount.to_owned(),
            currency: currency.to_owned(),
            payee: String::new(),
        };
        written(&payment, marks)
    }

    #[test]
    fn amounts_are_written_as_their_currency_and_their_reader_are_used_to() {
        for (amount, currency, marks, text) in [
            ("1250", "BRL", Marks::Point, "1,250.00 BRL"),
            ("1250.5", "BRL", Marks::Comma, "1.250,50 BRL"),
            ("1234567.89", "EUR", Marks::Blank, "1 234 567,89 EUR"),
            ("0.5", "USD", Marks::Point, "0.50 USD"),
            ("999", "USD", Marks::Point, "999.00 USD"),
            ("12500000", "VND", Marks::Comma, "12.500.000 VND"),
            ("1.5", "JPY", Marks::Point, "1.5 JPY"),
            ("1.5", "KWD", Marks::Point, "1.500 KWD"),
            ("0.12345", "EUR", Marks::Comma, "0,12345 EUR"),
        ] {
            assert_eq!(paid(amount, currency, marks), text);
        }
    }
}
