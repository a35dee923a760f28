//! Which addresses may be dialled: what is globally routable, and what the operator lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Networks that may be reached although they are not globally routable; an operator lists them for
/// an intranet.
#[derive(Debug, Clone, Default)]
pub struct AllowedNetworks(Vec<IpNet>);

impl AllowedNetworks {
    /// Only what is globally routable.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads networks (`10.20.0.0/16`) and addresses with commas between them.
    ///
    /// # Errors
    /// The entry that is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let network = |entry: &str| {
            let network =
                entry.parse::<IpNet>().or_else(|_| entry.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| {
                format!("{entry:?}: expected an address or a network such as 10.20.0.0/16")
            })
        };
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `address` may be dialled. An IPv6 address that carries an IPv4 address is judged by
    /// that one as well: listing `10.0.0.0/8` allows `::ffff:10.0.0.1`, and listing an IPv6 network
    /// never opens the IPv4 one inside.
    #[must_use]
    pub fn may_dial(&self, address: IpAddr) -> bool {
        let IpAddr::V6(v6) = address else { return is_global(address) || self.lists(address) };
        let is_sound = carried_v4(v6).into_iter().all(|v4| self.may_dial(IpAddr::V4(v4)));
        is_sound && (v6.to_ipv4_mapped().is_some() || is_global(address) || self.lists(address))
    }

    /// Where clouds keep credentials of the machine, a network around it is not meant to open it:
    /// only its own address does.
    fn lists(&self, address: IpAddr) -> bool {
        let is_metadata = METADATA.contains(&address);
        self.0.iter().any(|network| {
            network.contains(&address)
                && (!is_metadata || network.prefix_len() == network.max_prefix_len())
        })
    }
}

/// Addresses under which clouds serve metadata: AWS, Azure, Google and most others; ECS; Alibaba;
/// Azure's wire server; AWS over IPv6.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Whether an address is globally routable, and all IPv4 addresses that it carries are, too.
#[must_use]
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => {
            let carried = carried_v4(v6);
            carried.iter().all(|v4| is_global_v4(*v4)) && is_global_v6(v6)
        }
    }
}

/// IANA's registry of special addresses, and what no server of the web has.
fn is_global_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, d] = ip.octets();
    let is_special = match (a, b, c, d) {
        // This network, private, loopback; multicast, reserved, broadcast.
        (0 | 10 | 127, ..) | (224..=255, ..) => true,
        // Carrier-grade NAT, and inside it metadata of a cloud.
        (100, 64..=127, ..) => true,
        // Link-local; metadata of most clouds.
        (169, 254, ..) => true,
        (172, 16..=31, ..) | (192, 168, ..) => true,
        // Assignments of the IETF, documentation, AS112, AMT, relays of 6to4.
        (192, 0, 0 | 2, _)
        | (192, 31, 196, _)
        | (192, 52, 193, _)
        | (192, 88, 99, _)
        | (192, 175, 48, _) => true,
        (198, 18 | 19, ..) => true,
        (198, 51, 100, _) | (203, 0, 113, _) => true,
        // Azure's wire server answers here on every machine.
        (168, 63, 129, 16) => true,
        _ => false,
    };
    !is_special
}

/// Global unicast only, without tunnels and translators: what reaches IPv4 through them is asked by
/// its IPv4 address.
fn is_global_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // Teredo, ORCHID, benchmarking and other assignments of the IETF; documentation; 6to4.
        [0x2001, 0x0000..=0x01ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] => false,
        [0x2620, 0x4f, 0x8000, ..] => false,
        [0x3fff, 0x0000..=0x0fff, ..] => false,
        // Neither loopback, unspecified, mapped, compatible, NAT64, unique local, link-local,
        // site-local nor multicast.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// IPv4 addresses that a router or translator would take out of `ip`.
fn carried_v4(ip: Ipv6Addr) -> Vec<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        // Compatible; the unspecified address and loopback are none.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => vec![join(high, low)],
        // Mapped, and translated.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => {
            vec![join(high, low)]
        }
        [0x64, 0xff9b, _, _, _, _, high, low] => vec![join(high, low)],
        [0x2002, high, low, ..] => vec![join(high, low)],
        // Teredo: the server, and the client with all bits turned.
        [0x2001, 0, high, low, _, _, client_high, client_low] => {
            vec![join(high, low), join(!client_high, !client_low)]
        }
        // ISATAP.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => vec![join(high, low)],
        _ => Vec::new(),
    }
}
