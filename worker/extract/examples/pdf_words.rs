//! Compares the words that the PDF reader finds with those of `pdftotext` (poppler-utils), file by file.
//!
//! `cargo run --release -p extract --example pdf_words -- DIR [PART_OF_A_NAME]`: for each PDF of the folder the recall
//! and the precision of its words, and of its pairs of neighbouring words; then how many files give at least 98 %.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use extract::{Event, page_text};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let part = arguments.next().unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")));
    files.retain(|path| path.to_string_lossy().contains(&part));
    files.sort();
    let (mut all, mut good, mut good_pairs) = (0, 0, 0);
    for path in files {
        let Some(reference) = reference(&path).filter(|text| words(text).len() >= 5) else { continue };
        let (text, end) = ours(&path);
        let (theirs, ours) = (words(&reference), words(&text));
        let single = score(&counts(theirs.iter().cloned()), &counts(ours.iter().cloned()));
        let pairs = score(&counts(pairs(&theirs)), &counts(pairs(&ours)));
        all += 1;
        good += usize::from(single.0 >= 0.98);
        good_pairs += usize::from(pairs.0 >= 0.9);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!("{:.4} {:.4} {:.4} {:.4} {name} {end}", single.0, single.1, pairs.0, pairs.1);
    }
    println!("{good} of {all} files give at least 98 % of the words; {good_pairs} give 90 % of the pairs");
}

/// What `pdftotext` reads; kept beside the PDF, since it is asked for again with each change of the reader.
fn reference(path: &Path) -> Option<String> {
    let kept = path.with_extension("txt");
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Some(text);
    }
    let output = Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(path).arg("-").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = std::fs::write(kept, &text);
    Some(text)
}

fn ours(path: &Path) -> (String, String) {
    let bytes = std::fs::read(path).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let read = std::panic::catch_unwind(|| {
        let mut text = String::new();
        let result = extract::extract(bytes, &name, None, &mut |event| {
            if let Event::Page(page) = event {
                text += &page_text(&page.blocks).text;
                text.push('\n');
            }
        });
        let end = match result {
            Ok(done) => done.warnings.iter().map(|warning| format!("{:?}={} ", warning.kind, warning.count)).collect(),
            Err(failure) => failure.code.as_str().to_owned(),
        };
        (text, end)
    });
    read.unwrap_or_else(|_| (String::new(), "PANIC".to_owned()))
}

/// Letters and digits that stand together, in lower case; compatibility forms count as what they stand for.
fn words(text: &str) -> Vec<String> {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn pairs(words: &[String]) -> impl Iterator<Item = String> {
    words.windows(2).map(|pair| pair.join(" "))
}

fn counts(items: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// Recall and precision.
fn score(theirs: &HashMap<String, usize>, ours: &HashMap<String, usize>) -> (f64, f64) {
    let both: usize = theirs.iter().map(|(word, count)| *count.min(ours.get(word).unwrap_or(&0))).sum();
    let part = |of: &HashMap<String, usize>| both as f64 / of.values().sum::<usize>().max(1) as f64;
    (part(theirs), part(ours))
}
