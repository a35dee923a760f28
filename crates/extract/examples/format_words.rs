//! Counts, format by format, the words that the collection's truth expects and that the readers
//! give.
//!
//! `cargo run --release -p extract --example format_words`. The truth
//! (`tests/files/collection/expected.json`) names quotes that readers of a file see, and quotes
//! that no one sees. Expected are the words of the first kind. Given are those of them that are
//! read, and the words of quotes of the second kind that are read all the same. So the figure is
//! about these quotes: the words of a file that no quote names count neither way.

use std::collections::BTreeMap;
use std::path::Path;

use extract::{Event, page_text};
use serde_json::Value;

/// What must be seen of a file.
const SEEN: [&str; 4] = ["has", "once", "order", "heading"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/collection");
    let truth = std::fs::read(folder.join("expected.json"))?;
    let truth: BTreeMap<String, Value> = serde_json::from_slice(&truth)?;
    let mut formats: BTreeMap<String, Count> = BTreeMap::new();
    for (name, expected) in &truth {
        let ending = name.rsplit('.').next().unwrap_or_default();
        let count = formats.entry(format_of(ending).to_owned()).or_default();
        if expected.get("status").is_some() {
            count.refused += 1;
            continue;
        }
        let bytes = std::fs::read(folder.join(name))?;
        let upload = expected.get("upload").and_then(Value::as_str).unwrap_or(name);
        count.file(&text_of(bytes, upload), expected);
    }
    println!(
        "| format | files | refused | words expected | words given | right | precision | recall | F1 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    formats.iter().for_each(|(format, count)| count.print(format));
    Ok(())
}

/// Endings that one reader serves count as one format.
fn format_of(ending: &str) -> &str {
    match ending {
        "dotx" | "docm" => "docx",
        "pptm" => "pptx",
        "tsv" => "csv",
        "log" => "txt",
        "mht" | "eml" | "mbox" => "mail",
        "doc" | "msg" => "others",
        ending => ending,
    }
}

#[derive(Default, Clone)]
struct Count {
    files: usize,
    /// Files that are to be refused.
    refused: usize,
    expected: usize,
    right: usize,
    /// Words that are read though no one sees them.
    wrong: usize,
}

impl Count {
    fn file(&mut self, text: &str, expected: &Value) {
        self.files += 1;
        self.quotes(text, expected);
        // Of several truths that which the text comes closest to.
        let choices = expected.get("anyof").and_then(Value::as_array).into_iter().flatten();
        let best = choices.map(|choice| {
            let mut count = Self::default();
            count.quotes(text, choice);
            count
        });
        if let Some(best) =
            best.max_by_key(|count| (count.right * 1000).checked_div(count.expected).unwrap_or(0))
        {
            self.expected += best.expected;
            self.right += best.right;
            self.wrong += best.wrong;
        }
    }

    fn quotes(&mut self, text: &str, expected: &Value) {
        let pages = expected
            .get("page")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|pages| pages.values());
        let lists = SEEN.iter().filter_map(|rule| expected.get(*rule)).chain(pages);
        let title = expected.get("title").and_then(Value::as_str);
        for quote in
            lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str).chain(title)
        {
            let words = words(quote);
            self.expected += words.len();
            self.right += if stands(text, quote) { words.len() } else { found(text, &words) };
        }
        let unseen = expected.get("lacks").and_then(Value::as_array).into_iter().flatten();
        for quote in unseen.filter_map(Value::as_str).filter(|quote| stands(text, quote)) {
            self.wrong += words(quote).len();
        }
    }

    fn print(&self, format: &str) {
        let Self { files, refused, expected, right, wrong } = self;
        let given = right + wrong;
        let part = |of: usize| if of == 0 { 1.0 } else { *right as f64 / of as f64 };
        let (precision, recall) = (part(given), part(*expected));
        let f1 = if precision + recall == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        };
        println!(
            "| {format} | {files} | {refused} | {expected} | {given} | {right} | {precision:.3} | {recall:.3} | {f1:.3} |"
        );
    }
}

/// The title and the text of all pages.
fn text_of(bytes: Vec<u8>, name: &str) -> String {
    let mut text = String::new();
    // A file that fails has given no words; the count says so.
    let _ = extract::extract(bytes, name, None, &mut |event| match event {
        Event::Meta(meta) => text += &format!("{}\n", meta.title.unwrap_or_default()),
        Event::Page(page) => text += &format!("{}\n", page_text(&page.blocks).text),
        _ => {}
    });
    one_blank(&text)
}

fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn stands(text: &str, quote: &str) -> bool {
    text.contains(&one_blank(quote))
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// How many of the words of a quote that doesn't stand are read somewhere.
fn found(text: &str, quote: &[&str]) -> usize {
    let all = words(text);
    quote.iter().filter(|word| all.contains(word)).count()
}
