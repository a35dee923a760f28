//! Which sentences answer a question.

use std::collections::HashSet;

use crate::Vector;

/// A sentence that could be quoted.
pub(super) struct Candidate<'a> {
    /// Number of its source.
    pub(super) source: usize,
    /// Title of the source.
    pub(super) title: &'a str,
    pub(super) text: String,
}

/// Most sentences in an answer.
const MOST: usize = 4;
/// Score below which the best sentence is no answer.
const RELEVANT: f32 = 0.45;
/// Share of the best score that further sentences must reach.
const CLOSE: f32 = 0.8;
/// Sentences more similar than this say the same.
const SAME: f32 = 0.9;

/// The sentences to quote, in the order of the sources. `vectors` holds the question's, then the candidates'.
pub(super) fn best<'c, 't>(
    question: &str,
    candidates: &'c [Candidate<'t>],
    vectors: &[Vector],
) -> Vec<&'c Candidate<'t>> {
    let Some((asked, vectors)) = vectors.split_first() else { return Vec::new() };
    let terms = terms(question);
    let mut scored: Vec<_> = candidates
        .iter()
        .zip(vectors)
        .enumerate()
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(at, (candidate, vector))| (score(&terms, candidate, similarity(asked, vector)), at, candidate, vector))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(limit) = scored.first().map(|first| first.0 * CLOSE).filter(|limit| *limit >= RELEVANT * CLOSE) else {
        return Vec::new();
    };
    let mut chosen: Vec<(usize, &Candidate, &Vector)> = Vec::new();
    for (_, at, candidate, vector) in scored.into_iter().take_while(|one| one.0 >= limit) {
        if chosen.len() < MOST && chosen.iter().all(|(_, _, other)| similarity(other, vector) < SAME) {
            chosen.push((at, candidate, vector));
        }
    }
    chosen.sort_by_key(|(at, ..)| *at);
    chosen.into_iter().map(|(_, candidate, _)| candidate).collect()
}

/// Closeness of meaning, raised by the share of the question's words that the sentence (or its title) holds.
fn score(asked: &HashSet<String>, candidate: &Candidate, similarity: f32) -> f32 {
    let mut held = terms(&candidate.text);
    held.extend(terms(candidate.title));
    let shared = asked.intersection(&held).count() as f32 / asked.len().max(1) as f32;
    similarity + 0.2 * shared
}

/// Cosine of two vectors of length 1.
fn similarity(a: &Vector, b: &Vector) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Words of a text that carry meaning, cut to their first six letters so that most inflections are equal.
fn terms(text: &str) -> HashSet<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 3 || word.chars().any(char::is_numeric));
    words.map(|word| word.to_lowercase().chars().take(6).collect()).collect()
}
