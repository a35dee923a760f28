//! The cookies of browsers.
//!
//! Over https their names have a prefix that browsers enforce. `__Host-` (access and CSRF token,
//! login) keeps other hosts of the domain from setting them. The refresh token and the known
//! browser are for the sign-in routes only, so that no other component receives them; `__Host-`
//! does not allow a path, so these have `__Secure-`, and the server decides between several values
//! of one name: the refresh token by the CSRF token, the known browser by its MAC. Over plain http
//! (loopback, a local network) browsers refuse both prefixes, so names have none.

use std::fmt::Write as _;

/// Further values of one name in a request are ignored: browsers send a few, an attacker who wants
/// to lock a browser out sends many.
const MOST_VALUES: usize = 8;

/// A kind of cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cookie {
    /// The access token.
    Access,
    /// The refresh token. It outlives the access token, and is sent to `/api/v1/auth` only.
    Refresh,
    /// The CSRF token, which our own pages read and send back in a header.
    Csrf,
    /// The known browser, after a password was entered. It outlives sessions, and is sent to
    /// `/api/v1/auth` only.
    Device,
    /// The browser's half of a login at an identity provider.
    Login,
}

impl Cookie {
    /// The cookie's name; `secure`: over https.
    #[must_use]
    pub fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Access, true) => "__Host-tessera_access",
            (Self::Access, false) => "tessera_access",
            (Self::Refresh, true) => "__Secure-tessera_refresh",
            (Self::Refresh, false) => "tessera_refresh",
            (Self::Csrf, true) => "__Host-tessera_csrf",
            (Self::Csrf, false) => "tessera_csrf",
            (Self::Device, true) => "__Secure-tessera_device",
            (Self::Device, false) => "tessera_device",
            (Self::Login, true) => "__Host-tessera_login",
            (Self::Login, false) => "tessera_login",
        }
    }

    /// The path below which browsers send it.
    fn path(self) -> &'static str {
        match self {
            Self::Refresh | Self::Device => "/api/v1/auth",
            Self::Access | Self::Csrf | Self::Login => "/",
        }
    }

    /// The `Set-Cookie` value. `max_age` in seconds; 0 removes the cookie.
    #[must_use]
    pub fn set(self, value: &str, secure: bool, max_age: i64) -> String {
        let (name, path) = (self.name(secure), self.path());
        let mut out = format!("{name}={value}; Path={path}; Max-Age={max_age}; SameSite=Lax");
        // Our own pages read the CSRF token; scripts can read no other cookie.
        if self != Self::Csrf {
            let _ = write!(out, "; HttpOnly");
        }
        if secure {
            let _ = write!(out, "; Secure");
        }
        out
    }
}

/// The different values of a cookie in the `Cookie` headers of a request, in order. Another host of
/// the domain, or another port of the machine, may have added some, so the first one is not trusted
/// more than the others.
#[must_use]
pub fn values<'a>(headers: impl Iterator<Item = &'a str>, name: &str) -> Vec<&'a str> {
    let pairs =
        headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = Vec::new();
    for (_, value) in pairs.filter(|(named, _)| *named == name) {
        if found.len() < MOST_VALUES && !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of<'a>(header: &'a str, name: &str) -> Vec<&'a str> {
        values(std::iter::once(header), name)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_never_holds_more_than_its_own_cookie(header in "( |;|=|\"|tessera_access|tessera_csrf|[a-z]|\\PC){0,30}") {
            for value in of(&header, "tessera_access") {
                prop_assert!(!value.contains(';') && header.contains(&format!("tessera_access={value}")), "{:?}", value);
            }
        }

        #[test]
        fn a_cookie_among_others_is_found(before in "([a-z]{1,9}=[a-z0-9]{0,9}; ?){0,4}", value in "[A-Za-z0-9._-]{1,40}") {
            let header = format!("{before}tessera_refresh={value}; after=1");
            prop_assert_eq!(of(&header, "tessera_refresh"), [value.as_str()]);
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_full_name() {
        let header = "xtessera_access=1; tessera_access=2;tessera_csrf=3; __Host-tessera_access=4";
        assert_eq!(of(header, "tessera_access"), ["2"]);
        assert_eq!(of(header, "tessera_csrf"), ["3"]);
        assert_eq!(of(header, "__Host-tessera_access"), ["4"]);
        assert!(of(header, "access").is_empty() && of("", "a").is_empty());
    }

    #[test]
    fn each_value_of_a_name_is_found_once_up_to_a_limit() {
        assert_eq!(values(["a=1; b=2; a=3", "a=1; a=4"].into_iter(), "a"), ["1", "3", "4"]);
        let many: String = (0..100).map(|n| format!("a={n}; ")).collect();
        assert_eq!(of(&many, "a").len(), MOST_VALUES);
    }

    #[test]
    fn over_https_a_prefix_keeps_other_hosts_from_setting_a_cookie() {
        for cookie in [Cookie::Access, Cookie::Refresh, Cookie::Csrf, Cookie::Device, Cookie::Login]
        {
            let set = cookie.set("v", true, 60);
            assert!(set.contains("; Secure") && !set.contains("Domain"), "{set}");
            assert!(
                set.starts_with("__Host-") && set.contains("; Path=/;")
                    || set.starts_with("__Secure-"),
                "{set}"
            );
            let plain = cookie.set("v", false, 60);
            assert!(
                !plain.starts_with("__") && !plain.contains("Secure"),
                "browsers refuse prefixes over http: {plain}"
            );
            assert_eq!(set.contains("HttpOnly"), cookie != Cookie::Csrf);
        }
    }
}
