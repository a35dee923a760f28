//! Hybrid search over what the caller may read.

use kernel::{
    Code, Problem, ReasonCode, Result,
    id::{ChunkId, CollectionId, DocumentId, SpaceId},
};
use models::QueryEmbedding;
use platform::Cx;
use spaces::Action;

use crate::{WebSource, evidence::Evidence, late, snippet, store::search as store, words};

/// The most characters of a query.
const QUERY_CHARS: usize = 2_000;
/// The most collections that a search names.
const MOST_COLLECTIONS: usize = 100;
/// The most results.
const MOST_RESULTS: i64 = 100;

/// Which retriever ranks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Mode {
    /// Both, fused.
    #[default]
    Fused,
    /// Embeddings alone.
    Vector,
    /// Full text alone.
    Text,
}

impl Mode {
    /// As the wire and the statement spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Vector => "vector",
            Self::Text => "text",
        }
    }
}

/// What a result is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum GroupBy {
    /// The best chunk of each document.
    #[default]
    Document,
    /// Chunks, up to three of one document.
    Chunk,
    /// Chunks, however many of one document.
    AnyChunk,
}

/// What is looked for: a text that a person typed, in composed form, with something in it that can
/// be found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query(String);

impl Query {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `invalid_body` if it has no letter and no digit, or more than 2000 characters.
    pub fn parse(text: &str) -> Result<Self> {
        // Bytes first, so that a long text is not walked: a character has at most four.
        if text.len() > 4 * QUERY_CHARS {
            return Err(Problem::refused_field(
                "/query",
                ReasonCode::TextLength.between(1, QUERY_CHARS),
                format!("expected at most {QUERY_CHARS} characters, got {} bytes", text.len()),
            ));
        }
        let composed = words::composed(text);
        let query = composed.trim();
        let length = query.chars().count();
        if length > QUERY_CHARS {
            return Err(Problem::refused_field(
                "/query",
                ReasonCode::TextLength.between(1, QUERY_CHARS),
                format!("expected 1 to {QUERY_CHARS} characters, got {length}"),
            ));
        }
        if !query.chars().any(char::is_alphanumeric) {
            return Err(Problem::refused_field(
                "/query",
                ReasonCode::QueryWithoutWords,
                "expected a query with at least one letter or digit",
            ));
        }
        Ok(Self(query.to_owned()))
    }

    /// The text, as it is embedded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is looked for, where.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// What is looked for.
    pub query: Query,
    /// Only in these collections, at most 100; empty: in all but those of attachments.
    pub collection_ids: Vec<CollectionId>,
    /// Only in this space.
    pub space_id: Option<SpaceId>,
    /// 1 to 100 results.
    pub limit: i64,
    /// Which retriever ranks.
    pub mode: Mode,
    /// What a result is.
    pub group_by: GroupBy,
}

/// A chunk that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Its document.
    pub document_id: DocumentId,
    /// The chunk.
    pub chunk_id: ChunkId,
    /// The document's title.
    pub title: String,
    /// The name that the file was uploaded under.
    pub filename: String,
    /// Where the document was fetched, if it is a page of a website.
    pub web_source: Option<WebSource>,
    /// The collection of the document.
    pub collection_id: CollectionId,
    /// Its name.
    pub collection_name: String,
    /// The space of the collection.
    pub space_id: SpaceId,
    /// Its name.
    pub space_name: String,
    /// Page, counted from 1; None if the document has no pages of its own.
    pub page: Option<i32>,
    /// Headings that lead to it, outermost first, without the title.
    pub heading_path: Vec<String>,
    /// The whole chunk.
    pub content: String,
    /// The part of it that shows why it was found.
    pub snippet: String,
    /// 0 to 1; orders the results of one query.
    pub score: f64,
    /// Nearness in meaning to the query, as the model's row calibrates it; 0 where full text alone
    /// ranks.
    pub cosine: f64,
    /// How much of the query's words the chunk holds, weighed by their rarity, 0 to 1.
    pub lexical_score: f64,
    /// Nearness of its tokens to those of the query, 0 to 1 (late interaction), as a text of some
    /// hundred tokens would have it; none where they were not compared: below the best 20, or
    /// without bits.
    pub nearness: Option<f64>,
    /// Whether it has to do with the query at all: near in meaning, or holding most of its telling
    /// words.
    pub relevant: bool,
}

/// What a search found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hits {
    /// The best, best first; at most as many as asked for.
    pub hits: Vec<Hit>,
    /// How many there would be without that limit, among the 100 candidates that each retriever
    /// brings.
    pub total: i64,
}

impl Hits {
    /// Whether anything relevant was found. If not, the hits are only the nearest chunks, and the
    /// client says so.
    #[must_use]
    pub fn is_anything_relevant(&self) -> bool {
        self.hits.iter().any(|hit| hit.relevant)
    }
}

impl SearchRequest {
    fn check(&self) -> Result<()> {
        if self.collection_ids.len() > MOST_COLLECTIONS {
            let got = self.collection_ids.len();
            return Err(Problem::refused_field(
                "/collection_ids",
                ReasonCode::TooMany.at_most(MOST_COLLECTIONS),
                format!("expected at most {MOST_COLLECTIONS}, got {got}"),
            ));
        }
        if !(1..=MOST_RESULTS).contains(&self.limit) {
            return Err(Problem::new(
                Code::InvalidBody,
                format!("limit: expected 1 to {MOST_RESULTS}, got {}", self.limit),
            ));
        }
        Ok(())
    }
}

/// The models that the caller's collections were embedded with: of these collections (empty: all)
/// in this space.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn embedding_models(
    cx: &Cx,
    collections: &[CollectionId],
    space: Option<SpaceId>,
) -> Result<Vec<String>> {
    store::models(cx, collections, space).await
}

