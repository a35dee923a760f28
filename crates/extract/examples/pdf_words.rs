//! Compares the words that the PDF reader finds with those of `pdftotext` (poppler-utils), file by
//! file and page by page.
//!
//! `cargo run --release -p extract --example pdf_words -- DIR [PART_OF_A_NAME] [--missing]`: for
//! each PDF of the folder the recall and the precision of its words, the recall of its letters and
//! of its pairs of neighbouring words, the pages that lack words, and how the reading ended; then
//! the counts. Files that lack words only because the reader joins what the reference leaves in two
//! parts at the end of a line are counted apart, and stay failures in the strict figure.
//! `--missing` prints the words of these pages that only one of the two has. Files without five
//! words or with more than 150 pages are left out.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::process::Command;

use extract::{Event, page_text};

/// A file or page is good that has this part of the reference's words.
const GOOD: f64 = 0.98;

/// Files need this many words, and at most this many pages.
const LEAST_WORDS: usize = 5;
const MOST_PAGES: usize = 150;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let missing = arguments.iter().any(|argument| argument == "--missing");
    let mut plain = arguments.iter().filter(|argument| !argument.starts_with("--"));
    let folder = plain.next().cloned().unwrap_or_else(|| ".".to_owned());
    let part = plain.next().cloned().unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")));
    files.retain(|path| path.to_string_lossy().contains(&part));
    files.sort();
    let mut total = Total::default();
    for path in files {
        let Some(reference) = reference(&path) else { continue };
        let pages = reference.matches('\u{c}').count();
        if words(&reference).len() >= LEAST_WORDS && pages <= MOST_PAGES {
            total.file(&path, &reference, missing);
        }
    }
    total.print();
}

#[derive(Default)]
struct Total {
    files: usize,
    good: usize,
    good_letters: usize,
    good_pairs: usize,
    /// Files that are not good because the reader joined words over the end of a line, refused or
    /// lost them, lost letters, or divided words otherwise.
    joined: usize,
    refused: usize,
    lost: usize,
    divided: usize,
    pages: usize,
    good_pages: usize,
    joined_pages: usize,
    pages_with_letters: usize,
    words: usize,
    found: usize,
}

impl Total {
    fn file(&mut self, path: &Path, reference: &str, missing: bool) {
        let (pages, end) = ours(path);
        let text: String = pages.join("\n");
        let (theirs, ours) = (words(reference), words(&text));
        let (expected, got) = (counts(theirs.iter().cloned()), counts(ours.iter().cloned()));
        let (recall, precision, found) = score(&expected, &got);
        let letters = score(&counts(letters(reference)), &counts(letters(&text))).0;
        let pairs = score(&counts(pairs(&theirs)), &counts(pairs(&ours))).0;
        let (listed, notes) = self.pages_of(reference, &pages, missing);
        self.files += 1;
        self.words += theirs.len();
        self.found += found;
        self.good_letters += usize::from(letters >= GOOD);
        self.good_pairs += usize::from(pairs >= 0.9);
        match recall {
            good if good >= GOOD => self.good += 1,
            _ if text.trim().is_empty() => self.refused += 1,
            _ if is_good_with_joined(reference, &expected, &got) => self.joined += 1,
            _ if letters >= GOOD => self.divided += 1,
            _ => self.lost += 1,
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!("{recall:.4} {precision:.4} {letters:.4} {pairs:.4} {name} pages:{listed} {end}");
        print!("{notes}");
    }

    /// The pages that lack words, and the words that only one of the two readers has.
    fn pages_of(&mut self, reference: &str, pages: &[String], missing: bool) -> (String, String) {
        let (mut listed, mut notes) = (Vec::new(), String::new());
        let of_page: Vec<&str> = reference.trim_end_matches('\u{c}').split('\u{c}').collect();
        for (at, theirs) in of_page.iter().enumerate() {
            let ours = pages.get(at).map_or("", String::as_str);
            let (expected, got) =
                (counts(words(theirs).into_iter()), counts(words(ours).into_iter()));
            if expected.is_empty() {
                continue;
            }
            self.pages += 1;
            let (recall, ..) = score(&expected, &got);
            let has_letters = score(&counts(letters(theirs)), &counts(letters(ours))).0 >= GOOD;
            self.pages_with_letters += usize::from(has_letters);
            if recall >= GOOD {
                self.good_pages += 1;
                continue;
            }
            self.joined_pages += usize::from(is_good_with_joined(theirs, &expected, &got));
            listed.push((at + 1).to_string());
            if missing {
                let (lack, more) = (only(&expected, &got), only(&got, &expected));
                notes +=
                    &format!("    page {} {recall:.3}\n      - {lack}\n      + {more}\n", at + 1);
            }
        }
        (listed.join(","), notes)
    }

    fn print(&self) {
        println!("{} of {} files give at least 98 % of the words", self.good, self.files);
        println!(
            "the others: {} refused or empty, {} lost letters, {} only join words over a line's end, {} divide words otherwise",
            self.refused, self.lost, self.joined, self.divided
        );
        println!(
            "{} of {} files give at least 98 % of the letters; {} give 90 % of the pairs",
            self.good_letters, self.files, self.good_pairs
        );
        println!(
            "{} of {} pages give at least 98 % of the words, {} more only join words over a line's end, {} have the letters",
            self.good_pages, self.pages, self.joined_pages, self.pages_with_letters
        );
        println!("{} of {} words", self.found, self.words);
    }
}

/// What `pdftotext` reads; kept beside the PDF, since it is asked for again with each change of the
/// reader.
fn reference(path: &Path) -> Option<String> {
    let kept = path.with_extension("txt");
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Some(text);
    }
    let output =
        Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(path).arg("-").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = std::fs::write(kept, &text);
    Some(text)
}

