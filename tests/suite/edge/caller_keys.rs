//! API keys, from the command that makes one to the first call.

use tonic::Code;

use super::{ConfigFile, NUMBER, keyed, world};
use crate::support::pombo::{Pombo, login, run};

#[tokio::test]
async fn the_lines_that_are_printed_with_a_callers_key_let_that_key_in() {
    let world = world(&[]).await;
    let printed = run(&["keys", "new", "--caller", "app"], &[]).await.stdout;
    assert!(printed.contains("shown this once"), "{printed}");
    let key = printed.split_whitespace().find(|word| word.starts_with("pombo_")).unwrap();
    assert!(key.len() >= 49, "{key}");
    let (_, lines) = printed.split_once("[[callers]]").unwrap();
    assert!(!lines.contains(key), "{printed}");
    let file = ConfigFile::new(&format!("[[callers]]{lines}"));
    let pombo = Pombo::serve_with(&["--config", file.path()], &world.environment()).await;
    let mut client = pombo.client().await;
    client.issue_code(keyed(key, login(NUMBER))).await.unwrap();
    let again = run(&["keys", "new", "--caller", "app"], &[]).await.stdout;
    let other = again.split_whitespace().find(|word| word.starts_with("pombo_")).unwrap();
    let refused = client.issue_code(keyed(other, login(NUMBER))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    // What is printed whole can't be left in a configuration by mistake.
    let whole = ConfigFile::new(&printed);
    let refused = run(&["check", "--config", whole.path()], &world.environment()).await;
    assert!(refused.code != 0 && !refused.stderr.contains(key), "{}", refused.stderr);
    for arguments in [&["--caller", "a b"][..], &["--caller", ""], &["--caller", "a", "--id", "k2"]]
    {
        let refused = run(&[&["keys", "new"], arguments].concat(), &[]).await;
        assert!(refused.code != 0 && refused.stdout.is_empty(), "{arguments:?}");
    }
}
