//! Twenty flows of every kind, and the numbers that are shown of them.

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use pombo::grpc::proto::{
    CancelChallengeRequest, ChallengeState, IssueCodeRequest, Purpose, VerifyOutcome,
};
use serde_json::json;
use tokio::process::Command;

use crate::support::{
    pombo::{Pombo, login, wrong},
    world::number,
};

type Series = BTreeMap<String, f64>;

/// All series of a metric that have counted something.
async fn series(pombo: &Pombo, name: &str) -> Series {
    let metrics = pombo.metrics().await.into_iter();
    metrics
        .filter(|(series, value)| series.starts_with(name) && *value > 0.0)
        .collect()
}

fn expected<const N: usize>(counts: [(String, f64); N]) -> Series {
    counts.into()
}

fn concluded(purpose: &str, used: &str, conclusion: &str) -> String {
    format!(
        "pombo_challenges_concluded_total{{purpose=\"{purpose}\",country=\"BR\",\
         first_channel=\"whatsapp\",used_channel=\"{used}\",arm=\"\",conclusion=\"{conclusion}\"}}"
    )
}

fn fallbacks(reason: &str) -> String {
    format!("pombo_fallbacks_total{{from=\"whatsapp\",to=\"sms\",reason=\"{reason}\"}}")
}

/// A flow that is under way: its number, its challenge, and the first code that arrived.
struct Flow {
    id: String,
    code: String,
}

async fn begin(dev: &Pombo, index: u32, digits: &str) -> Flow {
    let to = number(index, digits);
    let id = dev.issue(&to).await.challenge_id;
    Flow {
        id,
        code: dev.message(&to, 1).await.code,
    }
}

#[tokio::test]
async fn twenty_flows_are_counted_to_the_last_and_completion_is_three_quarters() {
    let dev = Pombo::dev(&[
        ("POMBO_DELIVERY__UNDELIVERED", "1s"),
        ("POMBO_PURPOSE__RECOVERY__TTL", "2s"),
    ])
    .await;

    // Eleven that verify by WhatsApp, four by SMS, one to be exhausted, one to be cancelled.
    let mut flows = Vec::new();
    for (index, digits) in (0..).zip([["00"; 13].as_slice(), &["01", "02", "03", "03"]].concat()) {
        flows.push(begin(&dev, index, digits).await);
    }
    let metrics = dev.metrics().await;
    assert_eq!(
        metrics["pombo_live_challenges"], 17.0,
        "all are live midway"
    );
    assert_eq!(
        series(&dev, "pombo_challenges_concluded_total").await,
        Series::new()
    );

    let (cancelled, exhausted) = (flows.remove(0), flows.remove(0));
    for flow in &flows {
        assert_eq!(
            dev.verify(&flow.id, &flow.code).await.outcome(),
            VerifyOutcome::Verified
        );
    }
    for _ in 0..5 {
        let answer = dev.verify(&exhausted.id, &wrong(&[&exhausted.code])).await;
        assert_eq!(answer.outcome(), VerifyOutcome::WrongCode);
    }
    let cancel = CancelChallengeRequest {
        challenge_id: cancelled.id,
    };
    dev.client().await.cancel_challenge(cancel).await.unwrap();

    // Two that nobody answers, and one that nothing reaches.
    for index in 20..22 {
        let request = IssueCodeRequest {
            purpose: Purpose::Recovery.into(),
            ..login(&number(index, "00"))
        };
        let issued = dev.try_issue(request).await.unwrap();
        assert_eq!(
            dev.end(&issued.challenge_id).await.state(),
            ChallengeState::Expired
        );
    }
    let issued = dev.issue(&number(22, "08")).await;
    assert_eq!(
        dev.end(&issued.challenge_id).await.state(),
        ChallengeState::Undeliverable
    );

    let ended = series(&dev, "pombo_challenges_concluded_total").await;
    println!("{ended:#?}");
    let all = [
        (concluded("login", "whatsapp", "verified"), 11.0),
        (concluded("login", "sms", "verified"), 4.0),
        (concluded("recovery", "", "expired"), 2.0),
        (concluded("login", "", "exhausted"), 1.0),
        (concluded("login", "", "cancelled"), 1.0),
        (concluded("login", "", "undeliverable"), 1.0),
    ];
    assert_eq!(ended, expected(all));
    let issued: f64 = series(&dev, "pombo_challenges_issued_total")
        .await
        .values()
        .sum();
    assert_eq!(
        issued,
        ended.values().sum::<f64>(),
        "issued = concluded + live"
    );
    assert_eq!(dev.metrics().await["pombo_live_challenges"], 0.0);
    let reasons = [
        (fallbacks("refused"), 1.0),
        (fallbacks("failed"), 2.0),
        (fallbacks("undelivered"), 2.0),
    ];
    assert_eq!(
        series(&dev, "pombo_fallbacks_total").await,
        expected(reasons)
    );

    the_rules_say(0.75, &ended).await;
}

/// Lets Prometheus's own tool apply the deployed rules to these series.
async fn the_rules_say(completion: f64, ended: &Series) {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus/rules.yml");
    let overall = "pombo:completion_rate_overall:ratio";
    let input = ended
        .iter()
        .map(|(series, value)| json!({ "series": series, "values": format!("{value}x10") }));
    // YAML reads JSON.
    let test = json!({
        "rule_files": [rules],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": input.collect::<Vec<_>>(),
            "promql_expr_test": [{
                "expr": overall,
                "eval_time": "5m",
                "exp_samples": [{ "labels": overall, "value": completion }],
            }],
        }],
    });
    let file = std::env::temp_dir().join(format!("pombo-counts-{}.yml", std::process::id()));
    std::fs::write(&file, test.to_string()).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(&file)
        .output()
        .await;
    std::fs::remove_file(&file).unwrap();
    let output = output.unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => panic!(
            "this test needs promtool in the PATH: install the package prometheus (Debian, \
             Ubuntu) or Prometheus itself"
        ),
        _ => panic!("promtool can't be started: {error}"),
    });
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    println!("completion {completion} by the rules of deploy/prometheus");
}
