//! What people at a terminal, and the programs that start us, are told.

use std::net::{SocketAddr, TcpListener};

use super::{ConfigFile, NUMBER, payment, world};
use crate::support::{
    pombo::{Ended, Pombo, run, wrong},
    world::{World, free_port},
};

/// What went wrong, in one sentence on stderr.
fn sentence(ended: &Ended) -> &str {
    assert_ne!(ended.code, 0, "{}", ended.stdout);
    let said = ended.stderr.trim();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("pombo: "), "{said}");
    said
}

#[tokio::test]
async fn every_command_shows_an_example() {
    let commands = ["", "dev", "serve", "issue", "verify", "check", "templates", "templates push"];
    for command in commands.into_iter().chain(["keys", "keys new"]) {
        let arguments: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let ended = run(&arguments, &[]).await;
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("Example: pombo"), "{command}: {}", ended.stdout);
    }
    let unknown = run(&["fly"], &[]).await;
    assert_ne!(unknown.code, 0);
    assert!(unknown.stderr.contains("fly"));
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_key_and_a_free_one_that_works() {
    let world = world(&[]).await;
    for key in ["grpc_addr", "webhook_addr", "admin_addr"] {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let variable = format!("POMBO_SERVER__{}", key.to_uppercase());
        let environment = [&world.environment()[..], &[(&variable, &address)]].concat();
        let ended = run(&["serve"], &environment).await;
        let said = sentence(&ended);
        assert!(said.contains(&format!("server.{key}")) && said.contains(&address), "{said}");
        let proposed = said.split(&format!("{variable}=")).nth(1).unwrap();
        let proposed: SocketAddr = proposed.split_whitespace().next().unwrap().parse().unwrap();
        let proposed = proposed.to_string();
        let environment = [&world.environment()[..], &[(&variable, &proposed)]].concat();
        let pombo = Pombo::serve(&environment).await;
        assert!([&pombo.grpc, &pombo.webhooks, &pombo.admin].contains(&&proposed));
    }
}

#[tokio::test]
async fn an_unknown_key_is_refused_by_name() {
    let world = world(&[]).await;
    let file = ConfigFile::new("[code]\nlenght = 6\n[weather]\nsunny = true\n");
    let ended = run(&["serve", "--config", file.path()], &world.environment()).await;
    assert_ne!(ended.code, 0);
    for said in ["code.lenght", "code.length", "weather"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    let variable = [&world.environment()[..], &[("POMBO_CODE__LENGHT", "6")]].concat();
    let ended = run(&["check"], &variable).await;
    assert!(ended.code != 0 && ended.stderr.contains("POMBO_CODE__LENGHT"), "{}", ended.stderr);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let world = world(&[]).await;
    let wrong = [
        ("POMBO_CODE__LENGTH", "3"),
        ("POMBO_RESEND__WAITS", "[\"soon\"]"),
        ("POMBO_STORE__PARTITIONS", "many"),
        ("POMBO_LIMITS__ALLOWED_COUNTRIES", "[\"Brazil\"]"),
        ("POMBO_KEYS__RING", "k1:c2hvcnQ="),
        ("POMBO_SERVER__ADMIN_ADDR", "here"),
        ("POMBO_PURPOSE__LOGIN__TTL", "1y"),
    ];
    let environment = [&world.environment()[..], &wrong].concat();
    for command in ["serve", "check"] {
        let ended = run(&[command], &environment).await;
        assert_ne!(ended.code, 0);
        for (variable, _) in wrong {
            let key = variable.trim_start_matches("POMBO_").to_lowercase().replace("__", ".");
            assert!(ended.stderr.contains(&key), "{key}: {}", ended.stderr);
        }
        assert!(!ended.stderr.contains("c2hvcnQ="), "a secret is shown");
    }
    // With nothing said at all, all that is needed is named.
    let ended = run(&["serve"], &[]).await;
    for key in [
        "store.url",
        "keys.ring",
        "keys.index",
        "limits.allowed_countries",
        "whatsapp.cloud.access_token",
    ] {
        assert!(ended.stderr.contains(key), "{key}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn check_tells_the_odds_and_whether_the_store_answers() {
    let world = world(&[]).await;
    let sound = run(&["check"], &world.environment()).await;
    assert_eq!(sound.code, 0, "{}", sound.stderr);
    // 5 attempts a message, 12 messages a day, a million codes.
    assert!(sound.stdout.contains("1 in 16667 a day"), "{}", sound.stdout);
    assert!(sound.stdout.contains("store"), "{}", sound.stdout);
    let nowhere = format!("redis://127.0.0.1:{}", free_port());
    let environment = [&world.environment()[..], &[("POMBO_STORE__URL", &nowhere)]].concat();
    let away = run(&["check"], &environment).await;
    assert!(away.stdout.contains("1 in 16667 a day"));
    assert!(sentence(&away).contains("store"), "{}", away.stderr);
}

#[tokio::test]
async fn new_keys_are_accepted_as_they_are_printed() {
    let world = world(&[]).await;
    let environment: Vec<_> = world
        .environment()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("POMBO_KEYS__"))
        .collect();
    assert_ne!(run(&["check"], &environment).await.code, 0);
    for arguments in [&["keys", "new"][..], &["keys", "new", "--id", "2027-01"]] {
        let printed = run(arguments, &[]).await;
        let file = ConfigFile::new(&printed.stdout);
        let checked = run(&["check", "--config", file.path()], &environment).await;
        assert_eq!(checked.code, 0, "{}", checked.stderr);
        assert_ne!(printed.stdout, run(arguments, &[]).await.stdout);
    }
    // Nothing is printed that would not be taken.
    for id in ["", "k:1", "k 1", "\"", "k\n1", &"k".repeat(200)] {
        let printed = run(&["keys", "new", "--id", id], &[]).await;
        assert!(printed.code != 0 && printed.stdout.is_empty(), "{id:?}: {}", printed.stdout);
    }
}

async fn served(more: &[(&str, &str)]) -> (World, Pombo, String) {
    let world = world(more).await;
    let pombo = world.serve().await;
    let address = format!("http://{}", pombo.grpc);
    (world, pombo, address)
}

/// The value of a line that a command printed.
fn value<'a>(ended: &'a Ended, name: &str) -> &'a str {
    let line = ended.stdout.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{name} in {}{}", ended.stdout, ended.stderr))
        .split_whitespace()
        .nth(1)
        .unwrap()
}

