//! The words that come with the house, in thirty languages.
//!
//! Chosen by where WhatsApp has most of its users (India, Brazil, Indonesia, the rest of Latin
//! America, the Arab world, Europe, Turkey, Pakistan, Bangladesh, Nigeria, East Africa, South-East
//! Asia, Iran, Israel, Kazakhstan): the languages that people there read most. A fallback has to
//! speak the language that the template spoke.
//!
//! Each text is one segment with the longest code and the longest brand, even where a brand's own
//! letters turn a text of 160 characters into one of 70. Where a language can be written naturally
//! in the alphabet of 160, it is: so Spanish says "clave" and not "código", and Portuguese spells
//! "codigo", as Brazilian text messages do. From right to left, the first letters are always the
//! language's own, never a brand's or a payee's: phones take the direction of a message from them.
//! What approves a payment begins with its code, so that nothing is taken for the code that is none.

/// What one language says.
pub struct Words {
    /// BCP 47.
    pub tag: &'static str,
    /// Carries a code.
    pub code: &'static str,
    /// The same without the brand, where there is no room for it.
    pub plain: &'static str,
    /// Carries the code of a payment; the brand stands behind it where there is room.
    pub payment: &'static str,
    /// How amounts are written.
    pub marks: Marks,
}

/// What stands between thousands and before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// 1,250.00
    Point,
    /// 1.250,00
    Comma,
    /// 1 250,00: in Spanish too, where Mexico and Spain would read each other's points as commas.
    /// Not from right to left: a blank would put the groups in the wrong order.
    Blank,
}

