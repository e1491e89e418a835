//! One call to each partition, all at once. They share the connection, so that costs about one
//! round trip; and each names one slot, so that it works the same where slots lie on many servers.

use tokio::task::JoinSet;

use super::StoreError;

/// What the calls brought, in no order, and a failure if one of them failed.
pub(super) async fn scatter<T: Send + 'static>(
    calls: impl Iterator<Item = impl Future<Output = Result<T, StoreError>> + Send + 'static>,
) -> (Vec<T>, Option<StoreError>) {
    let mut calls: JoinSet<_> = calls.collect();
    let (mut brought, mut failure) = (Vec::new(), None);
    while let Some(call) = calls.join_next().await {
        match call {
            Ok(Ok(some)) => brought.push(some),
            Ok(Err(failed)) => failure = Some(failed),
            Err(_) => failure = Some(StoreError::Unreachable("a call broke off".to_owned())),
        }
    }
    (brought, failure)
}
