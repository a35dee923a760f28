//! The stretch of a chunk that shows why it was found.

/// Characters of a snippet.
const SNIPPET_CHARS: usize = 320;
/// The most words of a query that are looked for.
const MOST_WORDS: usize = 32;
/// Bytes of a chunk that are looked through; 512 tokens of prose are about 2 000.
const MOST_BYTES: usize = 8 << 10;
/// The most places of one word that count.
const MOST_PLACES: usize = 256;
/// The most beginnings of sentences that are tried.
const MOST_STARTS: usize = 1_024;

/// The stretch of a text with most different words of a query, at most 320 characters; its beginning
/// if it has none of them.
#[must_use]
pub fn snippet(query: &str, content: &str) -> String {
    QueryWords::of(query).snippet(content, &mut 0)
}

/// The words of one query, ready for many chunks.
#[derive(Debug)]
pub(crate) struct QueryWords(Vec<String>);

impl QueryWords {
    /// Different words of more than two letters, the longest first: they tell most. A script
    /// without blanks between words has shorter ones.
    pub(crate) fn of(query: &str) -> Self {
        let parts = query
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().count() > 2 || !w.is_ascii());
        let mut words: Vec<String> = parts.map(lower).collect();
        words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        words.truncate(MOST_WORDS);
        Self(words)
    }

    /// The stretch with most different words of the query, the earliest of equals. `steps` grows by
    /// what was compared.
    pub(crate) fn snippet(&self, content: &str, steps: &mut usize) -> String {
        let content = single_blanks(content);
        if content.chars().count() <= SNIPPET_CHARS {
            return content;
        }
        let start = self.best_start(&content, steps);
        let rest = content.get(start..).unwrap_or(&content).trim_start();
        let text: String = rest.chars().take(SNIPPET_CHARS).collect();
        let is_rest = text.len() == rest.len();
        // Not in the middle of a word.
        let whole = if is_rest {
            &text
        } else {
            text.rsplit_once(' ').map_or(text.as_str(), |(head, _)| head)
        };
        format!("{}{whole}{}", if start > 0 { "…" } else { "" }, if is_rest { "" } else { "…" })
    }

    /// One pass over the places of the words, with a window that only moves forward.
    fn best_start(&self, content: &str, steps: &mut usize) -> usize {
        let text = lower(content);
        // Where each ends: a word that the window cuts is not shown.
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (word, sought) in self.0.iter().enumerate() {
            let ends = text.match_indices(sought.as_str()).map(|(at, _)| at + sought.len());
            places.extend(ends.take(MOST_PLACES).map(|end| (end, word)));
        }
        places.sort_unstable();
        *steps += text.len() * self.0.len() + places.len();
        let ends =
            text.match_indices(['.', '!', '?', '。', '！', '？']).map(|(at, sign)| at + sign.len());
        let (mut first, mut next) = (0, 0);
        let mut counts = vec![0_usize; self.0.len()];
        let (mut different, mut best) = (0, (0, 0));
        for start in std::iter::once(0).chain(ends).take(MOST_STARTS) {
            *steps += 1;
            // About as far as the snippet will reach: letters of two bytes make it a little
            // shorter.
            let end = start + SNIPPET_CHARS;
            while let Some((_, word)) = places.get(next).filter(|(word_end, _)| *word_end < end) {
                if let Some(count) = counts.get_mut(*word) {
                    different += usize::from(*count == 0);
                    *count += 1;
                }
                next += 1;
            }
            while let Some((_, word)) =
                places.get(first).filter(|(word_end, _)| *word_end <= start && first < next)
            {
                if let Some(count) = counts.get_mut(*word) {
                    *count -= 1;
                    different -= usize::from(*count == 0);
                }
                first += 1;
            }
            if different > best.1 {
                best = (start, different);
            }
        }
        best.0
    }
}

/// Lower case with every letter at its place: one whose lower case has another length stays.
fn lower(text: &str) -> String {
    let one =
        |c: char| c.to_lowercase().next().filter(|low| low.len_utf8() == c.len_utf8()).unwrap_or(c);
    text.chars().map(one).collect()
}

/// Each run of white space as one blank, as far as a chunk is looked through.
fn single_blanks(content: &str) -> String {
    let mut out = String::with_capacity(content.len().min(MOST_BYTES));
    for word in content.split_whitespace() {
        if out.len() > MOST_BYTES {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    let end = out.floor_char_boundary(MOST_BYTES);
    out.truncate(end);
    out
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, MOST_PLACES, MOST_STARTS, MOST_WORDS, QueryWords};

    fn snippet(content: &str, query: &str) -> String {
        super::snippet(query, content)
    }

    #[test]
    fn a_snippet_shows_the_stretch_with_the_querys_words() {
        let content = format!(
            "{} The library opens at nine on Saturdays. {}",
            "Filler words here. ".repeat(40),
            "More filler. ".repeat(40)
        );
        let shown = snippet(&content, "When does the library open on Saturdays?");
        assert!(shown.contains("library opens at nine"), "{shown}");
        assert!(shown.chars().count() <= 324, "{shown}");
    }

    #[test]
    fn words_at_the_end_of_a_chunk_are_shown_too() {
        let content =
            format!("{}Öppet för ÅTERVINNING på lördagar.", "Utfyllnad av ord. ".repeat(60));
        let shown = snippet(&content, "återvinning lördagar");
        assert!(shown.ends_with("ÅTERVINNING på lördagar."), "{shown}");
    }

    #[test]
    fn a_short_chunk_is_shown_whole_and_characters_of_any_width_are_not_cut() {
        assert_eq!(snippet("Åäö  är\nbra", "x"), "Åäö är bra");
        assert!(snippet(&"å ".repeat(1000), "ö").ends_with('…'));
        assert!(snippet(&"İßŉ. ".repeat(400), "i̇ßŉ").ends_with('…'));
    }

    /// The attack of the security test: many words, many ends of sentences, a hundred chunks.
    #[test]
    fn a_hundred_snippets_of_a_hostile_query_cost_no_more_than_their_bound() {
        let query: String = (0..499_u32)
            .map(|n| {
                (0..3).map(|i| char::from(b'a' + (n / 8_u32.pow(i) % 8) as u8)).collect::<String>()
                    + " "
            })
            .collect();
        let words = QueryWords::of(&query);
        assert!(words.0.len() <= MOST_WORDS);
        let contents = [
            "!".repeat(500),
            "! ".repeat(50_000),
            "aaa.".repeat(50_000),
            format!("{query}! ").repeat(50),
        ];
        for content in &contents {
            let mut steps = 0;
            for _ in 0..100 {
                words.snippet(content, &mut steps);
            }
            let bound = MOST_WORDS * (MOST_BYTES + 2 * MOST_PLACES) + MOST_STARTS;
            assert!(steps <= 100 * bound, "{steps}");
        }
        let mut steps = 0;
        words.snippet(&"!".repeat(500), &mut steps);
        assert!(
            steps <= 500 * MOST_WORDS + MOST_STARTS,
            "{steps} steps for 500 marks; it was 499 words × 500 ends × 320 characters"
        );
    }
}
