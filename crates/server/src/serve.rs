//! The running server: its routes put together, its start and its graceful stop.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tracing_subscriber::EnvFilter;

use crate::actions::people;
use crate::api;
use crate::app::{AppState, Core};
use crate::auth::client_address;
use crate::auth::throttle::Throttle;
use crate::cli::Failure;
use crate::config::{Configuration, LogFormat};
use crate::editor;
use crate::ids;
use crate::listen::{Door, Limits};
use crate::problem::Problem;
use crate::{channels, demo, starting, web_chat};

/// How long what is under way may take to finish once the server is told to stop.
const FINISH: Duration = Duration::from_secs(20);
/// How long open connections may stay after that: live views end here.
const HANG_UP: Duration = Duration::from_secs(2);
/// How long the collector may take to be told the last spans.
const LAST_SPANS: Duration = Duration::from_secs(2);
/// How long a request may take until its answer begins.
const ANSWER: Duration = Duration::from_secs(90);

/// Begins to write the log, to standard error.
///
/// # Errors
///
/// The filter cannot be read.
pub fn start_log(configuration: &Configuration) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&configuration.log)
        .with_context(|| format!("the log filter `{}` is not right", configuration.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for people who look on, not for files and those who read them.
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match configuration.log_format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Runs the server until the process is told to stop.
///
/// # Errors
///
/// It cannot listen, or the room cannot be opened.
pub async fn run(configuration: Configuration, migrates: bool) -> Result<(), Failure> {
    let address = configuration.listen;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another server running there? (--listen sets another)")
    })?;
    let missing = watch::Sender::new("Usher is starting".to_owned());
    let door = Door::open(listener, starting::router(missing.subscribe()), Limits::default());
    let stop = told_to_stop();
    tokio::pin!(stop);
    let (core, room) = tokio::select! {
        opened = starting::open(&configuration, migrates, &missing) => opened?,
        () = &mut stop => return Ok(()),
    };
    let app = AppState { core: core.clone(), room, throttle: Throttle::default() };
    let welcome = welcome(&core).await;
    door.lead_to(router(app.clone()));
    let _ = std::io::stdout().write_all(welcome.as_bytes());
    let _ = std::io::stdout().flush();
    stop.await;
    finish(door, &app).await;
    core.store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Serves on a listener until `stop` is over, then finishes what is under way.
pub async fn serve_until(listener: TcpListener, app: AppState, stop: impl Future<Output = ()>) {
    let door = Door::open(listener, router(app.clone()), Limits::default());
    stop.await;
    finish(door, &app).await;
}

/// Finishes what was accepted while the door still answers that nothing more is, and closes it.
async fn finish(door: Door, app: &AppState) {
    app.room.close(FINISH).await;
    door.close(HANG_UP).await;
    app.room.spans.finish(LAST_SPANS).await;
}

/// All that the server answers to.
pub fn router(app: AppState) -> Router {
    let mut router =
        Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).route("/metrics", get(metrics));
    if app.configuration.roles.api {
        router = router
            .merge(api::router(app.clone()))
            .merge(channels::routes())
            .merge(web_chat::routes())
            .route(api::docs::PAGE, get(api::docs::page))
            .fallback(editor::serve);
        if app.configuration.demo {
            router = router.merge(demo::routes());
        }
    }
    router
        .layer(middleware::from_fn_with_state(app.clone(), client_address::note))
        .layer(middleware::from_fn_with_state(app.clone(), protect))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// Adds what browsers should hold to, logs the request without what is in it, and ends one that takes too long.
async fn protect(State(app): State<AppState>, request: Request, next: Next) -> Response {
    // Not its path: that may hold a token, or say who somebody is.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let began = tokio::time::Instant::now();
    let mut response = match tokio::time::timeout(ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "this took too long and was given up").into_response()
        }
    };
    let status = response.status().as_u16();
    let route = route.as_ref().map_or("the editor", MatchedPath::as_str);
    tracing::debug!(%method, route, status, millis = began.elapsed().as_millis(), "answered");
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.entry(opener).or_insert(HeaderValue::from_static("same-origin"));
    if app.configuration.is_secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(app): State<AppState>) -> Response {
    if !app.room.is_accepting() {
        return Problem::unavailable("the server is stopping").into_response();
    }
    if let Some(takes_events) = app.room.stream_takes_events() {
        // While NATS takes events, webhooks are taken: the database may be away.
        return match takes_events {
            true => "ready\n".into_response(),
            false => Problem::unavailable("NATS does not take events").into_response(),
        };
    }
    match app.store.ping().await {
        Ok(()) if !app.room.dispatcher.is_heard() => {
            Problem::unavailable("the database takes nothing: it is full, or read-only; the log says more")
                .into_response()
        }
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Problem::unavailable("the database does not answer").into_response()
        }
    }
}

/// Tells all measures: to everybody, or to who has the token if there is one.
async fn metrics(State(app): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(token) = &app.configuration.metrics_token {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        // Hashes are compared, so that how long it takes tells nothing of the token.
        if ids::hash_of(given) != ids::hash_of(token.expose_secret()) {
            let mut refused =
                Problem::unauthorized("send the token of --metrics-token as a bearer token").into_response();
            refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return refused;
        }
    }
    app.room.metrics.live_streams.set(app.room.live.open() as f64);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.room.metrics.render()).into_response()
}

/// Says where the server is, and how the first administrator comes in.
async fn welcome(core: &Core) -> String {
    let configuration = &core.configuration;
    let mut lines = format!("Usher runs on {} (listening on {})\n", configuration.link(""), configuration.listen);
    if !editor::is_built() {
        lines.push_str("The editor is not in this binary; build it with scripts/web build\n");
    }
    match first_link(core).await {
        Ok(None) => {}
        Ok(Some(link)) => lines
            .push_str(&format!("\nTo set up the first administrator, open this link (it works once):\n\n  {link}\n\n")),
        Err(error) => tracing::warn!(%error, "cannot make the first administrator's link; the next start tries again"),
    }
    lines
}

/// Makes the link that leads to the first administrator's account, unless there is somebody.
async fn first_link(core: &Core) -> Result<Option<String>, Problem> {
    if people::nobody_yet(core).await? { people::setup_link(core).await.map(Some) } else { Ok(None) }
}

/// Waits for Ctrl-C or the signal to terminate.
async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot hear the signal to terminate; Ctrl-C works");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = interrupted => {}
        () = terminated => {}
    }
    tracing::info!("stopping; what is under way is finished first");
}
