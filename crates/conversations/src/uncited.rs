//! Finds the sentences of an answer that cite no source. Pure.

use models::Provider;
use serde_json::Value;

use crate::citations::{self, Prose};

/// A stretch of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextSpan {
    /// Its first character, counted from 0.
    pub start: usize,
    /// The character behind it.
    pub end: usize,
}

impl TextSpan {
    /// Parses pairs of start and end; malformed ones are skipped.
    pub(crate) fn read_all(stored: &Value) -> Vec<Self> {
        let number = |n: &Value| usize::try_from(n.as_u64()?).ok();
        let read = |pair: &Value| {
            let (start, end) = (number(pair.get(0)?)?, number(pair.get(1)?)?);
            Some(Self { start, end })
        };
        stored.as_array().into_iter().flatten().filter_map(read).collect()
    }
}

/// Sentences that are found in one answer; of readable length, it has far fewer.
const MOST_FOUND: usize = 1_000;
/// A sentence with fewer words states nothing that needs a source: "Yes, of course."
const LEAST_WORDS: usize = 4;
/// What begins and ends lines of code, and of a formula.
const FENCES: [&str; 2] = ["~~~", "$$"];
/// How sentences begin that are said to the reader, in small letters.
const COURTESIES: [&str; 22] = [
    "hej",
    "hejsan",
    "hallå",
    "god morgon",
    "god dag",
    "tack för",
    "välkommen",
    "hoppas",
    "jag hoppas",
    "hör av dig",
    "säg till",
    "säg gärna till",
    "lycka till",
    "fråga gärna",
    "hello",
    "hi",
    "thank you",
    "thanks for",
    "i hope",
    "let me know",
    "feel free",
    "good luck",
];
/// Beginnings of words for what an answer rests on.
const SOURCE_WORDS: [&str; 6] = ["källa", "källo", "dokument", "underlag", "source", "document"];
/// Words that say that something is not there.
const NEGATIONS: [&str; 14] = [
    "inte",
    "ej",
    "inget",
    "ingen",
    "inga",
    "ingenting",
    "saknar",
    "saknas",
    "not",
    "no",
    "nothing",
    "none",
    "cannot",
    "neither",
];

/// The sentences of a complete answer that cite none of its `sources`, the first 1 000 of them.
/// None of the extractive answerer, which quotes. Headings, tables, code, questions, courtesies and
/// sentences that say that the sources do not answer need no source, and neither do the items of a
/// list whose introduction cites one.
pub(crate) fn of_answer(text: &str, sources: usize, model: Option<&str>) -> Vec<TextSpan> {
    if sources == 0 || model.is_some_and(Provider::is_extractive) {
        return Vec::new();
    }
    let prose = citations::prose(text, sources);
    let mut marks = prose.marks.iter().copied().peekable();
    let (mut found, mut is_covered) = (Vec::new(), false);
    for block in blocks(&prose) {
        is_covered &= block.is_item;
        // Of a heading or a table.
        while marks.next_if(|mark| *mark < block.start).is_some() {}
        for sentence in sentences(&prose.text, &block) {
            let mut is_cited = false;
            while marks.next_if(|mark| *mark < sentence.cited_until).is_some() {
                is_cited = true;
            }
            let said = prose.text.get(sentence.start..sentence.end).unwrap_or_default();
            if !is_cited && !is_covered && needs_source(said) {
                found.push((sentence.start, sentence.end));
            }
            is_covered |= is_cited && said.ends_with(':');
        }
    }
    found.truncate(MOST_FOUND);
    in_characters(text, &found)
}

/// A paragraph or an item of a list, in bytes.
struct Block {
    start: usize,
    end: usize,
    is_item: bool,
}

/// A sentence, in bytes. Marks before `cited_until` that no sentence before it has are its own: one
/// may stand behind the full stop.
struct Sentence {
    start: usize,
    end: usize,
    cited_until: usize,
}

