//! Arbitrary bytes into what the crawler reads of other people's sites: robots.txt, sitemaps,
//! addresses, pages.
#![no_main]
#![expect(clippy::expect_used, reason = "a finding is a panic")]

use std::{collections::HashSet, sync::LazyLock};

use crawl::{PageUrl, Pattern, RobotsTxt, Sitemap, SitemapLimits, Trap, TrapLimits};
use extract::page::{PageRequest, read_page};
use libfuzzer_sys::fuzz_target;

/// What is fuzzed: `./stack fuzz` runs this program once for each.
static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("TESSERA_FUZZ").expect("TESSERA_FUZZ: a target"));

fuzz_target!(|data: &[u8]| {
    match TARGET.as_str() {
        "robots" => robots(data),
        "sitemap" => sitemap(data),
        "addresses" => addresses(&String::from_utf8_lossy(data)),
        "page" => page(data),
        other => panic!("there is no target {other:?}"),
    }
});

/// The first line is the path; the file itself is always allowed.
fn robots(data: &[u8]) {
    let (path, file) =
        data.iter().position(|b| *b == b'\n').map_or((data, &data[..0]), |at| data.split_at(at));
    let file = RobotsTxt::parse(file, "TesseraBot");
    let _ = file.verdict(&String::from_utf8_lossy(path));
    assert!(file.verdict("/robots.txt").is_allowed());
    assert!(file.crawl_delay().is_none_or(|delay| delay.as_secs() <= 30));
}

fn sitemap(data: &[u8]) {
    let from = PageUrl::parse("https://example.org/maps/a.xml").expect("an address");
    let limits = SitemapLimits { bytes: 1 << 20, entries: 1_000, ..SitemapLimits::default() };
    let Ok(map) = Sitemap::read(data, &from, &limits) else { return };
    let distinct: HashSet<&PageUrl> = map.entries.iter().map(|entry| &entry.url).collect();
    assert!(map.entries.len() <= 1_000 && distinct.len() == map.entries.len(), "each address once");
}

/// An address in its form is in its form; a pattern that is it matches it.
fn addresses(text: &str) {
    let (text, pattern) = text.split_once('\n').unwrap_or((text, "/**"));
    let Ok(url) = PageUrl::parse(text) else { return };
    assert_eq!(PageUrl::parse(url.as_str()).as_ref(), Ok(&url));
    assert!(url.as_url().username().is_empty() && url.as_url().password().is_none());
    assert!(
        url.as_str().starts_with(&url.origin().to_string())
            && url.path_and_query().starts_with('/')
    );
    let _ = (url.shape(), Trap::check(&url, &TrapLimits::default()), url.join(pattern));
    if let Ok(pattern) = Pattern::parse(pattern) {
        let _ = pattern.matches(&url);
    }
}

/// What is stored of a page carries nothing that acts, and reads as a page again.
fn page(data: &[u8]) {
    let request = PageRequest {
        url: "https://example.org/a/b?c".to_owned(),
        agent: "TesseraBot".to_owned(),
        ..PageRequest::default()
    };
    let Ok(page) = read_page(data, &request) else { return };
    let html = page.html(&HashSet::new());
    for active in ["<script", "<style", "<iframe", "<img", "<svg", "<form", "<object"] {
        assert!(!html.contains(active), "{active} in {html}");
    }
    assert!((0.0..=1.0).contains(&page.quality));
    let _ = extract::extract(html.into_bytes(), "page.html", Some("text/html"), &mut |_| {});
}
