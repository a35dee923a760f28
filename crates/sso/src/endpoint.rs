//! Which URLs an identity provider may name: https, and plain http on loopback only if the operator
//! allows it (in tests).

use http::Uri;
use kernel::Result;

/// Longer URLs are refused.
const LONGEST: usize = 2000;
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Whether plain http on loopback is accepted: the variable `oidc_allow_loopback`.
pub(crate) async fn loopback_allowed() -> Result<bool> {
    Ok(platform::config::optional("oidc_allow_loopback").await?.as_deref() == Some("true"))
}

/// Why a URL is refused; None if it is accepted. The host decides which addresses may be reached,
/// when it connects.
pub(crate) fn refusal(url: &str, loopback: bool) -> Option<&'static str> {
    if url.len() > LONGEST
        || !url.bytes().all(|b| b.is_ascii_graphic())
        || url.contains(['#', '\\'])
    {
        return Some(
            "it has a fragment, a backslash, other characters than printable ASCII, or more than 2000 of them",
        );
    }
    let Ok(uri) = url.parse::<Uri>() else { return Some("it is not an absolute URL") };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Some("it is not an absolute URL");
    };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Some("its host is missing or carries a user name");
    }
    let host = authority.host().to_ascii_lowercase();
    match scheme {
        // Names that a host treats as the application itself have no dot, or are these.
        "https" if !host.contains('.') || host == "self.alt" || host.ends_with(".internal") => {
            Some("its host is no name in the internet")
        }
        "https" => None,
        "http" if loopback && LOOPBACK.contains(&authority.host()) => None,
        _ => Some("it does not begin with https://"),
    }
}

/// [`refusal`] to an issuer, which may not have a query either.
pub(crate) fn issuer_refusal(url: &str, loopback: bool) -> Option<&'static str> {
    if url.contains('?') { Some("it has a query") } else { refusal(url, loopback) }
}

#[cfg(test)]
mod tests {
    use super::{issuer_refusal, refusal};

    #[test]
    fn https_passes_and_everything_else_does_not() {
        assert_eq!(refusal("https://login.example.org/authorize?p=1", false), None);
        for bad in [
            "http://login.example.org/",
            "http://127.0.0.1:4000/",
            "ftp://example.org",
            "https://",
            "https:///x",
            "//example.org",
            "/authorize",
            "https://user@example.org/",
            "https://example.org/#x",
            "https://example.org/\\x",
            "https://exa mple.org",
            "javascript:alert(1)",
            "",
            "https://self/",
            "https://SELF.alt/x",
            "https://auth.spin.internal/",
            "https://localhost/",
        ] {
            assert!(refusal(bad, false).is_some(), "{bad}");
        }
        assert!(issuer_refusal("https://example.org/?a", false).is_some());
    }

    #[test]
    fn plain_http_passes_only_on_loopback_and_only_if_allowed() {
        assert_eq!(refusal("http://127.0.0.1:4000/token", true), None);
        assert_eq!(refusal("http://[::1]:4000/token", true), None);
        for bad in ["http://10.0.0.1/", "http://127.0.0.1.example.org/", "http://169.254.169.254/"]
        {
            assert!(refusal(bad, true).is_some(), "{bad}");
        }
    }
}
