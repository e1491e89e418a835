//! What the guides tell operators to write, run and look at is there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use pombo::config::{Config, Mode};

use super::{INDEX, RING, deploy::keys_shown, file};

/// Guides that show a whole configuration.
const WHOLE: &[&str] =
    if cfg!(feature = "aws") { &["docs/AWS.md", "docs/META.md"] } else { &["docs/META.md"] };

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// README and everything in `docs/`, by their paths from the root.
fn guides() -> Vec<String> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let names = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("docs/{name}")).chain(["README.md".to_owned()]).collect()
}

/// The blocks of configuration in a guide.
fn blocks(text: &str) -> Vec<&str> {
    let opened = text.split("```toml\n").skip(1);
    opened.map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn they_show_keys_that_there_are() {
    let known = Config::known_keys();
    let sections: BTreeSet<_> = known.iter().filter_map(|key| key.rsplit_once('.')).collect();
    let is_known = |key: &String| {
        known.contains(key.trim_end_matches("_file"))
            || sections.iter().any(|(section, _)| section == key)
    };
    for guide in guides() {
        let text = text(&guide);
        let shown: BTreeSet<_> = blocks(&text).into_iter().flat_map(keys_shown).collect();
        let unknown: Vec<_> = shown.iter().filter(|key| !is_known(key)).collect();
        assert!(unknown.is_empty(), "{guide}: {unknown:#?}");
    }
}

#[test]
fn their_whole_configurations_serve_once_the_secrets_lie_where_they_say() {
    let place = "/run/secrets/";
    for guide in WHOLE {
        let text = text(guide);
        let [block] = blocks(&text)[..] else { panic!("{guide} shows one configuration") };
        let secrets = block.split(place).skip(1).map(|rest| rest.split('"').next().unwrap());
        let filled = secrets.fold(block.to_owned(), |filled, name| {
            let secret = match name {
                "keys_ring" => RING,
                "keys_index" => INDEX,
                _ => "a-secret-of-a-provider",
            };
            filled.replace(&format!("{place}{name}\""), &format!("{}\"", file(secret).display()))
        });
        let config = Config::load(Mode::Serve, Some(&file(&filled)), []);
        assert!(config.is_ok(), "{guide}: {}", config.unwrap_err());
    }
}

#[test]
fn their_links_lead_somewhere() {
    for guide in guides() {
        let text = text(&guide);
        let targets = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let to = match path {
                "" => root().join(&guide),
                path => root().join(&guide).parent().unwrap().join(path),
            };
            assert!(to.exists(), "{guide}: {target}");
            assert!(heading.is_empty() || anchors(&to).contains(heading), "{guide}: {target}");
        }
    }
}

/// The headings of a document as links name them.
fn anchors(path: &PathBuf) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    let anchor = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        kept.replace(|c: char| !c.is_alphanumeric() && !" -_".contains(c), "").replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn the_files_and_metrics_that_they_name_are_there() {
    let metrics = fs::read_dir(root().join("src/insight/metrics")).unwrap();
    let metrics = metrics.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let metrics = metrics.collect::<String>();
    for guide in guides() {
        let text = text(&guide);
        // What stands between backticks, without a metric's labels and a placeholder's path.
        for named in text.split('`').skip(1).step_by(2).filter(|named| !named.contains('<')) {
            let named = named.split('{').next().unwrap();
            let is_word = !named.is_empty() && !named.contains(char::is_whitespace);
            if is_word && named.starts_with("pombo_") {
                assert!(metrics.contains(&format!("\"{named}\"")), "{guide}: {named}");
            }
            let is_path = ["src/", "tests/", "deploy/", "docs/", "proto/"]
                .iter()
                .any(|room| named.starts_with(room));
            assert!(!is_word || !is_path || root().join(named).exists(), "{guide}: {named}");
        }
    }
}

#[test]
fn the_tests_that_hold_its_promises_are_there() {
    let text =
        ["RELIABILITY", "KEYS", "SECURITY"].map(|name| text(&format!("docs/{name}.md"))).concat();
    let named: Vec<_> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|it| it.contains("::") && !it.contains(' '))
        .collect();
    assert!(named.len() > 25, "{named:?}");
    for test in named {
        let (module, name) = test.rsplit_once("::").unwrap();
        let file = root().join(format!("tests/suite/{}.rs", module.replace("::", "/")));
        let found = fs::read_to_string(&file).unwrap_or_default();
        assert!(found.contains(&format!("fn {name}(")), "{test}");
    }
}
