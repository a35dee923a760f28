//! `allowed_outbound_hosts`, in Spin's syntax: `scheme://host[:port]` with wildcards, networks and
//! port ranges.

use std::net::IpAddr;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use ipnet::IpNet;
use url::Host;

use crate::variables::Variables;

/// The suffix of service chaining names.
pub(crate) const CHAINING_SUFFIX: &str = ".spin.internal";

/// The entries of one component.
#[derive(Debug, Default)]
pub(crate) struct AllowedHosts {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// `None`: any.
    scheme: Option<String>,
    host: HostPattern,
    port: PortPattern,
}

#[derive(Debug)]
enum HostPattern {
    Any,
    /// Holds the leading dot.
    Subdomains(String),
    /// The application itself.
    Itself,
    Exactly(Host),
    Network(IpNet),
}

#[derive(Debug)]
enum PortPattern {
    Any,
    One(u16),
    Between(Range<u16>),
}

impl AllowedHosts {
    /// Fills templates and parses the entries; an entry whose variable is empty is skipped, as in
    /// Spin. Beyond Spin, a variable may hold several entries with commas between them, and one
    /// without a scheme means http and https.
    pub(crate) async fn new(
        sources: &[String],
        variables: &Variables,
        components: &[String],
    ) -> Result<Self> {
        let mut entries = Vec::new();
        for source in sources {
            let filled = variables.fill(source).await?;
            let from_template = source.contains("{{");
            let texts =
                if from_template { entries_of_variable(&filled) } else { vec![filled.clone()] };
            for text in texts {
                let entry = Entry::parse(&text).with_context(|| {
                    format!("allowed_outbound_hosts entry {source:?} (filled: {filled:?})")
                })?;
                entries.extend(entry.expand_chaining(components));
            }
        }
        Ok(Self { entries })
    }

    /// Whether a connection to `host` may be opened. `port` may be left out for well-known schemes.
    pub(crate) fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        let Ok(host) = Host::parse(host) else { return false };
        let Some(port) = port.or_else(|| well_known_port(scheme)) else {
            return self
                .entries
                .iter()
                .any(|e| matches!(e.port, PortPattern::Any) && e.fits(scheme, &host));
        };
        self.entries.iter().any(|entry| entry.port.fits(port) && entry.fits(scheme, &host))
    }

    /// Whether any server of `scheme` may be reached.
    pub(crate) fn names_scheme(&self, scheme: &str) -> bool {
        self.entries.iter().any(|entry| entry.scheme.as_deref().is_none_or(|own| own == scheme))
    }

    /// Whether requests to the application itself are allowed.
    pub(crate) fn allows_itself(&self) -> bool {
        self.entries.iter().any(|entry| {
            let web =
                entry.scheme.as_deref().is_none_or(|scheme| scheme == "http" || scheme == "https");
            web && matches!(entry.host, HostPattern::Any | HostPattern::Itself)
        })
    }
}

/// The entries that a variable holds.
fn entries_of_variable(filled: &str) -> Vec<String> {
    let parts = filled
        .split(',')
        .map(str::trim)
        .filter(|part| !matches!(*part, "" | "http://" | "https://"));
    parts
        .flat_map(|part| {
            if part.contains("://") {
                vec![part.to_owned()]
            } else {
                vec![format!("http://{part}"), format!("https://{part}")]
            }
        })
        .collect()
}

impl Entry {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        ensure!(
            text != "insecure:allow-all",
            "'insecure:allow-all' is not allowed: write *://*:* if you really mean it"
        );
        let Some((scheme, rest)) = text.split_once("://") else {
            bail!("expected <scheme>://<host>[:<port>], with * for any: the scheme is missing");
        };
        let scheme = match scheme {
            "*" => None,
            _ if scheme.chars().any(|c| !c.is_alphabetic()) => {
                bail!("scheme {scheme:?} may hold letters only")
            }
            _ => Some(scheme.to_owned()),
        };
        let (host, port) = split_port(rest)?;
        let port = PortPattern::parse(port, scheme.as_deref())?;
        Ok(Self { scheme, host: HostPattern::parse(host)?, port })
    }

    fn fits(&self, scheme: &str, host: &Host<String>) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme) && self.host.fits(host)
    }

    /// `*.spin.internal` means the application's own components, never a name in DNS.
    fn expand_chaining(self, components: &[String]) -> Vec<Self> {
        match &self.host {
            HostPattern::Subdomains(suffix) if suffix == CHAINING_SUFFIX => {
                let name = |id: &String| {
                    HostPattern::Exactly(Host::Domain(format!("{id}{CHAINING_SUFFIX}")))
                };
                let entry = |id| Self {
                    scheme: self.scheme.clone(),
                    host: name(id),
                    port: self.port.clone(),
                };
                components.iter().map(entry).collect()
            }
            _ => vec![self],
        }
    }
}

fn split_port(rest: &str) -> Result<(&str, &str)> {
    match rest.rsplit_once(':') {
        None => Ok((rest, "")),
        Some((host, "")) => Ok((host, "")),
        // the colon may belong to an IPv6 address
        Some(_) if HostPattern::parse(rest).is_ok() => Ok((rest, "")),
        Some((host, tail)) => {
            let (port, path) = tail.split_once('/').unwrap_or((tail, ""));
            ensure!(path.is_empty(), "{rest:?} has a path: allow hosts, not paths");
            Ok((host, port))
        }
    }
}

