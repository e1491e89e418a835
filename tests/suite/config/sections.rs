//! What the sections mean once they are right.

use std::time::Duration;

use pombo::{
    config::{Config, Mode, Proof, TwilioSender},
    otp::{Channel, Countries, Country, Purpose, Time},
};

use super::{INDEX, LEAST, RING, dev, environment, serve};

#[test]
fn defaults_are_those_of_the_contract() {
    let config = serve(&[]).unwrap();
    assert_eq!(config.server.grpc_addr.to_string(), "127.0.0.1:50051");
    assert_eq!(config.server.webhook_addr.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.admin_addr.to_string(), "127.0.0.1:9464");
    assert_eq!((config.store.partitions, config.store.wait_replicas), (64, 0));
    assert_eq!(config.store.retention, Duration::from_secs(86_400));
    let policy = config.rules.policy(Purpose::Login);
    assert_eq!((policy.length, policy.max_attempts), (6, 5));
    assert_eq!((policy.ttl.as_secs(), policy.max_life.as_secs()), (300, 600));
    assert_eq!(policy.profile.as_str(), "balanced");
    assert_eq!(policy.waits, [30, 60, 120].map(Duration::from_secs));
    assert_eq!(policy.plan, [Channel::Whatsapp, Channel::Sms]);
    assert_eq!((policy.undelivered.as_secs(), policy.unread, policy.unverified), (20, None, None));
    assert_eq!(config.rules.recipient, ["5/10m", "12/24h"].map(|text| text.parse().unwrap()));
    assert_eq!(config.limits.subject, ["10/1h".parse().unwrap()]);
    assert_eq!(config.limits.client_ip, ["30/1h".parse().unwrap()]);
    assert!(config.limits.caller.is_empty());
    let ledger = config.rules.ledger;
    assert_eq!((ledger.failures_in_a_row, ledger.failures_per_day), (10, 20));
    assert_eq!(ledger.lock.as_secs(), 1_800);
    assert_eq!(config.rules.senders(Channel::Whatsapp), ["cloud"]);
    assert_eq!(config.rules.senders(Channel::Sms), ["twilio"]);
    let whatsapp = config.whatsapp.unwrap();
    assert_eq!(whatsapp.cloud.as_ref().unwrap().base_url.as_str(), "https://graph.facebook.com");
    assert_eq!(
        (
            whatsapp.cloud.as_ref().unwrap().api_version.as_str(),
            whatsapp.cloud.as_ref().unwrap().rate.get()
        ),
        ("v25.0", 80)
    );
    assert_eq!(whatsapp.template.language, "pt_BR");
    assert_eq!(whatsapp.template.button.as_str(), "copy_code");
    let sms = config.sms.unwrap();
    assert_eq!(sms.twilio.as_ref().unwrap().base_url.as_str(), "https://api.twilio.com");
    assert_eq!(sms.twilio.as_ref().unwrap().sender, TwilioSender::From("+15017122661".into()));
    assert_eq!(sms.text.text, None, "the built-in words, by language");
    assert_eq!(sms.text.brand, "Pombo");
}

#[test]
fn check_asks_for_what_serve_asks_for() {
    let nothing = Config::load(Mode::Check, None, []).unwrap_err();
    assert_eq!(nothing, Config::load(Mode::Serve, None, []).unwrap_err());
    assert!(Config::load(Mode::Check, None, environment(LEAST)).is_ok());
}

#[test]
fn dev_needs_nothing_and_leads_nowhere() {
    let config = dev(&[]).unwrap();
    assert!(config.store.url.is_memory());
    assert_eq!(config.allowed_countries, Countries::Any);
    assert!(config.server.public_url.is_none());
    assert!(config.whatsapp.unwrap().cloud.as_ref().unwrap().base_url.is_loopback());
    assert!(config.sms.unwrap().twilio.as_ref().unwrap().base_url.is_loopback());
    let outward = Config::load(
        Mode::Dev,
        None,
        environment(&[LEAST, &[("sms.twilio.base_url", "https://api.twilio.com")]].concat()),
    );
    assert!(outward.unwrap().sms.unwrap().twilio.as_ref().unwrap().base_url.is_loopback());
    let open = dev(&[("server.admin_addr", "0.0.0.0:9464")]).unwrap_err().to_string();
    assert!(open.contains("server.admin_addr") && open.contains("127.0.0.1"), "{open}");
}

#[test]
fn keys_of_dev_live_as_long_as_its_store() {
    let index = |keys: &[_]| dev(keys).unwrap().keys.index_key().fingerprint();
    assert_ne!(index(&[]), index(&[]), "a memory store is gone with its process");
    let redis = [("store.url", "redis://127.0.0.1:6379")];
    assert_eq!(index(&redis), index(&redis), "a restart reads what it wrote");
    assert_ne!(index(&redis), index(&[redis[0], ("keys.index", INDEX)]));
}

