//! Running heads, page numbers and other furniture of pages, which stands apart from the text of a
//! page.

use std::collections::{HashMap, HashSet};

use super::Laid;
use super::lines::Line;

/// A line this part of the page's height from its upper or lower edge may be furniture.
const MARGIN: f32 = 0.15;

/// Lines at either edge that furniture has at most.
const MOST_LINES: usize = 5;

/// Pages that a line must come again on.
const LEAST_PAGES: usize = 3;

/// Different lines that are kept in mind.
const MAX_KEPT: usize = 20_000;

/// What pages say beside their number.
const PAGE_WORDS: &[&str] = &[
    "page", "pages", "pg", "p", "pp", "sida", "sid", "s", "sidan", "seite", "side", "sivu",
    "pagina", "página", "strona", "of", "av", "von", "af", "de", "sur", "di", "z", "från",
];

/// The furniture of a document, as far as its pages were read.
#[derive(Debug, Default)]
pub(super) struct Furniture {
    /// Lines near the edges, page numbers left out: on how many pages, and at what height on the
    /// first.
    lines: HashMap<String, Occurrences>,
    /// Printed page number less the page's place in the file, and on how many pages.
    offsets: HashMap<i64, usize>,
    /// Pages noted so far.
    pages: usize,
    /// The last page noted.
    last: i64,
    kept: HashSet<String>,
}

#[derive(Debug)]
struct Occurrences {
    pages: usize,
    y: f32,
}

impl Furniture {
    /// Takes a page into account. Pages are noted in order, each once.
    pub(super) fn note(&mut self, page: &Laid) {
        if page.number <= self.last {
            return;
        }
        self.last = page.number;
        self.pages += 1;
        let (top, bottom) = page.edges(MOST_LINES, MARGIN);
        let mut seen = HashSet::new();
        for line in top.into_iter().chain(bottom) {
            let text = line.text();
            for number in numbers(&text) {
                if seen.insert(format!("#{number}")) {
                    *self.offsets.entry(number - page.number).or_default() += 1;
                }
            }
            let key = key(line, page.number);
            if key.is_empty() || !seen.insert(key.clone()) || self.lines.len() >= MAX_KEPT {
                continue;
            }
            let entry = self.lines.entry(key).or_insert(Occurrences { pages: 0, y: line.y });
            if (entry.y - line.y).abs() < 4.0 {
                entry.pages += 1;
            }
        }
    }

    /// True where this line stands at the same place of several pages, as the head of a table that
    /// goes on does.
    pub(super) fn comes_again(&self, line: &Line) -> bool {
        self.is_known(&line.text().to_lowercase(), line)
    }

    fn is_known(&self, key: &str, line: &Line) -> bool {
        // Amounts and dates may be alike by chance.
        let part = if key.chars().any(|c| c.is_ascii_digit()) { 2 } else { 3 };
        let least = LEAST_PAGES.max(self.pages.min(24) / part);
        self.lines.get(key).is_some_and(|seen| seen.pages >= least && (seen.y - line.y).abs() < 4.0)
    }

    fn is_page_number(&self, line: &Line, page: i64) -> bool {
        let text = line.text();
        let (mut own, mut after_word, mut total) = (false, false, false);
        for word in words(&text) {
            let is_word = PAGE_WORDS.contains(&word.as_str());
            match word.parse::<i64>() {
                Ok(number) if !own && word.len() <= 5 => {
                    own = self.counts(number - page);
                    if !own {
                        return false;
                    }
                }
                // The number of all pages.
                Ok(_) if own && !total && (after_word || text.contains('/')) => total = true,
                Ok(_) => return false,
                Err(_) if is_word => {}
                Err(_) => {
                    let Some(number) = roman(&word).filter(|_| !own) else { return false };
                    own = self.counts(number - page);
                    if !own {
                        return false;
                    }
                }
            }
            after_word = is_word;
        }
        own
    }

    /// True where the printed numbers of several pages are this much more than their places in the
    /// file.
    fn counts(&self, offset: i64) -> bool {
        self.offsets
            .get(&offset)
            .is_some_and(|pages| *pages >= if offset == 0 { 2 } else { LEAST_PAGES })
    }

