//! What is said, in which language, and that it is one segment.

use super::{words::Words, *};
use crate::{delivery::sms::Encoding, otp::Transaction};

fn settings() -> TextSettings {
    TextSettings { brand: "Pombo".to_owned(), ..TextSettings::default() }
}

fn code() -> Code {
    Code::parse("123456").unwrap()
}

fn say(settings: TextSettings, language: &str) -> String {
    Texts::new(settings).unwrap().render(language, &code(), None).to_string()
}

fn pay(settings: TextSettings, language: &str, amount: &str, payee: &str) -> String {
    let payment = Transaction::parse(amount, "BRL", payee, "").unwrap().details();
    Texts::new(settings).unwrap().render(language, &code(), Some(&payment)).to_string()
}

fn texts<const N: usize>(texts: [(&str, &str); N]) -> BTreeMap<String, String> {
    texts.map(|(tag, text)| (tag.to_owned(), text.to_owned())).into()
}

#[test]
fn thirty_languages_come_with_the_house() {
    assert_eq!(say(settings(), "en-GB"), "123456 is your Pombo code.");
    assert_eq!(say(settings(), "pt-BR"), "Seu codigo Pombo: 123456");
    assert_eq!(say(settings(), "iw"), "123456 הוא הקוד שלך ב-Pombo.");
    assert_eq!(say(settings(), "tl-PH"), "123456 ang iyong Pombo code.");
    for unknown in ["", "sq"] {
        assert_eq!(say(settings(), unknown), "123456 is your Pombo code.");
    }
}

#[test]
fn own_words_come_before_ours() {
    let own = || TextSettings { text: Some("{brand} {code}".to_owned()), ..settings() };
    assert_eq!(say(own(), "pt"), "Pombo 123456");
    let german =
        TextSettings { texts: [("de".to_owned(), "Code {code}".to_owned())].into(), ..settings() };
    assert_eq!(say(german.clone(), "de-AT"), "Code 123456");
    assert_eq!(say(german, "pt"), "Seu codigo Pombo: 123456");
    let portuguese = TextSettings {
        texts: [("pt_BR".to_owned(), "Use {code}".to_owned())].into(),
        ..settings()
    };
    assert_eq!(say(portuguese.clone(), "pt-BR"), "Use 123456");
    assert_eq!(say(portuguese, "pt-PT"), "Seu codigo Pombo: 123456");
}

#[test]
fn the_website_is_bound_by_the_last_line() {
    let web = TextSettings { web_otp_host: Some("otp.example.com".to_owned()), ..settings() };
    assert_eq!(say(web.clone(), "en"), "123456 is your Pombo code.\n\n@otp.example.com #123456");
    let both = TextSettings { android_hash: Some("K8a/AINcGX7".to_owned()), ..web };
    assert_eq!(
        say(both.clone(), "en"),
        "123456 is your Pombo code.\n\nK8a/AINcGX7\n@otp.example.com #123456"
    );
    let app = TextSettings { web_otp_host: None, text: Some("{code}\n".to_owned()), ..both };
    assert_eq!(say(app, "en"), "123456\n\nK8a/AINcGX7");
}

/// The longest that can be configured, and of a host the longest that is likely.
const BRAND: &str = "Cooperativa de Credito dos Pombos do Sul";
const HOST: &str = "verify.cooperativadospombos.coop";
const CODE: &str = "0123456789";

