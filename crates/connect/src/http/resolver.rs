//! Names to addresses, with the forbidden ones left out: what is checked is what is connected to.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::Rules;

/// How many names are looked up at once. Each lookup holds a thread for as long as the system's resolver takes,
/// longer than the caller may wait for it.
const LOOKUPS: usize = 64;

/// Looks names up by the system's resolver and keeps the addresses that the rules permit.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    rules: Arc<Rules>,
    /// Whether the connections are to be in the clear.
    plain: bool,
    lookups: Arc<Semaphore>,
}

/// All addresses of a name are forbidden.
#[derive(Debug, thiserror::Error)]
#[error("{host} is at {ip}, {}", if *.plain { "where only https may be called" } else { "which is not a public address" })]
pub(super) struct Forbidden {
    pub host: String,
    pub ip: IpAddr,
    pub plain: bool,
}

impl Resolver {
    pub fn new(rules: Arc<Rules>, plain: bool, lookups: Arc<Semaphore>) -> Self {
        Self { rules, plain, lookups }
    }

    /// Makes what bounds the lookups of a client and of those made from it.
    pub fn lookups() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(LOOKUPS))
    }

    /// Leaves out the forbidden addresses.
    fn permitted(&self, host: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Forbidden> {
        let first = addresses.first().map(SocketAddr::ip);
        let permitted: Vec<_> = addresses.into_iter().filter(|address| self.permits(address.ip())).collect();
        match first {
            Some(ip) if permitted.is_empty() => Err(self.forbidden(host, ip)),
            _ => Ok(permitted),
        }
    }

    /// Says whether an address that stands in the URL itself may be connected to; no name is looked up for it.
    pub fn literal(&self, host: &str, ip: IpAddr) -> Result<(), Forbidden> {
        if self.permits(ip) { Ok(()) } else { Err(self.forbidden(host, ip)) }
    }

    fn permits(&self, ip: IpAddr) -> bool {
        if self.plain { self.rules.permits_plain(ip) } else { self.rules.permits(ip) }
    }

    fn forbidden(&self, host: &str, ip: IpAddr) -> Forbidden {
        Forbidden { host: host.to_owned(), ip, plain: self.plain && self.rules.permits(ip) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let permit = this.lookups.clone().acquire_owned().await?;
            let host = name.as_str().to_owned();
            let looked_up = host.clone();
            let addresses = tokio::task::spawn_blocking(move || {
                // Held until the lookup ends, also when nobody waits for it any more.
                let _permit = permit;
                (looked_up.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>)
            })
            .await??;
            let permitted = this.permitted(&host, addresses)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(plain: bool) -> Resolver {
        Resolver::new(Arc::new(Rules::default()), plain, Resolver::lookups())
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().expect("an address"), 0)).collect()
    }

    #[test]
    fn a_name_with_public_and_private_addresses_keeps_the_public_ones() {
        let permitted = resolver(false).permitted("example.com", addresses(&["10.0.0.1", "8.8.8.8", "::1"]));
        assert_eq!(permitted.expect("one is public"), addresses(&["8.8.8.8"]));
    }

    #[test]
    fn a_name_with_private_addresses_alone_is_forbidden() {
        let error = resolver(false).permitted("intranet.example", addresses(&["10.0.0.1"])).expect_err("private");
        assert_eq!(error.to_string(), "intranet.example is at 10.0.0.1, which is not a public address");
        let error = resolver(true).permitted("example.com", addresses(&["8.8.8.8"])).expect_err("in the clear");
        assert_eq!(error.to_string(), "example.com is at 8.8.8.8, where only https may be called");
    }
}
