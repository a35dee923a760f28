//! Rerank of every server (R1 to R3).

use models::{Dialect, ErrorKind, Ranking, RerankRequest};
use serde_json::{Value, json};

use super::endpoint;

fn request(top_n: Option<u32>) -> RerankRequest {
    let documents = ["a", "b", "c"].map(str::to_owned).to_vec();
    RerankRequest { model: "r-1".to_owned(), query: "q".to_owned(), documents, top_n }
}

fn read(body: &Value, top_n: Option<u32>) -> Result<Ranking, ErrorKind> {
    Ranking::read(body.to_string().as_bytes(), &request(top_n)).map_err(|error| error.kind)
}

fn order(found: &Ranking) -> Vec<usize> {
    found.ranked.iter().map(|document| document.index).collect()
}

#[test]
fn each_server_is_asked_in_its_own_words() {
    let body = |dialect| endpoint(dialect).rerank(&request(Some(2))).unwrap().body;
    let cohere = json!({ "model": "r-1", "query": "q", "documents": ["a", "b", "c"], "top_n": 2 });
    assert_eq!(body(Dialect::Cohere), cohere);
    assert_eq!(body(Dialect::Jina)["return_documents"], false);
    let tei = body(Dialect::TextEmbeddingsInference);
    assert_eq!(
        tei,
        json!({ "query": "q", "texts": ["a", "b", "c"], "raw_scores": false, "truncate": true })
    );
    assert_eq!(
        endpoint(Dialect::OpenAiChat).rerank(&request(None)).unwrap_err().kind,
        ErrorKind::Unsupported
    );
}

#[test]
fn every_shape_of_answer_gives_the_same_order() {
    let cohere = json!({ "results": [{ "index": 2, "relevance_score": 0.9 }, { "index": 0, "relevance_score": 0.5 }, { "index": 1, "relevance_score": 0.1 }],
        "meta": { "billed_units": { "search_units": 1 } } });
    let jina = json!({ "results": [{ "index": 0, "relevance_score": -1.5, "document": { "text": "a" } }, { "index": 1, "relevance_score": -3 }, { "index": 2, "relevance_score": 2 }],
        "usage": { "total_tokens": 12 } });
    let tei = json!([{ "index": 2, "score": 0.9 }, { "index": 0, "score": 0.2 }, { "index": 1, "score": 0.1 }]);
    for body in [&cohere, &jina, &tei] {
        let found = read(body, None).unwrap();
        assert_eq!((order(&found), found.left_out), (vec![2, 0, 1], vec![]), "{body}");
    }
    assert_eq!(read(&cohere, None).unwrap().search_units, 1);
    assert_eq!(read(&jina, None).unwrap().prompt_tokens, 12);
}

#[test]
fn as_many_come_as_were_asked_for() {
    let all =
        json!([{ "index": 0, "score": 3 }, { "index": 1, "score": 2 }, { "index": 2, "score": 1 }]);
    assert_eq!(order(&read(&all, Some(2)).unwrap()), [0, 1]);
    assert_eq!(order(&read(&all, Some(50)).unwrap()), [0, 1, 2], "more than there are");
}

#[test]
fn documents_that_are_left_out_are_named() {
    let two = json!([{ "index": 0, "score": 3 }, { "index": 2, "score": 1 }]);
    assert_eq!(read(&two, None).unwrap().left_out, [1]);
    assert_eq!(read(&two, Some(2)).unwrap().left_out, [0; 0]);
}

#[test]
fn a_foreign_double_or_unscored_document_is_refused() {
    for body in [
        json!([{ "index": 3, "score": 1 }]),
        json!([{ "index": 0, "score": 1 }, { "index": 0, "score": 2 }]),
        json!([{ "index": -1, "score": 1 }]),
        json!([{ "index": 0 }]),
        json!([{ "index": 0, "score": null }]),
        json!({ "ranking": [] }),
    ] {
        assert_eq!(read(&body, None), Err(ErrorKind::Unreadable), "{body}");
    }
    assert_eq!(
        read(&json!({ "error": "x", "error_type": "overloaded" }), None),
        Err(ErrorKind::Overloaded)
    );
}
