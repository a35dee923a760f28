//! Networks that no guest may reach, checked on the address that is dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use http::uri::Authority;
use ipnet::IpNet;

/// A cheaply cloned set of blocked networks.
#[derive(Debug, Clone)]
pub(crate) struct BlockedNetworks {
    private: bool,
    networks: Arc<[IpNet]>,
    /// Hosts that the operator names, whose addresses are not checked; without a port: on every
    /// port.
    unblocked: Arc<[(String, Option<u16>)]>,
}

impl BlockedNetworks {
    /// Blocks nothing.
    pub(crate) fn none() -> Self {
        Self { private: false, networks: Arc::from([]), unblocked: Arc::from([]) }
    }

    /// Parses `"private"`, CIDRs and single addresses.
    pub(crate) fn parse(entries: &[String]) -> Result<Self> {
        let mut private = false;
        let mut networks = Vec::new();
        for entry in entries {
            match entry.trim() {
                "private" => private = true,
                text => networks.push(
                    text.parse::<IpNet>()
                        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                        .with_context(|| {
                            format!(
                                "block_networks entry {text:?} is neither \"private\" nor a CIDR"
                            )
                        })?,
                ),
            }
        }
        Ok(Self { private, networks: networks.into(), unblocked: Arc::from([]) })
    }

    /// The same but for these hosts, `host:port` or `http://host:port` with commas between them.
    pub(crate) fn except(self, hosts: &str) -> Result<Self> {
        let mut unblocked = Vec::new();
        for entry in hosts.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (scheme, authority) = entry.split_once("://").unwrap_or(("", entry));
            let authority: Authority = authority
                .trim_end_matches('/')
                .parse()
                .with_context(|| format!("unblocked_hosts entry {entry:?} is not host:port"))?;
            let usual = match scheme {
                "http" => Some(80),
                "https" => Some(443),
                _ => None,
            };
            unblocked.push((plain(authority.host()), authority.port_u16().or(usual)));
        }
        Ok(Self { unblocked: unblocked.into(), ..self })
    }

    /// Whether the operator names this host, so that its addresses are not checked.
    pub(crate) fn is_excepted(&self, host: &str, port: u16) -> bool {
        let host = plain(host);
        self.unblocked.iter().any(|(named, on)| *named == host && on.is_none_or(|on| on == port))
    }

    /// Whether `ip`, or an IPv4 address wrapped in it, is blocked.
    pub(crate) fn blocks(&self, ip: IpAddr) -> bool {
        if self.networks.iter().any(|network| network.contains(&ip)) {
            return true;
        }
        match ip {
            IpAddr::V4(v4) => self.private && !is_global_v4(v4),
            IpAddr::V6(v6) => {
                let wrapped = wrapped_v4(v6);
                let carries_v4 = !wrapped.is_empty();
                wrapped.into_iter().any(|v4| self.blocks(IpAddr::V4(v4)))
                    || (self.private && !is_global_v6(v6, carries_v4))
            }
        }
    }

    /// The addresses that remain, and whether any was blocked.
    pub(crate) fn keep_allowed(
        &self,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> (Vec<SocketAddr>, bool) {
        let (blocked, kept): (Vec<_>, Vec<_>) =
            addresses.partition(|address| self.blocks(address.ip()));
        (kept, !blocked.is_empty())
    }
}

/// A host without the brackets of an IPv6 address, in lower case.
fn plain(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

fn is_global_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127, ..) | (224..=255, ..) => true, // this network, private, loopback; multicast, reserved, broadcast
        (100, 64..=127, _) => true,                   // carrier-grade NAT
        (169, 254, _) => true,                        // link-local, cloud metadata
        (172, 16..=31, _) | (192, 168, _) => true,    // private
        (192, 0, 0 | 2) | (192, 88, 99) => true, // IETF assignments, documentation, 6to4 relays
        (198, 18 | 19, _) => true,               // benchmarking
        (198, 51, 100) | (203, 0, 113) => true,  // documentation
        _ => false,
    };
    !special
}

