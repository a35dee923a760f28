//! Who waits for whom.

use embedding::{Lane, Options};

use super::model::load;

/// More than a machine embeds while it embeds one question.
fn book() -> Vec<String> {
    (0..600).map(|n| format!("passage {n} ").repeat(150)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_overtakes_a_book() {
    let model = load(Options { threads: 1, ..Options::default() });
    let reader = model.clone();
    let book = tokio::spawn(async move {
        reader.embed(&book(), Lane::Document).await.map(|e| e.vectors.len())
    });
    // Once a short document is through, the book's passages are in the queue before all that
    // follows.
    for _ in 0..5 {
        model.embed(&["How deep are the boreholes?"], Lane::Query).await.unwrap();
    }
    assert!(!book.is_finished());
    book.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_one_waits_for_any_more_is_not_embedded() {
    let model = load(Options { threads: 1, ..Options::default() });
    let reader = model.clone();
    let book = tokio::spawn(async move {
        reader.embed(&book(), Lane::Document).await.map(|e| e.vectors.len())
    });
    model.embed(&["a question"], Lane::Query).await.unwrap();
    book.abort();
    assert!(book.await.unwrap_err().is_cancelled());
    // Goes behind the book, so it only comes this soon because the book is skipped.
    let after = model.embed(&["a document"], Lane::Document);
    tokio::time::timeout(std::time::Duration::from_secs(5), after)
        .await
        .expect("the book is still being read")
        .unwrap();
}

#[test]
fn requests_that_a_closed_model_has_not_done_fail() {
    let model = load(Options { threads: 1, ..Options::default() });
    let other = model.clone();
    drop(model);
    assert_eq!(other.embed_blocking(&["still there"], Lane::Query).unwrap().vectors.len(), 1);
}