    /// Which lines of a page are furniture: page numbers, and what an earlier page said at the same
    /// place.
    pub(super) fn repeated<'l>(
        &mut self,
        page: &'l Laid,
        is_table_head: &dyn Fn(&Line) -> bool,
    ) -> Vec<&'l Line> {
        self.note(page);
        let mut out = Vec::new();
        let (top, bottom) = page.edges(MOST_LINES, MARGIN);
        // A page that holds nothing but its number would be empty without it.
        if page.runs.iter().map(|run| run.lines.len()).sum::<usize>() < 2 {
            return out;
        }
        for edge in [top, bottom] {
            for line in edge {
                if self.is_page_number(line, page.number) {
                    out.push(line);
                    continue;
                }
                let key = key(line, page.number);
                // Furniture ends where the page's own text begins.
                if !self.is_known(&key, line) || is_table_head(line) {
                    break;
                }
                if !self.kept.insert(key) {
                    out.push(line);
                }
            }
        }
        out
    }

    /// True for the first time that a document's own mark for furniture stands at a line of this
    /// text.
    pub(super) fn is_new_artifact(&mut self, line: &Line, page: i64) -> bool {
        if self.is_page_number(line, page) {
            return false;
        }
        let key = key(line, page);
        !key.is_empty() && self.kept.len() < MAX_KEPT && self.kept.insert(key)
    }
}

impl Laid {
    /// The upright lines nearest to the upper and the lower edge, from the edge inwards.
    fn edges(&self, most: usize, margin: f32) -> (Vec<&Line>, Vec<&Line>) {
        let runs = self.runs.iter().filter(|run| run.upright && !run.artifact);
        let mut lines: Vec<&Line> = runs.flat_map(|run| &run.lines).collect();
        lines.sort_by(|a, b| a.y.total_cmp(&b.y));
        let top = lines.iter().take(most).take_while(|line| line.y < margin * self.height);
        let bottom =
            lines.iter().rev().take(most).take_while(|line| line.y > (1.0 - margin) * self.height);
        (top.copied().collect(), bottom.copied().collect())
    }
}

/// A line without its page number, which stands by itself or beside a word that says so.
fn key(line: &Line, page: i64) -> String {
    let is_number = |text: &str| {
        text.trim()
            .parse::<i64>()
            .is_ok_and(|number| (number - page).abs() < 2000 && text.len() <= 5)
    };
    let segments =
        line.segments.iter().filter(|segment| line.segments.len() < 2 || !is_number(&segment.text));
    let text = segments.map(|segment| segment.text.to_lowercase()).collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out: Vec<&str> = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let beside = |other: Option<&&str>| {
            other.is_some_and(|other| {
                let bare = other.trim_matches(|c: char| !c.is_alphanumeric());
                PAGE_WORDS.contains(&bare) || matches!(*other, "|" | "–" | "-" | "•" | "·" | "/")
            })
        };
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let outermost = at == 0 || at + 1 == words.len();
        let numbered =
            is_number(word) && (beside(before) || (outermost && beside(words.get(at + 1))));
        out.push(if numbered { "#" } else { word });
    }
    out.join(" ")
}

/// The words and numbers of a line in lower case.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// The numbers of a short line, or those that a long one begins and ends with.
fn numbers(text: &str) -> Vec<i64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    // "Page 3 of 9" has its number within the line.
    let short = words.iter().filter(|_| words.len() <= 5);
    let ends = [words.first(), words.last()].into_iter().flatten().filter(|_| words.len() > 5);
    let number = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if word.len() <= 5 { word.parse().ok().or_else(|| roman(word)) } else { None }
    };
    short.chain(ends).filter_map(|word| number(word)).collect()
}

/// A number in small Roman letters, up to a hundred.
fn roman(word: &str) -> Option<i64> {
    if word.is_empty() || word.len() > 8 {
        return None;
    }
    let values: Option<Vec<i64>> = word
        .chars()
        .map(|c| match c {
            'i' => Some(1),
            'v' => Some(5),
            'x' => Some(10),
            'l' => Some(50),
            _ => None,
        })
        .collect();
    let values = values?;
    let mut total = 0;
    for (at, value) in values.iter().enumerate() {
        let next = values.get(at + 1).copied().unwrap_or(0);
        total += if next > *value { -value } else { *value };
    }
    (total > 0).then_some(total)
}