/// The text of each page, and how the reading ended.
fn ours(path: &Path) -> (Vec<String>, String) {
    let bytes = std::fs::read(path).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let read = std::panic::catch_unwind(|| {
        let mut pages = Vec::new();
        let result = extract::extract(bytes, &name, None, &mut |event| {
            if let Event::Page(page) = event {
                pages.push(page_text(&page.blocks).text);
            }
        });
        let end = match result {
            Ok(done) => done
                .warnings
                .iter()
                .map(|warning| format!("{:?}={} ", warning.kind, warning.count))
                .collect(),
            Err(failure) => failure.code.as_str().to_owned(),
        };
        (pages, end)
    });
    read.unwrap_or_else(|_| (Vec::new(), "PANIC".to_owned()))
}

/// Lower case; compatibility forms count as what they stand for.
fn folded(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// Letters and digits that stand together. Of a script without blanks each sign counts as a word:
/// where its lines end, and whether a reader joins them, divides no words.
fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let mut words = Vec::new();
    for part in folded.split(|c: char| !c.is_alphanumeric()) {
        let mut word = String::new();
        for c in part.chars() {
            if is_unspaced(c) {
                words.extend(
                    std::iter::once(std::mem::take(&mut word)).filter(|word| !word.is_empty()),
                );
                words.push(c.to_string());
            } else {
                word.push(c);
            }
        }
        words.extend(std::iter::once(word).filter(|word| !word.is_empty()));
    }
    words
}

/// Chinese signs and Japanese syllables.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    folded(text).chars().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>().into_iter()
}

fn pairs(words: &[String]) -> impl Iterator<Item = String> {
    words.windows(2).map(|pair| pair.join(" "))
}

fn counts<T: Eq + Hash>(items: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// Recall, precision, and how many both have.
fn score<T: Eq + Hash>(theirs: &HashMap<T, usize>, ours: &HashMap<T, usize>) -> (f64, f64, usize) {
    let both: usize =
        theirs.iter().map(|(item, count)| *count.min(ours.get(item).unwrap_or(&0))).sum();
    let part = |of: &HashMap<T, usize>| both as f64 / of.values().sum::<usize>().max(1) as f64;
    (part(theirs), part(ours), both)
}

/// True if the words are good once those count that the reference has in parts, one at the end of
/// each line, and the reader as one: hyphens that the setting put there, and scripts without
/// blanks.
fn is_good_with_joined(
    reference: &str,
    expected: &HashMap<String, usize>,
    got: &HashMap<String, usize>,
) -> bool {
    const MOST_PARTS: usize = 6;
    let lines: Vec<Vec<String>> = reference.lines().map(words).collect();
    // Each word with whether a line ends after it.
    let parts: Vec<(&str, bool)> = lines
        .iter()
        .flat_map(|line| {
            line.iter().enumerate().map(|(at, word)| (word.as_str(), at + 1 == line.len()))
        })
        .collect();
    let (mut more, mut lacks) = (surplus(got, expected), surplus(expected, got));
    let (mut at, mut joined) = (0, 0);
    while at < parts.len() {
        let mut whole = String::new();
        let mut taken = 0;
        for (used, (part, ends)) in parts.iter().skip(at).take(MOST_PARTS).enumerate() {
            whole += part;
            if let Some(left) = more.get_mut(whole.as_str()).filter(|left| used > 0 && **left > 0) {
                *left -= 1;
                taken = used + 1;
                break;
            }
            if !ends {
                break;
            }
        }
        // Only parts that the reader lacks: some are words of other lines.
        for (part, _) in parts.iter().skip(at).take(taken) {
            if let Some(left) = lacks.get_mut(part).filter(|left| **left > 0) {
                *left -= 1;
                joined += 1;
            }
        }
        at += taken.max(1);
    }
    let found = score(expected, got).2 + joined;
    found as f64 >= GOOD * expected.values().sum::<usize>() as f64
}

/// How often one side has each word more than the other.
fn surplus<'w>(
    one: &'w HashMap<String, usize>,
    other: &HashMap<String, usize>,
) -> HashMap<&'w str, usize> {
    let left = |word: &String, count: usize| count.saturating_sub(*other.get(word).unwrap_or(&0));
    one.iter().map(|(word, count)| (word.as_str(), left(word, *count))).collect()
}

/// Words that one side has more often than the other.
fn only(one: &HashMap<String, usize>, other: &HashMap<String, usize>) -> String {
    let more = |word: &String, count: usize| count.saturating_sub(*other.get(word).unwrap_or(&0));
    let words =
        one.iter().map(|(word, count)| (word, more(word, *count))).filter(|(_, count)| *count > 0);
    let mut words: Vec<String> = words
        .map(|(word, count)| if count > 1 { format!("{word}×{count}") } else { word.clone() })
        .collect();
    words.sort();
    words.truncate(60);
    words.join(" ")
}
