//! The collector, as it is spoken to: OTLP over HTTP with Protocol Buffers, by the one client that goes out.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use secrecy::ExposeSecret as _;
use usher_connect::http::{self, Method, Rules};

use super::{OpenError, Otlp};

/// How long the collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of its answer that are read.
const ANSWER: usize = 64 * 1024;
const PROTOBUF: &str = "application/x-protobuf";
const RETRY_AFTER: &str = "retry-after";

/// Makes an exporter that speaks to the operator's collector, wherever it is, and to nobody else. What the collector
/// refuses for a moment is sent again a few times.
pub(super) fn exporter(otlp: &Otlp, http: &http::Client, resource: &Resource) -> Result<SpanExporter, OpenError> {
    let headers = otlp.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client(client(otlp, http)?))
        .with_endpoint(otlp.traces())
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(PATIENCE)
        .with_headers(headers.collect())
        .build()?;
    exporter.set_resource(resource);
    Ok(exporter)
}

/// Asks the collector whether it takes spans, by giving it none.
///
/// # Errors
///
/// Says why it takes none.
pub async fn knock(otlp: &Otlp, http: &http::Client) -> Result<(), String> {
    let client = client(otlp, http).map_err(|error| error.to_string())?;
    let url = otlp.traces().parse().map_err(|error| format!("{error}"))?;
    // A message without fields is written as nothing.
    let mut request = request(url).body(PROTOBUF, Bytes::new());
    request.headers.extend(otlp.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())));
    match client.send(request).await {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(format!("it answers {}", answer.status)),
        Err(failure) => Err(failure.message),
    }
}

fn client(otlp: &Otlp, http: &http::Client) -> Result<http::Client, http::BuildError> {
    http.with_rules(Rules::only(otlp.endpoint.clone()))
}

fn request(url: url::Url) -> http::Request {
    http::Request { answer_limit: ANSWER, ..http::Request::new(Method::Post, url) }.timeout(PATIENCE)
}

/// Lets the exporter speak by Usher's client.
#[derive(Debug)]
struct Client(http::Client);

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, given: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = given.into_parts();
        let mut request = request(head.uri.to_string().parse()?);
        for (name, value) in &head.headers {
            request = request.header(name.as_str(), value.to_str()?);
        }
        request.body = Some(body);
        let answer = self.0.send(request).await.inspect_err(|failure| {
            tracing::debug!(%failure, "spans could not be given to the collector");
        })?;
        let mut response = Response::builder().status(answer.status);
        if let Some(wait) = answer.header(RETRY_AFTER) {
            response = response.header(RETRY_AFTER, wait);
        }
        Ok(response.body(answer.body)?)
    }
}
