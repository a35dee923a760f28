//! Sitemaps of every kind, whole, broken and too large.

use std::io::Write;

use crawl::{Cut, DateSpan, NotASitemap, PageUrl, Sitemap, SitemapKind, SitemapLimits};
use flate2::{Compression, write::GzEncoder};
use kernel::Timestamp;

fn read(body: &[u8]) -> Result<Sitemap, NotASitemap> {
    read_within(body, &SitemapLimits::default())
}

fn read_within(body: &[u8], limits: &SitemapLimits) -> Result<Sitemap, NotASitemap> {
    Sitemap::read(body, &PageUrl::parse("https://example.org/maps/sitemap.xml").unwrap(), limits)
}

/// When the first entry was modified.
fn start(sitemap: &Sitemap) -> Option<Timestamp> {
    Some(sitemap.entries.first()?.modified?.start)
}

fn urls(sitemap: &Sitemap) -> Vec<&str> {
    sitemap.entries.iter().map(|entry| entry.url.as_str()).collect()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

const URLSET: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand --><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc> https://example.org/a?x=1&amp;y=2 </loc><lastmod>2026-11-20</lastmod><changefreq>daily</changefreq>
  <image:image><image:loc>https://example.org/a.jpg</image:loc></image:image><xhtml:link rel="alternate" hreflang="sv" href="https://example.org/sv/a"/></url>
<url><loc><![CDATA[https://example.org/b]]></loc><lastmod>2026-11-20T10:00:00.5+02:00</lastmod></url>
<url><loc>/c</loc><lastmod>yesterday</lastmod></url>
<url><loc>https://example.org/b#again</loc></url>
<url><loc>mailto:x</loc></url><url><lastmod>2026</lastmod></url>
</urlset>"#;

#[test]
fn a_urlset_gives_its_pages_once() {
    let map = read(URLSET.as_bytes()).unwrap();
    assert_eq!((map.kind, map.cut, map.invalid), (SitemapKind::Urls, None, 1));
    assert_eq!(
        urls(&map),
        ["https://example.org/a?x=1&y=2", "https://example.org/b", "https://example.org/c"]
    );
}

#[test]
fn dates_are_hints() {
    let map = read(URLSET.as_bytes()).unwrap();
    let dates: Vec<Option<DateSpan>> = map.entries.iter().map(|entry| entry.modified).collect();
    let start = Timestamp::parse("2026-11-20").unwrap();
    let (day, time) = (start.plus_seconds(24 * 3_600), start.plus_seconds(8 * 3_600));
    assert_eq!(
        dates,
        [Some(DateSpan { start, end: day }), Some(DateSpan { start: time, end: time }), None]
    );
}

#[test]
fn gzip_is_told_by_content() {
    let once = gzip(URLSET.as_bytes());
    for body in [once.clone(), gzip(&once)] {
        assert_eq!(read(&body).unwrap().entries.len(), 3);
    }
}

#[test]
fn an_index_gives_its_sitemaps() {
    let map = read(b"<sitemapindex><sitemap><loc>a.xml.gz</loc><lastmod>2026-11</lastmod></sitemap><sitemap><loc>https://cdn.test/b.xml</loc></sitemap></sitemapindex>").unwrap();
    assert_eq!(map.kind, SitemapKind::Index);
    assert_eq!(urls(&map), ["https://example.org/maps/a.xml.gz", "https://cdn.test/b.xml"]);
    assert_eq!(start(&map), Timestamp::parse("2026-11-01"));
}

#[test]
fn a_list_of_addresses_is_a_sitemap() {
    let map = read(
        "\u{feff}https://example.org/a\r\n# note\n\nhttps://example.org/å\nrubbish\n".as_bytes(),
    )
    .unwrap();
    assert_eq!((map.kind, map.invalid), (SitemapKind::Text, 1));
    assert_eq!(urls(&map), ["https://example.org/a", "https://example.org/%C3%A5"]);
}

#[test]
fn rss_gives_links_titles_and_dates() {
    let map = read(
        b"<rss version='2.0' xmlns:media='x'><channel><title>Feed</title><link>https://example.org/</link>\
          <item><title>A &amp; B</title><link>https://example.org/a</link><pubDate>Fri, 20 Nov 2026 10:00:00 +0100</pubDate><media:title>no</media:title><guid isPermaLink='false'>17</guid></item>\
          <item><title><![CDATA[C  <b>]]></title><guid>https://example.org/c</guid></item></channel></rss>",
    )
    .unwrap();
    assert_eq!(map.kind, SitemapKind::Feed);
    assert_eq!(urls(&map), ["https://example.org/a", "https://example.org/c"]);
    assert_eq!(map.entries[0].title.as_deref(), Some("A & B"));
    assert_eq!(start(&map), Timestamp::parse("2026-11-20T09:00:00Z"));
}

#[test]
fn atom_gives_the_alternate_link() {
    let map = read(
        b"<feed xmlns='http://www.w3.org/2005/Atom'><link href='/'/><entry><title>T</title><link rel='self' href='/self'/>\
          <link rel='alternate' href='/t?a=1&amp;b=2'/><updated>2026-11-20T10:00:00Z</updated></entry><entry><link href='u'/></entry></feed>",
    )
    .unwrap();
    assert_eq!(urls(&map), ["https://example.org/t?a=1&b=2", "https://example.org/maps/u"]);
}

#[test]
fn sixty_thousand_entries_are_cut_and_told() {
    let body = (0..60_000)
        .map(|n| format!("<url><loc>https://example.org/{n}</loc></url>"))
        .collect::<String>();
    let map = read(format!("<urlset>{body}</urlset>").as_bytes()).unwrap();
    assert_eq!((map.entries.len(), map.cut), (50_000, Some(Cut::Entries)));
}

#[test]
fn a_bomb_is_cut_and_told() {
    let body = gzip(
        &[b"<urlset><url><loc>https://example.org/a</loc></url>", vec![b' '; 4 << 20].as_slice()]
            .concat(),
    );
    let map =
        read_within(&body, &SitemapLimits { bytes: 1 << 20, ..SitemapLimits::default() }).unwrap();
    assert_eq!((map.entries.len(), map.cut), (1, Some(Cut::Bytes)));
}

#[test]
fn a_broken_file_gives_what_stands_before() {
    let map =
        read(b"<urlset><url><loc>https://example.org/a</loc></url><url><loc>https://exa<").unwrap();
    assert_eq!((urls(&map), map.cut), (vec!["https://example.org/a"], Some(Cut::Broken)));
    let packed = gzip(URLSET.as_bytes());
    assert_eq!(read(&packed[..packed.len() - 9]).unwrap().cut, Some(Cut::Broken));
}

#[test]
fn an_address_may_hold_a_loose_ampersand() {
    let map = read(b"<urlset><url><loc>https://example.org/?a=1&b=2</loc></url></urlset>").unwrap();
    assert_eq!(urls(&map), ["https://example.org/?a=1&b=2"]);
}

#[test]
fn entities_are_not_expanded() {
    let map = read(
        b"<!DOCTYPE u [<!ENTITY a 'https://example.org/'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>\
          <urlset><url><loc>&a;&x;</loc></url><url><loc>https://example.org/b</loc></url></urlset>",
    )
    .unwrap();
    assert_eq!(urls(&map), ["https://example.org/b"]);
}

#[test]
fn nesting_ends() {
    let map = read(format!("<urlset>{}", "<url>".repeat(100_000)).as_bytes()).unwrap();
    assert_eq!(map.cut, Some(Cut::Broken));
}

#[test]
fn an_element_with_a_million_attributes_ends() {
    let attributes = (0..1_000_000).map(|n| format!(" a{n}=''")).collect::<String>();
    let map = read(
        format!("<feed><entry><link{attributes}/><link href='/a'/></entry></feed>").as_bytes(),
    )
    .unwrap();
    assert_eq!(urls(&map), ["https://example.org/a"]);
}

#[test]
fn other_files_are_no_sitemaps() {
    for body in [
        &b"<html><body>Not found</body></html>"[..],
        b"",
        b"{\"a\":1}",
        b"hello\nhttps://example.org/",
        b"<",
    ] {
        assert_eq!(read(body), Err(NotASitemap));
    }
}
