//! The identity of a page: one form for all spellings of its address.

use std::fmt;

use url::Url;

/// Bytes of an address as it comes; longer ones are refused before they are parsed.
const MAX_INPUT: usize = 8 * 1024;

/// Query keys that name where a visitor came from, in lower case.
const TRACKING: &[&str] = &[
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "dclid",
    "fbclid",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "yclid",
];

/// Query keys that name a visit, in lower case.
const SESSIONS: &[&str] = &[
    "cfid",
    "cftoken",
    "jsessionid",
    "oscsid",
    "phpsessid",
    "session_id",
    "sessionid",
    "sessid",
    "zenid",
];

/// A web address (`http` or `https`) in its one form: WHATWG's, without fragment (save `#!`), user,
/// default port, tracking keys and session ids, with percent-encoding only where it is needed, in
/// capital letters.
///
/// The order of the query, a slash at the end of the path and the case of the path are kept: they
/// can matter.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageUrl(Url);

/// Why a text is no address of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlError {
    /// It is no URL, or longer than 8 KiB.
    Invalid,
    /// Its scheme is neither `http` nor `https`.
    Scheme,
    /// It has no host.
    Host,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => {
                "expected a web address such as https://example.org/news, at most 8 KiB long"
            }
            Self::Scheme => "expected an address that begins with http:// or https://",
            Self::Host => "expected an address with a host such as https://example.org/",
        })
    }
}

impl std::error::Error for UrlError {}

/// What `robots.txt`, credentials and connections belong to: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// As in a URL: in lower case, IPv6 addresses in brackets.
    pub host: String,
    /// The port, also if it is the usual one.
    pub port: u16,
}

impl Origin {
    /// Where the rules for robots of this origin are.
    #[must_use]
    pub fn robots_txt(&self) -> Option<PageUrl> {
        PageUrl::parse(&format!("{self}/robots.txt")).ok()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match (self.scheme, self.port) {
            ("http", 80) | ("https", 443) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

impl PageUrl {
    /// Reads an absolute address.
    ///
    /// # Errors
    /// If it is no URL, not of the web, or without a host.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_INPUT {
            return Err(UrlError::Invalid);
        }
        Url::parse(text.trim()).map_err(|_| UrlError::Invalid).and_then(Self::normalised)
    }

    /// Reads an address that may be relative to this one.
    ///
    /// # Errors
    /// As [`PageUrl::parse`].
    pub fn join(&self, text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_INPUT {
            return Err(UrlError::Invalid);
        }
        self.0.join(text.trim()).map_err(|_| UrlError::Invalid).and_then(Self::normalised)
    }

    fn normalised(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
            url.set_fragment(None);
        }
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| UrlError::Host)?;
        let host = url.host_str().ok_or(UrlError::Host)?;
        if host.ends_with('.') {
            let host = host.trim_end_matches('.').to_owned();
            url.set_host(Some(&host)).map_err(|_| UrlError::Host)?;
        }
        let path = without_session(&canonical_escapes(url.path()));
        url.set_path(&path);
        let query = url.query().map(canonical_escapes);
        let query = query.map(|query| {
            let kept = query.split('&').filter(|pair| !is_of_visit(pair));
            kept.collect::<Vec<_>>().join("&")
        });
        url.set_query(query.as_deref().filter(|query| !query.is_empty()));
        if url.as_str().len() > MAX_INPUT { Err(UrlError::Invalid) } else { Ok(Self(url)) }
    }

    /// The complete address: the identity of a page.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed address.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The host in lower case, IPv6 addresses in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Path and query as a request names them, and as `robots.txt` and patterns see them.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        let whole = self.0.as_str();
        let start = whole.len() - self.0[url::Position::BeforePath..].len();
        let end = self.0[..url::Position::AfterQuery].len();
        whole.get(start..end).unwrap_or("/")
    }

    /// What the address belongs to.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let scheme = if self.0.scheme() == "https" { "https" } else { "http" };
        let port = self.0.port_or_known_default().unwrap_or(0);
        Origin { scheme, host: self.host().to_owned(), port }
    }

    /// True if the addresses differ in scheme and a `www.` before the host only. They are one page
    /// once a redirect from one to the other was seen, and not before.
    #[must_use]
    pub fn is_twin(&self, other: &Self) -> bool {
        let bare = |url: &Self| url.host().strip_prefix("www.").unwrap_or(url.host()).to_owned();
        bare(self) == bare(other) && self.path_and_query() == other.path_and_query()
    }

    /// The path and the names in the query, every run of digits as `#`: addresses with the same
    /// shape come from one template.
    #[must_use]
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        let mut push = |text: &str| {
            for c in text.chars() {
                if !c.is_ascii_digit() {
                    shape.push(c);
                } else if !shape.ends_with('#') {
                    shape.push('#');
                }
            }
        };
        push(self.host());
        push(self.0.path());
        let mut keys: Vec<&str> = self
            .0
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split('=').next())
            .collect();
        keys.retain(|key| !key.is_empty());
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            push("&");
            push(key);
        }
        shape
    }
}

impl fmt::Display for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageUrl({})", self.as_str())
    }
}

impl std::str::FromStr for PageUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

/// Whether a pair of the query says something of the visit, and nothing of the page.
fn is_of_visit(pair: &str) -> bool {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let key = key.to_ascii_lowercase();
    let is_id = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    key.starts_with("utm_")
        || key.starts_with("aspsessionid")
        || TRACKING.contains(&key.as_str())
        || SESSIONS.contains(&key.as_str())
        || (matches!(key.as_str(), "sid" | "s" | "session") && is_id)
}

/// The path without `;jsessionid=…`.
fn without_session(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        part.split_once(';')
            .filter(|(_, parameter)| {
                SESSIONS
                    .iter()
                    .any(|key| parameter.to_ascii_lowercase().starts_with(&format!("{key}=")))
            })
            .map_or(part, |(before, _)| before)
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Percent-encoding in its one form: unreserved characters as they are, hexadecimal digits in
/// capital letters.
pub(crate) fn canonical_escapes(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let escape = (byte == b'%').then(|| after.split_first_chunk::<2>()).flatten();
        let Some((&[high, low], behind)) =
            escape.filter(|([high, low], _)| high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
        else {
            out.push(byte);
            continue;
        };
        rest = behind;
        match hex(high) * 16 + hex(low) {
            plain if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) => out.push(plain),
            _ => out.extend([b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}
