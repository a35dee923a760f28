//! RFC 9309, with the cases of Google's parser.

use std::time::Duration;

use crawl::{PageUrl, RobotsTxt, Verdict};

fn allows(file: &str, agent: &str, url: &str) -> bool {
    let url = PageUrl::parse(url).unwrap();
    RobotsTxt::parse(file.as_bytes(), agent).verdict(url.path_and_query()).is_allowed()
}

#[test]
fn an_empty_file_allows_everything() {
    assert!(allows("", "FooBot", "http://foo.bar/x/y"));
    assert!(
        allows("foo: FooBot\ndisallow: /\n", "FooBot", "http://foo.bar/x/y"),
        "rules without an agent say nothing"
    );
}

#[test]
fn a_group_is_found_by_its_token_in_any_case() {
    let file = "user-agent: FooBot\ndisallow: /\n";
    for agent in ["FooBot", "foobot", "FOOBOT"] {
        assert!(!allows(file, agent, "http://foo.bar/x/y"), "{agent}");
    }
    assert!(allows(file, "BarBot", "http://foo.bar/x/y"));
    assert!(allows(file, "FooBotNews", "http://foo.bar/x/y"), "a longer token is another robot");
}

#[test]
fn the_syntax_is_read_generously() {
    for file in [
        "user-agent: FooBot\ndisallow: /\n",
        "user-agent FooBot\ndisallow /\n",
        "useragent: FooBot\r\ndissallow: /\r\n",
        "\u{feff}User-Agent:FooBot\rDisallow:/\r",
        "  USER-AGENT :  FooBot/1.2 # the old one\n\n# a comment\n Disallow: / # all\n",
        "\u{0}\nuser-agent: FooBot\n<html>\nDisallow: /",
    ] {
        assert!(!allows(file, "FooBot", "http://foo.bar/x/y"), "{file:?}");
    }
}

#[test]
fn several_agents_share_a_group() {
    let file = "user-agent: a\nuser-agent: b\ncrawl-delay: 1\nuser-agent: c\ndisallow: /x\n\nuser-agent: d\ndisallow: /y\n";
    for (agent, blocked) in [("a", true), ("b", true), ("c", true), ("d", false)] {
        assert_eq!(!allows(file, agent, "http://foo.bar/x"), blocked, "{agent}");
    }
}

#[test]
fn groups_for_one_agent_are_one() {
    let file = "user-agent: FooBot\ndisallow: /a\n\nuser-agent: *\ndisallow: /c\n\nuser-agent: foobot\ndisallow: /b\n";
    assert!(!allows(file, "FooBot", "http://foo.bar/a"));
    assert!(!allows(file, "FooBot", "http://foo.bar/b"));
    assert!(
        allows(file, "FooBot", "http://foo.bar/c"),
        "the group for all does not count beside its own"
    );
    assert!(!allows(file, "Other", "http://foo.bar/c"));
}

#[test]
fn an_own_group_without_rules_allows_everything() {
    let file = "user-agent: *\ndisallow: /\n\nuser-agent: FooBot\n\n";
    assert!(allows(file, "FooBot", "http://foo.bar/x"));
    assert!(allows(
        "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow:\n",
        "FooBot",
        "http://foo.bar/x"
    ));
}

#[test]
fn a_star_with_words_behind_it_is_still_a_star() {
    assert!(!allows("user-agent: *\ndisallow: /\n", "FooBot", "http://foo.bar/x"));
    assert!(!allows("user-agent: * for all\ndisallow: /\n", "FooBot", "http://foo.bar/x"));
    assert!(allows("user-agent: *bot\ndisallow: /\n", "FooBot", "http://foo.bar/x"));
}

