//! How a payment is written in a message: an amount that can't be misread, and a payee that can't
//! pass for anything but a name. Whoever starts a payment chooses the payee's name, and may not be
//! who gets the message.

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::words::Marks;
use crate::otp::transaction::Details;

/// Fewest characters of a payee that still tell who it is.
pub const LEAST_PAYEE: usize = 10;

/// Digits of a payee that stay in sight where there are more: fewer than any code has.
const SHOWN_DIGITS: usize = 3;

/// ISO 4217: currencies without a minor unit, and those with another than a hundredth.
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";
const TEN_THOUSANDTHS: &str = "CLF UYW";

/// The amount with its currency: `1,250.00 BRL`.
pub fn amount(details: &Details, marks: Marks) -> String {
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

/// The payee's name, with nothing in it that a phone takes for a link, a code or a line of its own;
/// empty if nothing is left.
pub fn payee(name: &str) -> String {
    let visible = name.chars().map(narrow).filter(|&c| !is_invisible(c));
    let plain: String = visible.map(|c| if is_plain(c) { c } else { ' ' }).collect();
    // A point with a letter behind it makes a link; "S. A." is as good a name as "S.A.".
    let apart = without_codes(&plain.replace('.', ". "));
    let name = apart.split_whitespace().collect::<Vec<_>>().join(" ");
    name.trim_matches(['.', ',', ' ']).to_owned()
}

/// How a name is written with all of its letters and digits, if it can be.
pub fn whole(name: &str) -> Option<[String; 2]> {
    let payee = payee(name);
    let letters = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).count();
    let plain = without_accents(&payee).unwrap_or_else(|| payee.clone());
    (!payee.is_empty() && letters(&payee) == letters(name)).then_some([payee, plain])
}

/// The name whole, then without accents, then ever shorter, each with an ellipsis for either alphabet.
pub fn spellings(payee: &str) -> impl Iterator<Item = String> {
    let plain = without_accents(payee).unwrap_or_else(|| payee.to_owned());
    let letters: Vec<char> = plain.chars().collect();
    let cuts = (LEAST_PAYEE..letters.len()).rev();
    let shorter = cuts.map(move |length| letters[..length].iter().collect::<String>());
    let ends = shorter.flat_map(|start| ["…", "..."].map(|end| start.trim_end().to_owned() + end));
    [payee.to_owned(), plain].into_iter().chain(ends)
}

/// As text messages in Portuguese spell names: an ã alone would leave the message 70 characters of
/// 160. Only where letters of ASCII are left; in other scripts the marks are the vowels.
fn without_accents(name: &str) -> Option<String> {
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(name);
    let letters: String = apart.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    letters.is_ascii().then_some(letters)
}

/// ASCII for the wide forms that East Asian keyboards write: a wide @ is an @ to some phones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Changes the direction of a text, or hides in it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What names are written with. All other letters and marks than ASCII's are, but for points,
/// slashes and ends of lines.
fn is_plain(c: char) -> bool {
    match c {
        '\u{2024}'..='\u{2029}' | '\u{2044}' | '\u{2215}' | '\u{3002}' | '\u{ff61}' => false,
        c if c.is_ascii() => c.is_ascii_alphanumeric() || ".,-&'()+".contains(c),
        c => !c.is_control(),
    }
}

/// Of digits that could be a code, however they are spaced, the last three stay: `*321`.
fn without_codes(name: &str) -> String {
    let (mut shown, mut rest) = (String::new(), name);
    while let Some(start) = rest.find(char::is_numeric) {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|c: char| !c.is_numeric() && !" .,-()+".contains(c));
        let run = tail[..end.unwrap_or(tail.len())].trim_end_matches(|c: char| !c.is_numeric());
        let digits: Vec<_> = run.chars().filter(|c| c.is_numeric()).collect();
        shown += before;
        match digits.len().checked_sub(SHOWN_DIGITS) {
            Some(hidden @ 1..) => shown.extend(["*".to_owned(), digits[hidden..].iter().collect()]),
            _ => shown += run,
        }
        rest = &tail[run.len()..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(amount: &str, currency: &str, marks: Marks) -> String {
        let payment = Details {
            amount: amount.to_owned(),
            currency: currency.to_owned(),
            payee: String::new(),
        };
        super::amount(&payment, marks)
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
            assert_eq!(written(amount, currency, marks), text);
        }
    }

    #[test]
    fn a_name_stays_a_name() {
        for name in [
            "João d'Ávila & Filhos",
            "Padaria 24 Horas",
            "रमेश कुमार",
            "مریم‌سادات",
            "ร้านกาแฟ",
            "株式会社",
        ] {
            assert_eq!(payee(name), name);
        }
        assert_eq!(payee("Banco S.A."), "Banco S. A");
    }

    #[test]
    fn a_name_can_not_pass_for_a_link_a_code_or_a_line() {
        for (name, shown) in [
            ("Call us: http://evil.example/x?y=1", "Call us http evil. example x y 1"),
            ("evil。example", "evil example"),
            ("evil．example", "evil. example"),
            ("@evil.example #123456", "evil. example *456"),
            ("＠evil ＃1２3４", "evil *234"),
            ("x\u{2028}@evil.example #1", "x evil. example 1"),
            ("\u{202e}moc.live\u{202c}", "moc. live"),
            ("your code is 123-456", "your code is *456"),
            ("1 2 3 4 5 6", "*456"),
            ("١٢٣٤٥٦", "*٤٥٦"),
            ("12\u{200b}34\u{2060}56", "*456"),
            ("{code} {brand}", "code brand"),
            ("@#/", ""),
        ] {
            assert_eq!(payee(name), shown, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_loses_its_accents_and_ends_in_an_ellipsis() {
        let mut all: Vec<_> = spellings("Padaria São João").collect();
        assert_eq!(all[..3], ["Padaria São João", "Padaria Sao Joao", "Padaria Sao Joa…"]);
        assert_eq!(all.pop().unwrap(), "Padaria Sa...");
        assert_eq!(spellings("रमेश कुमार जी").nth(1).unwrap(), "रमेश कुमार जी");
        assert_eq!(spellings("Ana").collect::<Vec<_>>(), ["Ana"; 2]);
    }
}
