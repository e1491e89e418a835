//! `[events]`: what leaves, leaves signed and by a safe road.

use super::{dev, lines, refusals::check, serve};

#[test]
fn events_leave_only_signed_and_only_by_a_safe_road() {
    let secret = ("events.secret", "whsec_c2VjcmV0IGZvciB0ZXN0cywgbm8gc2VjcmV0");
    let url = ("events.url", "https://hooks.example.com/pombo?token=1");
    check(&[
        (&[url], "events.secret", "openssl rand"),
        (&[url, ("events.secret", "[]")], "events.secret", "whsec_"),
        (
            &[url, ("events.secret", "c2VjcmV0IGZvciB0ZXN0cywgbm8gc2VjcmV0")],
            "events.secret",
            "whsec_",
        ),
        (&[url, ("events.secret", "whsec_c2hvcnQ=")], "events.secret", "24 to 64"),
        (&[secret, ("events.url", "http://hooks.example.com")], "events.url", "for this machine"),
        (
            &[secret, ("events.url", "https://me:pw@hooks.example.com")],
            "events.url",
            "without a user",
        ),
        (&[secret, ("events.url", "https://hooks.example.com/#top")], "events.url", "fragment"),
        (&[secret, ("events.url", "hooks.example.com")], "events.url", "https://"),
    ]);
    let refused = lines(serve(&[("events.url", "ftp://hooks.example.com/token-of-mine"), secret]));
    assert!(!refused[0].contains("token-of-mine"), "an address may hold a token: {refused:?}");
}

#[test]
fn events_go_where_it_is_said_and_from_dev_nowhere_else_but_here() {
    let nobody = serve(&[]).unwrap().events;
    assert!(nobody.endpoint.is_none() && nobody.topic.is_none());
    let secret = "whsec_c2VjcmV0IGZvciB0ZXN0cywgbm8gc2VjcmV0";
    let both = [
        ("events.url", "https://hooks.example.com/pombo"),
        ("events.secret", &format!("{secret},{secret}")),
        ("events.topic_arn", "arn:aws:sns:sa-east-1:123456789012:pombo.fifo"),
    ];
    let config = serve(&both).unwrap();
    assert_eq!(config.events.endpoint.as_ref().unwrap().secrets.len(), 2);
    let shown = format!("{config:?}");
    assert!(!shown.contains("hooks.example.com") && !shown.contains("c2VjcmV0"), "{shown}");
    #[cfg(feature = "aws")]
    assert_eq!(config.events.topic.unwrap().region, "sa-east-1");

    let here = dev(&both).unwrap().events;
    assert!(here.endpoint.is_none() && here.topic.is_none(), "nothing leaves the machine");
    let here = [("events.url", "http://127.0.0.1:9/hooks"), ("events.secret", secret)];
    assert!(dev(&here).unwrap().events.endpoint.is_some());
}
