//! What a page says of itself: robots, links, dates, languages, character sets; and pages that are
//! none.

use std::collections::HashSet;

use extract::page::{
    Boilerplate, BoilerplateOptions, Method, PageEvent, PageLink, PageRequest, Refresh, WebPage,
    read_page,
};

use crate::web_content::{read, text_of};

fn request() -> PageRequest {
    PageRequest {
        url: "https://www.example.org/folder/page".to_owned(),
        agent: "TesseraBot".to_owned(),
        ..PageRequest::default()
    }
}

fn in_head(head: &str) -> WebPage {
    read(&format!(
        "<!doctype html><html><head>{head}</head><body><main><p>Some words of text stand here.</p></main></body></html>"
    ))
}

fn in_body(body: &str) -> WebPage {
    read(&format!("<!doctype html><html><body>{body}</body></html>"))
}

#[test]
fn meta_elements_speak_to_robots() {
    let robots = |content: &str| in_head(content).robots;
    assert!(robots("<meta name=robots content='NoIndex, follow'>").noindex);
    assert!(robots("<META NAME='ROBOTS' CONTENT='none'>").nofollow);
    assert!(robots("<meta name=tesserabot content=noindex>").noindex);
    assert!(!robots("<meta name=otherbot content=noindex>").noindex);
    assert!(!robots("<meta name=robots content='index, max-snippet:-1'>").noindex);
    let until = robots(
        "<meta name=robots content='unavailable_after: Saturday, 25-Jun-26 15:00:00 GMT, nofollow'>",
    );
    assert_eq!(until.unavailable_after, ["Saturday, 25-Jun-26 15:00:00 GMT"]);
    assert!(until.nofollow);
}

#[test]
fn headers_speak_to_robots_by_name() {
    let robots = |tags: &[&str]| {
        let robots_tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        read_page(b"<p>text</p>", &PageRequest { robots_tags, ..request() }).unwrap().robots
    };
    assert!(robots(&["noindex"]).noindex);
    assert!(robots(&["nofollow", "noindex"]).noindex);
    assert!(!robots(&["otherbot: noindex"]).noindex);
    assert!(robots(&["TesseraBot: noindex, nofollow"]).nofollow);
    assert!(!robots(&["otherbot: noindex, nofollow"]).nofollow, "a prefix holds to the end");
    let mixed = robots(&["otherbot: noindex, tesserabot: nofollow"]);
    assert!(mixed.nofollow && !mixed.noindex);
    assert_eq!(
        robots(&[
            "max-snippet: 5, unavailable_after: 25 Jun 2026 15:00:00 PST",
            "otherbot: unavailable_after: 2020-01-01",
            "unavailable_after: never, tesserabot: unavailable_after: 2026-06-25T15:00:00+02:00",
        ])
        .unavailable_after,
        ["25 Jun 2026 15:00:00 PST", "never", "2026-06-25T15:00:00+02:00"]
    );
}

#[test]
fn a_canonical_address_counts_against_the_base() {
    let canonical = |head: &str| in_head(head).canonical;
    let expected = Some("https://www.example.org/other");
    assert_eq!(canonical("<link rel=canonical href=/other>").as_deref(), expected);
    assert_eq!(
        canonical("<link rel='alternate canonical' href='../other#x'>").as_deref(),
        expected
    );
    assert_eq!(
        canonical("<base href=https://cdn.test/a/><link rel=canonical href=b>").as_deref(),
        Some("https://cdn.test/a/b")
    );
    assert_eq!(
        canonical("<link rel=canonical href=/1><link rel=canonical href=/2>").as_deref(),
        Some("https://www.example.org/1")
    );
    assert_eq!(canonical("<link rel=canonical href=page>"), None, "its own address says nothing");
    assert_eq!(canonical("<link rel=canonical href='javascript:x'>"), None);
    let link =
        vec!["</style.css>; rel=preload".to_owned(), "</other>; rel=\"canonical\"".to_owned()];
    let page = read_page(b"<p>text</p>", &PageRequest { link, ..request() }).unwrap();
    assert_eq!(page.canonical.as_deref(), expected);
}