fn is_global_v6(ip: Ipv6Addr, carries_v4: bool) -> bool {
    match ip.segments() {
        // the well-known NAT64 prefix is as global as what it carries, which the caller has checked
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => carries_v4,
        // mapped addresses: likewise
        [0, 0, 0, 0, 0, 0xffff, _, _] => carries_v4,
        [0x2001, 0, ..] | [0x2002, ..] => carries_v4, // Teredo, 6to4
        [0x2001, 0x0000..=0x01ff, ..] | [0x2001, 0xdb8, ..] => false, // IETF assignments, documentation
        [0x3fff, 0x0000..=0x0fff, ..] => false,                       // documentation
        [first, ..] => (0x2000..=0x3fff).contains(&first), // global unicast; not loopback, local, link-local, multicast
    }
}

/// IPv4 addresses that a router or translator would take out of `ip`.
fn wrapped_v4(ip: Ipv6Addr) -> Vec<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => vec![join(high, low)], // IPv4-compatible
        [0, 0, 0, 0, 0 | 0xffff, 0xffff | 0, high, low] if high != 0 || low > 1 => {
            vec![join(high, low)]
        } // mapped, translated
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => vec![join(high, low)], // NAT64, well-known and local
        [0x2002, high, low, ..] => vec![join(high, low)],                   // 6to4
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            vec![join(server_high, server_low), join(!high, !low)] // Teredo: server, and client stored inverted
        }
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => vec![join(high, low)], // ISATAP
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(entries: &[&str], ip: &str) -> bool {
        let entries: Vec<String> = entries.iter().map(|&e| e.to_owned()).collect();
        BlockedNetworks::parse(&entries).unwrap().blocks(ip.parse().unwrap())
    }

    #[test]
    fn private_means_everything_that_is_not_globally_reachable() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(blocks(&["private"], ip), "{ip}");
        }
        for ip in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"] {
            assert!(!blocks(&["private"], ip), "{ip}");
        }
    }

    #[test]
    fn wrapped_addresses_are_unwrapped_and_checked() {
        for ip in [
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::192.168.0.1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:0:a00:1::",
            "2001:0:101:101::80ff:fffe",
            "fe80::5efe:10.0.0.1",
            "2001:470::200:5efe:10.0.0.1",
        ] {
            assert!(blocks(&["private"], ip), "{ip}");
        }
        for ip in ["::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"] {
            assert!(!blocks(&["private"], ip), "{ip}");
        }
    }

    #[test]
    fn only_the_operators_hosts_are_excepted() {
        let blocked = BlockedNetworks::parse(&["private".to_owned()]).unwrap();
        let blocked =
            blocked.except("gpu.example.internal:8000, http://10.0.0.5, [fd00::1]:9").unwrap();
        for (host, port) in [("GPU.example.internal", 8000), ("10.0.0.5", 80), ("fd00::1", 9)] {
            assert!(blocked.is_excepted(host, port), "{host}:{port}");
        }
        for (host, port) in
            [("gpu.example.internal", 8001), ("10.0.0.5", 443), ("10.0.0.6", 80), ("fd00::1", 10)]
        {
            assert!(!blocked.is_excepted(host, port), "{host}:{port}");
        }
        assert!(BlockedNetworks::none().except("a b").is_err());
    }

    #[test]
    fn listed_networks_are_blocked_also_when_wrapped() {
        assert!(blocks(&["203.0.113.0/24"], "203.0.113.9"));
        assert!(blocks(&["203.0.113.0/24"], "64:ff9b::203.0.113.9"));
        assert!(!blocks(&["203.0.113.0/24"], "127.0.0.1"));
        assert!(blocks(&["8.8.8.8"], "8.8.8.8"));
        assert!(BlockedNetworks::parse(&["local".into()]).is_err());
    }
}
