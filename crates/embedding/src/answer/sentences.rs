//! Sentences of a passage, each with what stands before it. A passage has one paragraph, list item
//! or table row on a line.

/// Longer sentences are cut after a word, bytes.
const LONGEST: usize = 500;
/// Most words of a heading.
const HEADING_WORDS: usize = 9;

/// A sentence, list item or table row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    /// The heading it stands under, or nothing.
    pub(super) heading: String,
    /// The sentence before it in its paragraph, or nothing.
    pub(super) before: String,
}

/// The sentences of a passage in order, with white space made single.
pub(super) fn split(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut heading = String::new();
    for line in paragraphs(text) {
        if is_heading(&line) {
            heading = line.trim_start_matches(['#', ' ']).to_owned();
            continue;
        }
        let mut before = String::new();
        for text in divide(line.trim_start_matches(['-', '*', '•', '>', ' '])) {
            let heading = heading.clone();
            sentences.push(Sentence {
                heading,
                before: std::mem::replace(&mut before, text.clone()),
                text,
            });
        }
    }
    sentences
}

/// Lines of a text; one that continues in lower case belongs to the line before.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match paragraphs.last_mut() {
            Some(last)
                if line.starts_with(char::is_lowercase)
                    && !last.ends_with(['.', '!', '?', ':']) =>
            {
                last.push(' ');
                last.push_str(&line);
            }
            _ if line.is_empty() => {}
            _ => paragraphs.push(line),
        }
    }
    paragraphs
}

/// Whether a line is short and ends like no sentence; a table row names its columns with colons or
/// parts them with bars.
fn is_heading(line: &str) -> bool {
    let short =
        line.split(' ').count() <= HEADING_WORDS && !line.ends_with(['.', '!', '?', ';', ':', ',']);
    line.starts_with("# ")
        || (short
            && !line.contains(": ")
            && !line.contains('|')
            && !line.starts_with(['-', '*', '•']))
}

/// The sentences of a paragraph.
fn divide(paragraph: &str) -> Vec<String> {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let nexts = words.iter().skip(1).map(Some).chain([None]);
    let mut sentences = Vec::new();
    let mut sentence = String::new();
    for (word, next) in words.iter().zip(nexts) {
        let first = sentence.is_empty();
        if !first {
            sentence.push(' ');
        }
        sentence.push_str(word);
        if next.is_none_or(|next| language::ends_sentence(word, first, next))
            || sentence.len() > LONGEST
        {
            sentences.push(std::mem::take(&mut sentence));
        }
    }
    sentences
}
