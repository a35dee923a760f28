//! What holds for every input.

use crawl::{
    ContentKind, PageUrl, Pattern, RobotsTxt, Sitemap, SitemapLimits, Trap, TrapLimits, sniff,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_address_in_its_form_stays_as_it_is(text in "https?://[a-zA-Z.:@0-9%-]{1,20}/[ -~åÅ]{0,60}") {
        if let Ok(url) = PageUrl::parse(&text) {
            prop_assert_eq!(PageUrl::parse(url.as_str()).unwrap(), url.clone());
            prop_assert!(url.path_and_query().starts_with('/'));
            prop_assert!(url.as_url().username().is_empty() && url.as_url().password().is_none());
            prop_assert!(url.as_str().starts_with(&url.origin().to_string()));
            let _ = (url.shape(), Trap::check(&url, &TrapLimits::default()));
        }
    }

    #[test]
    fn any_bytes_are_a_robots_txt(bytes in prop::collection::vec(any::<u8>(), 0..400), path in "/[ -~]{0,40}") {
        let file = RobotsTxt::parse(&bytes, "FooBot");
        let _ = (file.verdict(&path), file.crawl_delay(), file.sitemaps());
        prop_assert!(file.verdict("/robots.txt").is_allowed());
    }

    #[test]
    fn rules_match_as_the_plain_definition_says(pattern in "/[ab*]{0,8}[$]?", path in "/[ab]{0,10}") {
        let file = RobotsTxt::parse(format!("user-agent: *\ndisallow: {pattern}\n").as_bytes(), "x");
        prop_assert_eq!(!file.verdict(&path).is_allowed(), slow(pattern.as_bytes(), path.as_bytes()));
    }

    #[test]
    fn any_bytes_are_read_as_a_sitemap_or_not(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let from = PageUrl::parse("https://example.org/s.xml").unwrap();
        let limits = SitemapLimits { entries: 5, ..SitemapLimits::default() };
        if let Ok(map) = Sitemap::read(&bytes, &from, &limits) {
            prop_assert!(map.entries.len() <= 5);
        }
        let _: ContentKind = sniff(None, &bytes);
    }

    #[test]
    fn broken_xml_ends(text in "<urlset>(<url>|</url>|<loc>|</loc>|https://a.test/[a-c]|&|&amp;|<!--|-->|<!\\[CDATA\\[|\\]\\]>|[<>\"'=/]){0,30}") {
        let from = PageUrl::parse("https://example.org/s.xml").unwrap();
        let _ = Sitemap::read(text.as_bytes(), &from, &SitemapLimits::default());
    }

    #[test]
    fn a_pattern_of_plain_letters_matches_itself(path in "/[a-z0-9/._-]{0,40}") {
        let url = PageUrl::parse(&format!("https://example.org{path}")).unwrap();
        prop_assert!(Pattern::parse(url.path_and_query()).unwrap().matches(&url));
        prop_assert!(Pattern::parse("**").unwrap().matches(&url));
    }
}

/// The definition of a match, without a thought for speed.
fn slow(pattern: &[u8], path: &[u8]) -> bool {
    match pattern.split_first() {
        None => true,
        Some((b'$', [])) => path.is_empty(),
        Some((b'*', rest)) => (0..=path.len()).any(|at| slow(rest, &path[at..])),
        Some((letter, rest)) => path.first() == Some(letter) && slow(rest, &path[1..]),
    }
}
