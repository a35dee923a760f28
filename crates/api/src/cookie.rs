//! The cookies of browsers.

use std::fmt::Write as _;

/// The access token; httpOnly.
pub const ACCESS: &str = "tessera_access";
/// The refresh token; httpOnly, sent to `/api/v1/auth` only.
pub const REFRESH: &str = "tessera_refresh";
/// The CSRF token, which our own pages read and send back in a header.
pub const CSRF: &str = "tessera_csrf";
/// A browser that somebody signed in from with their password; httpOnly, sent to `/api/v1/auth` only. It outlives sessions.
pub const DEVICE: &str = "tessera_device";

/// The value of a cookie in a `Cookie` header; the first of that name, as browsers send the most specific path first.
#[must_use]
pub fn get<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// How a cookie is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Sent below this path only.
    pub path: &'static str,
    /// Hidden from scripts.
    pub http_only: bool,
    /// Sent over TLS only.
    pub secure: bool,
    /// Seconds; 0 removes it.
    pub max_age: i64,
}

/// A `Set-Cookie` value.
#[must_use]
pub fn set(name: &str, value: &str, manner: Manner) -> String {
    let mut out = format!("{name}={value}; Path={}; Max-Age={}; SameSite=Lax", manner.path, manner.max_age);
    if manner.http_only {
        let _ = write!(out, "; HttpOnly");
    }
    if manner.secure {
        let _ = write!(out, "; Secure");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::get;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_never_holds_more_than_its_own_cookie(header in "( |;|=|\"|tessera_access|tessera_csrf|[a-z]|\\PC){0,30}") {
            if let Some(value) = get(&header, "tessera_access") {
                prop_assert!(!value.contains(';') && header.contains(&format!("tessera_access={value}")), "{:?}", value);
            }
        }

        #[test]
        fn a_cookie_among_others_is_found(before in "([a-z]{1,9}=[a-z0-9]{0,9}; ?){0,4}", value in "[A-Za-z0-9._-]{1,40}") {
            let header = format!("{before}tessera_refresh={value}; after=1");
            prop_assert_eq!(get(&header, "tessera_refresh"), Some(value.as_str()));
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let header = "xtessera_access=1; tessera_access=2;tessera_csrf=3";
        assert_eq!(get(header, "tessera_access"), Some("2"));
        assert_eq!(get(header, "tessera_csrf"), Some("3"));
        assert_eq!(get(header, "access"), None);
        assert_eq!(get("", "a"), None);
    }
}
