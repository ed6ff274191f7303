//! The start of a server whose database or stream may not be there yet: it listens at once, says what is missing, and
//! tries again until everything is there.

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;
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

/// Opens the data and the room. Where others are needed for that, requests are answered meanwhile with what is missing;
/// none is given when Usher is told to stop before they are there.
///
/// # Errors
///
/// Waiting would not help: the settings are wrong, or the schema is another program's.
pub async fn open(
    listener: &TcpListener,
    configuration: Configuration,
    migrates: bool,
    stop: impl Future<Output = ()>,
) -> Result<Option<(Core, Handle)>, Failure> {
    if configuration.is_sqlite() {
        return attempt(&configuration, migrates).await.map(Some);
    }
    let missing = watch::Sender::new("Usher is starting".to_owned());
    let (opened, is_open) = watch::channel(());
    let waiting_room = tokio::spawn(serve(second(listener)?, missing.subscribe(), is_open));
    let found = tokio::select! {
        found = attempts(&configuration, migrates, &missing) => found.map(Some),
        () = stop => Ok(None),
    };
    drop(opened);
    // A request that is being answered there is answered to its end.
    let _ = timeout(PATIENCE, waiting_room).await;
    found
}

/// Tries until it works, or cannot.
async fn attempts(
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
                runner::OpenError::Http(_) => false,
            };
        }
        cause.downcast_ref::<usher_store::Error>().is_some_and(usher_store::Error::is_transient)
            || cause.downcast_ref::<jetstream::OpenError>().is_some_and(jetstream::OpenError::is_transient)
            || cause.is::<Silent>()
    })
}

/// Returns a second handle on the same listening socket.
fn second(listener: &TcpListener) -> Result<TcpListener, Failure> {
    use std::os::fd::AsFd as _;
    let socket = listener.as_fd().try_clone_to_owned().context("cannot listen")?;
    Ok(TcpListener::from_std(std::net::TcpListener::from(socket)).context("cannot listen")?)
}

/// Answers with what is missing, until the room is open.
async fn serve(listener: TcpListener, missing: watch::Receiver<String>, mut is_open: watch::Receiver<()>) {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .fallback(not_ready)
        // Whoever comes again comes to the server itself.
        .layer(map_response(async |mut response: Response| {
            let close = (header::CONNECTION, HeaderValue::from_static("close"));
            response.headers_mut().insert::<HeaderName>(close.0, close.1);
            response
        }))
        .with_state(missing);
    let opened = async move { while is_open.changed().await.is_ok() {} };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(opened).await {
        tracing::warn!(%error, "cannot answer while Usher starts");
    }
}

async fn not_ready(State(missing): State<watch::Receiver<String>>) -> Response {
    let detail = format!("not ready yet: {}", *missing.borrow());
    Problem::unavailable(detail).with("retry_after", 2).into_response()
}
