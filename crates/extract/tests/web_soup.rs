//! Whatever a page is made of, its stored blocks are well-formed, each by itself.

use std::collections::HashSet;

use extract::page::{PageRequest, read_page};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "<th>",
    "</tr>",
    "<ul>",
    "</ul>",
    "<ol start=3>",
    "<li>",
    "<a href=/x>",
    "<a href=mailto:a@b.test>",
    "</a>",
    "<b>",
    "</b>",
    "<h1>",
    "</h1>",
    "<h2>",
    "</h2>",
    "<pre>",
    "</pre>",
    "<br>",
    "<main>",
    "</main>",
    "<nav>",
    "</nav>",
    "<article>",
    "<section class=content>",
    "</section>",
    "<svg><text>",
    "<math><mi>x</mi></math>",
    "<template>",
    "<noscript>",
    "<sub>",
    "</sub>",
    "<dl>",
    "<dt>",
    "<dd>",
    "<blockquote>",
    "<caption>",
    "<span>",
    "</span>",
    "<form>",
    "<button>",
    "<details><summary>",
    "&lt;script&gt;",
    "words, and more words of a text. ",
    "short ",
    "one two three four five six seven eight nine ten. ",
    " ",
    "\n",
];

/// Whether every tag that opens is closed by its own, in order.
fn is_well_formed(html: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        match (tag.starts_with('/'), name) {
            (_, "br") => {}
            (false, name) => open.push(name),
            (true, name) if open.pop() != Some(name) => return false,
            (true, _) => {}
        }
    }
    open.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn blocks_are_well_formed(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..60)) {
        let request = PageRequest { url: "https://example.org/".to_owned(), ..PageRequest::default() };
        let Ok(page) = read_page(pieces.concat().as_bytes(), &request) else { return Ok(()) };
        for block in &page.blocks {
            prop_assert!(is_well_formed(&block.html), "{}", block.html);
            prop_assert!(!block.html.contains("<script") && block.hash.len() == 32);
        }
        prop_assert!((0.0..=1.0).contains(&page.quality));
        prop_assert_eq!(page.text_hash(&HashSet::new()).len(), 64);
    }
}
