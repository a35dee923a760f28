//! The settings of a tenant, as its administrators see and change them.

use access::Action;
use kernel::{Problem, ReasonCode, Result, text};
use platform::Cx;

use crate::store::settings as store;

/// How long entries of the audit log are kept, in days. The minimum stops an administrator from
/// erasing the trace of an action before anyone reads it; the database enforces the same bounds.
const RETENTION_DAYS: std::ops::RangeInclusive<i32> = 30..=2555;
/// The most allowed origins of one tenant.
const MOST_ORIGINS: usize = 20;

/// The settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The organisation's name.
    pub name: String,
    /// Its short name, which only an operator changes.
    pub slug: String,
    /// How long entries of the audit log are kept.
    pub audit_retention_days: i32,
    /// Origins of other sites whose scripts may call the API with a token.
    pub allowed_origins: Vec<String>,
    /// Storage quota; set by an operator.
    pub storage_quota_bytes: i64,
    /// Stored bytes.
    pub storage_used_bytes: i64,
}

/// A change; absent members stay as they are.
#[derive(Clone, Default, Debug)]
pub struct Change {
    /// The organisation's name.
    pub name: Option<String>,
    /// 30 to 2555.
    pub audit_retention_days: Option<i32>,
    /// `https://host[:port]`, or `http://localhost[:port]`.
    pub allowed_origins: Option<Vec<String>>,
}

/// The settings.
///
/// # Errors
/// `not_allowed`.
pub async fn get_settings(cx: &Cx) -> Result<Settings> {
    cx.require(Action::ManageSettings)?;
    store::get(cx).await
}

/// Changes them.
///
/// # Errors
/// `not_allowed`, `invalid_body`.
pub async fn update_settings(cx: &Cx, change: Change) -> Result<Settings> {
    cx.require(Action::ManageSettings)?;
    let name = change.name.map(|name| text::line("/name", &name, 1, 100)).transpose()?;
    if let Some(days) = change.audit_retention_days.filter(|days| !RETENTION_DAYS.contains(days)) {
        let detail = format!(
            "expected {} to {} days, got {days}",
            RETENTION_DAYS.start(),
            RETENTION_DAYS.end()
        );
        return Err(Problem::refused_field(
            "/audit_retention_days",
            ReasonCode::OutOfRange.between(RETENTION_DAYS.start(), RETENTION_DAYS.end()),
            detail,
        ));
    }
    let origins = change.allowed_origins.map(check_origins).transpose()?;
    store::update(cx, name.as_deref(), change.audit_retention_days, origins).await?;
    store::get(cx).await
}

fn check_origins(origins: Vec<String>) -> Result<Vec<String>> {
    if origins.len() > MOST_ORIGINS {
        let detail = format!("expected at most {MOST_ORIGINS} origins, got {}", origins.len());
        return Err(Problem::refused_field(
            "/allowed_origins",
            ReasonCode::TooMany.at_most(MOST_ORIGINS),
            detail,
        ));
    }
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(wrong) => {
            let shown: String = wrong.chars().take(100).collect();
            let detail = format!(
                "expected origins as browsers send them, like https://www.example.org, got `{shown}`"
            );
            Err(Problem::refused_field(
                "/allowed_origins",
                ReasonCode::OriginFormat.with_value(&shown),
                detail,
            ))
        }
        None => Ok(origins),
    }
}

/// Exactly what a browser sends in `Origin`: no path, no wildcard, lower case; without TLS on this
/// machine only.
fn is_origin(origin: &str) -> bool {
    let (host, plain) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(host), _) => (host, false),
        (None, Some(host)) => (host, true),
        (None, None) => return false,
    };
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let good_name = !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
    good_name
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
        && (!plain || name == "localhost" || name == "127.0.0.1")
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_is_exactly_what_browsers_send() {
        for good in [
            "https://www.example.org",
            "https://a.b:8443",
            "http://localhost:5173",
            "http://127.0.0.1",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "https://",
            "https://*.example.org",
            "http://example.org",
            "https://a/",
            "https://A.org",
            "https://a.org:99999",
            "https://user@a.org",
            "https://a.org#",
            "ftp://a.org",
            "https://a..b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
