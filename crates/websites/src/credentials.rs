//! What a website is shown: sealed together with the origins that it is meant for, so that neither
//! the row nor a change at the same moment sends it anywhere else.

use std::collections::BTreeSet;

use kernel::{Problem, ReasonCode, Result, text};
use platform::Cx;
use secrets::Secret;

/// The column that credentials are sealed for.
pub(crate) const CREDENTIAL_COLUMN: &str = "websites.credential_sealed";

/// How a website is shown credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialKind {
    /// HTTP Basic.
    Basic,
    /// A header field of its own.
    Header,
}

impl CredentialKind {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Header => "header",
        }
    }

    /// Reads [`CredentialKind::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Basic, Self::Header].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What people may see of credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CredentialSummary {
    /// How they are shown to the website.
    pub kind: CredentialKind,
    /// The user, or the name of the header field.
    pub name: String,
    /// The last four characters of the secret, if it is long.
    pub masked: String,
}

/// Credentials as they are entered.
#[derive(Clone, Debug)]
pub struct NewCredentials {
    /// How they are shown to the website.
    pub kind: CredentialKind,
    /// The user, or the name of the header field.
    pub name: String,
    /// Password, or value of the header field.
    pub secret: String,
}

/// Credentials as the row keeps them.
pub(crate) struct SealedCredentials {
    pub(crate) kind: CredentialKind,
    pub(crate) name: String,
    pub(crate) sealed: String,
    pub(crate) masked: String,
}

/// Checks credentials, and seals them for the origins of these start URLs.
pub(crate) async fn seal(
    cx: &Cx,
    new: &NewCredentials,
    start_urls: &[String],
) -> Result<SealedCredentials> {
    let name = text::line("/credentials/name", &new.name, 1, 200)?;
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let good = match new.kind {
        CredentialKind::Basic => !name.contains(':'),
        CredentialKind::Header => name.bytes().all(token) && !is_reserved(&name),
    };
    if !good {
        let detail = "expected a user without a colon, or the name of a header field that is not the crawler's own";
        return Err(Problem::refused_field(
            "/credentials/name",
            ReasonCode::CredentialName,
            detail,
        ));
    }
    let secret = text::block("/credentials/secret", &new.secret, 1, 4000)?;
    if secret.chars().any(char::is_control) {
        return Err(Problem::refused_field(
            "/credentials/secret",
            ReasonCode::ControlCharacters,
            "expected no control characters",
        ));
    }
    let text = format!("{}\n{secret}", origins(start_urls));
    let sealed = secrets::seal(cx, CREDENTIAL_COLUMN, &text).await?;
    Ok(SealedCredentials { kind: new.kind, name, sealed, masked: Secret::new(secret).masked() })
}

/// Header fields that the crawler sets itself, or that would change what the request is.
fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 13] = [
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "trailer",
        "user-agent",
        "accept",
        "accept-encoding",
        "if-none-match",
        "if-modified-since",
        "range",
    ];
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// Scheme and authority of each address, each once, with blanks between: no address has one.
fn origins(start_urls: &[String]) -> String {
    let origin = |url: &String| {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some(format!("{scheme}://{authority}").to_lowercase())
    };
    let origins: BTreeSet<String> = start_urls.iter().filter_map(origin).collect();
    origins.into_iter().collect::<Vec<_>>().join(" ")
}

/// The origins within an opened text, and the secret. None if it was sealed before credentials were
/// bound to origins.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn opened(text: &Secret) -> Option<(Vec<String>, Secret)> {
    let (origins, secret) = text.expose().split_once('\n')?;
    Some((origins.split(' ').map(str::to_owned).collect(), Secret::new(secret.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_and_authority_each_once() {
        let starts = ["HTTPS://Example.org", "https://example.org/a?b", "http://[::1]:80?c"];
        let starts = starts.map(str::to_owned);
        assert_eq!(origins(&starts), "http://[::1]:80 https://example.org");
        let text = Secret::new(format!("{}\na secret", origins(&starts)));
        let (origins, secret) = opened(&text).unwrap();
        assert_eq!((origins.len(), secret.expose()), (2, "a secret"));
        assert!(opened(&Secret::new("a secret".to_owned())).is_none());
    }
}
