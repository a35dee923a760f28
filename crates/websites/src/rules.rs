//! What settings of a website may be: bounds, and the shape of addresses, hosts and patterns. Pure.

use kernel::{Problem, ReasonCode, Result, text};

use crate::wire::CrawlSettings;

/// What an operator allows the tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// Pages of one run.
    pub(crate) pages: i32,
}

const LONGEST_URL: usize = 2_000;
/// Bytes, as `crawl::Pattern` reads them.
const LONGEST_PATTERN: usize = 250;

fn range<T: PartialOrd + std::fmt::Display + Copy>(
    pointer: &'static str,
    value: T,
    min: T,
    max: T,
) -> Result<T> {
    if value >= min && value <= max {
        return Ok(value);
    }
    Err(Problem::refused_field(
        pointer,
        ReasonCode::OutOfRange.between(min, max),
        format!("expected {min} to {max}, got {value}"),
    ))
}

fn few(pointer: &'static str, list: &[String], most: usize) -> Result<()> {
    if list.len() <= most {
        return Ok(());
    }
    Err(Problem::refused_field(
        pointer,
        ReasonCode::TooMany.at_most(most),
        format!("expected at most {most} entries, got {}", list.len()),
    ))
}

/// Checks an address as far as possible without parsing it as a browser does: the worker does that,
/// and reports faults in the run.
pub(crate) fn url(pointer: &'static str, text: &str) -> Result<String> {
    let text = text::line(pointer, text, 1, LONGEST_URL)?;
    let expected = |reason: ReasonCode, what: &str| {
        Problem::refused_field(
            pointer,
            reason.with_value(&text),
            format!("expected {what}, got `{text:.100}`"),
        )
    };
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let rest = match &scheme {
        Some((scheme, rest)) if scheme == "http" || scheme == "https" => *rest,
        _ => {
            return Err(expected(
                ReasonCode::UrlScheme,
                "an address that begins with https:// or http://",
            ));
        }
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(expected(
            ReasonCode::UrlCredentials,
            "an address without user and password; they belong into `credentials`",
        ));
    }
    let host =
        authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let host = host.map_or(authority, |(host, _)| host);
    if host.is_empty() || text.chars().any(char::is_whitespace) {
        return Err(expected(ReasonCode::UrlFormat, "an address with a host and without blanks"));
    }
    Ok(text)
}

fn host(text: &str) -> Result<String> {
    const POINTER: &str = "/settings/extra_hosts";
    let host = text::line(POINTER, text, 1, 253)?.to_lowercase();
    let name = host.strip_prefix("*.").unwrap_or(&host);
    // A port belongs to an address; colons stand only in the brackets of an IPv6 address.
    let is_ipv6 = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match is_ipv6 {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-.".contains(c)),
    };
    if is_host {
        return Ok(host);
    }
    Err(Problem::refused_field(
        POINTER,
        ReasonCode::HostFormat.with_value(&host),
        format!("expected a host such as docs.example.org or *.example.org, got `{host:.100}`"),
    ))
}

fn patterns(pointer: &'static str, list: &[String]) -> Result<Vec<String>> {
    few(pointer, list, 100)?;
    list.iter().map(|pattern| self::pattern(pointer, pattern)).collect()
}

/// The shape that `crawl::Pattern` reads; this crate does not link the crawler.
fn pattern(pointer: &'static str, text: &str) -> Result<String> {
    let pattern = text::line(pointer, text, 1, LONGEST_PATTERN)?;
    if pattern.len() <= LONGEST_PATTERN
        && ["/", "*", "http://", "https://"].iter().any(|start| pattern.starts_with(start))
    {
        return Ok(pattern);
    }
    let expected = "expected a pattern of at most 250 bytes that begins with /, *, http:// or https://, such as /news/** or **.pdf";
    Err(Problem::refused_field(
        pointer,
        ReasonCode::PatternFormat.with_value(&pattern),
        format!("{expected}; got `{pattern:.100}`"),
    ))
}

/// A BCP 47 tag, by its shape.
fn language(tag: &str) -> Result<String> {
    const POINTER: &str = "/settings/language";
    let tag = text::line(POINTER, tag, 2, 35)?;
    let mut parts = tag.split('-');
    let first = parts
        .next()
        .is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()));
    if first
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        return Ok(tag);
    }
    Err(Problem::refused_field(
        POINTER,
        ReasonCode::LanguageFormat.with_value(&tag),
        format!("expected a language tag such as sv or en-GB, got `{tag}`"),
    ))
}