/// Searches. What the caller may not read is not found, whatever ids are named. `embed` gets the
/// models of the collections in scope when all is checked, and is not called if full text alone
/// ranks.
///
/// # Errors
/// `not_found` where the space is not the caller's; `invalid_body` where the request breaks the
/// rules; what `embed` says.
pub async fn search<F: Future<Output = Result<Vec<QueryEmbedding>>>>(
    cx: &Cx,
    request: &SearchRequest,
    embed: impl FnOnce(Vec<String>) -> F,
) -> Result<Hits> {
    request.check()?;
    if let Some(space) = request.space_id {
        spaces::require(cx, space, Action::ReadKnowledge).await?;
    }
    let embeddings = match request.mode {
        Mode::Text => Vec::new(),
        Mode::Fused | Mode::Vector => {
            let models = store::models(cx, &request.collection_ids, request.space_id).await?;
            cx.db.released_while(embed(models)).await?
        }
    };
    let mut found = ordered(cx, request, &embeddings).await?;
    let (words, mut steps) = (snippet::QueryWords::of(request.query.as_str()), 0);
    for hit in &mut found.hits {
        hit.snippet = words.snippet(&hit.content, &mut steps);
    }
    Ok(found)
}

/// What is found, the best in the order of late interaction where that can be computed.
async fn ordered(cx: &Cx, request: &SearchRequest, embeddings: &[QueryEmbedding]) -> Result<Hits> {
    let queries = late::queries(embeddings);
    if request.mode != Mode::Fused || queries.is_empty() {
        return Ok(store::search(cx, request, embeddings, false).await?.hits);
    }
    let widened = SearchRequest { limit: request.limit.max(late::CANDIDATES), ..request.clone() };
    let mut found = store::search(cx, &widened, embeddings, true).await?;
    let nearness = late::compare(&queries, &found.token_bits);
    judge(&mut found, &nearness);
    late::order(&mut found.hits.hits, &nearness, &found.token_bits);
    found.hits.hits.truncate(usize::try_from(request.limit).unwrap_or_default());
    Ok(found.hits)
}

/// What nearness says of the hits that were compared. The others only follow, unless they hold an
/// identifier of the query: what is not among the best cannot show that something was found.
fn judge(found: &mut store::HitsWithEvidence, nearness: &[Option<f64>]) {
    let each = found.hits.hits.iter_mut().zip(&found.evidence).zip(nearness);
    let bits = found.token_bits.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    for (((hit, evidence), nearness), bits) in each.zip(bits) {
        hit.nearness =
            nearness.map(|near| bits.map_or(near, |bits| late::for_usual_length(near, bits)));
        hit.relevant = Evidence { nearness: hit.nearness, ..*evidence }.is_relevant();
    }
    let compared = nearness.len();
    let is_anything_relevant = found.hits.hits.iter().take(compared).any(|hit| hit.relevant);
    let others = found.hits.hits.iter_mut().zip(&found.evidence).skip(compared);
    for (hit, evidence) in others {
        hit.relevant &= is_anything_relevant || evidence.identifier_match;
    }
}

#[cfg(test)]
mod tests {
    use kernel::id::{ChunkId, CollectionId, DocumentId, SpaceId};
    use uuid::Uuid;

    use super::{Evidence, Hit, Hits, Query, judge, store::HitsWithEvidence};

    fn relevant_hit() -> Hit {
        Hit {
            document_id: DocumentId(Uuid::nil()),
            chunk_id: ChunkId(Uuid::nil()),
            title: String::new(),
            filename: String::new(),
            web_source: None,
            collection_id: CollectionId(Uuid::nil()),
            collection_name: String::new(),
            space_id: SpaceId(Uuid::nil()),
            space_name: String::new(),
            page: None,
            heading_path: Vec::new(),
            content: String::new(),
            snippet: String::new(),
            score: 0.0,
            cosine: 0.0,
            lexical_score: 0.0,
            nearness: None,
            relevant: true,
        }
    }

    fn evidence(identifier_match: bool) -> Evidence {
        Evidence {
            relevance: 0.0,
            relevant_from: 1.0,
            lexical_score: 0.0,
            identifier_match,
            chunk_read: true,
            query_read: true,
            lexical_evidence: 0.0,
            lexical_suffices: false,
            nearness: None,
            nearness_evidence: 0.0,
            nearness_base: 0.0,
        }
    }

    #[test]
    fn below_the_compared_hits_an_identifier_alone_shows_that_something_was_found() {
        let hits = vec![relevant_hit(); 3];
        let mut found = HitsWithEvidence {
            hits: Hits { hits, total: 3 },
            evidence: [false, false, true].map(evidence).to_vec(),
            token_bits: Vec::new(),
        };
        judge(&mut found, &[Some(0.0)]);
        let relevant: Vec<bool> = found.hits.hits.iter().map(|hit| hit.relevant).collect();
        assert_eq!(relevant, [false, false, true]);
    }

    #[test]
    fn a_query_without_anything_to_find_is_refused_and_a_long_one_at_once() {
        for bad in ["", "  ", "\u{200b}\u{202e}", "?!… —", &"å".repeat(2_001), &"x".repeat(1 << 20)]
        {
            assert!(Query::parse(bad).is_err(), "{bad:.20}");
        }
        assert!(Query::parse(&"å".repeat(2_000)).is_ok());
    }

    #[test]
    fn a_query_is_composed_and_trimmed() {
        assert_eq!(Query::parse(" o\u{308}ppet\u{ad}tider ").unwrap().as_str(), "öppettider");
    }
}
