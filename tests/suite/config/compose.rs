//! Who can reach what in `deploy/compose.yaml`.

use std::{collections::BTreeMap, fs};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/compose.yaml");

/// The services by their names, each the lines below its heading.
fn services() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(FILE).unwrap();
    let below = text.split("\nservices:\n").nth(1).unwrap();
    let mut services = BTreeMap::new();
    let mut name = String::new();
    for line in below.lines().take_while(|line| line.is_empty() || line.starts_with(' ')) {
        match line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            Some(heading) => name = heading.trim_end_matches(':').to_owned(),
            None => services.entry(name.clone()).or_insert_with(Vec::new).push(line.to_owned()),
        }
    }
    services
}

/// What a service says under a key: on its line, or on the lines below.
fn said(service: &[String], key: &str) -> Vec<String> {
    let heading = format!("    {key}:");
    let mut lines = service.iter().skip_while(|line| !line.starts_with(&heading));
    let first = lines.next().map(|line| line[heading.len()..].trim().to_owned());
    let below = lines.take_while(|line| line.starts_with("      "));
    let all = first.into_iter().chain(below.map(|line| line.trim().to_owned()));
    all.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn the_store_is_reached_by_the_service_alone_and_by_its_password() {
    let services = services();
    assert!(services.len() == 3, "{services:#?}");
    let on_its_network = |service: &[String]| said(service, "networks").concat().contains("store");
    let on_it: Vec<_> = services.iter().filter(|(_, service)| on_its_network(service)).collect();
    assert!(on_it.iter().map(|(name, _)| &***name).eq(["pombo", "redis"]), "{on_it:#?}");
    let redis = &services["redis"];
    assert_eq!(said(redis, "networks"), ["[store]"]);
    assert_eq!(said(redis, "ports"), [""; 0]);
    let command = said(redis, "command");
    assert!(command.windows(2).any(|it| it == ["- --aclfile", "- /run/secrets/redis_users"]));
    let environment = said(&services["pombo"], "environment");
    assert!(environment.contains(&"POMBO_STORE__URL_FILE: /run/secrets/store_url".to_owned()));
    assert!(fs::read_to_string(FILE).unwrap().contains("\n  store: { internal: true }\n"));
}

#[test]
fn nothing_is_published_but_to_this_machine_and_never_the_admin_listener() {
    for (name, service) in services() {
        for port in said(&service, "ports") {
            assert!(port.starts_with("- \"127.0.0.1:"), "{name}: {port}");
            assert!(!port.contains("9464"), "{name}: {port}");
        }
    }
    assert_eq!(said(&services()["pombo"], "ports").len(), 2);
}

#[test]
fn every_service_can_do_as_little_as_may_be() {
    for (name, service) in services() {
        assert_eq!(said(&service, "read_only"), ["true"], "{name}");
        assert_eq!(said(&service, "cap_drop"), ["[ALL]"], "{name}");
        assert_eq!(said(&service, "security_opt"), ["[\"no-new-privileges:true\"]"], "{name}");
    }
}
