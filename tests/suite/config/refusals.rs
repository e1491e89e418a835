//! Every refusal names its key and says what would be right.

use super::{KEY_HASH, LEAST, lines, serve};

/// What is changed, the key that the one error must name, and a part of its remedy.
pub type Row<'r> = (&'r [(&'r str, &'r str)], &'r str, &'r str);

pub fn check(rows: &[Row<'_>]) {
    for (changes, key, remedy) in rows {
        let lines = lines(serve(changes));
        let right = |line: &String| line.starts_with(&format!("{key}: ")) && line.contains(remedy);
        assert!(lines.len() == 1 && lines.iter().all(right), "{changes:?}: {lines:#?}");
    }
}

/// A caller, as the environment writes it.
pub fn caller(rest: &str) -> String {
    format!("{{name = \"shop\", api_key_sha256 = \"{KEY_HASH}\"{rest}}}")
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_by_name() {
    let rows: &[(&str, &str, &str)] = &[
        ("server.grpc_addr", "localhost", "an IP address and a port"),
        ("server.webhook_addr", "127.0.0.1", "an IP address and a port"),
        ("server.admin_addr", ":9464", "an IP address and a port"),
        ("server.admin_token", "fifteen-letters", "16 to 1024"),
        ("server.admin_token", "a token with blanks", "without blanks"),
        ("server.admin_token", "aaaaaaaaaaaaaaaaaaaaaaaa", "repeats itself"),
        ("server.admin_token", "changemechangeme", "repeats itself"),
        ("server.admin_token", "operators-operators-op", "repeats itself"),
        ("server.admin_token", "01234567012345670", "repeats itself"),
        ("server.admin_token", "0123456789abcdef", "counts"),
        ("server.admin_token", "1234567890123456", "counts"),
        ("server.admin_token", "zyxwvutsrqponmlkjihg", "`openssl rand -hex 32`"),
        ("server.tls.cert", "", "the path of a file"),
        ("server.tls.key", "-----BEGIN PRIVATE KEY-----\nhunter2", "the path of a file"),
        ("server.public_url", "http://otp.example.com", "http:// only for this machine"),
        ("server.public_url", "https://otp.example.com/hooks", "without a path"),
        ("server.public_url", "https://my_otp.example.com", "underscore"),
        ("server.public_url", "https://otp.example.com:99999", "without a path"),
        ("store.url", "memory", "\"memory:\" or an address"),
        ("store.url", "postgres://db", "\"memory:\" or an address"),
        ("store.url", "redis://", "\"memory:\" or an address"),
        ("store.partitions", "0", "from 1 to 4096"),
        ("store.partitions", "4097", "from 1 to 4096"),
        ("store.retention", "23h", "\"24h\""),
        ("store.retention", "91d", "\"90d\""),
        ("store.url", "redis+sentinel://a:1,b:2", "\"memory:\" or an address"),
        ("store.url", "redis+unix:///run/redis", "\"memory:\" or an address"),
        ("store.wait_replicas", "-1", "from 0 to 8"),
        ("store.ca", "system", "certificates in PEM"),
        ("store.client_key", "hunter2", "a private key in PEM"),
        ("keys.ring", "k1", "pombo keys new"),
        ("keys.ring", "k1:c2hvcnQ=", "pombo keys new"),
        ("keys.ring", "k 1:Oj0luX8jhRD+Ih98H1k8lKEFiSsZnrRHio3p5hSWtzg=", "pombo keys new"),
        ("keys.ring", "[]", "pombo keys new"),
        ("attestation.ttl", "29s", "\"30s\" to \"1h\""),
        ("attestation.ttl", "61m", "\"30s\" to \"1h\""),
        ("attestation.ttl", "30500ms", "whole seconds"),
        ("code.length", "3", "from 4 to 10"),
        ("code.length", "11", "from 4 to 10"),
        ("code.ttl", "0s", "above zero"),
        ("code.ttl", "5", "a duration"),
        ("code.ttl", "11m", "up to \"10m\""),
        ("code.max_life", "11m", "up to \"10m\""),
        ("code.max_life", "4m", "shorter than code.ttl"),
        ("code.max_attempts", "0", "from 1 to 20"),
        ("code.max_attempts", "21", "from 1 to 20"),
        ("code.hash", "bcrypt", "\"balanced\", \"owasp\" or \"keyed\""),
        ("code.accept_odds", "yes", "true or false"),
        ("events.topic_arn", "arn:aws:sqs:eu-west-1:123456789012:pombo", "a topic's ARN"),
        ("events.topic_arn", "arn:aws:sns:eu-west-1:12345:pombo", "a topic's ARN"),
        ("events.topic_arn", "arn:aws:sns::123456789012:pombo", "a topic's ARN"),
        ("events.endpoint_url", "http://sns.example.com", "http:// only for this machine"),
        ("resend.waits", "[\"0s\"]", "above zero"),
        ("resend.waits", "30s,soon", "a duration"),
        ("delivery.plan", "[]", "name at least one"),
        ("delivery.plan", "sms,sms", "name each once"),
        ("delivery.plan", "pigeon", "\"whatsapp\" and \"sms\""),
        ("delivery.undelivered", "off", "above zero"),
        ("delivery.unread", "never", "\"off\" or a duration"),
        ("delivery.unverified", "0s", "\"off\" or a duration"),
        ("whatsapp.provider", "meta", "\"cloud\", \"aws\""),
        ("whatsapp.cloud.base_url", "graph.facebook.com", "https://api.example.com"),
        ("whatsapp.cloud.base_url", "https://graph.facebook.com/v25.0", "without a path"),
        ("whatsapp.cloud.base_url", "https://graph.facebook.com?a=b", "without a path"),
        ("whatsapp.cloud.api_version", "25", "v25.0"),
        ("whatsapp.cloud.phone_number_id", "+551199", "digits"),
        ("whatsapp.cloud.business_account_id", "my account", "digits"),
        ("whatsapp.cloud.access_token", "", "printable ASCII"),
        ("whatsapp.cloud.app_secret", "two words", "printable ASCII"),
        ("whatsapp.cloud.rate", "0", "from 1 to 1000"),
        ("whatsapp.template.message_ttl", "29s", "\"30s\" to \"15m\""),
        ("whatsapp.template.message_ttl", "16m", "\"30s\" to \"15m\""),
        ("whatsapp.template.message_ttl", "30500ms", "whole seconds"),
        ("whatsapp.template.apps", "com.example.app", "com.example.app:K8a/AINcGX7"),
        ("whatsapp.template.apps", "example:K8a/AINcGX7", "com.example.app:K8a/AINcGX7"),
        ("whatsapp.template.apps", "com.2example:K8a/AINcGX7", "com.example.app:K8a/AINcGX7"),
        ("whatsapp.template.apps", "com.example.app:K8a/AINcGX", "11 characters"),
        ("whatsapp.template.apps", "com.example.app:K8a/AINcGX7", "one_tap or zero_tap"),
        ("whatsapp.template.zero_tap_terms_accepted", "yes", "true or false"),
        ("whatsapp.template.name", "Verification Code", "small letters"),
        ("whatsapp.template.language", "Português", "pt_BR"),
        ("whatsapp.template.languages", "en", "a table"),
        ("whatsapp.template.languages", "{\"not a tag\" = \"en\"}", "BCP 47"),
        ("whatsapp.template.languages.en", "e", "pt_BR"),
        ("whatsapp.template.button", "url", "\"copy_code\", \"one_tap\" or \"zero_tap\""),
        ("sms.provider", "vonage", "\"twilio\", \"aws\""),
        ("sms.provider", "[]", "is empty"),
        ("sms.brand", "", "1 to 40 characters"),
        ("sms.text", "Your code.", "{code}"),
        ("sms.text", "{code} of {shop}", "{brand}"),
        ("sms.texts.pt", "Seu código", "{code}"),
        ("sms.transaction_text", "{code} {amount}", "{payee}"),
        ("sms.transaction_texts.pt", "{code} {amount} {payee} {shop}", "{brand}"),
        ("sms.web_otp_host", "https://example.com", "a host name alone"),
        ("sms.android_hash", "short", "11 characters"),
        ("sms.twilio.base_url", "http://api.twilio.com", "http:// only for this machine"),
        ("sms.twilio.account_sid", "SK0123", "AC"),
        ("sms.twilio.from", "+1 501 712 2661", "a number like"),
        ("sms.twilio.messaging_service_sid", "MG123", "32 hexadecimal digits"),
        ("sms.twilio.rate", "many", "from 1 to 1000"),
        ("purpose.login.length", "12", "from 4 to 10"),
        ("purpose.login.plan", "[]", "name at least one"),
        ("limits.allowed_countries", "Brazil", "two capital letters"),
        ("limits.allowed_countries", "br", "two capital letters"),
        ("limits.allowed_countries", "ZZ", "two capital letters"),
        ("limits.allowed_countries", "*,BR", "keep one or the other"),
        ("limits.allowed_countries", "[]", "name a country"),
        ("limits.recipient", "5", "5/10m"),
        ("limits.recipient", "[]", "at least one limit"),
        ("limits.recipient", "12/48h", "store.retention"),
        ("limits.subject", "0/1h", "5/10m"),
        ("limits.client_ip", "30/0s", "5/10m"),
        ("limits.caller", "lots", "5/10m"),
        ("limits.failures_in_a_row", "0", "from 1 to 100"),
        ("limits.failures_in_a_row", "101", "from 1 to 100"),
        ("limits.failures_per_day", "0", "from 1 to 100"),
        ("limits.lock", "soon", "a duration"),
        ("limits.lock", "25h", "store.retention"),
        ("callers", "shop", "a table"),
        ("callers", "{name = \"shop\"}", "[[callers]]"),
        ("test_numbers", "{\"12345678\" = \"424242\"}", "E.164"),
        ("test_numbers", "{\"+15550100001\" = \"42\"}", "4 to 10 digits"),
        ("test_numbers", "{\"+15550100001\" = {until = \"2027-01-31\"}}", "4 to 10 digits"),
        (
            "test_numbers",
            "{\"+15550100001\" = {code = \"424242\", until = \"2027-02-30\"}}",
            "2027-01-31",
        ),
        (
            "test_numbers",
            "{\"+15550100001\" = {code = \"424242\", until = 2027-01-31T10:00:00Z}}",
            "a day",
        ),
    ];
    for (key, value, remedy) in rows {
        let lines = lines(serve(&[(key, value)]));
        let right = |line: &String| line.starts_with(key) && line.contains(remedy);
        assert!(lines.len() == 1 && lines.iter().all(right), "{key} = {value}: {lines:#?}");
    }
}

#[test]
fn what_serve_can_not_do_without_is_asked_for() {
    for (key, _) in LEAST {
        let lines = lines(serve(&[(key, "-")]));
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(lines[0].starts_with(&format!("{key}: is missing; it must be ")), "{lines:#?}");
    }
}

#[test]
fn a_value_whose_work_has_not_come_yet_is_not_in_this_version() {
    check(&[(&[("experiment.name", "holdout")], "experiment", "not in this version")]);
}

#[test]
fn a_key_at_its_default_and_insight_are_never_refused() {
    let callers = format!("[{}]", caller(", insight = true"));
    let config = serve(&[
        ("store.wait_replicas", "0"),
        ("delivery.unread", "off"),
        ("delivery.unverified", "off"),
        ("callers", &callers),
    ]);
    assert!(config.unwrap().callers[0].insight);
}

#[test]
fn everything_wrong_is_told_at_once_in_the_order_of_the_keys() {
    let lines = lines(serve(&[
        ("keys.ring", "-"),
        ("code.length", "3"),
        ("code.lenght", "6"),
        ("whatsapp.cloud.rate", "0"),
        ("whatsapp.cloud.access_token", "-"),
        ("limits.recipient", "x,y"),
        ("callers", "[{name = \"a b\"}]"),
    ]));
    let keys: Vec<_> = lines.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "callers.0.api_key_sha256",
            "callers.0.name",
            "code.lenght",
            "code.length",
            "keys.ring",
            "limits.recipient",
            "limits.recipient",
            "whatsapp.cloud.access_token",
            "whatsapp.cloud.rate",
        ]
    );
}
