//! The outgoing calls, and their settling.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::mpsc;

use super::store::{Answer, Effect, Job};
use crate::conversation::TOKEN;

/// Makes the calls, and hands what came of them to the writer.
#[derive(Debug, Clone)]
pub struct Outside {
    client: Client<HttpConnector, Full<Bytes>>,
    stand_in: SocketAddr,
    jobs: mpsc::Sender<Job>,
}

impl Outside {
    pub fn new(stand_in: SocketAddr, jobs: mpsc::Sender<Job>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), stand_in, jobs }
    }

    /// Carries an effect out, beside everything else.
    pub fn carry_out(&self, effect: Effect) {
        let outside = self.clone();
        tokio::spawn(async move {
            let answer = outside.ask(&effect).await;
            // The writer is gone only when the process ends.
            let _ = outside.jobs.send(Job::Settled { effect, answer }).await;
        });
    }

    async fn ask(&self, effect: &Effect) -> Answer {
        let base = format!("http://{}", self.stand_in);
        let request = match effect {
            Effect::Send { number, body, .. } => Request::post(format!("{base}/v25.0/{number}/messages"))
                .header("authorization", format!("Bearer {TOKEN}"))
                .header("content-type", "application/json")
                .body(Full::from(body.clone())),
            Effect::Call { phone, .. } => Request::get(format!("{base}/orders/{phone}.json")).body(Full::default()),
        };
        let Ok(request) = request else { return Answer::default() };
        let Ok(response) = self.client.request(request).await else { return Answer::default() };
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }
}
