//! Parses the citations of a text. Pure.

/// The cited numbers that name one of `sources` sources, each once, in order of appearance. `[2]`,
/// `[1, 3]` and `[1][2]` cite; a list with an unknown number is plain text, as are brackets in
/// code.
pub(crate) fn valid(text: &str, sources: usize) -> Vec<i64> {
    let mut out = Vec::new();
    for mark in marks(text) {
        if mark.numbers.iter().all(|n| (1..=sources).contains(n)) {
            for n in mark.numbers.iter().filter_map(|n| i64::try_from(*n).ok()) {
                if !out.contains(&n) {
                    out.push(n);
                }
            }
        }
    }
    out
}

/// A citation in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CitationMark {
    /// The number of the source.
    pub n: i64,
    /// The mark's first character, counted from 0.
    pub start: usize,
    /// The character behind it.
    pub end: usize,
}

/// Citations of a text that are located; an answer of readable length has far fewer.
const MOST_LOCATED: usize = 1_000;

/// Where a text cites which source, the first 1 000 of them: one entry for each number of each mark that [`valid`] takes, in
/// order of appearance.
pub(crate) fn located(text: &str, sources: usize) -> Vec<CitationMark> {
    let (mut out, mut bytes, mut characters) = (Vec::new(), 0, 0);
    for mark in marks(text) {
        characters += text.get(bytes..mark.start).map_or(0, |before| before.chars().count());
        let length = text.get(mark.start..mark.end).map_or(0, |mark| mark.chars().count());
        if mark.numbers.iter().all(|n| (1..=sources).contains(n)) {
            let numbers = mark.numbers.iter().filter_map(|n| i64::try_from(*n).ok());
            let left = MOST_LOCATED - out.len();
            out.extend(numbers.take(left).map(|n| CitationMark {
                n,
                start: characters,
                end: characters + length,
            }));
            if out.len() == MOST_LOCATED {
                break;
            }
        }
        characters += length;
        bytes = mark.end;
    }
    out
}

/// Removes citations: the numbers of an earlier answer name other sources than those of the next.
pub(crate) fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for mark in marks(text) {
        out.push_str(text.get(from..mark.start).unwrap_or_default().trim_end_matches(' '));
        from = mark.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

struct Marker {
    start: usize,
    end: usize,
    numbers: Vec<usize>,
}

/// What is more than plain text.
enum Part {
    /// `[n]` or `[n, m]`.
    Mark(Marker),
    /// A span or block of code, in bytes.
    Code { start: usize, end: usize },
}

/// Every `[n]` and `[n, m]` outside code.
fn marks(text: &str) -> Vec<Marker> {
    let mark = |part| match part {
        Part::Mark(mark) => Some(mark),
        Part::Code { .. } => None,
    };
    parts(text).into_iter().filter_map(mark).collect()
}

/// Marks and code, in order.
fn parts(text: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', '`']) {
        let start = text.len() - rest.len() + at;
        let Some(found) = rest.get(at..) else { break };
        let end = if found.starts_with('`') {
            let end = start + code_length(found);
            out.push(Part::Code { start, end });
            end
        } else {
            match numbers(found) {
                Some((length, numbers)) => {
                    let end = start + length;
                    out.push(Part::Mark(Marker { start, end, numbers }));
                    end
                }
                None => start + 1,
            }
        };
        rest = text.get(end..).unwrap_or_default();
    }
    out
}

/// A text of which only prose is left, byte by byte at its place.
pub(crate) struct Prose {
    /// Citations and blocks of code are blanks, spans of code are letters.
    pub(crate) text: String,
    /// Where citations begin, in bytes.
    pub(crate) marks: Vec<usize>,
}

/// The prose of a text with citations of `sources` sources.
pub(crate) fn prose(text: &str, sources: usize) -> Prose {
    let mut prose = Prose { text: String::with_capacity(text.len()), marks: Vec::new() };
    let mut from = 0;
    for part in parts(text) {
        let (start, end, filler) = match part {
            Part::Mark(mark) if mark.numbers.iter().all(|n| (1..=sources).contains(n)) => {
                prose.marks.push(mark.start);
                (mark.start, mark.end, ' ')
            }
            Part::Mark(_) => continue,
            Part::Code { start, end } => {
                let is_block = text.get(start..end).is_some_and(|code| code.starts_with("```"));
                (start, end, if is_block { ' ' } else { 'x' })
            }
        };
        prose.text.push_str(text.get(from..start).unwrap_or_default());
        let hidden = text.get(start..end).unwrap_or_default().bytes();
        prose.text.extend(hidden.map(|byte| if byte == b'\n' { '\n' } else { filler }));
        from = end;
    }
    prose.text.push_str(text.get(from..).unwrap_or_default());
    prose
}

