//! Hybrid search over what the caller may read.

use kernel::{
    Code, Problem, Result,
    id::{ChunkId, CollectionId, DocumentId, SpaceId},
};
use platform::Cx;
use spaces::Action;

use crate::store::search as store;

/// From this nearness on a passage has to do with the query (all-MiniLM-L6-v2; unrelated texts stay below 0.2).
const RELEVANT_COSINE: f64 = 0.25;
/// From this share of the query's words on it has, too.
const RELEVANT_WORDING: f64 = 0.6;

/// Which leg ranks.
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
    /// The best passage of each document.
    #[default]
    Document,
    /// Passages, up to three of one document.
    Chunk,
}

/// What is looked for, where.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// 1 to 2000 characters.
    pub query: String,
    /// The query's embedding.
    pub embedding: Vec<f32>,
    /// Only in these collections; empty: in all.
    pub collection_ids: Vec<CollectionId>,
    /// Only in this space.
    pub space_id: Option<SpaceId>,
    /// 1 to 100 results.
    pub limit: i64,
    /// Which leg ranks.
    pub mode: Mode,
    /// What a result is.
    pub group_by: GroupBy,
}

/// A passage that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Its document.
    pub document_id: DocumentId,
    /// The passage.
    pub chunk_id: ChunkId,
    /// The document's title.
    pub title: String,
    /// Page, counted from 1; nothing where the document has no pages of its own.
    pub page: Option<i32>,
    /// Headings that lead to it, outermost first, without the title.
    pub heading_path: Vec<String>,
    /// The whole passage.
    pub content: String,
    /// The part of it that shows why it was found.
    pub snippet: String,
    /// 0 to 1; orders the results of one query.
    pub score: f64,
    /// Nearness in meaning to the query, -1 to 1.
    pub cosine: f64,
    /// How much of the query's words the passage holds, weighed by their rarity, 0 to 1.
    pub wording: f64,
}

impl Hit {
    /// Whether it has to do with the query at all: near in meaning, or holding most of its telling words.
    #[must_use]
    pub fn is_relevant(&self) -> bool {
        self.cosine >= RELEVANT_COSINE || self.wording >= RELEVANT_WORDING
    }
}

/// Characters of a snippet.
const SNIPPET_CHARS: usize = 320;

/// Searches. What the caller may not read is not found, whatever ids are named.
///
/// # Errors
/// `not_found` where the space is not the caller's; `invalid_body` where the query breaks the rules.
pub async fn search(cx: &Cx, request: &SearchRequest) -> Result<Vec<Hit>> {
    let length = request.query.trim().chars().count();
    if !(1..=2000).contains(&length) {
        return Err(Problem::invalid_field("/query", format!("expected 1 to 2000 characters, got {length}")));
    }
    if !(1..=100).contains(&request.limit) {
        return Err(Problem::new(Code::InvalidBody, format!("limit: expected 1 to 100, got {}", request.limit)));
    }
    if let Some(space) = request.space_id {
        spaces::require(cx, space, Action::ReadKnowledge).await?;
    }
    let mut hits = store::search(cx, request).await?;
    for hit in &mut hits {
        hit.snippet = snippet(&hit.content, &request.query);
    }
    Ok(hits)
}

/// The stretch of a passage with most of the query's words.
fn snippet(content: &str, query: &str) -> String {
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    if content.chars().count() <= SNIPPET_CHARS {
        return content;
    }
    let words: Vec<String> =
        query.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2).map(str::to_lowercase).collect();
    // Candidates begin where sentences do; the one with most different words of the query wins, the earliest of equals.
    let starts = std::iter::once(0).chain(content.match_indices(['.', '!', '?']).map(|(i, _)| i + 1));
    let mut best = (0, 0);
    for start in starts {
        let window: String =
            content.get(start..).unwrap_or_default().chars().take(SNIPPET_CHARS).collect::<String>().to_lowercase();
        let found = words.iter().filter(|w| window.contains(w.as_str())).count();
        if found > best.1 {
            best = (start, found);
        }
    }
    let text: String = content.get(best.0..).unwrap_or(&content).trim_start().chars().take(SNIPPET_CHARS).collect();
    // Not in the middle of a word.
    let text = text.rsplit_once(' ').map_or(text.as_str(), |(head, _)| head);
    format!("{}{text}…", if best.0 > 0 { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::snippet;

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
    fn a_short_passage_is_shown_whole_and_characters_of_any_width_are_not_cut() {
        assert_eq!(snippet("Åäö  är\nbra", "x"), "Åäö är bra");
        assert!(snippet(&"å ".repeat(1000), "ö").ends_with('…'));
    }
}
