//! The client of a connection or request: its address, or the one that a trusted proxy saw; for
//! IPv6 the network of that address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use anyhow::{Context, Result};
use http::HeaderMap;
use ipnet::IpNet;

/// A client as it is counted: an IPv4 address, or the /64 of an IPv6 address, which one customer
/// usually has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Client(IpAddr);

impl From<IpAddr> for Client {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(ip) => ip.into(),
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        })
    }
}

/// The proxies whose `X-Forwarded-For` is trusted.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Parses addresses and networks, separated by commas.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let network =
            |entry: &str| entry.parse().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| {
                network(entry).with_context(|| {
                    format!("{entry:?}: expected an address or a network such as 10.0.0.0/8")
                })
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Whether `ip` is a trusted proxy.
    pub(crate) fn trust(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip) || network.contains(&ip.to_canonical()))
    }

    /// The client of a request: the rightmost address of `X-Forwarded-For` that is not a trusted
    /// proxy, if the peer is one. A proxy that names no address is the client itself.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        self.address(peer, headers).into()
    }

    /// The address of that client.
    pub(crate) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.0.is_empty() || !self.trust(peer) {
            return peer.to_canonical();
        }
        let mut client = peer;
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        for entry in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            let entry = entry.trim_ascii();
            if entry.is_empty() {
                continue;
            }
            let Some(ip) = str::from_utf8(entry).ok().and_then(address) else {
                return peer.to_canonical();
            };
            client = ip;
            if !self.trust(ip) {
                break;
            }
        }
        client.to_canonical()
    }
}

/// An address, with or without a port or brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    text.parse().map(|with_port: SocketAddr| with_port.ip()).or_else(|_| bare.parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&'static str]) -> Client {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", http::HeaderValue::from_static(line));
        }
        TrustedProxies::parse(trusted).unwrap().client(peer.parse().unwrap(), &headers)
    }

    fn of(ip: &str) -> Client {
        ip.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_client_is_the_address_that_the_nearest_trusted_proxy_saw() {
        let trusted = "10.0.0.0/8, 192.0.2.1";
        assert_eq!(client(trusted, "10.0.0.1", &["6.6.6.6, 203.0.113.9"]), of("203.0.113.9"));
        assert_eq!(
            client(trusted, "10.0.0.1", &["6.6.6.6", "203.0.113.9:80, 10.2.3.4"]),
            of("203.0.113.9")
        );
        assert_eq!(client(trusted, "198.51.100.4", &["203.0.113.9"]), of("198.51.100.4"));
        assert_eq!(client("", "10.0.0.1", &["203.0.113.9"]), of("10.0.0.1"));
        assert_eq!(client(trusted, "10.0.0.1", &["203.0.113.9, unknown"]), of("10.0.0.1"));
        assert_eq!(client(trusted, "10.0.0.1", &[]), of("10.0.0.1"));
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_are_one_client() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:203.0.113.9"), of("203.0.113.9"));
        assert_ne!(of("203.0.113.9"), of("203.0.113.8"));
    }

    #[test]
    fn the_error_names_a_malformed_network() {
        let error = TrustedProxies::parse("10.0.0.0/8, proxy.example").unwrap_err();
        assert!(format!("{error:#}").contains("proxy.example"), "{error:#}");
    }
}
