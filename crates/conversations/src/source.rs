//! A numbered source of an answer, and the form in which it is stored.

use kernel::{
    Timestamp,
    id::{ChunkId, DocumentId},
};
use knowledge::{Hit, WebSource};
use serde_json::{Value, json};

/// A chunk in the prompt of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// Counted from 1; `[n]` in the answer cites it.
    pub n: i64,
    /// The document.
    pub document_id: DocumentId,
    /// The chunk.
    pub chunk_id: ChunkId,
    /// The document's title.
    pub title: String,
    /// The name that the file was uploaded under; none in older answers.
    pub filename: Option<String>,
    /// The name of its collection; none in older answers.
    pub collection: Option<String>,
    /// Where the document was fetched, if it is a page of a website.
    pub web_source: Option<WebSource>,
    /// Page, counted from 1.
    pub page: Option<i64>,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// The part of the chunk that matched best.
    pub snippet: String,
    /// 0 to 1.
    pub score: f64,
    /// Whether the reader may read the document, and it still exists. If not, only number and ids
    /// are left.
    pub available: bool,
}

impl Source {
    /// Removes the document's content and title.
    pub(crate) fn withhold(&mut self) {
        self.title.clear();
        (self.filename, self.collection) = (None, None);
        self.web_source = None;
        self.page = None;
        self.heading_path.clear();
        self.snippet.clear();
        self.score = 0.0;
        self.available = false;
    }
}

/// Withholds the sources whose documents are not in `readable` (ids as text).
pub(crate) fn withhold(sources: &mut [Source], readable: &[String]) {
    for source in sources {
        let id = source.document_id.to_string();
        if !readable.contains(&id) {
            source.withhold();
        }
    }
}

/// Numbers the hits.
pub(crate) fn number(hits: &[Hit]) -> Vec<Source> {
    let source = |(n, hit): (i64, &Hit)| Source {
        n,
        document_id: hit.document_id,
        chunk_id: hit.chunk_id,
        title: hit.title.clone(),
        filename: Some(hit.filename.clone()),
        collection: Some(hit.collection_name.clone()),
        web_source: hit.web_source.clone(),
        page: hit.page.map(i64::from),
        heading_path: hit.heading_path.clone(),
        snippet: hit.snippet.clone(),
        score: hit.score,
        available: true,
    };
    (1..).zip(hits).map(source).collect()
}

/// The stored form, for the row and the journal.
pub(crate) fn write(sources: &[Source]) -> Value {
    let one = |s: &Source| {
        json!({
            "n": s.n,
            "document_id": s.document_id.to_string(),
            "chunk_id": s.chunk_id.to_string(),
            "title": s.title,
            "filename": s.filename,
            "collection": s.collection,
            "web_source": s.web_source.as_ref().map(write_web_source),
            "page": s.page,
            "heading_path": s.heading_path,
            "snippet": s.snippet,
            "score": s.score,
            "available": s.available,
        })
    };
    sources.iter().map(one).collect()
}

fn write_web_source(web: &WebSource) -> Value {
    json!({
        "url": web.url,
        "fetched_at": web.fetched_at.0,
        "published": web.published,
        "modified": web.modified,
    })
}

/// Parses [`write()`]; malformed entries are skipped.
pub(crate) fn read(stored: &Value) -> Vec<Source> {
    stored.as_array().map(|all| all.iter().filter_map(read_one).collect()).unwrap_or_default()
}

fn read_one(stored: &Value) -> Option<Source> {
    let text = |name: &str| stored.get(name).and_then(Value::as_str);
    let headings = stored.get("heading_path").and_then(Value::as_array);
    Some(Source {
        n: stored.get("n")?.as_i64()?,
        document_id: text("document_id")?.parse().ok()?,
        chunk_id: text("chunk_id")?.parse().ok()?,
        title: text("title")?.to_owned(),
        filename: text("filename").map(str::to_owned),
        collection: text("collection").map(str::to_owned),
        web_source: stored.get("web_source").and_then(read_web_source),
        page: stored.get("page").and_then(Value::as_i64),
        heading_path: headings
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        snippet: text("snippet")?.to_owned(),
        score: stored.get("score").and_then(Value::as_f64).unwrap_or_default(),
        // Older answers have no such member.
        available: stored.get("available").and_then(Value::as_bool).unwrap_or(true),
    })
}