#[test]
fn links_are_absolute_and_come_once() {
    let page = read(
        "<head><base href='/base/'></head><nav><a href='a'>A</a></nav><a href='a#part' rel=nofollow>again</a>\
         <a href='//other.test/b' rel='noopener UGC'>B</a><a href='#top'>top</a><a href='mailto:x@y'>m</a>\
         <a href='javascript:void(0)'>j</a><map><area href='c'></map><a href=' d\n'>D</a><a>no</a>",
    );
    let link = |url: &str, nofollow| PageLink { url: url.to_owned(), nofollow };
    assert_eq!(
        page.links,
        [
            link("https://www.example.org/base/a", false),
            link("https://other.test/b", true),
            link("https://www.example.org/base/c", false),
            link("https://www.example.org/base/d", false),
        ]
    );
}

#[test]
fn a_refresh_says_where_and_when() {
    let refresh = |content: &str| {
        in_head(&format!("<meta http-equiv=Refresh content=\"{content}\">")).refresh
    };
    let to = |seconds, url: &str| Some(Refresh { seconds, url: url.to_owned() });
    assert_eq!(refresh("0; url=/new"), to(0, "https://www.example.org/new"));
    assert_eq!(refresh("5;URL='https://b.test/'"), to(5, "https://b.test/"));
    assert_eq!(refresh("0,new"), to(0, "https://www.example.org/folder/new"));
    assert_eq!(refresh("300"), None);
    assert_eq!(refresh("0; url=javascript:alert(1)"), None);
    let page = read_page(
        b"<p>text</p>",
        &PageRequest { refresh: Some("0; url=/h".to_owned()), ..request() },
    )
    .unwrap();
    assert_eq!(page.refresh, to(0, "https://www.example.org/h"));
}

#[test]
fn a_title_leaves_the_name_of_the_site_out() {
    let title = |html: &str| read(html).title.unwrap();
    assert_eq!(title("<title>Bygglov - Ekviks kommun</title><h1>Bygglov</h1>"), "Bygglov");
    assert_eq!(
        title("<meta property='og:site_name' content='Ekvik'><title>Bygglov | Ekvik</title>"),
        "Bygglov"
    );
    assert_eq!(title("<title>A  long\n title</title><h1>x</h1><h1>y</h1>"), "A long title");
    assert_eq!(title("<h1>Only a heading</h1>"), "Only a heading");
    assert_eq!(title("<meta property='og:title' content='Shared'><p>x</p>"), "Shared");
}

#[test]
fn dates_are_taken_as_the_page_says() {
    let page = in_head(
        "<meta property='article:published_time' content='2026-11-01T08:00:00+01:00'><meta name=last-modified content=2026-11-02>",
    );
    assert_eq!(page.published.as_deref(), Some("2026-11-01T08:00:00+01:00"));
    assert_eq!(page.modified.as_deref(), Some("2026-11-02"));
    assert_eq!(
        in_body("<time datetime='2026-05-05'>5 maj</time>").published.as_deref(),
        Some("2026-05-05")
    );
    assert_eq!(
        in_body("<time datetime='5 maj'>x</time><time datetime='2026-13-99'>y</time>").published,
        None
    );
}

#[test]
fn the_language_is_declared_or_told() {
    assert_eq!(read("<html lang='sv-SE'><p>text</p>").language.as_deref(), Some("sv"));
    let header = PageRequest { content_language: Some("fi, en".to_owned()), ..request() };
    assert_eq!(read_page(b"<p>text</p>", &header).unwrap().language.as_deref(), Some("fi"));
    let swedish = "<p>Kommunen har beslutat att bygga en ny skola i området, och arbetet börjar redan till våren.</p>";
    assert_eq!(read(swedish).language.as_deref(), Some("sv"));
}

