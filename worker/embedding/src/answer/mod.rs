//! The extractive answerer: quotes the sentences that answer a question best, or says that none does.

mod rank;
mod sentences;
mod sources;

use crate::error::EmbedError;
use crate::{Embedder, Lane};
use rank::Candidate;

/// How an answer begins that quotes something.
const INTRODUCTION: &str = "No language model is configured, so here are the passages that answer best:";
/// The answer where the sources hold none.
const NOTHING: &str = "No language model is configured, and the sources do not answer this question.";
/// Most candidate sentences that are compared with the question; the sources come best first.
const MOST_CANDIDATES: usize = 400;

/// Answers `question` from the numbered sources in the system message, with `[n]` after each quotation.
///
/// # Errors
/// When the embedding model's threads have ended.
pub(crate) async fn answer(embedder: &Embedder, system: &str, question: &str) -> Result<String, EmbedError> {
    let mut candidates = Vec::new();
    for source in sources::parse(system) {
        let found = sentences::split(source.text).into_iter();
        candidates.extend(found.map(|text| Candidate { source: source.number, title: source.title, text }));
    }
    candidates.truncate(MOST_CANDIDATES);
    if candidates.is_empty() || question.trim().is_empty() {
        return Ok(NOTHING.to_owned());
    }
    let mut texts = vec![question.to_owned()];
    texts.extend(candidates.iter().map(|candidate| candidate.text.clone()));
    let vectors = embedder.embed(&texts, Lane::Query).await?.vectors;
    let best = rank::best(question, &candidates, &vectors);
    if best.is_empty() {
        return Ok(NOTHING.to_owned());
    }
    let quotations = best.iter().map(|quoted| format!("\n\n> {} [{}]", quoted.text, quoted.source));
    Ok(std::iter::once(INTRODUCTION.to_owned()).chain(quotations).collect())
}
