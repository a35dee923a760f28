//! The `spin-*` request headers: the client's are removed, the host's are set.

use anyhow::Result;
use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue};

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// Header values that depend on the route alone.
#[derive(Debug, Clone)]
pub(crate) struct RouteHeaders {
    matched: HeaderValue,
    raw: HeaderValue,
    prefix: HeaderValue,
}

impl RouteHeaders {
    /// `route` as written in the manifest.
    pub(crate) fn new(route: &str) -> Result<Self> {
        let absolute = if route.starts_with('/') { route.to_owned() } else { format!("/{route}") };
        // Spin removes a trailing slash from the route with its base, not from the raw one.
        let matched = absolute.strip_suffix('/').unwrap_or(&absolute);
        let prefix = route.strip_suffix("/...").unwrap_or(route);
        Ok(Self { matched: matched.parse()?, raw: route.parse()?, prefix: prefix.parse()? })
    }

    /// Replaces all `spin-*` headers of the client. Errors if the URL is not a valid header value.
    pub(crate) fn set(
        &self,
        headers: &mut HeaderMap,
        uri: &http::Uri,
        rest: &str,
        names: &[(&str, &str)],
        client: HeaderValue,
    ) -> Result<()> {
        remove_forged(headers);
        headers.reserve(7 + names.len());
        headers.insert(PATH_INFO, HeaderValue::from_str(rest)?);
        headers.insert(FULL_URL, full_url(uri)?);
        headers.insert(MATCHED_ROUTE, self.matched.clone());
        headers.insert(BASE_PATH, HeaderValue::from_static("/"));
        headers.insert(RAW_COMPONENT_ROUTE, self.raw.clone());
        headers.insert(COMPONENT_ROUTE, self.prefix.clone());
        headers.insert(CLIENT_ADDR, client);
        for (name, value) in names {
            let name = format!("spin-path-match-{}", name.to_ascii_lowercase().replace('_', "-"));
            headers.insert(HeaderName::try_from(name)?, HeaderValue::from_str(value)?);
        }
        Ok(())
    }
}

fn full_url(uri: &http::Uri) -> Result<HeaderValue> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let authority = uri.authority().map_or("localhost", http::uri::Authority::as_str);
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut url = String::with_capacity(scheme.len() + 3 + authority.len() + path.len());
    url.push_str(scheme);
    url.push_str("://");
    url.push_str(authority);
    url.push_str(path);
    Ok(HeaderValue::from_maybe_shared(bytes::Bytes::from(url))?)
}

/// Removes every header that begins with `spin-`.
pub(crate) fn remove_forged(headers: &mut HeaderMap) {
    if !headers.keys().any(|name| name.as_str().starts_with("spin-")) {
        return;
    }
    let forged: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("spin-")).cloned().collect();
    for name in forged {
        if let Entry::Occupied(entry) = headers.entry(name) {
            entry.remove_entry_mult();
        }
    }
}

/// Removes `Connection` and the headers that it names: they apply to one hop only.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let Some(connection) = headers.remove(http::header::CONNECTION) else { return };
    let Ok(named) = connection.to_str() else { return };
    for name in named.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        // Framing stays with the server, and a client must not remove headers that others rely on.
        if !matches!(
            name.to_ascii_lowercase().as_str(),
            "close"
                | "keep-alive"
                | "host"
                | "authorization"
                | "content-length"
                | "x-forwarded-for"
        ) {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_headers_do_not_survive() {
        let mut headers = HeaderMap::new();
        headers.append("spin-client-addr", "6.6.6.6:1".parse().unwrap());
        headers.append("spin-client-addr", "6.6.6.7:1".parse().unwrap());
        headers.append("spin-anything", "x".parse().unwrap());
        let route = RouteHeaders::new("/a/:id/...").unwrap();
        let uri = "http://h:1/a/7/b?q=1".parse().unwrap();
        route.set(&mut headers, &uri, "/b", &[("id", "7")], "1.2.3.4:5".parse().unwrap()).unwrap();
        let all = |name: &str| {
            headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all("spin-client-addr"), ["1.2.3.4:5"]);
        assert!(all("spin-anything").is_empty());
        assert_eq!(all("spin-full-url"), ["http://h:1/a/7/b?q=1"]);
        assert_eq!(all("spin-path-info"), ["/b"]);
        assert_eq!(all("spin-matched-route"), ["/a/:id/..."]);
        assert_eq!(all("spin-component-route"), ["/a/:id"]);
        assert_eq!(all("spin-path-match-id"), ["7"]);
    }

    #[test]
    fn connection_is_removed_with_the_headers_it_names() {
        let mut headers = HeaderMap::new();
        headers.append("connection", "keep-alive, x-hop".parse().unwrap());
        headers.append("x-hop", "1".parse().unwrap());
        headers.append("authorization", "stays".parse().unwrap());
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["authorization"]);
        // A client must not remove the headers of a proxy.
        headers.append("connection", "close, X-Forwarded-For".parse().unwrap());
        headers.append("x-forwarded-for", "203.0.113.9".parse().unwrap());
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers["x-forwarded-for"], "203.0.113.9");
    }
}
