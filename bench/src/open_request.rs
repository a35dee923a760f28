//! What opening a request costs: token, session, tenant and one query, against that query alone.

use std::{future::ready, time::Instant};

use credentials::{AccessToken, Credential, PublicKeys};
use kernel::PageRequest;
use knowledge::{GroupBy, Mode, SearchRequest};
use models::QueryEmbedding;
use platform::{
    Actor, Cx, Origin, TenantRole,
    pg::{Source, Ticket},
};
use testkit::{Database, Person};
use tests::stack::{Stack, TOKEN_KEY, token_public_key};

use crate::{Figure, percentiles};

const ROUNDS: usize = 3_000;

/// What is asked: the cheapest query that there is, and the one that the product is for.
#[derive(Clone, Copy)]
enum Query {
    Spaces,
    Search,
}

impl Query {
    async fn ask(self, cx: &Cx, request: &SearchRequest, embeddings: &[QueryEmbedding]) {
        match self {
            Self::Spaces => drop(
                spaces::list_spaces(cx, PageRequest::parse(None, None).unwrap()).await.unwrap(),
            ),
            Self::Search => drop(
                knowledge::search(cx, request, |_| ready(Ok(embeddings.to_vec()))).await.unwrap(),
            ),
        }
    }
}

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (client, person) = stack.person("bench").await;
    let (_, collection) = client.collection("Bench").await;
    let rules: String = (0..600)
        .map(|n| format!("## Rule {n}\n\nWater and parking, number {n} of the rules.\n\n"))
        .collect();
    client.ingest(&collection, "rules.md", rules).await;
    let token = client.token.unwrap();
    let (list, list_alone) = compare(
        enter(&stack.database, "tessera_workspace", &person).await,
        &token,
        &person,
        Query::Spaces,
    )
    .await;
    let (search, search_alone) = compare(
        enter(&stack.database, "tessera_search", &person).await,
        &token,
        &person,
        Query::Search,
    )
    .await;
    Figure {
        name: "token, session, tenant and one query (the list of spaces; a search of 600 chunks), p50",
        goal: "<= 1.25 x",
        ours: format!("{list:.3}; {search:.2} ms"),
        theirs: format!("{list_alone:.3}; {search_alone:.2} ms the query alone"),
        result: format!("{:.2} x; {:.2} x", list / list_alone, search / search_alone),
    }
}

async fn enter(database: &Database, role: &str, person: &Person) -> (Source, Ticket) {
    (
        database.source(role).await,
        database.ticket(role, person.tenant, &format!("user {}", person.user)).await,
    )
}

/// Medians in milliseconds, measured in turns: a request that is opened, and its query on a
/// connection that is.
async fn compare(
    (source, ticket): (Source, Ticket),
    token: &str,
    person: &Person,
    query: Query,
) -> (f64, f64) {
    let keys = PublicKeys::read(&token_public_key(TOKEN_KEY), None).unwrap();
    let question = "which rule is about water?";
    let model = models::default_embedding_model().await.unwrap();
    let embeddings = models::embed_query("bench", &[model], question).await.unwrap();
    let request = SearchRequest {
        query: knowledge::Query::parse(question).unwrap(),
        collection_ids: Vec::new(),
        space_id: None,
        limit: 10,
        mode: Mode::Fused,
        group_by: GroupBy::Document,
    };
    let actor = Actor::user(person.user, TenantRole::Admin);
    // One connection that is kept, with the tenant set before the first measured query.
    let alone =
        Cx::new(source.clone(), Some(person.tenant), actor, "bench".to_owned()).with_ticket(ticket);
    query.ask(&alone, &request, &embeddings).await;
    let (mut opened, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let credential = Credential::Session(AccessToken::verify(token, &keys).unwrap().token);
        let origin = Origin {
            request_id: "bench".to_owned(),
            address: String::new(),
            user_agent: String::new(),
        };
        let (cx, _) = credentials::authenticate(source.clone(), &credential, origin).await.unwrap();
        query.ask(&cx, &request, &embeddings).await;
        opened.push(begun.elapsed().as_secs_f64() * 1e3);
        drop(cx);
        let begun = Instant::now();
        query.ask(&alone, &request, &embeddings).await;
        bare.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    (percentiles(opened).0, percentiles(bare).0)
}
