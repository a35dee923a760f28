//! What was said before a question, and what of it fits into a prompt. Pure.

use models::Tokenizer;

use crate::{budget::MESSAGE_TOKENS, citations, neutral};

/// A question and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// What was asked.
    pub question: String,
    /// What the model said, with its citations.
    pub answer: String,
}

/// What was said before a question.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct History {
    /// Newest first.
    pub(crate) turns: Vec<Turn>,
    /// Whether there is more than these, or some of them were cut.
    pub(crate) is_cut: bool,
}

/// The newest turns that fit into so many tokens, newest first. The newest one is cut if it is too
/// long; older ones are left out whole.
pub(crate) fn fitting_turns(turns: &[Turn], tokens: usize, tokenizer: Tokenizer) -> History {
    let mut left = tokens;
    let mut out = History::default();
    let count = |text: &str| tokenizer.count(text) + MESSAGE_TOKENS;
    for turn in turns {
        // The numbers of earlier citations name other sources than those of this prompt.
        let question = neutral::text(&turn.question);
        let answer = neutral::text(&citations::strip(&turn.answer));
        let needed = count(&question) + count(&answer);
        if let Some(rest) = left.checked_sub(needed) {
            left = rest;
            out.turns.push(Turn { question, answer });
            continue;
        }
        out.is_cut = true;
        let left = left.saturating_sub(2 * MESSAGE_TOKENS);
        if out.turns.is_empty() && left > 8 * MESSAGE_TOKENS {
            let question = cut(question, left / 2, tokenizer);
            let answer = cut(answer, left - tokenizer.count(&question), tokenizer);
            out.turns.push(Turn { question, answer });
        }
        break;
    }
    out
}

/// The beginning of a text that is longer than so many tokens.
fn cut(text: String, tokens: usize, tokenizer: Tokenizer) -> String {
    let mut most = tokenizer.characters(tokens);
    let mut text = text;
    // Of code and of tables fewer characters fit than of prose.
    while tokenizer.count(&text) > tokens && most > 0 {
        text = text.chars().take(most.saturating_sub(1)).chain(['…']).collect();
        most -= most.div_ceil(8);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(n: usize, length: usize) -> Turn {
        Turn { question: format!("q{n}"), answer: "a".repeat(length) }
    }

    fn kept(turns: &[Turn], tokens: usize) -> History {
        fitting_turns(turns, tokens, Tokenizer::Other)
    }

    #[test]
    fn the_newest_turns_fit_and_it_is_known_that_older_ones_are_left_out() {
        let turns: Vec<Turn> = (0..20).map(|n| turn(n, 2_000)).collect();
        let one = Tokenizer::Other.count(&turns[0].answer) + 2 * MESSAGE_TOKENS + 3;
        let some = kept(&turns, 7 * one);
        let questions: Vec<&str> = some.turns.iter().map(|t| t.question.as_str()).collect();
        assert_eq!(questions, ["q0", "q1", "q2", "q3", "q4", "q5", "q6"]);
        assert!(some.is_cut && !kept(&turns[..7], 7 * one).is_cut);
    }

    #[test]
    fn a_newest_turn_that_is_too_long_is_cut_and_kept() {
        let turns = [Turn { question: "å".repeat(32_000), answer: "b".repeat(32_000) }, turn(1, 4)];
        let some = kept(&turns, 4_000);
        let [turn] = some.turns.as_slice() else { panic!("{}", some.turns.len()) };
        assert!(some.is_cut && turn.question.ends_with('…') && turn.answer.ends_with('…'));
        let tokens = |text: &str| Tokenizer::Other.count(text);
        assert!(tokens(&turn.question) + tokens(&turn.answer) <= 4_000);
        assert!(tokens(&turn.question) > 500, "{}", tokens(&turn.question));
    }

    #[test]
    fn nothing_is_kept_where_nothing_fits() {
        assert_eq!(kept(&[turn(0, 400)], 20), History { turns: Vec::new(), is_cut: true });
        assert_eq!(kept(&[], 0), History::default());
    }
}
