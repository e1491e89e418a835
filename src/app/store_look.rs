//! `pombo check`'s look at the store: what its servers' own word means for what is kept in them.

use crate::{
    delivery::Inspection,
    store::redis::{RedisFacts, ServerFacts, Shape},
};

/// Tells what the store is, and what speaks against it.
pub(super) fn tell(store: &'static str, facts: &RedisFacts, wait_replicas: u32) -> Vec<Inspection> {
    let primaries = &facts.primaries[..];
    if let Some(version) = primaries.iter().find(|it| it.is_replica).map(|it| &it.version) {
        let sentence = "is a replica, which takes no writes; set store.url to its master";
        return vec![Inspection::fault(store, format!("{version} {sentence}"))];
    }
    let waits = match wait_replicas {
        0 => String::new(),
        1 => "; guesses wait for 1 replica".to_owned(),
        _ => format!("; guesses wait for {wait_replicas} replicas"),
    };
    let mut found = vec![Inspection::sound(store, format!("answers; {}{waits}", shape(facts)))];
    let fewest = primaries.iter().map(|it| it.replicas).min().unwrap_or_default();
    if fewest < wait_replicas {
        found.push(Inspection::fault(store, too_few(fewest, wait_replicas)));
    } else if fewest == wait_replicas && wait_replicas > 0 {
        found.push(Inspection::warning(store, just_enough(fewest)));
    }
    // Nothing is said of what a server does not tell.
    let evicts = primaries.iter().find(|it| !matches!(&*it.eviction_policy, "noeviction" | ""));
    found.extend(evicts.map(|it| Inspection::warning(store, forgets_when_full(it))));
    if primaries.iter().any(|it| !it.keeps_changes) {
        let sentence = "appendonly is off: a restart would forget limits, locks and live \
                        challenges; set it to yes";
        found.push(Inspection::warning(store, sentence));
    }
    found
}

fn shape(facts: &RedisFacts) -> String {
    let version = facts.primaries.first().map_or("", |it| &it.version);
    match facts.shape {
        Shape::Standalone => version.to_owned(),
        Shape::Sentinel => format!("{version}, the master by its sentinels"),
        Shape::Cluster => format!("{version}, a cluster of {} primaries", facts.primaries.len()),
    }
}

fn too_few(replicas: u32, wait_replicas: u32) -> String {
    format!(
        "store.wait_replicas is {wait_replicas}, and {}: no guess can be answered; add replicas, or \
         wait for no more than follow",
        following(replicas)
    )
}

fn just_enough(replicas: u32) -> String {
    format!(
        "store.wait_replicas is {replicas}, and {}: without one of them, as after a failover, no guess \
         could be answered; have one more",
        following(replicas)
    )
}

fn following(replicas: u32) -> String {
    if replicas == 1 {
        "1 replica follows".to_owned()
    } else {
        format!("{replicas} replicas follow")
    }
}

fn forgets_when_full(server: &ServerFacts) -> String {
    format!(
        "maxmemory-policy is {}: a full server would forget limits and live challenges; set it to \
         noeviction",
        server.eviction_policy
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Verdict;

    fn sound() -> ServerFacts {
        ServerFacts {
            version: "Redis 7.2.4".to_owned(),
            eviction_policy: "noeviction".to_owned(),
            keeps_changes: true,
            is_replica: false,
            replicas: 2,
        }
    }

    fn told(shape: Shape, primaries: Vec<ServerFacts>, wait_replicas: u32) -> Vec<Verdict> {
        let facts = RedisFacts { shape, primaries };
        let told = tell("store", &facts, wait_replicas);
        told.into_iter().map(|inspection| inspection.verdict).collect()
    }

    fn is_sound(told: &str) -> Verdict {
        Verdict::Sound(told.to_owned())
    }

    #[test]
    fn a_store_is_told_by_what_it_consists_of() {
        let one = "answers; Redis 7.2.4";
        assert_eq!(told(Shape::Standalone, vec![sound()], 0), [is_sound(one)]);
        let master =
            "answers; Redis 7.2.4, the master by its sentinels; guesses wait for 1 replica";
        assert_eq!(told(Shape::Sentinel, vec![sound()], 1), [is_sound(master)]);
        let cluster = "answers; Redis 7.2.4, a cluster of 3 primaries";
        assert_eq!(told(Shape::Cluster, vec![sound(), sound(), sound()], 0), [is_sound(cluster)]);
    }

    #[test]
    fn a_server_that_may_forget_works_and_is_warned_of() {
        let forgetful = ServerFacts {
            eviction_policy: "allkeys-lru".to_owned(),
            keeps_changes: false,
            ..sound()
        };
        for told in [
            told(Shape::Standalone, vec![forgetful.clone()], 0),
            told(Shape::Cluster, vec![sound(), forgetful], 0),
        ] {
            let [Verdict::Sound(_), Verdict::Warning(evicts), Verdict::Warning(restarts)] =
                &told[..]
            else {
                panic!("two warnings: {told:?}")
            };
            assert!(evicts.contains("allkeys-lru") && evicts.contains("noeviction"), "{evicts}");
            assert!(restarts.contains("appendonly"), "{restarts}");
        }
    }

    #[test]
    fn a_replica_is_no_store() {
        let replica = ServerFacts { is_replica: true, ..sound() };
        let [Verdict::Fault(told)] = &told(Shape::Standalone, vec![replica], 0)[..] else {
            panic!("a fault")
        };
        assert!(told.contains("store.url"), "{told}");
    }

    #[test]
    fn replicas_that_are_waited_for_must_be_there() {
        let lonely = ServerFacts { replicas: 0, ..sound() };
        let told = told(Shape::Cluster, vec![sound(), lonely], 1);
        let [Verdict::Sound(_), Verdict::Fault(told)] = &told[..] else { panic!("{told:?}") };
        assert!(told.starts_with("store.wait_replicas is 1, and 0 replicas follow"), "{told}");
        let told = self::told(Shape::Sentinel, vec![sound()], 2);
        let [Verdict::Sound(_), Verdict::Warning(told)] = &told[..] else { panic!("{told:?}") };
        assert!(told.contains("2 replicas follow") && told.contains("have one more"), "{told}");
    }
}
