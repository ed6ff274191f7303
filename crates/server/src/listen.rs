//! Takes connections, and bounds what each of them may hold: how many there are, and how long the head of a request may
//! take to arrive.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::{Layer, ServiceExt};

/// What connections may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections that are served at a time; more wait to be accepted.
    pub connections: usize,
    /// How long the head of a request may take, the wait for its first byte included.
    pub head_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 20_000, head_within: Duration::from_secs(30) }
    }
}

/// How often a silent HTTP/2 connection is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long to wait after a connection could not be accepted, as when no file can be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves on a listener until `stop` is over, and then until what is under way is answered.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let closing = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = connection(stream, from, router.clone(), limits, closing.subscribe());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    closing.send_replace(true);
    closing.closed().await;
}

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    router: Router,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    let router = Extension(ConnectInfo(from)).layer(router);
    let service = TowerToHyperService::new(router.map_request(|request: Request<Incoming>| request.map(Body::new)));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_within);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING_EVERY);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = told_to_close(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a connection broke off");
    }
}

async fn told_to_close(closing: &mut watch::Receiver<bool>) {
    // Gone without a word, it closes as well.
    let _ = closing.wait_for(|closing| *closing).await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Starts a server; it stops when the sender is dropped.
    async fn start(limits: Limits) -> (SocketAddr, watch::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let from = |ConnectInfo(from): ConnectInfo<SocketAddr>| async move { from.ip().to_string() };
        let (stop, mut stopped) = watch::channel(());
        let until = async move {
            let _ = stopped.changed().await;
        };
        tokio::spawn(serve(listener, Router::new().route("/", get(from)), limits, until));
        (address, stop)
    }

    async fn all_that_comes(stream: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the connection stays open");
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_holds_nothing_for_long() {
        let limits = Limits { connections: 1, head_within: Duration::from_millis(200) };
        let (address, _stop) = start(limits).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        // The only place is taken; this one is served once the other was hung up on.
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(b"GET / HTTP/1.1\r\nHost: usher\r\nConnection: close\r\n\r\n").await.unwrap();
        let answer = all_that_comes(&mut next).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
        all_that_comes(&mut slow).await;
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed_when_the_server_stops() {
        let (address, stop) = start(Limits::default()).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nHost: usher\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        idle.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        drop(stop);
        all_that_comes(&mut idle).await;
    }
}