impl HostPattern {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        match text {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::Itself),
            _ => {}
        }
        ensure!(
            !text.starts_with('{'),
            "lists of hosts are not supported: write one entry for each"
        );
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Network(ip.into()));
        }
        let text = text.strip_suffix('/').unwrap_or(text);
        ensure!(!text.contains('/'), "{text:?} has a path: allow hosts, not paths");
        if let Some(domain) = text.strip_prefix("*.") {
            ensure!(!domain.contains('*'), "{text:?}: a wildcard is allowed only as prefix");
            return match Host::parse(domain) {
                Ok(Host::Domain(domain)) => Ok(Self::Subdomains(format!(".{domain}"))),
                _ => bail!("{text:?}: a wildcard must be followed by a domain"),
            };
        }
        ensure!(!text.contains('*'), "{text:?}: a wildcard must stand for a whole subdomain");
        Ok(Self::Exactly(Host::parse(text).with_context(|| format!("{text:?} is not a host"))?))
    }

    fn fits(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomains(suffix), Host::Domain(domain)) => domain.ends_with(suffix.as_str()),
            (Self::Exactly(own), host) => own == host,
            (Self::Network(network), Host::Ipv4(ip)) => network.contains(&IpAddr::V4(*ip)),
            (Self::Network(network), Host::Ipv6(ip)) => network.contains(&IpAddr::V6(*ip)),
            (Self::Itself | Self::Subdomains(_) | Self::Network(_), _) => false,
        }
    }
}

impl Clone for PortPattern {
    fn clone(&self) -> Self {
        match self {
            Self::Any => Self::Any,
            Self::One(port) => Self::One(*port),
            Self::Between(range) => Self::Between(range.clone()),
        }
    }
}

impl PortPattern {
    fn parse(text: &str, scheme: Option<&str>) -> Result<Self> {
        let number =
            |text: &str| text.parse().with_context(|| format!("port {text:?} is not a number"));
        match text {
            "" => {
                let port = scheme.and_then(well_known_port);
                Ok(Self::One(port.context("no port was given and the scheme has no usual one")?))
            }
            "*" => Ok(Self::Any),
            _ => match text.split_once("..") {
                Some((start, end)) => Ok(Self::Between(number(start)?..number(end)?)),
                None => Ok(Self::One(number(text)?)),
            },
        }
    }

    fn fits(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::One(own) => *own == port,
            Self::Between(range) => range.contains(&port),
        }
    }
}

fn well_known_port(scheme: &str) -> Option<u16> {
    match scheme {
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(entries: &[&str]) -> AllowedHosts {
        let components = ["api".to_owned(), "search".to_owned()];
        let parse = |text: &&str| Entry::parse(text).unwrap().expand_chaining(&components);
        AllowedHosts { entries: entries.iter().flat_map(parse).collect() }
    }

    fn allows(entry: &str, scheme: &str, host: &str, port: u16) -> bool {
        hosts(&[entry]).allows(scheme, host, Some(port))
    }

    #[test]
    fn an_exact_entry_allows_its_scheme_host_and_port() {
        assert!(allows("https://example.org", "https", "example.org", 443));
        assert!(allows("https://example.org/", "https", "EXAMPLE.org", 443));
        assert!(!allows("https://example.org", "http", "example.org", 443));
        assert!(!allows("https://example.org", "https", "example.org", 8443));
        assert!(!allows("https://example.org", "https", "sub.example.org", 443));
        assert!(allows("postgres://localhost:5433", "postgres", "localhost", 5433));
        assert!(allows("redis://[::1]:6379", "redis", "[::1]", 6379));
    }

    #[test]
    fn wildcards_match_scheme_host_subdomain_and_port() {
        assert!(allows("*://*:*", "redis", "anything", 1));
        assert!(allows("https://*.example.org", "https", "a.b.example.org", 443));
        assert!(!allows("https://*.example.org", "https", "example.org", 443));
        assert!(!allows("https://*.example.org", "https", "badexample.org", 443));
        assert!(allows("http://*:8080", "http", "h", 8080));
        assert!(hosts(&["*://*:*"]).allows("http", "h", None));
    }

    #[test]
    fn networks_and_port_ranges_are_parsed() {
        assert!(allows("postgres://10.0.0.0/8:5432", "postgres", "10.9.8.7", 5432));
        assert!(!allows("postgres://10.0.0.0/8:5432", "postgres", "11.0.0.1", 5432));
        assert!(!allows("postgres://10.0.0.0/8:5432", "postgres", "db.local", 5432));
        assert!(allows("http://h:80..90", "http", "h", 89));
        assert!(!allows("http://h:80..90", "http", "h", 90));
    }

    #[test]
    fn chaining_names_match_components_only() {
        let chained = hosts(&["http://*.spin.internal"]);
        assert!(chained.allows("http", "search.spin.internal", None));
        assert!(!chained.allows("http", "evil.spin.internal", None));
        assert!(hosts(&["http://self"]).allows_itself());
        assert!(!hosts(&["http://self"]).allows("http", "self", None));
        assert!(!hosts(&["redis://self:1"]).allows_itself());
    }

    #[test]
    fn a_variable_may_hold_several_hosts() {
        assert_eq!(entries_of_variable(""), Vec::<String>::new());
        assert_eq!(entries_of_variable("http://"), Vec::<String>::new());
        let listed = "gpu.example.internal:8000, https://10.0.0.5:11434 ,";
        let expected = [
            "http://gpu.example.internal:8000",
            "https://gpu.example.internal:8000",
            "https://10.0.0.5:11434",
        ];
        assert_eq!(entries_of_variable(listed), expected);
    }

    #[test]
    fn malformed_entries_are_refused() {
        for text in [
            "*",
            "example.org",
            "http://h/path",
            "http://h:80/path",
            "http://h:x",
            "ftp://h",
            "http://a*b",
            "http://*.*.x",
            "insecure:allow-all",
        ] {
            assert!(Entry::parse(text).is_err(), "{text}");
        }
    }
}
