//! How a payee is written in a message, so that it can't pass for anything but a name. Whoever starts a
//! payment chooses the payee's name, and may not be who gets the message.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Fewest characters of a payee that still tell who it is.
pub const LEAST_PAYEE: usize = 10;

/// Digits of a payee that stay in sight where there are more: fewer than any code has.
const SHOWN_DIGITS: usize = 3;

/// A payee's name, with nothing in it that a phone takes for a link, a code or a line of its own;
/// empty if nothing is left.
fn payee(name: &str) -> String {
    let visible = name.chars().map(narrow).filter(|&c| !is_invisible(c));
    let plain: String = visible.map(|c| if is_plain(c) { c } else { ' ' }).collect();
    // A point with a letter behind it makes a link; "S. A." is as good a name as "S.A.".
    let apart = without_codes(&plain.replace('.', ". "));
    let name = apart.split_whitespace().collect::<Vec<_>>().join(" ");
    match letters(&name) {
        0 => String::new(),
        _ => name.trim_matches(['.', ',', ' ']).to_owned(),
    }
}

/// A payee's name as a message may write it.
pub struct Spelling {
    /// The name.
    pub name: String,
    /// With all its letters and digits.
    pub whole: bool,
}

/// The name whole, then without accents, then ever shorter, each with an ellipsis for either alphabet.
/// Empty if nothing is left of it.
pub fn spellings(name: &str) -> impl Iterator<Item = Spelling> {
    let payee = payee(name);
    let plain = without_accents(&payee).unwrap_or_else(|| payee.clone());
    let kept = letters(&payee) == letters(name);
    let all = [payee, plain.clone()].map(|name| Spelling { name, whole: kept });
    let cut = shorter(&plain).map(|name| Spelling { name, whole: false });
    all.into_iter().chain(cut).filter(|spelling| !spelling.name.is_empty())
}

fn letters(name: &str) -> usize {
    name.chars().filter(|c| c.is_alphanumeric()).count()
}

fn shorter(name: &str) -> impl Iterator<Item = String> + use<> {
    let letters: Vec<char> = name.chars().collect();
    let cuts = (LEAST_PAYEE..letters.len()).rev();
    let starts = cuts.map(move |length| letters[..length].iter().collect::<String>());
    starts.flat_map(|start| ["…", "..."].map(|end| start.trim_end().to_owned() + end))
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

/// Changes the direction of a text, or shows as nothing (U+115F, U+1160, U+3164 and U+FFA0 fill a place in
/// Korean).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// What names are written with. All other letters and marks than ASCII's are, but for points,
/// slashes and ends of lines.
fn is_plain(c: char) -> bool {
    match c {
        '\u{2024}'..='\u{2029}'
        | '\u{2044}'
        | '\u{2215}'
        | '\u{2800}'
        | '\u{3002}'
        | '\u{ff61}' => false,
        c if c.is_ascii() => c.is_ascii_alphanumeric() || ".,-&'()+".contains(c),
        c => !c.is_control(),
    }
}

/// Of digits that could be a code, with whatever but letters between them, the last three stay: `*321`.
fn without_codes(name: &str) -> String {
    let (mut shown, mut rest) = (String::new(), name);
    while let Some(start) = rest.find(char::is_numeric) {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|c: char| c.is_alphabetic() && !c.is_numeric());
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
            ("1\u{200d}2\u{fe0f}\u{20e3}3\u{200c}4", "*234"),
            ("\u{3164}\u{2800}", ""),
            ("\u{200d}\u{fe0f}", ""),
            ("{code} {brand}", "code brand"),
            ("@#/", ""),
        ] {
            assert_eq!(payee(name), shown, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_loses_its_accents_and_ends_in_an_ellipsis() {
        let names = |name| spellings(name).map(|spelling| spelling.name).collect::<Vec<_>>();
        let mut all = names("Padaria São João");
        assert_eq!(all[..3], ["Padaria São João", "Padaria Sao Joao", "Padaria Sao Joa…"]);
        assert_eq!(all.pop().unwrap(), "Padaria Sa...");
        assert_eq!(names("रमेश कुमार जी")[1], "रमेश कुमार जी");
        assert_eq!(names("Ana"), ["Ana"; 2]);
        assert_eq!(names("@#"), [""; 0]);
    }

    #[test]
    fn a_name_is_whole_until_a_letter_or_a_digit_is_missing() {
        let whole = |name| spellings(name).map(|spelling| spelling.whole).collect::<Vec<_>>();
        assert_eq!(whole("São João Ltd"), [true, true, false, false, false, false]);
        assert_eq!(whole("Loja 123456"), [false; 2]);
    }
}
