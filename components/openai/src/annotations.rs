//! Citations on the wire: as OpenAI's clients know them, and with all that we know in an extension
//! field.

use conversations::{CompletionSummary, Source};
use knowledge::wire::WebSourceBody;
use serde_json::{Value, json};

/// Where a source opens in the web front end.
fn url(source: &Source, web: &str) -> String {
    format!("{web}/documents/{}?chunk={}", source.document_id, source.chunk_id)
}

/// A citation of a source that may be read: the source, and where the text cites it.
fn cited(summary: &CompletionSummary) -> impl Iterator<Item = (&Source, usize, usize)> {
    summary.citations.iter().filter_map(|mark| {
        let source =
            summary.sources.iter().find(|source| source.n == mark.n && source.available)?;
        Some((source, mark.start, mark.end))
    })
}

/// For `/chat/completions`: each names a range of characters of the answer.
pub(crate) fn of_chat(summary: &CompletionSummary, web: &str) -> Vec<Value> {
    let one = |(source, start, end): (&Source, usize, usize)| {
        let citation = json!({ "start_index": start, "end_index": end, "title": source.title, "url": url(source, web) });
        json!({ "type": "url_citation", "url_citation": citation })
    };
    cited(summary).map(one).collect()
}

/// For `/responses`: the same, flat.
pub(crate) fn of_response(summary: &CompletionSummary, web: &str) -> Vec<Value> {
    let one = |(source, start, end): (&Source, usize, usize)| {
        json!({
            "type": "url_citation", "start_index": start, "end_index": end, "title": source.title, "url": url(source, web),
        })
    };
    cited(summary).map(one).collect()
}

/// The field `tessera`: which model answered, from which sources, and whether the usage is our own
/// estimate. A source that the caller may not read any more keeps its number and ids only.
pub(crate) fn extension(summary: &CompletionSummary, model: &str, web: &str) -> Value {
    let one = |source: &Source| {
        json!({
            "n": source.n,
            "cited": summary.citations.iter().any(|mark| mark.n == source.n),
            "document_id": source.document_id.to_string(),
            "chunk_id": source.chunk_id.to_string(),
            "title": source.title,
            "page": source.page,
            "heading_path": source.heading_path,
            "snippet": source.snippet,
            "url": url(source, web),
            "web_source": source.web_source.as_ref().map(WebSourceBody::from),
            "available": source.available,
        })
    };
    json!({
        "model": model,
        "usage_is_estimated": summary.is_estimated,
        "sources": summary.sources.iter().map(one).collect::<Vec<_>>(),
    })
}
