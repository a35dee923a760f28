//! What the chat component adds to the provider's own time to the first piece of the answer.

use std::time::Instant;

use futures::StreamExt;
use serde_json::json;
use tests::stack::Stack;

use crate::{Figure, percentiles};

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (client, _) = stack.person("bench").await;
    let (space, collection) = client.collection("Bench").await;
    client
        .ingest(
            &collection,
            "rules.md",
            "# Rules\n\nThe laundry room is open from seven to nine.\n",
        )
        .await;
    let assistant = json!({ "space_id": space, "name": "Bench", "collection_ids": [collection] });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let http = reqwest::Client::new();
    let (mut ours, mut provider) = (Vec::new(), Vec::new());
    for n in 0..100 {
        let conversation =
            client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
        let question = format!("When is the laundry room open, question {n}?");
        let begun = Instant::now();
        let mut events = client.ask(&conversation, &question).await;
        while events.next().await.expect("the answer ended").data["type"] != "chunk" {}
        ours.push(begun.elapsed().as_secs_f64() * 1e3);
        while events.next().await.is_some() {}
        let body = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": question }] });
        let begun = Instant::now();
        let answer = http
            .post(format!("{}/v1/chat/completions", stack.provider.url))
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        answer.bytes_stream().next().await.unwrap().unwrap();
        provider.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let ((ours, ours95), (provider, provider95)) = (percentiles(ours), percentiles(provider));
    Figure {
        name: "time to the first piece of an answer, p50 / p95",
        goal: "<= 10 ms added",
        ours: format!("{ours:.1} / {ours95:.1} ms"),
        theirs: format!("{provider:.1} / {provider95:.1} ms provider alone"),
        result: format!("{:.1} ms added", ours - provider),
    }
}