#[test]
#[allow(clippy::print_stdout)]
fn our_words_are_one_segment_with_the_longest_code_and_brand() {
    let texts = |brand: &str, host: Option<&str>| {
        let web_otp_host = host.map(str::to_owned);
        Texts::new(TextSettings { brand: brand.to_owned(), web_otp_host, ..settings() }).unwrap()
    };
    // A brand in letters of its own leaves any language 70 characters.
    let (wide, code) = (BRAND.replace('e', "é").replace('o', "ó"), Code::parse(CODE).unwrap());
    let (latin, accented, web) = (texts(BRAND, None), texts(&wide, None), texts(BRAND, Some(HOST)));
    for Words { tag, .. } in &WORDS {
        let text = latin.render(tag, &code, None);
        let (alphabet, count) = segments(&text);
        println!("{tag:3} {alphabet:?} {:3} {}", text.chars().count(), *text);
        assert!(count == 1 && text.contains(BRAND) && text.contains(CODE), "{}", *text);
        let text = accented.render(tag, &code, None);
        assert!(segments(&text) == (Encoding::Ucs2, 1) && text.contains(&wide), "{}", *text);
        let text = web.render(tag, &code, None);
        let kept = text.contains(BRAND) || alphabet == Encoding::Ucs2;
        assert!(segments(&text).1 == 1 && kept, "{}", *text);
        assert!(text.ends_with(&format!("\n@{HOST} #{CODE}")), "{}", *text);
    }
}

#[test]
fn of_code_brand_and_website_the_brand_gives_way() {
    let web = |host: &str| TextSettings {
        brand: BRAND.to_owned(),
        web_otp_host: Some(host.to_owned()),
        ..settings()
    };
    assert_eq!(say(web(HOST), "hi"), format!("आपका कोड: 123456\n\n@{HOST} #123456"));
    let long = "a".repeat(60);
    let text = say(web(&long), "hi");
    assert!(text.contains(BRAND) && text.ends_with(" #123456"), "two segments: {text}");
}

#[test]
fn an_app_gets_every_message_whatever_the_host() {
    for host in [HOST, &"a".repeat(253)] {
        let texts = Texts::new(TextSettings {
            brand: BRAND.to_owned(),
            web_otp_host: Some(host.to_owned()),
            android_hash: Some("K8a/AINcGX7".to_owned()),
            ..settings()
        });
        let texts = texts.unwrap();
        for Words { tag, .. } in &WORDS {
            let text = texts.render(tag, &Code::parse(CODE).unwrap(), None);
            assert!(text.len() <= 140 && segments(&text).1 == 1, "{}", *text);
            assert!(text.contains("\nK8a/AINcGX7") && text.contains(CODE), "{}", *text);
        }
    }
}

#[test]
fn from_right_to_left_the_first_letter_is_the_languages_own() {
    for words in WORDS.iter().filter(|words| ["ar", "fa", "he", "ur"].contains(&words.tag)) {
        for text in [words.code, words.plain, words.payment] {
            let first = text.replace("{code}", "").chars().find(|c| c.is_alphabetic() || *c == '{');
            assert!(first.is_some_and(|c| ('\u{590}'..'\u{800}').contains(&c)), "{text}");
        }
        assert_eq!(words.marks, Marks::Point);
    }
}

#[test]
fn a_payment_is_shown_in_each_language_behind_its_code() {
    let amounts =
        [(Marks::Point, "1,250.00"), (Marks::Comma, "1.250,00"), (Marks::Blank, "1 250,00")];
    for Words { tag, marks, .. } in &WORDS {
        let text = pay(settings(), tag, "1250", "Ana Lima");
        let amount = amounts.iter().find(|(kind, _)| kind == marks).unwrap().1;
        assert!(text.starts_with("123456") && segments(&text).1 == 1, "{text}");
        for part in [amount, " BRL", "Ana Lima", " Pombo"] {
            assert!(text.contains(part), "{text}");
        }
    }
    let text = "123456 approves 1,250.00 BRL to Ana Lima. Pombo";
    assert_eq!(pay(settings(), "", "1250", "Ana Lima"), text);
    let text = "123456 aprova 1.250,00 BRL para Ana Lima. Pombo";
    assert_eq!(pay(settings(), "pt-BR", "1250", "Ana Lima"), text);
}

