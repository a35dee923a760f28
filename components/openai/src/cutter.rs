//! Ends an answer at a stop sequence, or after so many tokens, whatever its model does. Pure.

/// Characters of a token, estimated as everywhere.
const CHARACTERS: usize = 4;

/// Why an answer was cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    /// A stop sequence came.
    Stop,
    /// It has as many tokens as were asked for.
    Length,
}

/// Passes text on, and holds back what may be the beginning of a stop sequence.
#[derive(Default)]
pub(crate) struct Cutter {
    stops: Vec<String>,
    /// Characters that may still pass.
    left: Option<usize>,
    held: String,
    cut: Option<Cut>,
}

impl Cutter {
    pub(crate) fn new(stops: &[String], max_tokens: Option<usize>) -> Self {
        let left = max_tokens.map(|tokens| tokens.saturating_mul(CHARACTERS));
        Self { stops: stops.to_vec(), left, held: String::new(), cut: None }
    }

    /// Takes text; gives what may be sent. Nothing passes after a cut.
    pub(crate) fn push(&mut self, text: &str) -> String {
        if self.cut.is_some() {
            return String::new();
        }
        self.held.push_str(text);
        let found = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        let ready = match found {
            Some(at) => {
                self.cut = Some(Cut::Stop);
                let ready = self.held.get(..at).unwrap_or_default().to_owned();
                self.held.clear();
                ready
            }
            None => {
                let held = self.held.split_off(self.held.len() - self.open());
                std::mem::replace(&mut self.held, held)
            }
        };
        self.within_limit(ready)
    }

    /// Takes arguments of a tool's call, which count as long as text does; gives what may be sent.
    /// What was held back of the text has to be sent before.
    pub(crate) fn push_arguments(&mut self, arguments: &str) -> String {
        if self.cut.is_some() { String::new() } else { self.within_limit(arguments.to_owned()) }
    }

    /// The model is done, or does something else: what was held back is text.
    pub(crate) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.held);
        self.within_limit(rest)
    }

    /// Why nothing more passes.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// The most bytes at the end that begin a stop sequence.
    fn open(&self) -> usize {
        let begins = |stop: &String| {
            let lengths = stop.char_indices().map(|(at, _)| at).skip(1);
            lengths
                .filter(|length| self.held.ends_with(stop.get(..*length).unwrap_or_default()))
                .max()
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }

    fn within_limit(&mut self, text: String) -> String {
        let Some(left) = self.left else { return text };
        let length = text.chars().count();
        if length <= left {
            self.left = Some(left - length);
            return text;
        }
        self.left = Some(0);
        self.cut = Some(Cut::Length);
        self.held.clear();
        text.chars().take(left).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stops: &[&str], max_tokens: Option<usize>, pieces: &[&str]) -> (String, Option<Cut>) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut cutter = Cutter::new(&stops, max_tokens);
        let mut out: String = pieces.iter().map(|piece| cutter.push(piece)).collect();
        out.push_str(&cutter.finish());
        (out, cutter.cut())
    }

    #[test]
    fn without_a_limit_all_passes() {
        assert_eq!(run(&[], None, &["å", "b"]), ("åb".to_owned(), None));
    }

    #[test]
    fn an_answer_ends_before_the_first_stop_sequence_however_it_is_cut() {
        let text = "one\nÅEND two STOP";
        for size in 1..text.chars().count() {
            let letters: Vec<char> = text.chars().collect();
            let pieces: Vec<String> =
                letters.chunks(size).map(|chunk| chunk.iter().collect()).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(
                run(&["STOP", "ÅEND"], None, &pieces),
                ("one\n".to_owned(), Some(Cut::Stop)),
                "{size}"
            );
        }
    }

    #[test]
    fn what_only_began_like_a_stop_sequence_is_text() {
        assert_eq!(run(&["END"], None, &["an E", "N"]), ("an EN".to_owned(), None));
        assert_eq!(run(&["aab"], None, &["aa", "ab"]), ("a".to_owned(), Some(Cut::Stop)));
    }

    #[test]
    fn an_answer_ends_after_its_tokens() {
        assert_eq!(run(&[], Some(1), &["åäö", "xyz"]), ("åäöx".to_owned(), Some(Cut::Length)));
        assert_eq!(run(&[], Some(1), &["abcd"]), ("abcd".to_owned(), None));
        assert_eq!(run(&["x"], Some(1), &["abcde", "x"]), ("abcd".to_owned(), Some(Cut::Length)));
    }
}