#[test]
fn the_longest_match_decides() {
    for (rules, path, allowed) in [
        ("disallow: /x/page.html\nallow: /x/", "/x/page.html", false),
        ("allow: /x/page.html\ndisallow: /x/", "/x/page.html", true),
        ("allow: /x/page.html\ndisallow: /x/", "/x/", false),
        ("disallow: \nallow: ", "/x/page.html", true),
        ("disallow: /\nallow: /", "/x/page.html", true),
        ("disallow: /x\nallow: /x/", "/x", false),
        ("disallow: /x\nallow: /x/", "/x/", true),
        ("disallow: /x/page.html\nallow: /x/page.html", "/x/page.html", true),
        ("allow: /page\ndisallow: /*.html", "/page.html", false),
        ("allow: /x/page.\ndisallow: /*.html", "/x/page.html", true),
        ("disallow: /x/page.html\nallow: /x/page.html", "/x/other", true),
        ("allow: /p\ndisallow: /", "/page", true),
        ("allow: /folder\ndisallow: /folder", "/folder/page", true),
        ("allow: /page\ndisallow: /*.htm", "/page.htm", false),
        ("allow: /$\ndisallow: /", "/", true),
        ("allow: /$\ndisallow: /", "/page.htm", false),
    ] {
        let file = format!("user-agent: *\n{rules}\n");
        assert_eq!(
            allows(&file, "FooBot", &format!("http://foo.bar{path}")),
            allowed,
            "{rules:?} {path}"
        );
    }
}

#[test]
fn paths_have_a_case_and_a_beginning() {
    let file = "user-agent: FooBot\ndisallow: /X/\n";
    assert!(allows(file, "FooBot", "http://foo.bar/x/y"));
    assert!(!allows(file, "FooBot", "http://foo.bar/X/y"));
    assert!(allows(file, "FooBot", "http://foo.bar/a/X/"));
}

#[test]
fn stars_stand_for_anything_and_a_dollar_for_the_end() {
    for (pattern, matching, other) in [
        (
            "/fish",
            &["/fish", "/fish.html", "/fishheads/yummy.html", "/fish.php?id=1"][..],
            &["/Fish.asp", "/catfish", "/desert/fish"][..],
        ),
        ("/fish*", &["/fish", "/fishheads", "/fish.php?id=1"], &["/catfish", "/?id=fish"]),
        ("/fish/", &["/fish/", "/fish/?id=x", "/fish/salmon.htm"], &["/fish", "/fish.html"]),
        ("/*.php", &["/index.php", "/folder/a.php?x", "/a.php/"], &["/", "/windows.PHP"]),
        ("/*.php$", &["/a.php", "/folder/a.php"], &["/a.php?x", "/a.php/", "/a.php5"]),
        ("/fish*.php", &["/fish.php", "/fishheads/a.php?x"], &["/Fish.PHP"]),
        ("/a*b*c$", &["/abc", "/axxbyyc", "/abcbc"], &["/ab", "/abcd"]),
        ("*/print", &["/a/print", "/print"], &["/a/sprint"]),
    ] {
        let file = format!("user-agent: *\ndisallow: {pattern}\n");
        for path in matching {
            assert!(
                !allows(&file, "FooBot", &format!("http://foo.bar{path}")),
                "{pattern} should match {path}"
            );
        }
        for path in other {
            assert!(
                allows(&file, "FooBot", &format!("http://foo.bar{path}")),
                "{pattern} should not match {path}"
            );
        }
    }
}

#[test]
fn escapes_are_compared_in_one_form() {
    for (pattern, path) in [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        (
            "/foo/bar?qux=taz&baz=http://foo.bar?tar&par",
            "/foo/bar?qux=taz&baz=http://foo.bar?tar&par",
        ),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ"),
        ("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84"),
        // RFC 9309, 2.2.2, where Google's parser compares letter by letter.
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"),
        ("/path/foo-%24", "/path/foo-$"),
        ("/a%3cd.html", "/a%3Cd.html"),
    ] {
        let file = format!("user-agent: *\ndisallow: {pattern}\n");
        assert!(!allows(&file, "FooBot", &format!("http://foo.bar{path}")), "{pattern} {path}");
    }
    assert!(
        allows("user-agent: *\ndisallow: /a%2Fb\n", "FooBot", "http://foo.bar/a/b"),
        "a slash is no escaped slash"
    );
}

#[test]
fn an_index_page_that_is_allowed_allows_its_folder() {
    let file = "user-agent: *\nallow: /open/index.html\ndisallow: /\n";
    assert!(allows(file, "FooBot", "http://foo.bar/open/"));
    assert!(allows(file, "FooBot", "http://foo.bar/open/index.html"));
    assert!(!allows(file, "FooBot", "http://foo.bar/open/other"));
}

