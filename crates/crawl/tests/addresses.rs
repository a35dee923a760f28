//! The identity of a page: which spellings of an address are one.

use crawl::{PageUrl, UrlError};

fn one(text: &str) -> String {
    PageUrl::parse(text).unwrap().to_string()
}

#[test]
fn spellings_of_one_address_are_one() {
    for (spelling, form) in [
        ("HTTP://Example.ORG:80/a", "http://example.org/a"),
        ("https://example.org:443", "https://example.org/"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org/#!/state", "https://example.org/#!/state"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("https://example.org/%7euser/%e5%A4%a7", "https://example.org/~user/%E5%A4%A7"),
        ("https://example.org/å", "https://example.org/%C3%A5"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&b=1&fbclid=y", "https://example.org/a?b=1"),
        ("https://example.org/a?UTM_Medium=mail&gclid=1", "https://example.org/a"),
        ("https://example.org/a;jsessionid=0A1B?x=1", "https://example.org/a?x=1"),
        ("https://example.org/a?PHPSESSID=abc&x=1", "https://example.org/a?x=1"),
        ("https://example.org/t?sid=0123456789abcdef0123", "https://example.org/t"),
        ("https://xn--exmple-cua.org/", "https://xn--exmple-cua.org/"),
        ("https://exämple.org/", "https://xn--exmple-cua.org/"),
        ("  https://example.org/a\n", "https://example.org/a"),
    ] {
        assert_eq!(one(spelling), form, "{spelling}");
    }
}

#[test]
fn what_can_matter_is_kept() {
    for text in [
        "https://example.org/a/",
        "https://example.org/A",
        "https://example.org/?b=1&a=2",
        "https://example.org/a%2Fb",
        "https://example.org//a",
        "https://example.org/a?s=word",
        "https://example.org:8443/",
        "https://example.org/a?x",
    ] {
        assert_eq!(one(text), text);
    }
}

#[test]
fn the_form_of_a_form_is_itself() {
    for text in [
        "https://example.org/%2541?%2B=%zz&utm_x=1",
        "http://[::FFFF:1.2.3.4]/;sessionid=1/x",
        "http://example.org../a/..;jsessionid=1/b",
        "http://example.org/?%75tm_source=1&a=%7E",
    ] {
        assert_eq!(one(&one(text)), one(text));
    }
}

#[test]
fn other_things_are_no_pages() {
    for (text, error) in [
        ("mailto:a@example.org", UrlError::Scheme),
        ("javascript:alert(1)", UrlError::Scheme),
        ("ftp://example.org/", UrlError::Scheme),
        ("data:text/html,x", UrlError::Scheme),
        ("/relative", UrlError::Invalid),
        ("", UrlError::Invalid),
        ("http://", UrlError::Invalid),
        ("http://exa mple.org/", UrlError::Invalid),
    ] {
        assert_eq!(PageUrl::parse(text), Err(error), "{text}");
    }
    assert_eq!(
        PageUrl::parse(&format!("http://a.test/{}", "x".repeat(9_000))),
        Err(UrlError::Invalid)
    );
}

#[test]
fn relative_addresses_count_from_their_page() {
    let page = PageUrl::parse("https://example.org/a/b?c=1").unwrap();
    for (target, expected) in [
        ("d", "https://example.org/a/d"),
        ("?c=2", "https://example.org/a/b?c=2"),
        ("//other.test/x", "https://other.test/x"),
        ("/../../x", "https://example.org/x"),
        ("", "https://example.org/a/b?c=1"),
    ] {
        assert_eq!(page.join(target).unwrap().as_str(), expected, "{target}");
    }
}

#[test]
fn www_and_https_make_twins() {
    let url = |text: &str| PageUrl::parse(text).unwrap();
    assert!(url("http://example.org/a").is_twin(&url("https://www.example.org/a")));
    assert!(!url("http://example.org/a").is_twin(&url("https://www.example.org/b")));
    assert!(!url("http://example.org/a").is_twin(&url("https://docs.example.org/a")));
}

#[test]
fn addresses_from_one_template_have_one_shape() {
    let shape = |text: &str| PageUrl::parse(text).unwrap().shape();
    assert_eq!(
        shape("https://a.test/2026/11/x?page=2&b=1"),
        shape("https://a.test/2027/1/x?b=7&page=9")
    );
    assert_ne!(shape("https://a.test/news/1"), shape("https://a.test/pages/1"));
}

#[test]
fn an_origin_names_its_port_if_it_is_unusual() {
    let origin = |text: &str| PageUrl::parse(text).unwrap().origin().to_string();
    assert_eq!(origin("https://a.test:443/x"), "https://a.test");
    assert_eq!(origin("http://[::1]:8080/x"), "http://[::1]:8080");
    let robots = PageUrl::parse("https://a.test:8443/x?y").unwrap().origin().robots_txt().unwrap();
    assert_eq!(robots.as_str(), "https://a.test:8443/robots.txt");
}
