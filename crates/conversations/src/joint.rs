//! Joins the second part of an answer to the first. Models like to repeat the last words that they
//! have written, although they are asked not to. Pure.

/// The most characters of a repetition.
const MOST: usize = 300;
/// The fewest: shorter words may well occur twice.
const LEAST: usize = 12;

/// The end of the first part, and what has come of the second while it may be a repetition.
pub(crate) struct Joint {
    end: Vec<char>,
    held: Vec<char>,
    is_open: bool,
}

impl Joint {
    pub(crate) fn after(begun: &str) -> Self {
        let skipped = begun.chars().count().saturating_sub(MOST);
        Self { end: begun.chars().skip(skipped).collect(), held: Vec::new(), is_open: true }
    }

    /// The text that is known to be new.
    pub(crate) fn push(&mut self, text: &str) -> String {
        if !self.is_open {
            return text.to_owned();
        }
        self.held.extend(text.chars());
        if self.held.len() < self.end.len() && self.may_repeat() {
            return String::new();
        }
        self.close()
    }

    /// What is held back still, at the end of the second part.
    pub(crate) fn close(&mut self) -> String {
        if !std::mem::replace(&mut self.is_open, false) {
            return String::new();
        }
        let held = std::mem::take(&mut self.held);
        let repeated = self.starts().find(|rest| held.starts_with(rest)).map_or(0, <[char]>::len);
        let rest: String = held.iter().skip(repeated).collect();
        let is_sentence = |c: &char| matches!(c, '.' | '!' | '?' | ':' | ';' | ',');
        let begins_word = rest.chars().next().is_some_and(char::is_alphanumeric);
        if repeated == 0 && begins_word && self.end.last().is_some_and(is_sentence) {
            return format!(" {rest}");
        }
        rest
    }

    /// Whether more text may complete a repetition.
    fn may_repeat(&self) -> bool {
        self.starts().any(|rest| rest.len() > self.held.len() && rest.starts_with(&self.held))
    }

    /// The ends of the first part that may be repeated, the longest first.
    fn starts(&self) -> impl Iterator<Item = &[char]> {
        let last = self.end.len().saturating_sub(LEAST);
        (0..=last).filter_map(|at| self.end.get(at..)).filter(|rest| rest.len() >= LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(begun: &str, deltas: &[&str]) -> String {
        let mut joint = Joint::after(begun);
        let mut out = begun.to_owned();
        for delta in deltas {
            out.push_str(&joint.push(delta));
        }
        out.push_str(&joint.close());
        out
    }

    #[test]
    fn a_second_part_follows_the_first() {
        assert_eq!(joined("The library op", &["ens ", "at nine."]), "The library opens at nine.");
        assert_eq!(joined("Open.", &["Closed ", "on Sundays."]), "Open. Closed on Sundays.");
        assert_eq!(joined("- one\n", &["- two"]), "- one\n- two");
        assert_eq!(joined("3.", &[]), "3.");
    }

    #[test]
    fn repeated_words_are_written_once_however_they_come() {
        let begun = "Members may borrow up to twelve books for";
        let second = "up to twelve books for four weeks.";
        let whole = "Members may borrow up to twelve books for four weeks.";
        assert_eq!(joined(begun, &[second]), whole);
        let deltas: Vec<String> = second.chars().map(String::from).collect();
        assert_eq!(joined(begun, &deltas.iter().map(String::as_str).collect::<Vec<_>>()), whole);
        assert_eq!(joined(begun, &["up to twelve books for"]), begun);
    }

    #[test]
    fn short_words_that_occur_again_stay() {
        assert_eq!(joined("one and", &[" and two"]), "one and and two");
        assert_eq!(joined("It is so", &["so nice"]), "It is soso nice");
    }
}
