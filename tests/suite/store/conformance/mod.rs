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
    };
}

mod records;

mod alarms;

mod charges;

mod streams;
