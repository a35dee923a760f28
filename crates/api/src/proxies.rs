//! The client's address behind proxies: the one that the nearest trusted proxy saw.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The trusted proxies.
#[derive(Default, Debug)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Parses addresses and networks, separated by commas.
    ///
    /// # Errors
    /// The first malformed entry.
    pub(crate) fn read(text: &str) -> Result<Self, &str> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let network =
            |entry: &'_ str| entry.parse().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
        entries.map(|entry| network(entry).map_err(|_| entry)).collect::<Result<_, _>>().map(Self)
    }

    /// A listener on both families shows an IPv4 peer as an IPv6 address; the configuration may
    /// name either form.
    fn trust(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip) || network.contains(&ip.to_canonical()))
    }

    /// The client's address. Each proxy appends its peer to `X-Forwarded-For`, so the list is read
    /// from the end, as long as the entry comes from a trusted proxy: entries further left may be
    /// forged by the client. If all entries are proxies, the first one is the client.
    pub(crate) fn client<'a>(
        &self,
        peer: &str,
        forwarded: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> String {
        let mut client = peer.to_owned();
        if !address(peer).is_some_and(|ip| self.trust(ip)) {
            return client;
        }
        for entry in forwarded
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
        {
            if entry.is_empty() {
                continue;
            }
            // The proxy does not name its peer, so only our own peer is known.
            let Some(ip) = str::from_utf8(entry).ok().and_then(address) else {
                return peer.to_owned();
            };
            client = ip.to_canonical().to_string();
            if !self.trust(ip) {
                break;
            }
        }
        client
    }
}

/// Parses an address, with or without a port, with or without brackets for IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    text.parse().map(|with_port: SocketAddr| with_port.ip()).or_else(|_| bare.parse()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Proxies;

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        Proxies::read(trusted).unwrap().client(peer, lines.iter().map(|line| line.as_bytes()))
    }

    #[test]
    fn the_rightmost_address_that_is_not_a_proxy_is_the_client() {
        let trusted = "10.0.0.0/8, 192.0.2.1 ,2001:db8::/32";
        for (peer, lines, expected) in [
            ("10.0.0.1:4000", vec!["203.0.113.9"], "203.0.113.9"),
            ("192.0.2.1:4000", vec!["203.0.113.9"], "203.0.113.9"),
            ("[2001:db8::5]:4000", vec!["203.0.113.9"], "203.0.113.9"),
            // The client's own entry is on the left.
            ("10.0.0.1:4000", vec!["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1:4000", vec!["6.6.6.6", "203.0.113.9, 10.2.3.4"], "203.0.113.9"),
            ("10.0.0.1:4000", vec!["6.6.6.6,203.0.113.9,[2001:db8::7]:80"], "203.0.113.9"),
            // Forms.
            ("10.0.0.1:4000", vec!["203.0.113.9:51234"], "203.0.113.9"),
            ("10.0.0.1:4000", vec!["  203.0.113.9\t, ,"], "203.0.113.9"),
            ("10.0.0.1:4000", vec!["[2001:DB9::1]:443"], "2001:db9::1"),
            ("10.0.0.1:4000", vec!["[2001:db9::1]"], "2001:db9::1"),
            ("10.0.0.1:4000", vec!["2001:db9:0:0::1"], "2001:db9::1"),
            ("[::ffff:10.0.0.1]:4000", vec!["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
            // A request from one of the proxies.
            ("10.0.0.1:4000", vec!["10.7.7.7, 10.2.3.4"], "10.7.7.7"),
        ] {
            assert_eq!(client(trusted, peer, &lines), expected, "{peer} {lines:?}");
        }
        assert_eq!(
            client("::ffff:10.0.0.0/104", "[::ffff:10.0.0.1]:4000", &["203.0.113.9"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn without_a_trusted_entry_the_peer_is_the_client() {
        for (trusted, peer, lines) in [
            ("", "10.0.0.1:4000", vec!["203.0.113.9"]),
            (" , ", "10.0.0.1:4000", vec!["203.0.113.9"]),
            ("10.0.0.0/8", "198.51.100.4:4000", vec!["203.0.113.9", "10.0.0.1"]),
            ("10.0.0.0/8", "10.0.0.1:4000", vec![]),
            ("10.0.0.0/8", "10.0.0.1:4000", vec!["", " , "]),
            ("10.0.0.0/8", "10.0.0.1:4000", vec!["203.0.113.9, unknown"]),
            ("10.0.0.0/8", "10.0.0.1:4000", vec!["203.0.113.9, _hidden, 10.2.3.4"]),
            ("10.0.0.0/8", "10.0.0.1:4000", vec!["203.0.113.9:99999"]),
            ("10.0.0.0/8", "10.0.0.1:4000", vec!["203.0.113.256"]),
            ("0.0.0.0/0", "", vec!["203.0.113.9"]),
            ("0.0.0.0/0", "somewhere", vec!["203.0.113.9"]),
        ] {
            assert_eq!(client(trusted, peer, &lines), peer, "{trusted} {lines:?}");
        }
        let proxies = Proxies::read("10.0.0.1").unwrap();
        assert_eq!(
            proxies.client("10.0.0.1:1", [b"203.0.113.9, \xff".as_slice()].into_iter()),
            "10.0.0.1:1"
        );
    }

    #[test]
    fn the_error_names_a_malformed_network() {
        for (text, entry) in [
            ("10.0.0.0/8, proxy.example", "proxy.example"),
            ("10.0.0.0/33", "10.0.0.0/33"),
            ("10.0.0.0/8 10.1.0.0/16", "10.0.0.0/8 10.1.0.0/16"),
            ("10.0.0.1:80", "10.0.0.1:80"),
        ] {
            assert_eq!(Proxies::read(text).unwrap_err(), entry);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_it_and_none_overrides_a_peer_that_is_not_trusted(
            trusted in r"(10\.0\.0\.0/8|::1|[0-9a-f.:/, ]{0,12}|\PC{0,8}){0,3}",
            peer in r"(11|127|203)\.[0-9]{1,2}\.0\.1(:[0-9]{1,5})?|\[?2001:db8::[0-9a-f]{1,4}\]?(:[0-9]{1,4})?|\PC{0,12}",
            lines in prop::collection::vec(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                r"([0-9a-f.:\[\], ]|10\.0\.0\.1|203\.0\.113\.9){0,12}".prop_map(String::into_bytes),
            ], 0..4),
        ) {
            let read = |text: &str, peer: &str| {
                Proxies::read(text).ok().map(|proxies| proxies.client(peer, lines.iter().map(Vec::as_slice)))
            };
            read(&trusted, &peer);
            read("0.0.0.0/0, ::/0", &peer);
            prop_assert_eq!(read("", &peer).unwrap(), peer.clone());
            prop_assert_eq!(read("10.0.0.0/8, ::1", &peer).unwrap(), peer.clone());
            // The result for a proxy is the peer or an address.
            let client = read("10.0.0.0/8", "10.0.0.1:80").unwrap();
            prop_assert!(client == "10.0.0.1:80" || client.parse::<std::net::IpAddr>().is_ok(), "{}", client);
        }
    }
}
