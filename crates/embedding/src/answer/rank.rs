//! Which sentences answer a question.

use std::collections::HashMap;

use super::sentences::Sentence;
use super::words::{asks_for_number, terms};
use crate::{Vector, spec::Answering};

/// A sentence that could be quoted.
pub(super) struct Candidate<'a> {
    /// Number of its source.
    pub(super) source: usize,
    /// Title of the source.
    pub(super) title: &'a str,
    /// Whether the source is in another language than the question.
    pub(super) is_across: bool,
    pub(super) sentence: Sentence,
}

// The weights and the limit were fitted to 32 answerable and 24 unanswerable questions on the
// documents of the demo, 32 queries of Cranfield on its abstracts, and both sets of questions on
// the other's documents (113, none answerable): see the README.

/// Weight of the similarity of the sentence alone.
const ALONE: f32 = 0.4;
/// Weight of its similarity together with what stands before it.
const IN_CONTEXT: f32 = 0.6;
/// Weight of the question's words that are in the sentence or the heading above it.
const WORDS_NEAR: f32 = 0.1;
/// Weight of the question's words that are there, in the sentence before or in the title.
const WORDS_AROUND: f32 = 0.2;
/// Added to a sentence with a number where the question asks for one.
const NUMBER: f32 = 0.05;
/// Share of the best score that further sentences must reach.
const CLOSE: f32 = 0.8;
/// Most sentences in an answer.
const MOST: usize = 4;

/// A question and what its words are worth.
pub(super) struct Question {
    /// Share of the question's meaning that each of its words carries: the rarer in the sources,
    /// the more.
    worth: HashMap<String, f32>,
    asks_for_number: bool,
    model: Answering,
}

impl Candidate<'_> {
    /// The sentence after the one before it, or after the heading or title it stands under.
    pub(super) fn in_context(&self) -> String {
        let Sentence { text, heading, before } = &self.sentence;
        match (before.as_str(), heading.as_str()) {
            ("", "") => format!("{}. {text}", self.title),
            ("", heading) => format!("{heading}. {text}"),
            (before, _) => format!("{before} {text}"),
        }
    }
}

impl Candidate<'_> {
    /// Whether one of two sentences holds the other.
    fn repeats(&self, other: &Self) -> bool {
        let (one, two) = (&self.sentence.text, &other.sentence.text);
        one.contains(two.as_str()) || two.contains(one.as_str())
    }
}

impl Question {
    /// `model` compares the sentences.
    pub(super) fn new(text: &str, candidates: &[Candidate], model: Answering) -> Self {
        let held: Vec<_> =
            candidates.iter().map(|candidate| terms(&candidate.sentence.text)).collect();
        let mut worth: HashMap<String, f32> = terms(text)
            .into_iter()
            .map(|term| {
                let sentences = held.iter().filter(|terms| terms.contains(&term)).count();
                let rarity = ((held.len() as f32 + 1.0) / (sentences as f32 + 0.5)).ln();
                (term, rarity)
            })
            .collect();
        let total: f32 = worth.values().sum();
        worth.values_mut().for_each(|one| *one /= total);
        Self { worth, asks_for_number: asks_for_number(text), model }
    }

    /// Share of the question's words that a text holds.
    fn share(&self, text: &str) -> f32 {
        terms(text).iter().filter_map(|term| self.worth.get(term)).sum()
    }

    /// What words say about a candidate.
    fn by_words(&self, candidate: &Candidate) -> f32 {
        let Sentence { text, heading, before } = &candidate.sentence;
        let near = self.share(&format!("{text} {heading}"));
        let around = self.share(&format!("{text} {heading} {before} {}", candidate.title));
        let number = self.asks_for_number && text.contains(|c: char| c.is_ascii_digit());
        WORDS_NEAR * near + WORDS_AROUND * around + if number { NUMBER } else { 0.0 }
    }

    fn across(&self, candidate: &Candidate) -> f32 {
        if candidate.is_across { self.model.across } else { 0.0 }
    }

    /// The most promising candidates by what is cheap to know. `alone` holds the candidates'
    /// vectors, `asked` the question's.
    pub(super) fn short_list(
        &self,
        candidates: &[Candidate],
        alone: &[Vector],
        asked: &Vector,
        most: usize,
    ) -> Vec<usize> {
        let scored = candidates.iter().zip(alone).enumerate();
        let mut scored: Vec<(f32, usize)> = scored
            .map(|(at, (c, vector))| {
                (self.similarity(asked, vector) + self.across(c) + self.by_words(c), at)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().take(most).map(|(_, at)| at).collect()
    }

    /// The sentences to quote, in the order of the sources. `in_context` holds candidates with the
    /// vector of the sentence in its context.
    pub(super) fn best<'c, 't>(
        &self,
        candidates: &'c [Candidate<'t>],
        alone: &[Vector],
        asked: &Vector,
        in_context: impl Iterator<Item = (usize, Vector)>,
    ) -> Vec<&'c Candidate<'t>> {
        let mut scored: Vec<(f32, usize, &Candidate)> = in_context
            .filter_map(|(at, context)| {
                let (candidate, vector) = (candidates.get(at)?, alone.get(at)?);
                let meaning = ALONE * self.similarity(asked, vector)
                    + IN_CONTEXT * self.similarity(asked, &context);
                Some((meaning + self.across(candidate) + self.by_words(candidate), at, candidate))
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some(limit) =
            scored.first().filter(|best| best.0 >= self.model.relevant).map(|best| best.0 * CLOSE)
        else {
            return Vec::new();
        };
        let mut chosen: Vec<(usize, &Candidate)> = Vec::new();
        for (_, at, candidate) in scored.into_iter().take_while(|one| one.0 >= limit) {
            // Passages overlap. Meaning is no measure of sameness: the rows of a table are close,
            // and each says its own.
            if chosen.len() < MOST && !chosen.iter().any(|(_, other)| candidate.repeats(other)) {
                chosen.push((at, candidate));
            }
        }
        chosen.sort_by_key(|(at, _)| *at);
        chosen.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// Of two vectors of length 1, as the model's cosines are read.
    fn similarity(&self, a: &Vector, b: &Vector) -> f32 {
        let cosine: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
        self.model.scale * (cosine - self.model.base)
    }
}
