//! Work that waits for disk or locks, away from the tasks that wait for the network.

use tokio::task::spawn_blocking;

/// Does the work on a thread of its own; a panic in it goes on in whoever waits.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
