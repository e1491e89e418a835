//! What tests share: private servers, the real binary, and words for what callers do.

pub mod pombo;

pub mod redis_server;

pub mod proxy;

pub mod clock;

pub mod wrong_clock;

pub mod sentinel_group;

pub mod redis_cluster;

pub mod certificates;

pub mod world;

pub mod replica;

pub mod outsider;

/// Whether to take the long forms of tests: more rounds, and waits that take minutes.
pub fn long() -> bool {
    std::env::var_os("POMBO_TEST_LONG").is_some_and(|value| value == "1")
}

/// Runs all of these at once, and waits for their results, in their order.
pub async fn all<F>(works: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = works.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