#[test]
fn the_first_key_of_the_ring_writes_and_all_read() {
    let next = "k2:5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE";
    let ring =
        serve(&[("keys.ring", &format!("[\"{next}\", \"{RING}\"]"))]).unwrap().keys.keyring();
    assert_eq!(ring.writing(), "k2");
    let alone = serve(&[]).unwrap().keys.keyring();
    assert_eq!(ring.pepper("k1"), alone.pepper("k1"));
}

#[test]
fn a_purpose_overrides_what_holds_for_all() {
    let config = serve(&[
        ("code.ttl", "4m"),
        ("purpose.transaction.ttl", "2m"),
        ("purpose.transaction.length", "8"),
        ("purpose.transaction.max_attempts", "3"),
        ("purpose.transaction.hash", "owasp"),
        ("purpose.transaction.waits", "[\"60s\"]"),
        ("purpose.transaction.plan", "sms"),
        ("purpose.transaction.undelivered", "40s"),
        ("purpose.transaction.unread", "30s"),
        ("purpose.transaction.unverified", "1m"),
        ("delivery.unread", "50s"),
        ("purpose.signup.unread", "off"),
    ])
    .unwrap();
    let payment = config.rules.policy(Purpose::Transaction);
    assert_eq!((payment.ttl.as_secs(), payment.length, payment.max_attempts), (120, 8, 3));
    assert_eq!((payment.profile.as_str(), payment.waits.len()), ("owasp", 1));
    assert_eq!((&payment.plan[..], payment.undelivered.as_secs()), (&[Channel::Sms][..], 40));
    assert_eq!(payment.unread, Some(Duration::from_secs(30)));
    assert_eq!(payment.unverified, Some(Duration::from_secs(60)));
    let login = config.rules.policy(Purpose::Login);
    assert_eq!((login.ttl.as_secs(), login.unread), (240, Some(Duration::from_secs(50))));
    assert_eq!(config.rules.policy(Purpose::Signup).unread, None);
}

#[test]
fn one_channel_is_enough() {
    let sms_only = [("whatsapp.provider", "none"), ("delivery.plan", "sms")];
    let config = serve(&[&sms_only[..], &[("whatsapp.cloud.access_token", "-")]].concat()).unwrap();
    assert!(config.whatsapp.is_none());
    assert!(config.rules.senders(Channel::Whatsapp).is_empty());
}

#[test]
fn countries_are_allowed_by_name_or_all() {
    let some = serve(&[("limits.allowed_countries", "BR,PT")]).unwrap().allowed_countries;
    assert!(some.allow(Country::new("PT")) && !some.allow(Country::new("US")));
    assert!(!some.allow(Country::UNKNOWN));
    let all = serve(&[("limits.allowed_countries", "[\"*\"]")]).unwrap().allowed_countries;
    assert!(all.allow(Country::new("US")) && all.allow(Country::UNKNOWN));
}

#[test]
fn a_test_number_ends_with_its_last_day() {
    for (day, seconds) in [
        ("1970-01-01", 86_400),
        ("2000-02-29", 951_868_800),
        ("2024-02-29", 1_709_251_200),
        ("2026-12-31", 1_798_761_600),
        ("2027-01-31", 1_801_440_000),
        ("2100-03-01", 4_107_628_800),
    ] {
        let numbers = format!("{{\"+15550100001\" = {{code = \"424242\", until = \"{day}\"}}}}");
        let config = serve(&[("test_numbers", &numbers)]).unwrap();
        let [number] = &config.test_numbers[..] else { panic!("one number") };
        assert_eq!(number.until, Some(Time::from_secs(seconds)), "{day}");
        assert_eq!(number.code.digits(), "424242");
        assert_eq!(number.number.e164(), "+15550100001");
    }
    let plain = serve(&[("test_numbers", "{\"+15550100001\" = \"424242\"}")]).unwrap();
    assert_eq!(plain.test_numbers[0].until, None);
}

#[test]
fn with_callers_serve_may_listen_to_other_machines() {
    let callers = format!("[{{name = \"shop\", api_key_sha256 = \"{}\"}}]", super::KEY_HASH);
    let config = serve(&[("callers", &callers), ("server.grpc_addr", "0.0.0.0:50051")]).unwrap();
    let [shop] = &config.callers[..] else { panic!("one caller") };
    assert_eq!(shop.purposes.len(), Purpose::ALL.len(), "without a list it may ask for everything");
    let Proof::ApiKey(hash) = shop.proof else { panic!("{:?}", shop.proof) };
    assert_eq!(hash.0[..2], [0x9f, 0x86]);
    assert!(!shop.insight);
}
