//! A server that answers with whatever bytes the test names.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is done with each connection once the head of a request has come.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// These bytes are the answer; the connection is closed after them.
    Says(Vec<u8>),
    /// The head, then this many bytes of a body, as fast as they are read.
    Pours { head: String, bytes: usize },
    /// The head, then a byte of a body each pause, for ever.
    Drips { head: String, pause: Duration },
    /// Nothing; the connection stays open.
    Hangs,
}

impl Behaviour {
    pub fn says(head: &str, body: impl AsRef<[u8]>) -> Self {
        let mut bytes = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body.as_ref());
        Self::Says(bytes)
    }
}

/// The server; stops when dropped.
#[derive(Debug)]
pub struct Raw {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Raw {
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let behaviour = behaviour.clone();
                tokio::spawn(async move {
                    // The other side may go away in the midst of it: that is what the tests are about.
                    let _ = serve(stream, behaviour).await;
                });
            }
        });
        Self { address, connections, task }
    }

    pub fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().expect("an address")
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, behaviour: Behaviour) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        head.extend_from_slice(&piece[..read]);
    }
    match behaviour {
        Behaviour::Says(bytes) => stream.write_all(&bytes).await?,
        Behaviour::Pours { head, bytes } => {
            stream.write_all(head.as_bytes()).await?;
            let piece = [b'x'; 64 * 1024];
            let mut left = bytes;
            while left > 0 {
                let now = left.min(piece.len());
                stream.write_all(&piece[..now]).await?;
                left -= now;
            }
        }
        Behaviour::Drips { head, pause } => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(pause).await;
            }
        }
        Behaviour::Hangs => std::future::pending().await,
    }
    stream.shutdown().await
}
