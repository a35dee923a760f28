//! Words that carry meaning, and questions that ask for a number.

use std::collections::HashSet;

/// English and Swedish words that carry no meaning of their own.
const EMPTY: &str = " the an and or of to in on at by for with from is are was were be been being do does did can may must \
    will would should could shall have has had it its this that these those there here what which who whom whose when where \
    why how much many long often me my we our you your he she they their them his her as if not no any some more most than \
    then so such into about also only other one each per just get need very out up hur vad var när vem vilka vilken vilket \
    varför är och att det den de en ett som på av för med till om kan ska har inte jag vi du man eller ";

/// Words that ask for a number or a date.
const NUMERIC: &str = " when cost costs price när kostar pris ";
/// What follows `how` or `what` in questions for a number or a date, and `hur` in Swedish.
const NUMERIC_PAIRS: &str = " how-much how-many how-long how-deep how-high how-old how-often how-far how-loud how-large how-big \
    how-late how-early how-warm how-cold what-time what-year what-date what-day what-number what-temperature what-age \
    hur-mycket hur-många hur-länge hur-lång hur-ofta hur-stor hur-gammal hur-högt ";

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Words of a text that carry meaning, cut to their first six letters so that most inflections are
/// equal.
pub(super) fn terms(text: &str) -> HashSet<String> {
    words(text)
        .filter(|word| word.len() > 1 && !is_in(EMPTY, word))
        .map(|word| word.chars().take(6).collect())
        .collect()
}

/// Whether a question asks for a number or a date.
pub(super) fn asks_for_number(question: &str) -> bool {
    let words: Vec<String> = words(question).collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    words.iter().any(|word| is_in(NUMERIC, word))
        || pairs.into_iter().any(|(a, b)| is_in(NUMERIC_PAIRS, &format!("{a}-{b}")))
}