/// The settings as they are stored.
///
/// # Errors
/// `invalid_body`, naming the member.
pub(crate) fn checked(settings: &CrawlSettings, limits: Limits) -> Result<CrawlSettings> {
    few("/settings/start_urls", &settings.start_urls, 100)?;
    if settings.start_urls.is_empty() {
        return Err(Problem::refused_field(
            "/settings/start_urls",
            ReasonCode::Required,
            "expected 1 to 100 addresses, got 0",
        ));
    }
    few("/settings/extra_hosts", &settings.extra_hosts, 50)?;
    let start = settings.start_urls.iter().map(|url| self::url("/settings/start_urls", url));
    let path_prefix = text::line("/settings/path_prefix", &settings.path_prefix, 0, 500)?;
    if !path_prefix.is_empty() && !path_prefix.starts_with('/') {
        return Err(Problem::refused_field(
            "/settings/path_prefix",
            ReasonCode::PathFormat,
            "expected a path that begins with /, or nothing",
        ));
    }
    Ok(CrawlSettings {
        start_urls: start.collect::<Result<_>>()?,
        mode: settings.mode,
        path_prefix,
        extra_hosts: settings.extra_hosts.iter().map(|text| host(text)).collect::<Result<_>>()?,
        max_depth: range("/settings/max_depth", settings.max_depth, 0, 50)?,
        include: patterns("/settings/include", &settings.include)?,
        exclude: patterns("/settings/exclude", &settings.exclude)?,
        max_pages: range("/settings/max_pages", settings.max_pages, 1, limits.pages)?,
        max_bytes: range("/settings/max_bytes", settings.max_bytes, 1 << 20, i64::MAX)?,
        max_file_bytes: range(
            "/settings/max_file_bytes",
            settings.max_file_bytes,
            1 << 10,
            100 << 20,
        )?,
        files: settings.files,
        render: settings.render,
        language: settings.language.as_deref().map(language).transpose()?,
        // In a header of the request: printable ASCII, and none of what ends a comment there.
        contact: contact(&settings.contact)?,
    })
}

fn contact(text: &str) -> Result<String> {
    const POINTER: &str = "/settings/contact";
    let text = text::line(POINTER, text, 0, 200)?;
    if text.bytes().all(|b| (b' '..=b'~').contains(&b) && !b"()\\".contains(&b)) {
        return Ok(text);
    }
    Err(Problem::refused_field(
        POINTER,
        ReasonCode::ContactFormat,
        "expected an address without parentheses, such as web@example.org",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { pages: 500 };

    fn of(urls: &[&str]) -> CrawlSettings {
        CrawlSettings {
            start_urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            max_pages: 100,
            ..CrawlSettings::default()
        }
    }

    #[test]
    fn an_address_needs_a_scheme_of_the_web_and_a_host() {
        for good in [
            "https://example.org",
            "HTTP://example.org:8080/a?b#c",
            "https://räksmörgås.se/",
            "http://[::1]:80/",
        ] {
            assert!(checked(&of(&[good]), LIMITS).is_ok(), "{good}");
        }
        for bad in [
            "example.org",
            "ftp://example.org",
            "https://",
            "https://:80/",
            "https://a b/",
            "https://u:p@example.org/",
            "",
        ] {
            assert!(checked(&of(&[bad]), LIMITS).is_err(), "{bad}");
        }
        assert!(checked(&of(&[]), LIMITS).is_err());
    }

    #[test]
    fn limits_of_the_tenant_bound_the_pages() {
        let settings = CrawlSettings { max_pages: 501, ..of(&["https://example.org"]) };
        assert!(checked(&settings, LIMITS).is_err_and(|p| p.detail.contains("1 to 500, got 501")));
    }

    #[test]
    fn hosts_patterns_tags_and_contacts_are_checked() {
        let with = |change: fn(&mut CrawlSettings)| {
            let mut settings = of(&["https://example.org"]);
            change(&mut settings);
            checked(&settings, LIMITS).is_ok()
        };
        assert!(with(|s| s.extra_hosts = vec!["*.example.org".to_owned()]));
        assert!(with(|s| s.extra_hosts = vec!["[2001:db8::1]".to_owned()]));
        assert!(!with(|s| s.extra_hosts = vec!["https://example.org".to_owned()]));
        assert!(!with(|s| s.extra_hosts = vec!["example.org:8080".to_owned()]));
        assert!(!with(|s| s.extra_hosts = vec!["[example.org]".to_owned()]));
        assert!(with(|s| s.language = Some("pt-BR".to_owned())));
        assert!(!with(|s| s.language = Some("swedish language".to_owned())));
        assert!(!with(|s| s.path_prefix = "docs".to_owned()));
        assert!(with(|s| s.contact = "web@example.org".to_owned()));
        assert!(!with(|s| s.contact = "a\r\nb".to_owned()));
        assert!(!with(|s| s.contact = "(me)".to_owned()));
    }

    #[test]
    fn patterns_are_what_the_crawler_reads() {
        for text in [
            "/news/**",
            "**.pdf",
            "*",
            "https://example.org/a",
            "example.org/news/*",
            "news",
            "",
            &"/a".repeat(126),
            "/å",
        ] {
            let settings =
                CrawlSettings { include: vec![text.to_owned()], ..of(&["https://example.org"]) };
            assert_eq!(
                checked(&settings, LIMITS).is_ok(),
                crawl::Pattern::parse(text).is_ok(),
                "{text}"
            );
            let settings =
                CrawlSettings { exclude: vec![text.to_owned()], ..of(&["https://example.org"]) };
            assert_eq!(
                checked(&settings, LIMITS).is_ok(),
                crawl::Pattern::parse(text).is_ok(),
                "{text}"
            );
        }
    }
}