#[test]
fn character_sets_are_read_in_their_order() {
    let of = |bytes: &[u8], header: &str| {
        let content_type = (!header.is_empty()).then(|| format!("text/html; charset={header}"));
        text_of(&read_page(bytes, &PageRequest { content_type, ..request() }).unwrap())
    };
    assert!(of(b"<p>sm\xf6rg\xe5s</p>", "windows-1252").contains("smörgås"));
    assert!(
        of(b"<meta charset=utf-8><p>sm\xf6rg\xe5s</p>", "iso-8859-1").contains("smörgås"),
        "the header goes before meta"
    );
    assert!(
        of(b"<meta charset=windows-1252><p>sm\xf6rg\xe5s</p>", "utf-8").contains("smörgås"),
        "a wrong header"
    );
    assert!(
        of(b"<meta charset=windows-1252><p>sm\xc3\xb6rg\xc3\xa5s</p>", "").contains("smörgås"),
        "a wrong meta"
    );
    assert!(
        of(b"\xef\xbb\xbf<p>sm\xc3\xb6rg\xc3\xa5s</p>", "windows-1252").contains("smörgås"),
        "a mark goes first"
    );
    assert!(
        of(b"<p>\x93\xfa\x96{\x8c\xea\x82\xc5\x82\xb7</p>", "shift_jis").contains("日本語です")
    );
    assert!(
        of(b"<meta charset=utf-16><p>sm\xc3\xb6rg\xc3\xa5s</p>", "").contains("smörgås"),
        "never UTF-16 by meta"
    );
}

#[test]
fn the_hash_changes_with_the_text_and_not_with_the_frame() {
    let page = |text: &str, footer: &str, token: &str| {
        let html = format!(
            "<title>T</title><nav><a href=/{token}>Menu</a></nav><main><h1>T</h1><p>{text}</p></main><footer>{footer}</footer><!-- {token} -->"
        );
        read(&html).text_hash(&HashSet::new())
    };
    let text = "The library is open from ten until six, and on Saturdays until three.";
    assert_eq!(page(text, "It is 10:01", "a"), page(text, "It is 10:02", "b"));
    assert_ne!(page(text, "", ""), page("The library is closed.", "", ""));
}

#[test]
fn blocks_that_stand_on_most_pages_are_dropped() {
    let page = |number: u32| {
        read(&format!(
            "<main><p>Call the duty officer on 0123 if water stands in your cellar.</p><h1>Page {number}</h1>\
             <p>This text, number {number}, stands on one page of the site only.</p></main>"
        ))
    };
    let pages: Vec<WebPage> = (0..8).map(page).collect();
    let mut boilerplate = Boilerplate::default();
    pages
        .iter()
        .for_each(|page| boilerplate.add(page.blocks.iter().map(|block| block.hash.as_str())));
    let dropped = boilerplate.dropped(&BoilerplateOptions::default());
    assert_eq!(dropped.len(), 1);
    assert!(
        !pages[0].html(&dropped).contains("duty officer")
            && pages[0].html(&dropped).contains("number 0")
    );
    assert!(pages[0].words(&dropped) < pages[0].words(&HashSet::new()));
    assert_ne!(pages[0].text_hash(&dropped), pages[0].text_hash(&HashSet::new()));
}

#[test]
fn few_pages_have_no_boilerplate() {
    let mut boilerplate = Boilerplate::default();
    (0..4).for_each(|_| boilerplate.add(["a", "a", "b"]));
    assert!(boilerplate.dropped(&BoilerplateOptions::default()).is_empty());
    boilerplate.add(["b"]);
    assert_eq!(boilerplate.dropped(&BoilerplateOptions::default()).len(), 2);
}

#[test]
fn a_page_that_needs_its_script_says_so() {
    let empty = "<div id=root></div><script src=/app.js></script>";
    let page = read(&format!(
        "<title>Shop</title><noscript>You need to enable JavaScript to run this app.</noscript>{empty}"
    ));
    assert!(page.needs_javascript && page.quality < 0.4);
    assert!(!in_body("<p>A short page.</p><script>track()</script>").needs_javascript);
    let body = "The mill has stood here since 1790 and grinds still. ".repeat(8);
    let data = format!(
        "<script type='application/ld+json'>{{\"@type\":\"Article\",\"articleBody\":\"{body}\"}}</script>{empty}"
    );
    let page = read(&data);
    assert_eq!(page.method, Method::Data);
    assert!(text_of(&page).contains("grinds still"));
}

#[test]
fn a_page_for_signing_in_is_told() {
    let form = "<form><label>Password</label><input type=password></form>";
    assert!(in_body(&format!("<main><h1>Log in</h1>{form}</main>")).wants_sign_in);
    let article =
        "<p>A long text that everybody may read, with a form beside it for those who write.</p>"
            .repeat(8);
    assert!(!in_body(&format!("<main>{article}</main>{form}")).wants_sign_in);
    for beside in ["header", "nav", "aside", "footer"] {
        let html =
            format!("<{beside}>{form}</{beside}><main><h1>Contact</h1><p>Call us.</p></main>");
        assert!(!in_body(&html).wants_sign_in, "a short page with a box in its {beside}");
    }
}

