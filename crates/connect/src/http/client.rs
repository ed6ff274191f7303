//! The client itself.

use std::error::Error;
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use url::{Host, Url};
use usher_engine::effect::Method;

use super::address::Rules;
use super::exchange::{Failure, FailureKind, Request, Response};
use super::resolver::{Forbidden, Resolver};
use super::tls;

/// How long a connection may take to be made: name, TCP, TLS. What fails in this time was never sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// How many connections to one host are kept for the next request.
const IDLE_CONNECTIONS: usize = 128;

/// Headers that belong to the connection and that no caller sets.
const RESERVED: &[&str] =
    &["connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// Answers requests in place of the network: a simulated provider, say.
#[async_trait]
pub trait Transport: Debug + Send + Sync {
    /// Answers a request. The client bounds the time that this takes.
    ///
    /// # Errors
    ///
    /// There is no answer; [`Failure`] says whether the request may have been received.
    async fn answer(&self, request: Request) -> Result<Response, Failure>;
}

/// The client; cheap to clone, and to be shared, since it keeps connections open.
#[derive(Debug, Clone)]
pub struct Client {
    rules: Arc<Rules>,
    secure: reqwest::Client,
    plain: reqwest::Client,
    secure_resolver: Resolver,
    plain_resolver: Resolver,
    tls: Arc<ClientConfig>,
    lookups: Arc<Semaphore>,
    transport: Option<Arc<dyn Transport>>,
}

/// Says that no client can be made on this machine.
#[derive(Debug, thiserror::Error)]
#[error("cannot make an HTTP client: {0}")]
pub struct BuildError(String);

impl Client {
    /// Makes a client that keeps to the rules.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new(rules: Rules) -> Result<Self, BuildError> {
        let tls = tls::configuration().map_err(|error| BuildError(error.to_string()))?;
        Self::build(rules, Arc::new(tls), Resolver::lookups())
    }

    /// Makes a client with other rules; it shares no connections with this one.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn with_rules(&self, rules: Rules) -> Result<Self, BuildError> {
        let made = Self::build(rules, self.tls.clone(), self.lookups.clone())?;
        Ok(Self { transport: self.transport.clone(), ..made })
    }

    /// Makes a client whose requests go to `transport` and never to the network; the rules stay.
    #[must_use]
    pub fn over(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport: Some(transport), ..self }
    }

    fn build(rules: Rules, tls: Arc<ClientConfig>, lookups: Arc<Semaphore>) -> Result<Self, BuildError> {
        let rules = Arc::new(rules);
        let secure_resolver = Resolver::new(rules.clone(), false, lookups.clone());
        let plain_resolver = Resolver::new(rules.clone(), true, lookups.clone());
        let secure = inner(&tls, secure_resolver.clone())?;
        let plain = inner(&tls, plain_resolver.clone())?;
        Ok(Self { rules, secure, plain, secure_resolver, plain_resolver, tls, lookups, transport: None })
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    ///
    /// There is no answer to use; [`Failure`] says why, and whether the request may have been received.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let timeout = request.timeout;
        match tokio::time::timeout(timeout, self.exchange(&host, request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure {
                kind: FailureKind::Timeout,
                sent: true,
                message: format!("{host} did not answer within {}", in_seconds(timeout)),
            }),
        }
    }

    async fn exchange(&self, host: &str, request: Request) -> Result<Response, Failure> {
        let client = self.permitted(host, &request.url)?;
        if let Some(transport) = &self.transport {
            return transport.answer(request).await;
        }
        let limit = request.answer_limit;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut built = reqwest::Request::new(method, request.url);
        *built.headers_mut() = headers(&request.headers)?;
        *built.body_mut() = request.body.map(Into::into);

        #[expect(clippy::disallowed_methods, reason = "the one place from which requests leave")]
        let mut response = client.execute(built).await.map_err(|error| failure(host, &error))?;
        let too_large = || Failure {
            kind: FailureKind::TooLarge,
            sent: true,
            message: format!("the answer of {host} is larger than {} KiB", limit / 1024),
        };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(host, &error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response::read(response.status().as_u16(), std::mem::take(response.headers_mut()), body.freeze()))
    }

    /// Picks the connections that a request may use, or says why it may use none.
    fn permitted(&self, host: &str, url: &Url) -> Result<&reqwest::Client, Failure> {
        if let Some(only) = &self.rules.only_origin
            && only.origin() != url.origin()
        {
            return Err(Failure::refused(format!("{host} may not be called from here")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::refused(format!(
                "the address of {host} holds credentials; put them under authentication"
            )));
        }
        let (client, resolver) = match url.scheme() {
            "https" => (&self.secure, &self.secure_resolver),
            "http" => (&self.plain, &self.plain_resolver),
            other => return Err(Failure::refused(format!("`{other}` is not http or https"))),
        };
        // No name is looked up for an address written as numbers, so it would pass by the resolver.
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
            None => return Err(Failure::refused("the address names no host")),
        };
        if let Some(ip) = literal {
            resolver.literal(host, ip).map_err(|forbidden| Failure::refused(forbidden.to_string()))?;
        }
        Ok(client)
    }
}

/// Makes the connections for one scheme.
fn inner(tls: &ClientConfig, resolver: Resolver) -> Result<reqwest::Client, BuildError> {
    #[expect(clippy::disallowed_methods, reason = "the one client")]
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(resolver)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .user_agent(concat!("Usher/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| BuildError(error.to_string()))
}

fn headers(given: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let header = HeaderName::try_from(name.as_str())
            .map_err(|_| Failure::refused(format!("`{name}` cannot be the name of a header")))?;
        if RESERVED.contains(&header.as_str()) {
            return Err(Failure::refused(format!("the header `{name}` belongs to the connection and cannot be set")));
        }
        let mut value = HeaderValue::try_from(value.as_str())
            .map_err(|_| Failure::refused(format!("the value of the header `{name}` cannot be sent in a header")))?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    Ok(headers)
}

/// Says what went wrong, and whether the request may have been received.
fn failure(host: &str, error: &reqwest::Error) -> Failure {
    if let Some(forbidden) = find::<Forbidden>(error) {
        return Failure::refused(forbidden.to_string());
    }
    let sent = !(error.is_connect() || error.is_builder());
    if error.is_builder() {
        return Failure::refused(format!("the request to {host} cannot be made: {}", innermost(error)));
    }
    if error.is_timeout() {
        let message = if sent {
            format!("{host} did not answer in time")
        } else {
            format!("{host} could not be connected to within {}", in_seconds(CONNECT_TIMEOUT))
        };
        return Failure { kind: FailureKind::Timeout, sent, message };
    }
    let message = if sent {
        format!("the connection to {host} broke: {}", innermost(error))
    } else {
        format!("{host} could not be connected to: {}", innermost(error))
    };
    Failure { kind: FailureKind::Unreachable, sent, message }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn in_seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