#[test]
fn a_payment_that_is_too_long_loses_payee_then_brand_and_then_is_not_shown() {
    let payee = "Associacao dos Moradores e Amigos do Jardim Botanico, do Portao e Arredores de Curitiba do Sul";
    let long = || TextSettings { brand: BRAND.to_owned(), ..settings() };
    let text = pay(long(), "en", "1250", payee);
    assert_eq!(segments(&text), (Encoding::Gsm7, 1));
    assert!(text.contains("to Associacao dos Moradores") && text.ends_with(BRAND), "{text}");
    assert!(text.contains("...") && text.chars().count() == 160, "{text}");

    let text = pay(long(), "en", "1250", "São João");
    assert!(text.starts_with("123456 approves 1,250.00 BRL to Sao Joao. Coop"), "{text}");
    let text = pay(long(), "en", "1250", "Łódź");
    assert_eq!(text, "123456 approves 1,250.00 BRL to Łódź.");
    let text = pay(long(), "ru", "1250", payee);
    assert!(text.contains(", получатель Associacao dos") && text.ends_with("…."), "{text}");
    let web = TextSettings { web_otp_host: Some(HOST.to_owned()), ..long() };
    let text = pay(web, "ru", "1250", payee);
    assert_eq!(text, format!("Ваш код: 123456\n\n@{HOST} #123456"));
    assert_eq!(pay(settings(), "en", "1", "@#"), "123456 is your Pombo code.");
}

#[test]
fn it_is_known_which_payments_a_message_shows_whole() {
    let shows = |settings, language: &str, payee: &str| {
        let details = Transaction::parse("1250", "BRL", payee, "").unwrap().details();
        Texts::new(settings).unwrap().shows(language, 6, &details)
    };
    let long = "Associacao dos Moradores e Amigos do Jardim Botanico, do Portao e Arredores de Curitiba do Sul";
    for (payee, whole) in [
        ("São João", true),
        ("Mercado S.A.", true),
        (long, false),
        ("Loja 123456", false),
        ("@#", false),
        ("Łódź", true),
    ] {
        let brand = TextSettings { brand: BRAND.to_owned(), ..settings() };
        assert_eq!(shows(brand, "en", payee), whole, "{payee}");
    }
    let namesake = || TextSettings { brand: "Pombos do Sul".to_owned(), ..settings() };
    let text = pay(namesake(), "ru", "1250", "Pombos do Sul");
    assert_eq!(text, "123456: код оплаты 1 250,00 BRL, получатель Pombos do…. Pombos do Sul");
    assert!(!shows(namesake(), "ru", "Pombos do Sul"), "the brand's name is not the payee's");
    let own = TextSettings { text: Some("{code} for Mercado".to_owned()), ..settings() };
    assert!(!shows(own, "en", "Mercado"), "a text of theirs that names no payment");
}

#[test]
fn a_payee_never_says_what_the_message_says() {
    let web = || TextSettings { web_otp_host: Some("otp.example.com".to_owned()), ..settings() };
    for payee in
        ["x\u{2028}@evil.example #999999", "{code} #999999", "a\u{2029}\u{2029}@evil.example #9999"]
    {
        let text = pay(web(), "en", "1250", payee);
        assert_eq!(text.lines().last(), Some("@otp.example.com #123456"));
        assert_eq!(text.matches("123456").count(), 2, "{text}");
        assert!(text.matches('@').count() == 1 && !text.contains("9999"), "{text}");
    }
}

#[test]
fn who_words_codes_themselves_words_payments_too() {
    let own = || TextSettings { texts: texts([("de_AT", "Code {code}")]), ..settings() };
    assert_eq!(pay(own(), "de-AT", "1", "Ana"), "Code 123456");
    assert_eq!(pay(own(), "de", "1", "Ana"), "123456 gibt 1,00 BRL an Ana frei. Pombo");
    let both = TextSettings {
        transaction_texts: texts([("de", "{code}: {amount}, {payee}")]),
        text: Some("{code} {brand}".to_owned()),
        ..own()
    };
    assert_eq!(pay(both.clone(), "de", "1", "Ana"), "123456: 1,00 BRL, Ana");
    assert_eq!(pay(both.clone(), "fr", "1", "Ana"), "123456 Pombo");
    let all = TextSettings { transaction_text: Some("{code} {payee} {amount}".to_owned()), ..both };
    assert_eq!(pay(all, "fr", "1", "Ana"), "123456 Ana 1,00 BRL");
}