/// By tag.
pub const WORDS: [Words; 30] = [
    Words {
        tag: "ar",
        code: "{code} هو رمز {brand} الخاص بك.",
        plain: "{code} هو رمزك.",
        payment: "{code} رمز دفع {amount} إلى {payee}.",
        marks: Marks::Point,
    },
    Words {
        tag: "bn",
        code: "আপনার {brand} কোড: {code}",
        plain: "আপনার কোড: {code}",
        payment: "{code}: {payee}-কে {amount} পরিশোধের কোড।",
        marks: Marks::Point,
    },
    Words {
        tag: "de",
        code: "{code} ist Ihr {brand}-Code.",
        plain: "{code} ist Ihr Code.",
        payment: "{code} gibt {amount} an {payee} frei.",
        marks: Marks::Comma,
    },
    Words {
        tag: "el",
        code: "Ο κωδικός {brand} σας: {code}",
        plain: "Ο κωδικός: {code}",
        payment: "{code}: κωδικός πληρωμής {amount} προς {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "en",
        code: "{code} is your {brand} code.",
        plain: "{code} is your code.",
        payment: "{code} approves {amount} to {payee}.",
        marks: Marks::Point,
    },
    Words {
        tag: "es",
        code: "{code} es su clave de {brand}.",
        plain: "{code} es su clave.",
        payment: "{code} es su clave para pagar {amount} a {payee}.",
        marks: Marks::Blank,
    },
    Words {
        tag: "fa",
        code: "{code} کد {brand} شماست.",
        plain: "{code} کد شماست.",
        payment: "{code} کد پرداخت {amount} به {payee} است.",
        marks: Marks::Point,
    },
    Words {
        tag: "fil",
        code: "{code} ang iyong {brand} code.",
        plain: "{code} ang iyong code.",
        payment: "{code} ang code sa pagbayad ng {amount} sa {payee}.",
        marks: Marks::Point,
    },
    Words {
        tag: "fr",
        code: "{code} est votre code {brand}.",
        plain: "{code} est votre code.",
        payment: "{code} valide le paiement de {amount} à {payee}.",
        marks: Marks::Blank,
    },
    Words {
        tag: "gu",
        code: "{code} તમારો {brand} કોડ છે.",
        plain: "તમારો કોડ: {code}",
        payment: "{code}: {payee} ને {amount} ચૂકવવાનો કોડ.",
        marks: Marks::Point,
    },
    Words {
        tag: "he",
        code: "{code} הוא הקוד שלך ב-{brand}.",
        plain: "הקוד שלך: {code}",
        payment: "{code} הוא הקוד לתשלום {amount} אל {payee}.",
        marks: Marks::Point,
    },
    Words {
        tag: "hi",
        code: "{code} आपका {brand} कोड है।",
        plain: "आपका कोड: {code}",
        payment: "{code}: {payee} को {amount} के भुगतान का कोड।",
        marks: Marks::Point,
    },
    Words {
        tag: "id",
        code: "{code} adalah kode {brand} Anda.",
        plain: "{code} adalah kode Anda.",
        payment: "{code} adalah kode pembayaran {amount} kepada {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "it",
        code: "{code} è il suo codice {brand}.",
        plain: "{code} è il suo codice.",
        payment: "{code} autorizza il pagamento di {amount} a {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "kk",
        code: "{brand} кодыңыз: {code}",
        plain: "Кодыңыз: {code}",
        payment: "{code}: төлем коды, {amount}, алушы {payee}.",
        marks: Marks::Blank,
    },
    Words {
        tag: "mr",
        code: "{code} हा आपला {brand} कोड आहे.",
        plain: "आपला कोड: {code}",
        payment: "{code}: {payee} यांना {amount} देण्याचा कोड.",
        marks: Marks::Point,
    },
    Words {
        tag: "ms",
        code: "{code} ialah kod {brand} anda.",
        plain: "{code} ialah kod anda.",
        payment: "{code} ialah kod bayaran {amount} kepada {payee}.",
        marks: Marks::Point,
    },
    Words {
        tag: "nl",
        code: "{code} is uw {brand}-code.",
        plain: "{code} is uw code.",
        payment: "{code} bevestigt de betaling van {amount} aan {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "pl",
        code: "{code} to kod {brand}.",
        plain: "{code} to kod weryfikacyjny.",
        payment: "{code} autoryzuje {amount} dla {payee}.",
        marks: Marks::Blank,
    },
    Words {
        tag: "pt",
        code: "Seu codigo {brand}: {code}",
        plain: "Seu codigo: {code}",
        payment: "{code} aprova {amount} para {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "ro",
        code: "{code} este codul dvs. {brand}.",
        plain: "{code} este codul dvs.",
        payment: "{code} este codul pentru plata de {amount}, beneficiar {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "ru",
        code: "Ваш код {brand}: {code}",
        plain: "Ваш код: {code}",
        payment: "{code}: код оплаты {amount}, получатель {payee}.",
        marks: Marks::Blank,
    },
    Words {
        tag: "sw",
        code: "{code} ni msimbo wako wa {brand}.",
        plain: "{code} ni msimbo wako.",
        payment: "{code} ni msimbo wa malipo ya {amount} kwa {payee}.",
        marks: Marks::Point,
    },
    Words {
        tag: "ta",
        code: "உங்கள் {brand} குறியீடு: {code}",
        plain: "குறியீடு: {code}",
        payment: "{code}: {payee}-க்கு {amount} செலுத்தும் குறியீடு.",
        marks: Marks::Point,
    },
    Words {
        tag: "te",
        code: "మీ {brand} కోడ్: {code}",
        plain: "మీ కోడ్: {code}",
        payment: "{code}: {payee} కు {amount} చెల్లింపు కోడ్.",
        marks: Marks::Point,
    },
    Words {
        tag: "th",
        code: "{code} คือรหัส {brand} ของคุณ",
        plain: "รหัสของคุณ: {code}",
        payment: "{code} คือรหัสชำระเงิน {amount} ให้ {payee}",
        marks: Marks::Point,
    },
    Words {
        tag: "tr",
        code: "{brand} kodunuz: {code}",
        plain: "Kodunuz: {code}",
        payment: "{code} ödeme kodunuz: {amount}, {payee}.",
        marks: Marks::Comma,
    },
    Words {
        tag: "uk",
        code: "Ваш код {brand}: {code}",
        plain: "Ваш код: {code}",
        payment: "{code}: код оплати {amount}, отримувач {payee}.",
        marks: Marks::Blank,
    },
    Words {
        tag: "ur",
        code: "{code} آپ کا {brand} کوڈ ہے۔",
        plain: "آپ کا کوڈ: {code}",
        payment: "{code} ادائیگی کا کوڈ ہے: {amount}، وصول کنندہ {payee}۔",
        marks: Marks::Point,
    },
    Words {
        tag: "vi",
        code: "{code} là mã {brand} của bạn.",
        plain: "Mã của bạn: {code}",
        payment: "{code} là mã thanh toán {amount} cho {payee}.",
        marks: Marks::Comma,
    },
];