/// The length in bytes of the code span or block that begins with these backticks; of the backticks
/// alone if it has no end (except a fence, which then extends to the end: the model is still
/// writing it, or was stopped).
fn code_length(text: &str) -> usize {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let fence = text.get(..ticks).unwrap_or_default();
    let mut at = ticks;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(fence)) {
        let close = at + found;
        let run =
            text.get(close..).map_or(0, |rest| rest.len() - rest.trim_start_matches('`').len());
        if run == ticks {
            return close + run;
        }
        at = close + run;
    }
    if ticks >= 3 { text.len() } else { ticks }
}

/// The numbers of the citation at the beginning of the text, and its length in bytes.
fn numbers(text: &str) -> Option<(usize, Vec<usize>)> {
    // Ends before the next bracket, so that all of an answer's brackets cost one pass over it.
    let end = |c: char| !(c.is_ascii_digit() || c == ',' || c.is_whitespace());
    let close = 1 + text.get(1..)?.find(end)?;
    if !text.get(close..)?.starts_with(']') {
        return None;
    }
    let number = |n: &str| {
        let n = n.trim();
        (1..=3)
            .contains(&n.len())
            .then_some(n)
            .filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let inner = text.get(1..close).filter(|inner| *inner == inner.trim())?;
    let numbers = inner.split(',').map(number).collect::<Option<Vec<usize>>>()?;
    Some((close + 1, numbers))
}

#[cfg(test)]
mod tests {
    use super::{CitationMark, located, strip, valid};

    #[test]
    fn a_citation_must_name_a_source_that_was_given() {
        assert_eq!(valid("Nine o'clock [1]. Also [2][3], and [1, 2].", 2), [1, 2]);
        assert_eq!(
            valid("Nothing [0] here [7] cites [1234567890123456789012].", 3),
            Vec::<i64>::new()
        );
        assert_eq!(valid("[1]", 0), Vec::<i64>::new());
    }

    #[test]
    fn a_citation_is_located_by_characters() {
        let at = |n, start, end| CitationMark { n, start, end };
        assert_eq!(
            located("Åre är öppet [1]. 😀 `[2]` [9] [2, 1]", 2),
            [at(1, 13, 16), at(2, 30, 36), at(1, 30, 36)]
        );
        assert_eq!(located("[1]", 0), []);
    }

    #[test]
    fn at_most_a_thousand_citations_of_a_text_are_located() {
        assert_eq!(located(&"[1]".repeat(5_000), 1).len(), 1_000);
        assert_eq!(located(&format!("[1{}]", ", 1".repeat(5_000)), 1).len(), 1_000);
    }

    #[test]
    fn the_order_is_that_of_appearance() {
        assert_eq!(valid("b [3] a [1] b [3, 1]", 3), [3, 1]);
    }

    #[test]
    fn a_list_with_an_unknown_number_is_plain_text() {
        assert_eq!(valid("x [1, 9] y [2]", 2), [2]);
    }

    #[test]
    fn other_brackets_are_no_citations() {
        for text in
            ["[a]", "[]", "[1", "[1.2]", "[1;2]", "[-1]", "[ ]", "[+1]", "[ 1 ]", "1]", "[[x]"]
        {
            assert_eq!(valid(text, 9), Vec::<i64>::new(), "{text}");
        }
        assert_eq!(valid("[[1]] and [2 ,  1]", 9), [1, 2]);
    }

    #[test]
    fn code_cites_nothing() {
        assert_eq!(valid("use `a[1]` and ``b`[2]``, see [3]", 3), [3]);
        assert_eq!(valid("```c\na[1] = `b`[2];\n```\nas said [3]", 3), [3]);
        assert_eq!(valid("```\na[1] and no end", 3), Vec::<i64>::new());
        assert_eq!(valid("a lone ` then [1]", 3), [1]);
    }

    #[test]
    fn every_prefix_of_a_text_can_be_parsed() {
        let text = "å[1]`x[2]` ```y[3]``` [1, 2] 😀 [";
        for cut in (0..=text.len()).filter(|c| text.is_char_boundary(*c)) {
            let _ = (valid(&text[..cut], 3), strip(&text[cut..]));
        }
    }

    /// With a search for the end of each bracket this would take hours.
    #[test]
    fn a_million_open_brackets_are_read_once() {
        for hostile in ["[", "[1,", "[1, 2[ "] {
            assert_eq!(valid(&hostile.repeat(1 << 20), 3), Vec::<i64>::new());
        }
    }

    #[test]
    fn a_text_without_its_citations_reads_as_before() {
        assert_eq!(
            strip("It opens at nine [1]. On Sundays at ten [2][3]."),
            "It opens at nine. On Sundays at ten."
        );
        assert_eq!(strip("`a[1]` stays"), "`a[1]` stays");
    }
}
