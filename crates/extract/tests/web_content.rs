//! The main content of pages of many shapes, compared with what a person would copy from them.

use std::collections::{HashMap, HashSet};

use extract::page::{Method, PageRequest, WebPage, read_page};
use extract::{Event, page_text};

/// Pages with their expected text, in `tests/files/web`.
const SHAPES: &[&str] = &[
    "a-till-o",
    "article",
    "blog",
    "contact-form",
    "cookie-wall",
    "divar",
    "docs",
    "docs-app",
    "docs-plain",
    "forum",
    "forum-divs",
    "forum-table",
    "gov",
    "kommun-nyhet",
    "kommun-utan-main",
    "kontakt",
    "layout-table",
    "news-list",
    "products",
    "shop-grid",
    "thread",
    "wiki",
];

pub(crate) fn read(html: &str) -> WebPage {
    let request = PageRequest {
        url: "https://www.example.org/folder/page".to_owned(),
        agent: "TesseraBot".to_owned(),
        ..PageRequest::default()
    };
    read_page(html.as_bytes(), &request).unwrap()
}

fn file(name: &str) -> String {
    let path = format!("{}/tests/files/web/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the ordinary reader makes of the stored page.
pub(crate) fn text_of(page: &WebPage) -> String {
    let mut text = String::new();
    let html = page.html(&HashSet::new()).into_bytes();
    extract::extract(html, "page.html", Some("text/html"), &mut |event| {
        if let Event::Page(page) = event {
            text.push_str(&page_text(&page.blocks).text);
            text.push('\n');
        }
    })
    .unwrap();
    text
}

fn words(text: &str) -> HashMap<String, i64> {
    let mut words = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}

/// The harmonic mean of precision and recall over words with their counts.
pub(crate) fn word_f1(found: &str, expected: &str) -> f64 {
    let (found, expected) = (words(found), words(expected));
    let both: i64 = found
        .iter()
        .map(|(word, count)| (*count).min(expected.get(word).copied().unwrap_or(0)))
        .sum();
    2.0 * both as f64 / (found.values().sum::<i64>() + expected.values().sum::<i64>()) as f64
}

#[test]
fn every_shape_gives_its_main_text() {
    let mut bad = Vec::new();
    for shape in SHAPES {
        let page = read(&file(&format!("{shape}.html")));
        let found = text_of(&page);
        let score = word_f1(&found, &file(&format!("{shape}.txt")));
        eprintln!("{shape}: {score:.3} {:?} quality {}", page.method, page.quality);
        if score < 0.95 {
            bad.push(format!("{shape}: {score:.3}, {:?}\n{found}", page.method));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}

#[test]
fn tables_keep_their_rows_and_code_its_lines() {
    let text = text_of(&read(&file("docs.html")));
    assert!(
        text.contains("Key: storage.path; Default: ./data; Meaning: Where the folder is"),
        "{text}"
    );
    assert!(text.contains("[server]\nlisten = \"127.0.0.1:8080\"\nworkers = 4"), "{text}");
    assert!(text.contains("2. A query runs for at most 30 seconds"), "{text}");
}

#[test]
fn an_article_is_found_by_its_text() {
    let page = read(&file("article.html"));
    assert_eq!(page.method, Method::Scored);
    assert_eq!(page.title.as_deref(), Some("Why the lighthouse keeps its keeper"));
    assert_eq!(page.published.as_deref(), Some("2026-10-03T05:00:00Z"));
    assert_eq!(page.modified.as_deref(), Some("2026-10-04T09:12:00Z"));
}
