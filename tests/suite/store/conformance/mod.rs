//! What every store promises. Written once, run over each.

/// Makes of each promise a test of every store.
macro_rules! promises {
    ($($promise:ident,)+) => {
        mod memory {
            $(#[tokio::test] async fn $promise() { super::$promise(super::Bench::memory().await).await })+
        }
        mod redis {
            $(#[tokio::test] async fn $promise() { super::$promise(super::Bench::redis().await).await })+
        }
        mod valkey {
            $(#[tokio::test] async fn $promise() { super::$promise(super::Bench::valkey().await).await })+
        }
        mod sentinel {
            $(#[tokio::test] async fn $promise() { super::$promise(super::Bench::sentinel().await).await })+
        }
        mod cluster {
            use crate::{store::bench::Bench, support::redis_cluster::RedisCluster};

            #[tokio::test]
            async fn all() {
                let cluster = std::sync::Arc::new(RedisCluster::start(0).await);
                $(
                    println!("{}", stringify!($promise));
                    super::$promise(Bench::cluster(&cluster).await).await;
                )+
            }
        }
    };
}

mod records;

mod alarms;

mod charges;

mod streams;