#[test]
fn the_file_itself_is_always_allowed() {
    assert!(allows("user-agent: *\ndisallow: /\n", "FooBot", "http://foo.bar/robots.txt"));
}

#[test]
fn the_line_that_forbids_is_named() {
    let file =
        RobotsTxt::parse(b"User-agent: *\r\nAllow: /\r\n\r\nDisallow: /secret\r\n", "FooBot");
    assert_eq!(file.verdict("/secret/1"), Verdict::Disallowed { line: 4 });
}

#[test]
fn a_crawl_delay_is_granted_up_to_half_a_minute() {
    let delay = |value: &str| {
        RobotsTxt::parse(
            format!("user-agent: *\ncrawl-delay: {value}\ndisallow: /x").as_bytes(),
            "FooBot",
        )
        .crawl_delay()
    };
    assert_eq!(delay("2"), Some(Duration::from_secs(2)));
    assert_eq!(delay("0.5"), Some(Duration::from_millis(500)));
    assert_eq!(delay("86400"), Some(Duration::from_secs(30)));
    for value in ["-1", "NaN", "inf", "soon", ""] {
        assert_eq!(delay(value), None, "{value:?}");
    }
}

#[test]
fn sitemaps_are_named_wherever_they_stand() {
    let file = RobotsTxt::parse(
        b"Sitemap: https://foo.bar/a.xml\nuser-agent: x\nsitemap:https://foo.bar/b.xml#1\ndisallow: /\nSITEMAP: /c.xml\n",
        "x",
    );
    assert_eq!(file.sitemaps(), ["https://foo.bar/a.xml", "https://foo.bar/b.xml", "/c.xml"]);
    assert!(!file.verdict("/").is_allowed(), "a sitemap ends no group");
}

#[test]
fn what_stands_behind_500_kib_is_not_read() {
    let mut file = b"user-agent: *\nallow: /\n".to_vec();
    file.resize(500 * 1024, b'#');
    file.extend(b"\ndisallow: /late\n");
    let read = RobotsTxt::parse(&file, "FooBot");
    assert!(read.is_cut);
    assert!(read.verdict("/late").is_allowed());
    let mut early = b"user-agent: *\ndisallow: /early\n".to_vec();
    early.resize(600 * 1024, b'#');
    assert!(!RobotsTxt::parse(&early, "FooBot").verdict("/early").is_allowed());
}

#[test]
fn many_stars_cost_no_time_without_end() {
    let rule = format!("disallow: /{}b$\n", "*a".repeat(4_000));
    let file = format!("user-agent: *\n{}", rule.repeat(60));
    assert!(
        RobotsTxt::parse(file.as_bytes(), "FooBot")
            .verdict(&format!("/{}", "a".repeat(8_000)))
            .is_allowed()
    );
}

#[test]
fn rules_of_other_agents_are_not_kept_and_those_of_ours_are_bounded() {
    let rules = |count: usize| {
        (0..count).map(|n| format!("disallow: /{n}\n")).collect::<String>() + "allow: /\n"
    };
    let others = format!("user-agent: Other\n{}", rules(20_000));
    assert_eq!(RobotsTxt::parse(others.as_bytes(), "FooBot").size(), 0);
    let own = format!("user-agent: FooBot\ndisallow: /x\nuser-agent: *\n{}", rules(4_000));
    assert!(RobotsTxt::parse(own.as_bytes(), "FooBot").size() < 100, "nor those of all others");

    let same = format!("user-agent: *\n{}", "Allow:/\n".repeat(60_000));
    let same = RobotsTxt::parse(same.as_bytes(), "FooBot");
    assert!(same.size() < 100 && same.verdict("/a").is_allowed(), "the same rule counts once");

    let many = format!("user-agent: *\n{}", rules(4_999));
    let many = RobotsTxt::parse(many.as_bytes(), "FooBot");
    assert!(many.verdict("/a").is_allowed() && !many.verdict("/4998").is_allowed());
    let too_many = format!("user-agent: *\n{}", rules(5_000));
    let too_many = RobotsTxt::parse(too_many.as_bytes(), "FooBot");
    assert_eq!(too_many.verdict("/a"), Verdict::Disallowed { line: 5_002 });
    assert_eq!(too_many.size(), 0);
}