/// Paragraphs and items of lists; headings, tables, formulas and code are left out.
fn blocks(prose: &Prose) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let (mut at, mut is_open, mut is_list, mut fence) = (0, false, false, None);
    for line in prose.text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let said = line.trim_start_matches([' ', '\t', '>']).trim_end();
        let is_indented = line.starts_with("    ") || line.starts_with('\t');
        if fence.is_some() || FENCES.iter().any(|fence| said.starts_with(fence)) {
            fence = open_fence(fence, said);
            is_open = false;
        } else if said.is_empty() || is_no_prose(said) {
            if is_open && is_underline(said) {
                // The line above is a heading; after an item it is a rule.
                out.pop_if(|block| !block.is_item);
            }
            is_open = false;
        } else if let Some(text) = after_bullet(said) {
            let start = end - (line.len() - line.trim_end().len()) - text.len();
            out.push(Block { start, end, is_item: true });
            (is_open, is_list) = (true, true);
        } else if is_open {
            if let Some(block) = out.last_mut() {
                block.end = end;
            }
        } else if !is_indented || is_list {
            is_list &= is_indented;
            out.push(Block { start, end, is_item: is_list });
            is_open = true;
        }
    }
    out
}

/// The fence that is open after a line, of code or of a formula. Those of backticks are blanks here.
fn open_fence(open: Option<&'static str>, line: &str) -> Option<&'static str> {
    match open {
        Some("$$") if line.ends_with("$$") => None,
        Some("~~~") if line.starts_with("~~~") => None,
        Some(open) => Some(open),
        // `$$ x $$` on one line is closed.
        None if line.len() > 2 && line.starts_with("$$") && line.ends_with("$$") => None,
        None => FENCES.into_iter().find(|fence| line.starts_with(fence)),
    }
}

/// Headings, tables, rules, footnotes and HTML.
fn is_no_prose(line: &str) -> bool {
    line.starts_with(['#', '|', '<']) || line.starts_with("[^") || is_underline(line)
}

/// Whether a line is a rule, or underlines a heading.
fn is_underline(line: &str) -> bool {
    line.len() > 1 && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
}

/// What follows the bullet or number of an item.
fn after_bullet(line: &str) -> Option<&str> {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = match digits {
        0 => line.strip_prefix(['-', '*', '+', '•'])?,
        1..=9 => line.get(digits..)?.strip_prefix(['.', ')'])?,
        _ => return None,
    };
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

fn sentences(text: &str, block: &Block) -> Vec<Sentence> {
    let mut at = block.start;
    let words = text.get(block.start..block.end).unwrap_or_default();
    let words: Vec<(usize, &str)> = words
        .split_inclusive(char::is_whitespace)
        .filter_map(|word| {
            let start = at;
            at += word.len();
            let word = word.trim_end();
            (!word.is_empty()).then_some((start, word))
        })
        .collect();
    let nexts = words.iter().skip(1).map(Some).chain([None]);
    let (mut out, mut begin) = (Vec::new(), None);
    for ((start, word), next) in words.iter().zip(nexts) {
        if begin.is_none() && !word.contains(char::is_alphanumeric) {
            continue;
        }
        let first = *begin.get_or_insert(*start);
        let ends = |next: &str| language::ends_sentence(word, first == *start, next);
        if next.is_none_or(|(_, next)| ends(next)) {
            let cited_until = next.map_or(block.end, |(next, _)| *next);
            out.push(Sentence { start: first, end: start + word.len(), cited_until });
            begin = None;
        }
    }
    out
}

/// Whether a sentence states something. What is no complete sentence does not.
fn needs_source(sentence: &str) -> bool {
    let bare = sentence.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»', '*', '_', ' ', '\n']);
    if !bare.ends_with(['.', '!', '…']) {
        return false;
    }
    let said = sentence.to_lowercase();
    let words: Vec<&str> =
        said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_courtesy = |courtesy: &&str| {
        courtesy.split(' ').enumerate().all(|(at, word)| words.get(at).is_some_and(|w| *w == word))
    };
    let names_source = words.iter().any(|word| SOURCE_WORDS.iter().any(|s| word.starts_with(s)));
    let denies = words.iter().any(|word| NEGATIONS.contains(word)) || said.contains("n't");
    words.len() >= LEAST_WORDS && !COURTESIES.iter().any(is_courtesy) && !(names_source && denies)
}

/// Spans of bytes, in order, as spans of characters.
fn in_characters(text: &str, spans: &[(usize, usize)]) -> Vec<TextSpan> {
    let (mut bytes, mut characters) = (0, 0);
    let mut to = |byte: usize| {
        characters += text.get(bytes..byte).map_or(0, |between| between.chars().count());
        bytes = byte;
        characters
    };
    spans.iter().map(|(start, end)| TextSpan { start: to(*start), end: to(*end) }).collect()
}

#[cfg(test)]
mod tests;
