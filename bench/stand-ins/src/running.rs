//! A server on a free port of loopback.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts serving.
    pub async fn start(router: Router) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // Serving ends with the task alone.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }

    /// Returns the origin, such as `http://127.0.0.1:40123`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
