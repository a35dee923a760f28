//! Which addresses a provider may have. Which servers a name leads to is checked when it is
//! dialled, by the host.

use http::Uri;
use kernel::{Problem, ReasonCode, Result};
use platform::config;

/// Bytes of an address.
const LONGEST: usize = 500;

/// The address without a slash at its end.
///
/// # Errors
/// `invalid_body` that says why it is not accepted; `internal` if the configuration cannot be read.
pub(crate) async fn checked(url: &str) -> Result<String> {
    let hosts = config::optional("model_hosts").await?.unwrap_or_default();
    let url = url.trim().trim_end_matches('/');
    match refusal(url, &hosts) {
        None => Ok(url.to_owned()),
        Some(why) => {
            let detail = format!(
                "expected the address of a provider such as https://api.example.org/v1, but {why}"
            );
            let listable = why.contains("model_hosts");
            let reason = if listable {
                ReasonCode::ProviderAddressUnlisted
            } else {
                ReasonCode::ProviderAddress
            };
            Err(Problem::refused_field("/base_url", reason.with_value(url), detail))
        }
    }
}

/// Whether a credential that was entered for one address may go to the other.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    origin(one).is_some_and(|found| origin(other) == Some(found))
}

/// Scheme, host and port, `https://api.example.org:443`; none if it is no address.
pub(crate) fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some(format!("{scheme}://{}:{port}", uri.host()?.to_ascii_lowercase()))
}

/// Why an address is not accepted. `hosts`: those of the operator's list, with commas between them,
/// `http://gpu.example.internal:8000`.
fn refusal(url: &str, hosts: &str) -> Option<&'static str> {
    if url.len() > LONGEST || !url.bytes().all(|b| b.is_ascii_graphic()) {
        return Some("it has more than 500 characters, or others than printable ASCII");
    }
    if url.contains(['#', '\\', '?']) {
        return Some("it has a query, a fragment or a backslash");
    }
    if url.split('/').any(|segment| matches!(segment, "." | "..")) || url.contains('%') {
        return Some("its path goes up or is encoded");
    }
    let Ok(uri) = url.parse::<Uri>() else { return Some("it is no absolute URL") };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Some("it is no absolute URL");
    };
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Some("its host is missing or carries a user name");
    }
    if hosts.split(',').map(str::trim).any(|listed| is_listed(listed, scheme, authority.as_str())) {
        return (!matches!(scheme, "http" | "https"))
            .then_some("it begins neither with https:// nor http://");
    }
    let host = authority.host().to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    let is_literal = host.starts_with('[') || host.rsplit('.').next().is_some_and(is_number);
    match scheme {
        "https" if is_literal => Some(
            "its host is an IP address; use a name, or ask the operator to list it in model_hosts",
        ),
        "https"
            if !host.contains('.')
                || host.ends_with(".internal")
                || host.ends_with(".local")
                || host.ends_with(".alt") =>
        {
            Some("its host is no name in the internet; ask the operator to list it in model_hosts")
        }
        "https" if authority.port_u16().is_some_and(|port| port != 443) => {
            Some("it has another port than 443; ask the operator to list it in model_hosts")
        }
        "https" => None,
        _ => Some(
            "it does not begin with https://; ask the operator to list its host in model_hosts",
        ),
    }
}

/// Whether an entry of the operator's list is this server; without a scheme it is meant for both.
fn is_listed(listed: &str, scheme: &str, authority: &str) -> bool {
    let (wanted, host) = listed.split_once("://").unwrap_or((scheme, listed));
    wanted.eq_ignore_ascii_case(scheme)
        && !host.is_empty()
        && host.trim_end_matches('/').eq_ignore_ascii_case(authority)
}

/// The last label of a host that is read as an IPv4 address, in whatever notation.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::{refusal, same_origin};

    const HOSTS: &str = "gpu.example.internal:8000, 10.0.0.5:11434";

    #[test]
    fn names_in_the_internet_pass_over_https() {
        for good in [
            "https://api.openai.com/v1",
            "https://RES.openai.azure.com/openai/v1",
            "https://api.example.org:443",
        ] {
            assert_eq!(refusal(good, ""), None, "{good}");
        }
    }

    #[test]
    fn the_operators_hosts_pass_as_listed_and_no_others() {
        for good in [
            "http://gpu.example.internal:8000/v1",
            "https://GPU.example.internal:8000/v1",
            "http://10.0.0.5:11434/api",
        ] {
            assert_eq!(refusal(good, HOSTS), None, "{good}");
        }
        for bad in [
            "http://gpu.example.internal/v1",
            "http://10.0.0.5:11435/api",
            "ftp://gpu.example.internal:8000",
            "http://10.0.0.6:11434",
        ] {
            assert!(refusal(bad, HOSTS).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_listed_scheme_counts() {
        assert_eq!(
            refusal("http://gpu.example.internal:8000/v1", "http://gpu.example.internal:8000"),
            None
        );
        assert!(
            refusal("https://gpu.example.internal:8000/v1", "http://gpu.example.internal:8000")
                .is_some()
        );
    }

    #[test]
    fn everything_that_leads_elsewhere_is_refused() {
        for bad in [
            "",
            "api.example.org/v1",
            "/v1",
            "//api.example.org",
            "http://api.example.org/v1",
            "https://",
            "https:///v1",
            "https://user@api.example.org",
            "https://user:pass@api.example.org",
            "https://api.example.org/v1?x=1",
            "https://api.example.org/#x",
            "https://api.example.org\\@evil.example",
            "https://api.example.org/v1/../admin",
            "https://api.example.org/%2e%2e/admin",
            "https://localhost/v1",
            "https://self.alt/v1",
            "https://gateway.spin.internal/v1",
            "https://printer.local/",
            "https://127.0.0.1/v1",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://0177.0.0.01/",
            "https://1.1.1.1./",
            "https://[::1]/v1",
            "https://[::ffff:10.0.0.1]/",
            "https://api.example.org:22/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://exa mple.org",
            "https://ex\u{e4}mple.org",
        ] {
            assert!(refusal(bad, "").is_some(), "{bad}");
        }
        assert!(refusal(&format!("https://api.example.org/{}", "x".repeat(500)), "").is_some());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin("https://a.example.org/v1", "https://A.example.org:443/v2"));
        for other in [
            "https://b.example.org/v1",
            "http://a.example.org/v1",
            "https://a.example.org:8443/v1",
            "",
        ] {
            assert!(!same_origin("https://a.example.org/v1", other), "{other}");
        }
    }
}
