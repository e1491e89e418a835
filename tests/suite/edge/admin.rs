//! Who may look at the admin listener.

use reqwest::{Client, StatusCode, header};

use super::world;
use crate::support::pombo::Pombo;

const TOKEN: &str = "a-token-of-operators";

async fn ask(pombo: &Pombo, path: &str, authorization: Option<&str>) -> (StatusCode, bool) {
    let request = Client::new().get(format!("http://{}{path}", pombo.admin));
    let request = match authorization {
        Some(value) => request.header(header::AUTHORIZATION, value),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let says_how = answer.headers().get(header::WWW_AUTHENTICATE);
    let says_how = says_how.is_some_and(|value| value.as_bytes().starts_with(b"Bearer"));
    (answer.status(), says_how)
}

#[tokio::test]
async fn with_a_token_everything_but_health_asks_for_it() {
    let pombo = world(&[("SERVER__ADMIN_TOKEN", TOKEN)]).await.serve().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(ask(&pombo, path, None).await, (StatusCode::OK, false), "{path}");
    }
    let wrong = [
        None,
        Some("Bearer"),
        Some("Bearer another-token-of-operators"),
        Some("Bearer a-token-of-operator"),
        Some("Basic a-token-of-operators"),
        Some(TOKEN),
    ];
    for path in ["/", "/metrics", "/simulator/inbox", "/livez/", "//livez", "/nothing"] {
        for authorization in wrong {
            let refused = ask(&pombo, path, authorization).await;
            assert_eq!(refused, (StatusCode::UNAUTHORIZED, true), "{path} {authorization:?}");
        }
    }
    let right = format!("Bearer {TOKEN}");
    let url = format!("http://{}/metrics", pombo.admin);
    let scraped = Client::new().get(url).header(header::AUTHORIZATION, &right).send().await;
    let scraped = scraped.unwrap().text().await.unwrap();
    assert!(scraped.contains("\npombo_admin_refused_total 36\n"), "{scraped}");
    for (path, status) in [("/", 200), ("/metrics", 200), ("/nothing", 404)] {
        assert_eq!(ask(&pombo, path, Some(&right)).await.0, status, "{path}");
    }
    assert!(!pombo.stderr.all().join("\n").contains(TOKEN));
}

#[tokio::test]
async fn without_a_token_this_machine_needs_none() {
    let pombo = world(&[]).await.serve().await;
    assert_eq!(ask(&pombo, "/metrics", None).await, (StatusCode::OK, false));
}
