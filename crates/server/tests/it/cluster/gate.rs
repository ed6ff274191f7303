//! A way to a server that can be shut, or go dead without a word.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections are closed, new ones are closed at once.
    Shut,
    /// Nothing passes, and nobody is told.
    Dead,
}

/// A listener in front of a server; gone when it is dropped.
pub struct Gate {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    task: JoinHandle<()>,
}

impl Gate {
    /// Opens a way to the server at an address.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let way = Arc::new(watch::Sender::new(Way::Open));
        let task = tokio::spawn(listen(listener, server, Arc::clone(&way)));
        Self { address, way, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.way.send_replace(Way::Shut);
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, server: SocketAddr, way: Arc<watch::Sender<Way>>) {
    while let Ok((client, _)) = listener.accept().await {
        if *way.borrow() == Way::Shut {
            continue;
        }
        let Ok(server) = TcpStream::connect(server).await else { continue };
        let ((from, to), (back_from, back_to)) = (client.into_split(), server.into_split());
        tokio::spawn(pass(from, back_to, way.subscribe()));
        tokio::spawn(pass(back_from, to, way.subscribe()));
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            biased;
            _ = way.wait_for(|way| *way == Way::Shut) => return,
            read = from.read(&mut buffer) => read,
        };
        let Ok(count @ 1..) = read else { return };
        let now = way.wait_for(|way| *way != Way::Dead).await.map_or(Way::Shut, |way| *way);
        if now == Way::Shut || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
