//! The start of a server whose database or stream may not be there yet: it says what is missing, and tries again until
//! everything is there.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::app::Core;
use crate::bus::jetstream;
use crate::cli::{self, Failure};
use crate::config::Configuration;
use crate::problem::Problem;
use crate::runner::{self, Handle};

/// Connections to the database that a server may have open.
const CONNECTIONS: u32 = 16;
/// How long one attempt may take to reach the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before the next attempt, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Opens the data and the room, however long others that are needed for that are away; `missing` says what is.
///
/// # Errors
///
/// Waiting would not help: the settings are wrong, or the schema is another program's.
pub async fn open(
    configuration: &Configuration,
    migrates: bool,
    missing: &watch::Sender<String>,
) -> Result<(Core, Handle), Failure> {
    let mut wait = FIRST_WAIT;
    loop {
        let failure = match attempt(configuration, migrates).await {
            Ok(opened) => return Ok(opened),
            Err(failure) => failure,
        };
        if !may_pass(&failure) {
            return Err(failure);
        }
        tracing::warn!(again_in_ms = wait.as_millis(), "not ready: {failure}");
        missing.send_replace(failure.to_string());
        sleep(wait).await;
        wait = LONGEST_WAIT.min(wait * 2);
    }
}

async fn attempt(configuration: &Configuration, migrates: bool) -> Result<(Core, Handle), Failure> {
    let shown = configuration.shown_database();
    let silent = || anyhow::Error::new(Silent(shown.clone()));
    let opening = async {
        let core = cli::connect(configuration.clone(), CONNECTIONS).await?;
        if migrates {
            core.store.migrate(core.clock.now()).await?;
        }
        core.store.check_schema().await?;
        Ok::<_, Failure>(core)
    };
    let core = if configuration.is_sqlite() || migrates {
        opening.await?
    } else {
        timeout(PATIENCE, opening).await.map_err(|_| silent())??
    };
    let settings = runner::Settings::of(configuration);
    match Handle::open(&core, settings).await {
        Ok(room) => Ok((core, room)),
        Err(error) => {
            core.store.close().await;
            Err(anyhow::Error::new(error).context("cannot open the room").into())
        }
    }
}

/// The database took a connection, or did not, and said nothing.
#[derive(Debug, thiserror::Error)]
#[error("the database {0} does not answer")]
struct Silent(String);

/// Says whether trying again may help: others are not there yet.
fn may_pass(failure: &Failure) -> bool {
    let Failure::Other(error) = failure else { return false };
    error.chain().any(|cause| {
        let cause: &(dyn std::error::Error + 'static) = cause;
        if let Some(error) = cause.downcast_ref::<runner::OpenError>() {
            return match error {
                runner::OpenError::Store(error) => error.is_transient(),
                runner::OpenError::Bus(error) => error.is_transient(),
                runner::OpenError::Http(_) | runner::OpenError::Spans(_) => false,
            };
        }
        cause.downcast_ref::<usher_store::Error>().is_some_and(usher_store::Error::is_transient)
            || cause.downcast_ref::<jetstream::OpenError>().is_some_and(jetstream::OpenError::is_transient)
            || cause.is::<Silent>()
    })
}

/// Answers with what is missing.
pub fn router(missing: watch::Receiver<String>) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).fallback(not_ready).with_state(missing)
}

async fn not_ready(State(missing): State<watch::Receiver<String>>) -> Response {
    let detail = format!("not ready yet: {}", *missing.borrow());
    Problem::unavailable(detail).with("retry_after", 2).into_response()
}