#[test]
fn pages_that_do_not_exist_look_alike() {
    let missing = |path: &str| {
        let html = format!(
            "<title>Hoppsan</title><main><h1>Hoppsan</h1><p>Sidan /{path} finns inte. Klockan är 10:0{}.</p></main>",
            path.len()
        );
        read_page(
            html.as_bytes(),
            &PageRequest { url: format!("https://a.test/{path}"), ..request() },
        )
        .unwrap()
        .fingerprint
    };
    assert_eq!(missing("abc"), missing("quite-other"));
    assert_ne!(missing("abc"), in_body("<p>A page that exists.</p>").fingerprint);
}

#[test]
fn a_title_in_a_header_is_kept_if_it_is_the_only_one() {
    let body =
        "<p>The museum is open from Tuesday to Sunday, and closed on Mondays, as museums are.</p>";
    let kept = in_body(&format!(
        "<header><nav><a href=/>Home</a></nav><h1>Visit</h1></header><div>{body}</div>"
    ));
    assert!(text_of(&kept).starts_with("Visit"));
    let other =
        in_body(&format!("<header><h1>Museum</h1></header><div><h1>Visit</h1>{body}</div>"));
    assert!(text_of(&other).starts_with("Visit"));
}

#[test]
fn hidden_text_and_scripts_are_no_content() {
    let page = in_body(
        "<main><p>Seen by everybody who reads.</p><p hidden>secret one</p><p style='display:none'>secret two</p>\
         <script>secret()</script><style>.secret{}</style><template>secret</template><!-- secret --></main>",
    );
    let html = page.html(&HashSet::new());
    assert!(html.contains("Seen by everybody") && !html.contains("secret"), "{html}");
}

#[test]
fn stored_html_carries_nothing_active() {
    let page = in_body(
        "<main><p onclick=evil()>Text &lt;script&gt;evil()&lt;/script&gt; <a href='javascript:evil()'>link</a></p>\
         <p><img src=x onerror=evil() alt='\"><script>evil()</script>'>picture</p><svg><script>evil()</script></svg>\
         <ol start='1\"><script>evil()'><li>item</li></ol><p><a href='mailto:a@b.test?subject=\"><script>evil()'>mail</a></p></main>",
    );
    let html = page.html(&HashSet::new());
    assert!(
        !html.contains("<script") && !html.contains("onclick") && !html.contains("javascript:"),
        "{html}"
    );
}

#[test]
fn an_empty_page_is_a_failure() {
    assert!(read_page(b" \n ", &request()).is_err());
    assert!(
        read_page(b"<p>x</p>", &PageRequest { url: "no url".to_owned(), ..request() }).is_err()
    );
}

#[test]
fn a_page_without_content_is_no_failure() {
    let page = read("<html><head><title>T</title></head><body></body></html>");
    assert!(page.blocks.is_empty());
    assert!(page.quality.abs() < f32::EPSILON);
}

#[test]
fn deep_and_wide_pages_end() {
    let deep = format!("{}text{}", "<div><span>".repeat(1_500), "</span></div>".repeat(1_500));
    assert!(text_of(&read(&deep)).contains("text"));
    assert!(read_page("<div>".repeat(20_000).as_bytes(), &request()).is_err());
    let links: String = (0..12_000).map(|n| format!("<a href=/{n}>{n}</a> ")).collect();
    let page = read(&links);
    assert_eq!(page.links.len(), 10_000);
    assert_eq!(serde_json::to_value(&page.cut).unwrap(), serde_json::json!(["links"]));
}

#[test]
fn the_command_speaks_in_one_line() {
    let event = PageEvent::WebPage(Box::new(in_body("<p>line\none</p>")));
    let json = serde_json::to_string(&event).unwrap();
    assert!(json.starts_with("{\"event\":\"web_page\"") && !json.contains('\n'));
    assert_eq!(serde_json::from_str::<PageEvent>(&json).unwrap(), event);
}
