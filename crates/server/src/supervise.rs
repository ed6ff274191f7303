//! Keeps loops alive: one that panics is told of in the log, and begun again.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinHandle;

/// How long after a panic a loop is begun again.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs a loop until it ends by itself, and again whenever it panics.
pub fn keep<F>(name: &'static str, mut begin: impl FnMut() -> F + Send + 'static) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send,
{
    tokio::spawn(async move {
        while let Err(panic) = caught(async { begin().await }).await {
            tracing::error!(r#loop = name, panic, "a loop of the server panicked; it is begun again");
            tokio::time::sleep(PAUSE).await;
        }
    })
}

/// Runs something to its end.
///
/// # Errors
///
/// It panicked, with these words.
pub async fn caught<T>(what: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(what).catch_unwind().await.map_err(|panic| words_of(&*panic))
}

/// Returns what a panic says.
pub fn words_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_panics_is_begun_again_until_it_ends() {
        let begun = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&begun);
        let task = keep("test", move || {
            let count = Arc::clone(&count);
            async move { assert!(count.fetch_add(1, Ordering::Relaxed) >= 2, "not yet") }
        });
        task.await.unwrap();
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_panic_is_told_in_its_words() {
        let number = 7;
        let told = caught(async { panic!("number {number}") }).await;
        assert_eq!(told, Err::<(), _>("number 7".to_owned()));
    }
}
