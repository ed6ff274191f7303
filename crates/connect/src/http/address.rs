//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

/// What a client may reach beyond `https` on the public internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Private networks that may be called, also by `http`.
    pub allow_private: Vec<IpNet>,
    /// Whether public hosts may be called by `http`, in the clear.
    pub allow_http: bool,
    /// The only origin that may be called, such as `http://127.0.0.1:8080`; none means all.
    pub only_origin: Option<Url>,
}

impl Rules {
    /// Makes rules that permit the given private networks.
    pub fn allowing(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { allow_private: networks.into_iter().collect(), ..Self::default() }
    }

    /// Makes rules that permit a single origin, wherever it is: for a service of Usher's own.
    ///
    /// An origin named by an IP address is permitted at that address alone; one named by a name, at any.
    pub fn only(origin: Url) -> Self {
        let allow_private = match origin.host() {
            Some(Host::Ipv4(ip)) => vec![IpNet::from(IpAddr::V4(ip))],
            Some(Host::Ipv6(ip)) => vec![IpNet::from(IpAddr::V6(ip))],
            _ => vec![IpNet::from(ipnet::Ipv4Net::default()), IpNet::from(ipnet::Ipv6Net::default())],
        };
        Self { allow_private, allow_http: true, only_origin: Some(origin) }
    }

    /// Says whether a connection to this address is permitted over TLS.
    pub fn permits(&self, ip: IpAddr) -> bool {
        is_public(ip) || self.permits_private(ip)
    }

    /// Says whether a connection to this address is permitted in the clear.
    pub fn permits_plain(&self, ip: IpAddr) -> bool {
        self.permits_private(ip) || (self.allow_http && is_public(ip))
    }

    fn permits_private(&self, ip: IpAddr) -> bool {
        self.allow_private.iter().any(|network| network.contains(&ip))
    }
}

/// Says whether an address is one of the public internet's: not private, loopback, link-local, carrier-grade
/// NAT, multicast, documentation, reserved, and of IPv6 no form that carries an IPv4 address inside it.
///
/// After the IANA registries of special-purpose addresses for [IPv4] and [IPv6].
///
/// [IPv4]: https://www.iana.org/assignments/iana-ipv4-special-registry/
/// [IPv6]: https://www.iana.org/assignments/iana-ipv6-special-registry/
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = matches!(
        ip.octets(),
        // This network, private networks, loopback.
        [0 | 10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..]
        // Shared by carriers for NAT (100.64/10); link-local, where clouds tell a machine its own keys.
        | [100, 64..=127, ..] | [169, 254, ..]
        // Protocol assignments; documentation (three networks); the relays of 6to4; benchmarks (198.18/15).
        | [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] | [198, 18 | 19, ..]
        // A public address at which one large cloud tells a machine its own settings.
        | [168, 63, 129, 16]
        // Multicast, reserved, broadcast.
        | [224..=255, ..]
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // Protocol assignments with Teredo; documentation; 6to4; documentation again.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Global unicast is 2000::/3. Outside it lie loopback, mapped and translated IPv4, local, multicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("the test names an address")
    }

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip(text)), "{text} is not public");
        }
    }

    #[test]
    fn ordinary_addresses_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.254",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ] {
            assert!(is_public(ip(text)), "{text} is public");
        }
    }

    #[test]
    fn an_allowed_network_is_permitted_also_in_the_clear() {
        let rules = Rules::allowing(["10.1.0.0/16".parse().expect("a network")]);
        assert!(rules.permits(ip("10.1.2.3")) && rules.permits_plain(ip("10.1.2.3")));
        assert!(!rules.permits(ip("10.2.0.1")), "another private network stays closed");
        assert!(!rules.permits(ip("::ffff:10.1.2.3")), "an address in disguise is not the one allowed");
        assert!(rules.permits(ip("8.8.8.8")) && !rules.permits_plain(ip("8.8.8.8")), "public hosts need TLS");
    }

    #[test]
    fn a_single_origin_opens_its_address_alone() {
        let rules = Rules::only(Url::parse("http://127.0.0.1:8080").expect("a URL"));
        assert!(rules.permits_plain(ip("127.0.0.1")));
        assert!(!rules.permits_plain(ip("127.0.0.2")));
    }
}