fn read_web_source(stored: &Value) -> Option<WebSource> {
    Some(WebSource {
        url: stored.get("url")?.as_str()?.to_owned(),
        fetched_at: Timestamp(stored.get("fetched_at")?.as_i64()?),
        // Older answers have no such members.
        published: stored.get("published").and_then(Value::as_str).map(str::to_owned),
        modified: stored.get("modified").and_then(Value::as_str).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_survive_the_round_trip_and_malformed_ones_are_skipped() {
        let source = Source {
            n: 1,
            document_id: platform::random::id().unwrap(),
            chunk_id: platform::random::id().unwrap(),
            title: "Åre \"guide\"".to_owned(),
            filename: Some("åre.pdf".to_owned()),
            collection: Some("Guides".to_owned()),
            web_source: Some(WebSource {
                url: "https://example.org/".to_owned(),
                fetched_at: Timestamp(7),
                published: Some("2026-05-03".to_owned()),
                modified: None,
            }),
            page: Some(3),
            heading_path: vec!["A".to_owned(), "B".to_owned()],
            snippet: "text".to_owned(),
            score: 0.5,
            available: true,
        };
        let mut stored = write(std::slice::from_ref(&source));
        assert_eq!(read(&stored), [source]);
        let older = stored[0].as_object_mut().unwrap();
        older.retain(|name, _| name != "filename" && name != "collection");
        assert_eq!(read(&stored).first().map(|read| read.filename.clone()), Some(None));
        stored.as_array_mut().unwrap().push(json!({"n": 2}));
        assert_eq!(read(&stored).len(), 1);
        assert!(read(&Value::Null).is_empty());
    }

    #[test]
    fn a_source_that_may_not_be_read_keeps_its_number_and_ids_only() {
        let [document_id, other] = [0, 1].map(|_| platform::random::id::<DocumentId>().unwrap());
        let source = Source {
            n: 2,
            document_id,
            chunk_id: platform::random::id().unwrap(),
            title: "Secret".to_owned(),
            filename: Some("Secret.pdf".to_owned()),
            collection: Some("Secret plans".to_owned()),
            web_source: Some(WebSource {
                url: "https://example.org/AAA".to_owned(),
                fetched_at: Timestamp(7),
                published: Some("AAAA".to_owned()),
                modified: Some("AAAA".to_owned()),
            }),
            page: Some(3),
            heading_path: vec!["A".to_owned()],
            snippet: "forty-two".to_owned(),
            score: 0.5,
            available: true,
        };
        let mut seen = [source.clone()];
        withhold(&mut seen, &[other.to_string(), document_id.to_string()]);
        assert_eq!(seen, [source]);
        withhold(&mut seen, &[other.to_string()]);
        assert_eq!((seen[0].n, seen[0].document_id, seen[0].available), (2, document_id, false));
        let stored = write(&seen).to_string();
        assert!(
            !stored.contains("Secret") && !stored.contains("forty-two") && !stored.contains('A'),
            "{stored}"
        );
        assert_eq!(read(&write(&seen)), seen);
    }

    #[test]
    fn the_database_withdraws_what_is_withheld_here() {
        let sql = include_str!("../../../migrations/functions/message_sources.sql");
        let (_, rest) = sql.split_once("p_source || '").unwrap();
        let withdrawn: Value = serde_json::from_str(rest.split_once('\'').unwrap().0).unwrap();
        let mut source = Source {
            n: 1,
            document_id: platform::random::id().unwrap(),
            chunk_id: platform::random::id().unwrap(),
            title: "Secret".to_owned(),
            filename: Some("Secret.pdf".to_owned()),
            collection: Some("Secret plans".to_owned()),
            web_source: None,
            page: Some(3),
            heading_path: vec!["A".to_owned()],
            snippet: "forty-two".to_owned(),
            score: 0.5,
            available: true,
        };
        source.withhold();
        let mut left = write(std::slice::from_ref(&source))[0].clone();
        left.as_object_mut().unwrap().retain(|name, _| withdrawn.get(name).is_some());
        assert_eq!(left["score"].as_f64(), withdrawn["score"].as_f64());
        left["score"] = withdrawn["score"].clone();
        assert_eq!(left, withdrawn);
        let named = withdrawn.as_object().unwrap();
        let kept = ["n", "document_id", "chunk_id"];
        let all = write(&[source]);
        let missing = all[0].as_object().unwrap().keys().filter(|name| !named.contains_key(*name));
        assert_eq!(missing.filter(|name| !kept.contains(&name.as_str())).count(), 0);
    }
}
