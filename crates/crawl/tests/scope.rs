//! What a website covers.

use crawl::{OutOfScope, PageUrl, Pattern, PatternError, Scope, ScopeError, ScopeOptions};

fn url(text: &str) -> PageUrl {
    PageUrl::parse(text).unwrap()
}

fn scope(change: impl FnOnce(&mut ScopeOptions)) -> Scope {
    let mut options = ScopeOptions::default();
    change(&mut options);
    Scope::new(&[url("https://example.org/docs/start")], &options).unwrap()
}

fn list(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
}

#[test]
fn a_website_is_its_host() {
    let scope = scope(|_| {});
    assert_eq!(scope.admit(&url("https://example.org/other"), 9), Ok(()));
    for other in
        ["https://www.example.org/", "https://example.org.evil.test/", "https://evil-example.org/"]
    {
        assert_eq!(scope.admit(&url(other), 1), Err(OutOfScope::Host), "{other}");
    }
}

#[test]
fn extra_hosts_are_listed_or_below_a_domain() {
    let scope = scope(|options| options.extra_hosts = list(&["files.test", "*.Example.org"]));
    for inside in ["https://files.test/a", "http://a.b.example.org/"] {
        assert_eq!(scope.admit(&url(inside), 1), Ok(()), "{inside}");
    }
    for outside in ["https://x.files.test/", "https://badexample.org/"] {
        assert_eq!(scope.admit(&url(outside), 1), Err(OutOfScope::Host), "{outside}");
    }
}

#[test]
fn a_prefix_ends_at_a_slash() {
    for prefix in ["/docs", "/docs/"] {
        let scope = scope(|options| options.path_prefix = Some(prefix.to_owned()));
        assert_eq!(scope.admit(&url("https://example.org/docs/a"), 1), Ok(()));
        assert_eq!(scope.admit(&url("https://example.org/docs"), 1), Ok(()));
        assert_eq!(scope.admit(&url("https://example.org/docserver"), 1), Err(OutOfScope::Path));
        assert_eq!(scope.admit(&url("https://example.org/docs/../a"), 1), Err(OutOfScope::Path));
    }
}

#[test]
fn what_is_excluded_is_out_whatever_includes_it() {
    let scope = scope(|options| {
        options.include = list(&["/docs/**"]);
        options.exclude = list(&["/docs/old/", "**.pdf", "*?print=*"]);
    });
    assert_eq!(scope.admit(&url("https://example.org/docs/a/b"), 1), Ok(()));
    assert_eq!(scope.admit(&url("https://example.org/blog"), 1), Err(OutOfScope::NotIncluded));
    for out in ["/docs/old/a/b", "/docs/a.pdf"] {
        assert_eq!(
            scope.admit(&url(&format!("https://example.org{out}")), 1),
            Err(OutOfScope::Excluded),
            "{out}"
        );
    }
}

#[test]
fn a_start_need_not_be_included() {
    let scope = scope(|options| {
        options.include = list(&["/news/**"]);
        options.path_prefix = Some("/news".to_owned());
    });
    assert_eq!(scope.admit(&url("https://example.org/docs/start"), 0), Ok(()));
}

#[test]
fn a_list_may_lead_to_what_is_included() {
    let scope = scope(|options| options.include = list(&["/news/*"]));
    let overview = url("https://example.org/archive");
    assert_eq!(scope.admit(&overview, 1), Err(OutOfScope::NotIncluded));
    assert_eq!(scope.admit_for_links(&overview, 1), Ok(()));
    assert_eq!(scope.admit_for_links(&url("https://other.test/"), 1), Err(OutOfScope::Host));
}

#[test]
fn depth_counts_links_from_a_start() {
    let scope = scope(|options| options.max_depth = Some(2));
    assert_eq!(scope.admit(&url("https://example.org/a"), 2), Ok(()));
    assert_eq!(scope.admit(&url("https://example.org/a"), 3), Err(OutOfScope::Depth));
}

#[test]
fn stars_stop_at_a_slash_and_double_stars_do_not() {
    for (pattern, matching, other) in [
        ("/news/*", &["/news/a", "/news/", "/news/a?b=1"][..], &["/news", "/news/a/b"][..]),
        ("/news/**", &["/news/a/b/c"], &["/newsroom"]),
        ("/news/", &["/news/", "/news/a/b"], &["/news"]),
        ("/*/print", &["/a/print"], &["/a/b/print", "/print"]),
        ("**.pdf", &["/a/b.pdf"], &["/a/b.pdf?x", "/a.pdfx"]),
        ("/a?b=*", &["/a?b=1"], &["/aXb=1"]),
        ("/exact", &["/exact"], &["/exactly", "/exact/"]),
        ("https://example.org/a/**", &["/a/b"], &["/b"]),
        ("http://other.test/**", &[], &["/a"]),
    ] {
        let read = Pattern::parse(pattern).unwrap();
        for path in matching {
            assert!(read.matches(&url(&format!("https://example.org{path}"))), "{pattern} {path}");
        }
        for path in other {
            assert!(!read.matches(&url(&format!("https://example.org{path}"))), "{pattern} {path}");
        }
    }
}

#[test]
fn a_pattern_cannot_be_made_slow() {
    let pattern = Pattern::parse(&format!("/{}b", "**a".repeat(80))).unwrap();
    assert!(!pattern.matches(&url(&format!("https://example.org/{}", "a".repeat(8_000)))));
}

#[test]
fn options_that_make_no_sense_are_named() {
    let start = [url("https://example.org/")];
    let of = |options: ScopeOptions| Scope::new(&start, &options).unwrap_err();
    assert_eq!(Scope::new(&[], &ScopeOptions::default()).unwrap_err(), ScopeError::NoStart);
    assert_eq!(
        of(ScopeOptions { include: list(&["news"]), ..ScopeOptions::default() }),
        ScopeError::Pattern("news".to_owned(), PatternError::Beginning)
    );
    assert_eq!(
        of(ScopeOptions { extra_hosts: list(&["a b"]), ..ScopeOptions::default() }),
        ScopeError::Host("a b".to_owned())
    );
    assert_eq!(
        of(ScopeOptions { path_prefix: Some("docs".to_owned()), ..ScopeOptions::default() }),
        ScopeError::Prefix
    );
    assert_eq!(
        of(ScopeOptions { exclude: vec!["/a".to_owned(); 101], ..ScopeOptions::default() }),
        ScopeError::TooManyPatterns
    );
    assert_eq!(Pattern::parse(&"/".repeat(251)), Err(PatternError::Length));
}
