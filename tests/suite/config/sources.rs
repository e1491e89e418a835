//! File, environment and secret files, and which of them wins.

use std::{fs, thread, time::Duration};

use pombo::config::{Config, Mode};

use super::{INDEX, LEAST, RING, dev, dev_file, environment, file, lines, pipe, serve, variable};

#[test]
fn the_environment_wins_over_the_file() {
    let path = file(
        "[code]\nlength = 8\nttl = \"2m\"\n\
         [whatsapp.template]\nname = \"ours\"\nlanguages = { en = \"en_US\", es = \"es\" }\n\
         [[callers]]\nname = \"file\"\napi_key_sha256 = \"00\"\n",
    );
    let environment = environment(&[
        ("code.length", "7"),
        ("code.accept_odds", "true"),
        ("resend.waits", "[\"1s\", \"2s\"]"),
        ("delivery.plan", "sms"),
        ("delivery.unread", "45s"),
        ("purpose.login.ttl", "90s"),
        ("whatsapp.template.languages.es", "es_MX"),
        ("callers", &format!("[{{name = \"env\", api_key_sha256 = \"{}\"}}]", "0f".repeat(32))),
        ("callers.0.purposes", "login, signup"),
    ]);
    let config = Config::load(Mode::Dev, Some(&path), environment).unwrap();
    let [signup, login, ..] = &config.rules.policies;
    assert_eq!((signup.length, signup.ttl), (7, Duration::from_secs(120)));
    assert_eq!(login.ttl, Duration::from_secs(90));
    assert_eq!(signup.waits, [1, 2].map(Duration::from_secs));
    assert_eq!((signup.plan.len(), signup.unread), (1, Some(Duration::from_secs(45))));
    assert!(config.accept_odds);
    let languages = config.whatsapp.unwrap().template.languages;
    assert_eq!((languages["en"].as_str(), languages["es"].as_str()), ("en_US", "es_MX"));
    assert_eq!((config.callers.len(), config.callers[0].name.as_str()), (1, "env"));
    assert_eq!(config.callers[0].purposes.len(), 2);
}

#[test]
fn a_list_is_an_array_or_a_line_with_commas() {
    for text in ["[\"5/10m\", \"12/24h\"]", "5/10m,12/24h", " 5/10m , 12/24h ", "5/10m\n12/24h\n"] {
        let config = dev(&[("limits.recipient", text)]).unwrap();
        assert_eq!(config.rules.recipient.len(), 2, "{text:?}");
    }
    assert!(dev(&[("limits.subject", "")]).unwrap().limits.subject.is_empty());
    assert!(dev(&[("limits.subject", "[]")]).unwrap().limits.subject.is_empty());
}

#[test]
fn a_whole_section_can_stand_in_one_variable() {
    let section =
        "{provider = \"twilio\", texts = {pt = \"{code} é seu código\"}, twilio = {rate = 3}}";
    let sms = dev(&[("sms", section)]).unwrap().sms.unwrap();
    assert_eq!((sms.twilio.as_ref().unwrap().rate.get(), sms.text.texts.len()), (3, 1));
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let ring = file(&format!("{RING}\n"));
    let token = file("token-in-a-file\r\n");
    let config = serve(&[
        ("keys.ring", "-"),
        ("keys.ring_file", ring.to_str().unwrap()),
        ("whatsapp.cloud.access_token", "-"),
        ("whatsapp.cloud.access_token_file", token.to_str().unwrap()),
    ])
    .unwrap();
    use secrecy::ExposeSecret;
    assert_eq!(config.keys.keyring().writing(), "k1");
    assert_eq!(
        config.whatsapp.unwrap().cloud.as_ref().unwrap().access_token.expose_secret(),
        "token-in-a-file"
    );
}

#[test]
fn a_secret_file_that_can_not_be_used_is_told_with_key_and_path() {
    let lost = lines(serve(&[("keys.index", "-"), ("keys.index_file", "/nowhere/index")]));
    assert_eq!(lost.len(), 1, "{lost:#?}");
    assert!(
        lost[0].starts_with("keys.index_file: names /nowhere/index, which can't be read"),
        "{lost:#?}"
    );
    let spaced = file("token-with blank");
    let spaced = lines(serve(&[
        ("sms.twilio.auth_token", "-"),
        ("sms.twilio.auth_token_file", spaced.to_str().unwrap()),
    ]));
    assert_eq!(spaced.len(), 1);
    assert!(spaced[0].starts_with("sms.twilio.auth_token: must be"), "{spaced:#?}");
    assert!(spaced[0].contains("sms.twilio.auth_token_file") && !spaced[0].contains("blank\""));
    let endless = file(&"x".repeat((1 << 20) + 1));
    let endless = lines(dev(&[("keys.index_file", endless.to_str().unwrap())]));
    assert!(endless[0].contains("larger than a megabyte"), "{endless:#?}");
}

