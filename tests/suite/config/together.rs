//! What is right by itself and wrong with the rest.

use pombo::config::Proof;

use super::{
    dev, file, lines,
    refusals::{caller, check},
    serve,
};

#[test]
fn a_store_is_refused_what_it_has_no_use_for() {
    let certificate = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----";
    let key = certificate.replace("CERTIFICATE", "PRIVATE KEY");
    let (plain, secured) = ("redis://redis:6379", "rediss+cluster://a:1,b:2");
    check(&[
        (&[("store.wait_replicas", "1")], "store.wait_replicas", "has no replicas"),
        (&[("store.url", plain), ("store.ca", certificate)], "store.ca", "begins with rediss"),
        (
            &[("store.url", secured), ("store.client_cert", certificate)],
            "store.client_key",
            "is missing",
        ),
        (&[("store.url", secured), ("store.client_key", &key)], "store.client_cert", "is missing"),
        (
            &[("store.url", secured), ("store.ca_file", "/no/such/ca.pem")],
            "store.ca_file",
            "/no/such/ca.pem",
        ),
    ]);
    let right = [
        ("store.url", secured),
        ("store.wait_replicas", "2"),
        ("store.ca", certificate),
        ("store.client_cert", certificate),
        ("store.client_key", &key),
    ];
    let store = serve(&right).unwrap().store;
    assert!(store.ca.is_some() && store.client.is_some() && store.wait_replicas == 2);
    assert!(!format!("{store:?}").contains("MA=="));
}

#[test]
fn aws_and_lists_are_refused_where_they_make_no_sense() {
    let number = "phone-number-id-0123456789abcdef0123456789abcdef";
    let topic = "arn:aws:sns:sa-east-1:123456789012:pombo";
    let whatsapp = [
        ("whatsapp.provider", "aws"),
        ("whatsapp.aws.region", "sa-east-1"),
        ("whatsapp.aws.phone_number_id", number),
        ("whatsapp.aws.topic_arn", topic),
    ];
    let config = serve(&whatsapp).unwrap();
    assert_eq!(config.rules.whatsapp_senders, ["aws"]);
    let both = [("sms.provider", "aws,twilio"), ("sms.aws.region", "sa-east-1")];
    let config = serve(&[&both[..], &[("sms.aws.topic_arn", topic)]].concat()).unwrap();
    assert_eq!(config.rules.sms_senders, ["aws", "twilio"]);
    check(&[
        (&both, "sms.aws.topic_arn", "is missing"),
        (&[("sms.provider", "twilio,twilio")], "sms.provider", "names a provider twice"),
        (&[("sms.provider", "twilio,none")], "sms.provider", "names none beside a provider"),
        (&[("whatsapp.provider", "[]")], "whatsapp.provider", "is empty"),
        (&[("whatsapp.aws.region", "Brazil")], "whatsapp.aws.region", "a region"),
        (
            &[("whatsapp.aws.phone_number_id", "106540352242922")],
            "whatsapp.aws.phone_number_id",
            "phone-number-id-",
        ),
        (
            &[("whatsapp.aws.topic_arn", "arn:aws:sns:sa-east-1:123456789012:pombo.fifo")],
            "whatsapp.aws.topic_arn",
            "a standard topic",
        ),
        (
            &[("whatsapp.aws.endpoint_url", "http://aws.example.com")],
            "whatsapp.aws.endpoint_url",
            "this machine",
        ),
        (&[("sms.aws.max_price", "1")], "sms.aws.max_price", "0.50"),
        (
            &[("sns.certificate_url_prefix", "http://evil.example.com/")],
            "sns.certificate_url_prefix",
            "this machine",
        ),
        (&[("sns.signature_version", "3")], "sns.signature_version", "SHA-256 alone"),
    ]);
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    let twins = format!("[{}, {}]", caller(""), caller(""));
    let same_key = format!("[{}, {}]", caller(""), caller("").replace("shop", "bank"));
    check(&[
        (&[("code.ttl", "6m"), ("code.max_life", "5m")], "code.ttl", "longer than code.max_life"),
        (
            &[("purpose.transaction.ttl", "6m"), ("code.max_life", "5m")],
            "purpose.transaction.ttl",
            "longer than code.max_life",
        ),
        (&[("whatsapp.provider", "none")], "delivery.plan", "take whatsapp out"),
        (&[("sms.provider", "none")], "delivery.plan", "take sms out"),
        (
            &[
                ("sms.provider", "none"),
                ("delivery.plan", "whatsapp"),
                ("purpose.login.plan", "sms"),
            ],
            "purpose.login.plan",
            "choose a provider",
        ),
        (
            &[("sms.twilio.messaging_service_sid", "MG0123456789abcdef0123456789abcdef")],
            "sms.twilio.from",
            "keep one of them",
        ),
        (&[("server.grpc_addr", "0.0.0.0:50051")], "server.grpc_addr", "callers"),
        (&[("keys.index_file", "/nowhere")], "keys.index", "given twice"),
        (&[("callers", &same_key)], "callers.1.api_key_sha256", "a key of its own"),
        (
            &[("callers", &format!("[{}]", caller(", purposes = []")))],
            "callers.0.purposes",
            "leave it out",
        ),
        (
            &[("callers", &format!("[{}]", caller(", purposes = [\"spam\"]")))],
            "callers.0.purposes",
            "\"signup\"",
        ),
    ]);
    let lines = lines(serve(&[("callers", &twins)]));
    assert!(lines.iter().any(|line| line.starts_with("callers.1.name: ")), "{lines:#?}");
}

