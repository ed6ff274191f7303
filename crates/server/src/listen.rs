//! Takes connections, and bounds what each of them may hold: how many there are, and how long the head of a request may
//! take to arrive. Who answers may change while it listens.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;
use tower::{ServiceExt, service_fn};

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

/// A listener, and who answers there now; once dropped, it takes no new connection.
#[derive(Debug)]
pub struct Door {
    router: watch::Sender<Router>,
    close: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Door {
    /// Begins to serve on a listener.
    pub fn open(listener: TcpListener, router: Router, limits: Limits) -> Self {
        let (router, present) = watch::channel(router);
        let (close, closed) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, present, limits, async {
            let _ = closed.await;
        }));
        Self { router, close, serving }
    }

    /// Has requests from now on answered by another router, also those of connections that are open already.
    pub fn lead_to(&self, router: Router) {
        self.router.send_modify(|present| *present = router);
    }

    /// Takes no new connection, and returns when what is under way is answered, or `patience` is over.
    pub async fn close(self, patience: Duration) {
        let _ = self.close.send(());
        // A panic in a connection is told of where it happens.
        let _ = tokio::time::timeout(patience, self.serving).await;
    }
}

/// Serves on a listener until `stop` is over, and then until what is under way is answered.
async fn serve(
    listener: TcpListener,
    router: watch::Receiver<Router>,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) {
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
    router: watch::Receiver<Router>,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(from));
        let router = router.borrow().clone();
        router.oneshot(request)
    }));
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

    async fn from(ConnectInfo(from): ConnectInfo<SocketAddr>) -> String {
        from.ip().to_string()
    }

    async fn open(limits: Limits) -> (SocketAddr, Door) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (address, Door::open(listener, Router::new().route("/", get(from)), limits))
    }

    async fn all_that_comes(stream: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the connection stays open");
        String::from_utf8(answer).unwrap()
    }

    /// Asks over a connection that stays open; gives the status.
    async fn asked(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: usher\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        let answer = String::from_utf8(answer).unwrap();
        let length = answer.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        stream.read_exact(&mut vec![0; length.parse().unwrap()]).await.unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_holds_nothing_for_long() {
        let limits = Limits { connections: 1, head_within: Duration::from_millis(200) };
        let (address, _door) = open(limits).await;
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
        let (address, door) = open(Limits::default()).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        assert_eq!(asked(&mut idle).await, "200");
        drop(door);
        all_that_comes(&mut idle).await;
    }

    #[tokio::test]
    async fn an_open_connection_is_led_to_who_answers_now() {
        let (address, door) = open(Limits::default()).await;
        let mut early = TcpStream::connect(address).await.unwrap();
        assert_eq!(asked(&mut early).await, "200");
        door.lead_to(Router::new());
        assert_eq!(asked(&mut early).await, "404");
        door.close(Duration::from_secs(10)).await;
        all_that_comes(&mut early).await;
    }
}
