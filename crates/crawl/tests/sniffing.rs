//! What a response holds, by its declared type and its first bytes.

use crawl::{ContentKind, sniff};

fn all(expected: ContentKind, cases: &[(Option<&str>, &[u8])]) {
    for (declared, body) in cases {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(sniff(*declared, body), expected, "{declared:?} {shown:?}");
    }
}

#[test]
fn a_page_is_one_by_its_type_or_by_how_it_begins() {
    let cases: [(Option<&str>, &[u8]); 8] = [
        (Some("text/html; charset=utf-8"), b"no tags at all"),
        (Some(" Application/XHTML+XML "), b"<?xml version=\"1.0\"?>"),
        (None, b"<!DOCTYPE html><title>x"),
        (Some("text/plain"), b"  \n<HTML><body>"),
        (Some("application/octet-stream"), b"\xef\xbb\xbf<html>"),
        (Some("*/*"), b"<!-- a remark --><html>"),
        (Some("application/xml"), b"<html xmlns=\"http://www.w3.org/1999/xhtml\">"),
        (Some(""), b"<p>A paragraph"),
    ];
    all(ContentKind::Html, &cases);
}

#[test]
fn sitemaps_and_feeds_are_xml() {
    let cases: [(Option<&str>, &[u8]); 6] = [
        (Some("text/xml"), b"<?xml version=\"1.0\"?><urlset>"),
        (Some("application/rss+xml"), b"<rss>"),
        (Some("application/atom+xml; type=feed"), b"<feed>"),
        (None, b"<sitemapindex>"),
        (Some("text/plain"), b"<?xml version=\"1.0\"?><rss>"),
        (Some("application/xml"), b"nothing of the kind"),
    ];
    all(ContentKind::Xml, &cases);
}

#[test]
fn texts_and_tables_are_text() {
    let cases: [(Option<&str>, &[u8]); 7] = [
        (Some("text/plain"), b"Minutes of the board"),
        (Some("text/markdown"), b"# Minutes"),
        (Some("text/csv"), b"a,b\n1,2"),
        (Some("text/tab-separated-values; charset=utf-8"), b"a\tb\n1\t2"),
        (None, b"words without a type"),
        (None, b""),
        (Some("text/plain; charset=utf-16"), b"\xff\xfeM\0i\0n\0"),
    ];
    all(ContentKind::Text, &cases);
}

#[test]
fn files_are_known_by_their_first_bytes_whatever_they_are_called() {
    let cases: [(Option<&str>, &[u8]); 6] = [
        (Some("application/pdf"), b"%PDF-1.7"),
        (Some("text/html"), b"%PDF-1.4"),
        (None, b"\n\n%PDF-1.4"),
        (Some("application/octet-stream"), b"PK\x03\x04rest of a docx"),
        (Some("application/msword"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (Some("message/rfc822"), b"From: ada@example.org"),
    ];
    all(ContentKind::Document, &cases);
}

#[test]
fn everything_else_is_left_alone() {
    let cases: [(Option<&str>, &[u8]); 6] = [
        (Some("image/png"), b"\x89PNG\r\n\x1a\n"),
        (Some("image/svg+xml"), b"<svg>"),
        (Some("application/json"), b"{}"),
        (Some("text/css"), b"body {}"),
        (None, b"\x00\x01\x02\x03"),
        (Some("text/plain"), b"MZ\x90\x00\x03"),
    ];
    all(ContentKind::Other, &cases);
}