#[tokio::test]
async fn verify_ends_with_the_outcome() {
    let (world, _pombo, address) = served(&[]).await;
    let issued = run(&["issue", NUMBER, "--address", &address], &[]).await;
    let id = value(&issued, "challenge_id");
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    for (code, exit, outcome) in [
        (wrong(&[&code]), 1, "WRONG_CODE"),
        (code.clone(), 0, "VERIFIED"),
        (code, 1, "ALREADY_USED"),
    ] {
        let ended = run(&["verify", id, &code, "--address", &address], &[]).await;
        assert_eq!((ended.code, value(&ended, "outcome")), (exit, outcome));
    }
    let malformed = run(&["verify", "ch_1", "12", "--address", &address], &[]).await;
    assert!(sentence(&malformed).contains("challenge_id") && malformed.stderr.contains("code"));
}

#[tokio::test]
async fn a_payment_is_given_on_the_command_line() {
    let (world, _pombo, address) = served(&[]).await;
    let payment = payment("10.50");
    let given = format!("{}:{}:{}", payment.amount, payment.currency, payment.payee);
    let common = ["--transaction", &given, "--address", &address];
    let issued =
        run(&[&["issue", NUMBER, "--purpose", "transaction"], &common[..]].concat(), &[]).await;
    let id = value(&issued, "challenge_id");
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    let verified = run(&[&["verify", id, &code], &common[..]].concat(), &[]).await;
    assert_eq!((verified.code, value(&verified, "outcome")), (0, "VERIFIED"));
}

#[tokio::test]
async fn without_a_service_the_commands_say_so() {
    let address = format!("http://127.0.0.1:{}", free_port());
    for command in [&["issue", NUMBER][..], &["verify", "ch_1", "123456"]] {
        let ended = run(&[command, &["--address", &address]].concat(), &[]).await;
        assert!(sentence(&ended).contains(&address), "{}", ended.stderr);
        assert!(ended.stderr.contains("pombo dev"), "{}", ended.stderr);
    }
    let odd = run(&["issue", NUMBER, "--address", "nowhere at all"], &[]).await;
    assert!(sentence(&odd).contains("--address"), "{}", odd.stderr);
}
