//! A note while two books are read: from the first byte of its upload until it can be searched.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{client::Client, stack::Stack};

use crate::{Figure, pdf};

const NOTES: usize = 5;

async fn status(client: &Client, document: &str) -> String {
    let document = client.get(&format!("/api/v1/documents/{document}")).await.expect(200);
    document["status"].as_str().unwrap().to_owned()
}

async fn begin(client: &Client, collection: &str, name: &str) -> String {
    let bytes = std::fs::read(pdf::book()).unwrap();
    let accepted: Value = client.upload(collection, name, bytes).await.expect(202);
    let [document, job] =
        ["document", "job"].map(|part| accepted[part]["id"].as_str().unwrap().to_owned());
    while client.get(&format!("/api/v1/jobs/{job}")).await.expect(200)["status"] == "queued" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    document
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (client, _) = stack.person("lanes").await;
    let (_, collection) = client.collection("Lanes").await;
    let books = [
        begin(&client, &collection, "one.pdf").await,
        begin(&client, &collection, "two.pdf").await,
    ];
    let mut slowest: f64 = 0.0;
    for n in 0..NOTES {
        let begun = Instant::now();
        let note =
            client.ingest(&collection, &format!("{n}.txt"), format!("Note {n} of today.")).await;
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        assert_eq!(note["status"], "ready", "{note:#}");
    }
    let mut unread = 0;
    for book in &books {
        unread += usize::from(status(&client, book).await != "ready");
    }
    Figure {
        name: "a one-line text while two books of 350 pages are read, upload to ready, slowest",
        goal: "<= 3 s",
        ours: format!("{slowest:.2} s"),
        theirs: String::new(),
        result: format!("of {NOTES} notes; {unread} of 2 books not ready then"),
    }
}
