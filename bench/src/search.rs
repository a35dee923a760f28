//! Search: the median through the component, against the same statement and the same embedding
//! called natively.

use std::time::Instant;

use knowledge::{GroupBy, Mode, Query, SearchRequest};
use platform::{Actor, Cx, TenantRole};
use serde_json::json;
use tests::stack::Stack;

use crate::{Figure, percentiles};

const WORDS: [&str; 12] = [
    "water",
    "heating",
    "laundry",
    "chair",
    "meeting",
    "fee",
    "garden",
    "bicycle",
    "renovation",
    "window",
    "quiet",
    "parking",
];

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (client, person) = stack.person("bench").await;
    let (_, collection) = client.collection("Bench").await;
    let text: String = (0..600)
        .map(|n| {
            format!(
                "## Rule {n}\n\nAbout {} and {}: number {n} of the house rules, for every member.\n\n",
                WORDS[n % 12],
                WORDS[n * 7 % 12]
            )
        })
        .collect();
    client.ingest(&collection, "rules.md", text).await;
    let source = stack.database.source("tessera_search").await;
    let ticket = stack
        .database
        .ticket("tessera_search", person.tenant, &format!("user {}", person.user))
        .await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..300 {
        // Another question each time: the embedding is computed, not remembered. Both orders, in
        // turns.
        let question = |side: &str| {
            format!("which rule is about {} and {} {side} {n}?", WORDS[n % 12], WORDS[n * 5 % 12])
        };
        let begun = Instant::now();
        client.post("/api/v1/search", &json!({ "query": question("a") })).await.expect(200);
        ours.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        let actor = Actor::user(person.user, TenantRole::Admin);
        let cx = Cx::new(source.clone(), Some(person.tenant), actor, "bench".to_owned())
            .with_ticket(ticket.clone());
        let query = question("b");
        let request = SearchRequest {
            query: Query::parse(&query).unwrap(),
            collection_ids: Vec::new(),
            space_id: None,
            limit: 10,
            mode: Mode::Fused,
            group_by: GroupBy::Document,
        };
        let embed = async |models: Vec<String>| models::embed_query("bench", &models, &query).await;
        knowledge::search(&cx, &request, embed).await.unwrap();
        theirs.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let ((ours, ours95), (theirs, theirs95)) = (percentiles(ours), percentiles(theirs));
    Figure {
        name: "POST /api/v1/search, p50 / p95",
        goal: "<= 1.3 x",
        ours: format!("{ours:.1} / {ours95:.1} ms"),
        theirs: format!("{theirs:.1} / {theirs95:.1} ms native"),
        result: format!("{:.2} x", ours / theirs),
    }
}
