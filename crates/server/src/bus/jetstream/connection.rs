//! The connection to NATS, which comes back by itself.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;

use super::OpenError;

/// How often an idle connection is tried: after three tries without an answer it counts as broken.
const PING: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The longest pause between two attempts to come back.
const RETRY: Duration = Duration::from_secs(1);

/// Where NATS is, and how its stream is to be.
#[derive(Debug, Clone)]
pub struct Nats {
    pub servers: Vec<String>,
    pub stream: String,
    pub replicas: usize,
    pub max_bytes: i64,
    /// A file of credentials, as NATS' own tools write it.
    pub credentials: Option<PathBuf>,
    pub token: Option<SecretString>,
}

/// Connects; the second is raised with each connection that is made.
pub(super) async fn connect(nats: &Nats) -> Result<(Client, watch::Receiver<u64>), OpenError> {
    let (connections, connected) = watch::channel(0);
    let mut options = ConnectOptions::new()
        .name("usher")
        .ping_interval(PING)
        .request_timeout(Some(ANSWER))
        .connection_timeout(ANSWER)
        .reconnect_delay_callback(pause)
        .event_callback(move |event| {
            match event {
                Event::Connected => {
                    connections.send_modify(|count| *count += 1);
                    tracing::info!("connected to NATS");
                }
                Event::Disconnected => tracing::warn!("the connection to NATS is broken; trying again"),
                Event::LameDuckMode => tracing::info!("the NATS server is about to stop; another one takes over"),
                Event::SlowConsumer(_) | Event::ServerError(_) => tracing::warn!(%event, "NATS tells of a problem"),
                Event::Draining | Event::Closed | Event::ClientError(_) => tracing::debug!(%event, "NATS"),
            }
            std::future::ready(())
        });
    if let Some(token) = &nats.token {
        options = options.token(token.expose_secret().to_owned());
    }
    if let Some(file) = &nats.credentials {
        let read = options.credentials_file(file).await;
        options = read.map_err(|source| OpenError::Credentials { file: file.clone(), source })?;
    }
    let client = options.connect(nats.servers.as_slice()).await;
    let client = client.map_err(|source| {
        let servers = nats.servers.join(", ");
        match source.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                OpenError::LetNotIn { servers, source }
            }
            _ => OpenError::Unreachable { servers, source },
        }
    })?;
    Ok((client, connected))
}

/// Says how long to wait before an attempt to come back: the first ones follow each other quickly.
fn pause(attempts: usize) -> Duration {
    let exponent = u32::try_from(attempts.saturating_sub(1).min(10)).unwrap_or(10);
    if exponent == 0 { Duration::ZERO } else { RETRY.min(Duration::from_millis(10 << exponent)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_to_come_back_become_rarer() {
        let pauses: Vec<_> = [1, 2, 3, 7, 8, 1_000_000].map(|attempts| pause(attempts).as_millis()).into();
        assert_eq!(pauses, [0, 20, 40, 640, 1_000, 1_000]);
    }
}
