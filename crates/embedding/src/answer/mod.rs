//! The extractive answerer: quotes the sentences that answer a question best, or says that none
//! does.

mod language;
mod markdown;
mod rank;
mod sentences;
mod sources;
mod words;

use crate::error::EmbedError;
use crate::{Embedder, InputType, Lane, Vector};
use rank::{Candidate, Question};

/// Most candidate sentences; the sources come best first.
const MOST_CANDIDATES: usize = 400;
/// Characters of a question that are looked at; the model reads 512 tokens. Its words are looked up
/// in every candidate.
const QUESTION_CHARS: usize = 2_000;
/// Sentences that are also compared together with what stands before them.
const SHORT_LIST: usize = 32;

/// Answers a question from the numbered sources in front of it, or in the system message, with
/// `[n]` after each quotation. The fixed sentences are in the language of the question; what is
/// quoted is text, whatever marks it holds.
///
/// # Errors
/// When the embedding model's threads have ended.
pub(crate) async fn answer(
    embedder: &Embedder,
    system: &str,
    message: &str,
) -> Result<String, EmbedError> {
    let (sources, question) = sources::split(system, message);
    let question = question.trim();
    let question = question
        .char_indices()
        .nth(QUESTION_CHARS)
        .map_or(question, |(end, _)| question.split_at(end).0);
    let says = language::of(question).sentences();
    let likely = ::language::of_query(question);
    let mut candidates = Vec::new();
    for source in sources {
        if candidates.len() >= MOST_CANDIDATES {
            break;
        }
        let is_across = language::is_another(&likely, source.text);
        let found = sentences::split(source.text).into_iter();
        candidates.extend(found.map(|sentence| Candidate {
            source: source.number,
            title: source.title,
            is_across,
            sentence,
        }));
    }
    candidates.truncate(MOST_CANDIDATES);
    if candidates.is_empty() || question.trim().is_empty() {
        return Ok(says.nothing.to_owned());
    }
    let asked = Question::new(question, &candidates, embedder.spec().answering);
    let vector = embedder.embed(&[question], Lane::Query).await?.vectors;
    let Some(question) = vector.first() else { return Ok(says.nothing.to_owned()) };
    let texts: Vec<&str> =
        candidates.iter().map(|candidate| candidate.sentence.text.as_str()).collect();
    let alone = embedder.embed_as(InputType::Passage, &texts, Lane::Query).await?.vectors;
    let short_list = asked.short_list(&candidates, &alone, question, SHORT_LIST);
    let texts: Vec<String> =
        short_list.iter().filter_map(|at| candidates.get(*at)).map(Candidate::in_context).collect();
    let in_context: Vec<Vector> =
        embedder.embed_as(InputType::Passage, &texts, Lane::Query).await?.vectors;
    let best = asked.best(&candidates, &alone, question, short_list.into_iter().zip(in_context));
    if best.is_empty() {
        return Ok(says.nothing.to_owned());
    }
    let quotations = best.iter().map(|quoted| {
        format!("\n\n> {} [{}]", markdown::escape(&quoted.sentence.text), quoted.source)
    });
    Ok(std::iter::once(says.introduction.to_owned()).chain(quotations).collect())
}
