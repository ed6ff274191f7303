//! The one service of Usher's own that workflows may call.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::Url;
use usher_connect::call::{Caller, Target};
use usher_connect::http::{self, Rules};

/// The one service of Usher's own that workflows may call: the example's order API, in demo mode.
#[derive(Debug, Clone)]
pub struct DemoApi {
    own: Url,
    caller: Caller,
}

impl DemoApi {
    /// Makes the way to the demo's API, at the address where this server listens.
    ///
    /// # Errors
    ///
    /// There can be no HTTP client.
    pub fn new(http: &http::Client, listen: SocketAddr, public_url: &Url) -> Result<Self, http::BuildError> {
        let mut at = listen;
        if at.ip().is_unspecified() {
            at.set_ip(if at.is_ipv4() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { IpAddr::V6(Ipv6Addr::LOCALHOST) });
        }
        let own = Url::parse(&format!("http://{at}")).unwrap_or_else(|_| public_url.clone());
        let caller = Caller::new(http.with_rules(Rules::only(own.clone()))?);
        Ok(Self { own, caller })
    }

    /// Returns the way to a target that is the demo's API, on this machine under `/demo`; wherever the example says
    /// that this server is, it is here. Paths under the base never lead out of it.
    pub(super) fn way_to(&self, target: &Target) -> Option<(Url, Caller)> {
        let here = matches!(target.base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let path = target.base.path();
        if !here || !(path == "/demo" || path.starts_with("/demo/")) {
            return None;
        }
        let mut base = self.own.clone();
        base.set_path(path);
        Some((base, self.caller.clone()))
    }
}