#[test]
fn a_key_that_does_not_exist_is_told_with_the_nearest_that_does() {
    for (key, hint) in [
        ("code.lenght", "did you mean code.length?"),
        ("codes.ttl", "did you mean code.ttl?"),
        ("grpc_addr", "did you mean server.grpc_addr?"),
        ("purpose.logins.ttl", "did you mean"),
        ("whatsapp.cloud.acces_token", "did you mean whatsapp.cloud.access_token?"),
        ("keys.ring_fil", "did you mean keys.ring_file?"),
        ("delivery.undelivered.after", "remove it"),
        ("colour", "remove it"),
    ] {
        let lines = lines(dev(&[(key, "1")]));
        assert_eq!(lines.len(), 1, "{lines:#?}");
        let start = format!("{key}: is no key of this version; ");
        assert!(lines[0].starts_with(&start) && lines[0].contains(hint), "{lines:#?}");
        assert!(lines[0].contains(&variable(key)), "{lines:#?}");
    }
    let in_file = lines(dev_file("[sever]\ngrpc_addr = \"127.0.0.1:1\"\n"));
    assert_eq!(
        in_file,
        ["sever.grpc_addr: is no key of this version; did you mean server.grpc_addr?"]
    );
    let scalar = lines(dev_file("code = 6\n"));
    assert!(scalar[0].starts_with("code: must be a table"), "{scalar:#?}");
    assert!(dev_file("[server]\n[code]\n").is_ok(), "a heading without keys says nothing");
}

#[test]
fn what_kubernetes_puts_into_every_environment_is_not_ours() {
    let links = [
        ("POMBO_SERVICE_HOST", "10.0.0.7"),
        ("POMBO_SERVICE_PORT", "50051"),
        ("POMBO_SERVICE_PORT_GRPC", "50051"),
        ("POMBO_PORT", "tcp://10.0.0.7:50051"),
        ("POMBO_PORT_50051_TCP_ADDR", "10.0.0.7"),
        ("POMBO_WEBHOOKS_SERVICE_HOST", "10.0.0.8"),
        ("PATH", "/usr/bin"),
    ];
    let links = links.map(|(name, value)| (name.into(), value.into()));
    assert!(Config::load(Mode::Dev, None, links).is_ok());
}

#[test]
fn an_error_shows_what_was_found_unless_it_may_be_a_secret() {
    let shown = lines(serve(&[("code.length", "three")]));
    assert_eq!(
        shown,
        [
            "code.length: must be a whole number from 4 to 10, not \"three\" (it comes from POMBO_CODE__LENGTH)"
        ]
    );
    let hidden = lines(serve(&[
        ("store.url", "postgres://hush"),
        ("server.public_url", "https://user:hush@otp.example.com"),
        ("keys.ring", "hush"),
        ("keys.index", "hush"),
        ("whatsapp.cloud.access_token", "hush hush"),
        ("sms.twilio.auth_token", "hush hush"),
        ("callers", "[{name = \"shop\", api_key_sha256 = \"hush\"}]"),
        ("test_numbers", "{\"+15550100001\" = \"hush\"}"),
    ]));
    assert_eq!(hidden.len(), 8, "{hidden:#?}");
    assert!(
        hidden.iter().all(|line| !line.contains("hush") && !line.contains("15550100001")),
        "{hidden:#?}"
    );
}

#[test]
fn a_file_that_is_no_toml_is_told_by_line_and_not_shown() {
    let lines = lines(dev_file("[keys]\nindex = \"hush\nring = 1\n"));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].starts_with("--config: names ") && lines[0].ends_with("(line 2)"),
        "{lines:#?}"
    );
    assert!(!lines[0].contains("hush"));
}

#[test]
fn debug_shows_no_secret() {
    let config = serve(&[
        ("store.url", "redis://:hush@redis:6379"),
        ("callers", &format!("[{{name = \"shop\", api_key_sha256 = \"{}\"}}]", super::KEY_HASH)),
        ("test_numbers", "{\"+15550100001\" = \"424242\"}"),
    ]);
    let shown = format!("{:?}", config.unwrap());
    let secrets = LEAST.iter().filter(|(key, _)| key.contains("token") || key.contains("secret"));
    let secrets = secrets.map(|(_, value)| *value);
    for secret in secrets.chain(["hush", RING, INDEX, "424242", "15550100001", super::KEY_HASH]) {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn the_file_may_be_a_pipe_that_somebody_writes_to() {
    let place = file("").with_extension("pipe");
    pipe(&place);
    let theirs = place.clone();
    let writer = thread::spawn(move || fs::write(theirs, "[code]\nlength = 8\n").unwrap());
    let config = Config::load(Mode::Dev, Some(&place), []).unwrap();
    writer.join().unwrap();
    fs::remove_file(place).unwrap();
    assert_eq!(config.rules.policies[0].length, 8);
}