/// A caller that is known by its certificate.
fn certified(name: &str, san: &str) -> String {
    format!("{{name = \"{name}\", mtls_san = \"{san}\"}}")
}

const TLS: [(&str, &str); 3] = [
    ("server.tls.cert", "/etc/pombo/tls.crt"),
    ("server.tls.key", "/etc/pombo/tls.key"),
    ("server.tls.client_ca", "/etc/pombo/ca.crt"),
];

#[test]
fn a_certificate_goes_with_its_key_and_a_callers_with_its_authority() {
    let bank = format!("[{}]", certified("bank", "spiffe://bank.example/signup"));
    let both = format!("[{}]", caller(", mtls_san = \"shop.example\""));
    let twins = [("bank", "Bank.example"), ("shop", "bank.Example")];
    let twins = format!("[{}]", twins.map(|(name, san)| certified(name, san)).join(", "));
    let [cert, key, client_ca] = TLS;
    check(&[
        (&[cert], "server.tls.key", "is missing"),
        (&[key], "server.tls.cert", "is missing"),
        (&[("callers", &bank)], "callers.0.mtls_san", "server.tls.client_ca"),
        (&[cert, key, ("callers", &bank)], "callers.0.mtls_san", "server.tls.client_ca"),
        (&[&TLS[..], &[("callers", &both)]].concat(), "callers.0.mtls_san", "keep one of them"),
        (&[&TLS[..], &[("callers", &twins)]].concat(), "callers.1.mtls_san", "of its own"),
    ]);
    for san in ["", "*.bank.example", "spiffe://bank.example/a b", "CN=bank"] {
        let wrong = format!("[{}]", certified("bank", san));
        let changes = [&TLS[..], &[("callers", &wrong)]].concat();
        check(&[(&changes, "callers.0.mtls_san", "spiffe://bank.example/signup")]);
    }
    let lines = lines(serve(&[client_ca]));
    let [first, second] = &lines[..] else { panic!("{lines:#?}") };
    assert!(first.starts_with("server.tls.cert: ") && second.starts_with("server.tls.key: "));
    let config = serve(&[&TLS[..], &[("callers", &bank)]].concat()).unwrap();
    let proof = Proof::MtlsSan("spiffe://bank.example/signup".into());
    assert_eq!(config.callers[0].proof, proof);
    assert!(config.server.tls.unwrap().client_ca.is_some());
    assert!(dev(&[("callers", &bank)]).is_ok(), "dev asks nobody who it is");
}

#[test]
fn a_key_that_stands_where_its_path_should_is_not_shown() {
    let key = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
    let lines = lines(serve(&[("server.tls.key", key)]));
    assert!(lines.iter().all(|line| !line.contains("hunter2")), "{lines:#?}");
}

#[test]
fn the_admin_listener_is_open_to_other_machines_with_a_token_only() {
    let open = ("server.admin_addr", "0.0.0.0:9464");
    check(&[(&[open], "server.admin_addr", "server.admin_token")]);
    let config = serve(&[open, ("server.admin_token", "token-of-operators")]).unwrap();
    assert!(!format!("{config:?}").contains("token-of-operators"));
    let file = file("token-of-operators\n");
    assert!(serve(&[open, ("server.admin_token_file", file.to_str().unwrap())]).is_ok());
}

#[test]
fn likely_guessing_is_refused_until_it_is_accepted() {
    let loose = [("code.length", "5"), ("limits.recipient", "20/1h")];
    check(&[(&loose, "code.accept_odds", "1 in 42 ")]);
    check(&[(&[("purpose.login.length", "4")], "code.accept_odds", "code.length")]);
    let accepted = serve(&[&loose[..], &[("code.accept_odds", "true")]].concat());
    assert!(accepted.unwrap().accept_odds);
    assert!(dev(&loose).is_ok(), "dev sends nothing");
}
