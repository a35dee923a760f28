//! A book: from the first byte of its upload until it can be searched.

use std::{path::PathBuf, process::Command, time::Instant};

use tests::stack::{Stack, root};

use crate::Figure;

/// A PDF of 350 pages and about 130 000 words, made once by `bench/book.py`.
pub(crate) fn book() -> PathBuf {
    let path = root().join(".stack/bench/book.pdf");
    if !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made =
            Command::new("python3").arg(root().join("bench/book.py")).arg(&path).status().unwrap();
        assert!(made.success(), "bench/book.py could not make the book");
    }
    path
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let bytes = std::fs::read(book()).unwrap();
    let (client, _) = stack.person("bench").await;
    let (_, collection) = client.collection("Bench").await;
    let begun = Instant::now();
    let document = client.ingest(&collection, "book.pdf", bytes).await;
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(document["status"], "ready", "{document:#}");
    Figure {
        name: "a 350-page PDF, upload to ready",
        goal: "<= 11 s",
        ours: format!("{seconds:.1} s"),
        theirs: "33 s Open WebUI (measured elsewhere on this kind of machine)".to_owned(),
        result: format!("{} pages, {} passages", document["page_count"], document["chunk_count"]),
    }
}
