//! A kept-alive connection to the measured server. As thin as it can be, since the generator shares the machine with
//! what it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::webhook::Webhook;

/// One connection, made at the first request and again after a failure.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// Posts a webhook and gives the status of the answer.
    pub async fn post(&mut self, path: &str, webhook: &Webhook) -> Result<u16> {
        let request = Request::post(path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json")
            .header("x-hub-signature-256", &webhook.signature)
            .body(Full::from(webhook.body.clone()))?;
        Ok(self.ask(request).await?.0)
    }

    /// Gets a page, by an API key if it takes one: status and body.
    pub async fn get(&mut self, path: &str, key: Option<&str>) -> Result<(u16, Bytes)> {
        let mut request = Request::get(path).header("host", self.address.to_string());
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.ask(request.body(Full::default())?).await
    }

    async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<(u16, Bytes)> {
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => connect(self.address).await?,
        };
        sender.ready().await.context("the server closed the connection")?;
        let response = sender.send_request(request).await.context("the server did not answer")?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.context("the answer broke off")?.to_bytes();
        self.sender = Some(sender);
        Ok((status, body))
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
