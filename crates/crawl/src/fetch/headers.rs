//! What is read of a response's headers.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, header};

use super::LONGEST_WAIT;
use crate::{PageHeaders, Validators};

/// Bytes of a header that is kept.
const MAX_VALUE: usize = 4 * 1024;

/// Headers of one name that are kept.
const MAX_OF_NAME: usize = 20;

pub(super) fn of_page(headers: &HeaderMap) -> PageHeaders {
    PageHeaders {
        content_type: value(headers, &header::CONTENT_TYPE),
        validators: validators(headers),
        content_language: value(headers, &header::CONTENT_LANGUAGE),
        link: values(headers, &header::LINK),
        robots_tags: values(headers, &HeaderName::from_static("x-robots-tag")),
        content_disposition: value(headers, &header::CONTENT_DISPOSITION),
        refresh: value(headers, &header::REFRESH),
    }
}

pub(super) fn validators(headers: &HeaderMap) -> Validators {
    Validators {
        etag: value(headers, &header::ETAG),
        last_modified: value(headers, &header::LAST_MODIFIED),
    }
}

/// How long `Retry-After` asks to wait, from now: seconds or a date; a date that has passed is no
/// wait.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = value(headers, &header::RETRY_AFTER)?;
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            LONGEST_WAIT
        }
        Err(_) => {
            let at = httpdate::parse_http_date(text)
                .ok()?
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            at.saturating_sub(UNIX_EPOCH.elapsed().unwrap_or_default())
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

fn value(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(text)
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().filter_map(text).take(MAX_OF_NAME).collect()
}

/// Letters beyond ASCII come as UTF-8, if at all.
fn text(value: &http::HeaderValue) -> Option<String> {
    let bytes = value.as_bytes();
    (!bytes.is_empty() && bytes.len() <= MAX_VALUE)
        .then(|| String::from_utf8_lossy(bytes).into_owned())
}
