//! Joins lines: which hyphen at a line's end the setting put there, and which is the word's own.

use std::collections::HashMap;

use super::lines::Line;

/// Words of a document that are kept to compare with.
const MAX_WORDS: usize = 60_000;

/// Sizes that a full line of a script without blanks may end before the longest one: a sign that
/// must not end a line.
const UNFILLED: f32 = 2.1;

/// Words that a suspended hyphen stands before: "in- och utresa", "pre- and post-war".
const SUSPENDING: &[&str] = &[
    "och",
    "eller",
    "samt",
    "and",
    "or",
    "und",
    "oder",
    "bzw",
    "og",
    "ja",
    "tai",
    "resp",
    "respektive",
];

/// First parts of English words that keep their hyphen.
const FIRST: &[&str] = &[
    "well", "self", "non", "long", "short", "high", "low", "full", "part", "half", "all", "cross",
    "ex", "so", "ill", "first", "second", "third", "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "mid", "large", "small", "open", "cost", "user", "time",
    "end", "real", "hard", "soft", "fine", "single", "double", "multi", "much", "world", "year",
    "on", "off", "state", "built", "ready", "left", "right", "top", "bottom", "fixed", "free",
];

/// Second parts of English words that keep their hyphen after a whole word.
const SECOND: &[&str] = &[
    "based",
    "related",
    "free",
    "driven",
    "oriented",
    "specific",
    "known",
    "made",
    "wide",
    "term",
    "scale",
    "sized",
    "old",
    "defined",
    "dependent",
    "determining",
    "determined",
    "making",
    "setting",
    "saving",
    "taking",
    "giving",
    "sharing",
    "reducing",
    "producing",
    "generating",
    "consuming",
    "like",
    "level",
    "friendly",
    "efficient",
    "effective",
    "intensive",
    "aware",
    "only",
    "class",
    "quality",
    "rich",
    "poor",
    "led",
    "owned",
    "funded",
    "assisted",
    "enabled",
    "centred",
    "centered",
    "focused",
    "speaking",
    "looking",
    "standing",
    "sensitive",
    "neutral",
    "weighted",
    "averse",
    "bound",
    "linked",
    "paid",
    "wise",
    "proof",
    "ready",
    "range",
    "sided",
    "step",
    "way",
    "fold",
    "being",
    "called",
];

/// Beginnings that make one word with such a second part: "undertaking", "interrelated".
const CLOSED: &[&str] = &[
    "under", "over", "out", "fore", "with", "inter", "mis", "dis", "un", "re", "pre", "de", "up",
    "there", "some", "any", "every", "no", "like", "other", "pains", "break", "back", "half",
    "bench", "life", "child", "sea",
];

/// The words that a document uses within its lines.
#[derive(Debug, Default)]
pub(super) struct Words(HashMap<String, usize>);

impl Words {
    /// Notes the words of a line, but for those at its ends, which may be parts.
    pub(super) fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for word in words.iter().take(words.len().saturating_sub(1)).skip(1) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            if !word.is_empty()
                && word.len() < 60
                && (self.0.len() < MAX_WORDS || self.0.contains_key(&word))
            {
                *self.0.entry(word).or_default() += 1;
            }
        }
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    /// True where the hyphen between two lower-case parts belongs to the word.
    fn keeps_hyphen(&self, first: &str, second: &str) -> bool {
        let (first, second) = (first.to_lowercase(), second.to_lowercase());
        if self.has(&format!("{first}-{second}")) {
            return true;
        }
        if self.has(&format!("{first}{second}")) {
            return false;
        }
        let is_closed = CLOSED.contains(&first.as_str());
        (FIRST.contains(&first.as_str()) && second.len() > 3 && !is_closed)
            || (SECOND.contains(&second.as_str()) && first.len() > 2 && !is_closed)
    }
}

/// Lines of running text as one, words that were divided at a line's end made whole.
pub(super) fn join(lines: &[Line], words: &Words) -> String {
    let right = lines.iter().map(Line::x1).fold(f32::MIN, f32::max);
    let mut out = String::new();
    let mut before: Option<&Line> = None;
    for line in lines {
        let text = line.text();
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        // Text goes on from a line that is filled to one below it; what stands beside it, or under
        // a short line, is another text.
        let goes_on = before.is_none_or(|before| {
            before.x1() + UNFILLED * before.size >= right && line.x0() < before.x1()
        });
        before = Some(line);
        append(&mut out, text, words, goes_on);
    }
    without_leaders(out)
}

/// Appends a line to a text, which it `goes_on` without a blank where its script has none.
pub(super) fn append(out: &mut String, line: &str, words: &Words, goes_on: bool) {
    match joint(out, line, words, goes_on) {
        Joint::Divided => {
            out.pop();
        }
        Joint::Own => {}
        Joint::Blank => out.push(' '),
    }
    out.push_str(line);
}

/// What stands between two lines.
enum Joint {
    /// A hyphen that the setting put there.
    Divided,
    /// Nothing: the hyphen is the word's, or the script has no blanks.
    Own,
    Blank,
}

fn joint(before: &str, line: &str, words: &Words, goes_on: bool) -> Joint {
    let Some(next) = line.chars().next() else { return Joint::Own };
    if before.is_empty() {
        return Joint::Own;
    }
    if before.ends_with('\u{ad}') {
        return Joint::Divided;
    }
    let Some(stem) = before.strip_suffix(['-', '\u{2010}']) else {
        let joins = goes_on && is_unspaced(next) && before.ends_with(is_unspaced);
        return if joins { Joint::Own } else { Joint::Blank };
    };
    let first: String = stem
        .chars()
        .rev()
        .take_while(|c| c.is_alphabetic())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let second: String = line.chars().take_while(|c| c.is_alphabetic()).collect();
    let Some(last) = stem.chars().next_back().filter(|c| c.is_alphanumeric()) else {
        return Joint::Blank;
    };
    if SUSPENDING.contains(&second.to_lowercase().as_str()) {
        return Joint::Blank;
    }
    if last.is_lowercase() && next.is_lowercase() {
        let inside = stem
            .get(..stem.len() - first.len())
            .is_some_and(|rest| rest.ends_with(['-', '\u{2010}']));
        let own = first.chars().count() < 2
            || inside && second.len() > 3
            || words.keeps_hyphen(&first, &second);
        return if own { Joint::Own } else { Joint::Divided };
    }
    let capitals = |word: &str| word.chars().count() > 2 && word.chars().all(char::is_uppercase);
    if capitals(&first)
        && capitals(&second)
        && !words.has(&format!("{first}-{second}").to_lowercase())
    {
        return Joint::Divided;
    }
    if last.is_alphabetic() || next.is_alphanumeric() { Joint::Own } else { Joint::Blank }
}

/// Dots that lead the eye from a title to its page number say nothing.
fn without_leaders(text: String) -> String {
    let leaders = |text: &str| text.find("....").into_iter().chain(text.find(". . . .")).min();
    if leaders(&text).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = leaders(rest) {
        let (before, dots) = rest.split_at(at);
        out.push_str(before.trim_end());
        out.push_str(" … ");
        rest = dots.trim_start_matches(['.', ' ']);
    }
    out + rest
}

/// Scripts that are written without blanks between words.
pub(super) fn is_unspaced(c: char) -> bool {
    // Latin letters and digits of full width are written with blanks.
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
        || (matches!(c, '\u{ff00}'..='\u{ffef}')
            && !matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ'))
}
