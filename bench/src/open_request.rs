//! What opening a request costs: token, session, tenant and one query, against that query alone.

use std::time::Instant;

use identity::{AccessToken, Credential, Keys};
use kernel::PageRequest;
use platform::{Actor, Cx, Origin, TenantRole};
use tests::stack::{Stack, TOKEN_KEY};

use crate::{Figure, percentiles};

const ROUNDS: usize = 3_000;

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (client, person) = stack.person("bench").await;
    let token = client.token.unwrap();
    let keys = Keys::derive(TOKEN_KEY).unwrap();
    let source = stack.database.source("tessera_workspace").await;
    let page = PageRequest::parse(None, None).unwrap();
    let actor = Actor::user(person.user, TenantRole::Admin);
    // One connection that is kept, with the tenant set before the first measured query.
    let alone = Cx::new(source.clone(), Some(person.tenant), actor, "bench".to_owned());
    spaces::list_spaces(&alone, page).await.unwrap();
    let (mut opened, mut query) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let credential = Credential::Session(AccessToken::verify(&token, &keys).unwrap());
        let origin = Origin { request_id: "bench".to_owned(), address: String::new(), user_agent: String::new() };
        let (cx, _) = identity::open(source.clone(), &credential, origin).await.unwrap();
        spaces::list_spaces(&cx, page).await.unwrap();
        opened.push(begun.elapsed().as_secs_f64() * 1e3);
        drop(cx);
        let begun = Instant::now();
        spaces::list_spaces(&alone, page).await.unwrap();
        query.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let ((opened, opened95), (query, query95)) = (percentiles(opened), percentiles(query));
    Figure {
        name: "token, session, tenant and one query (the list of spaces), p50 / p95",
        goal: "<= 1.25 x",
        ours: format!("{opened:.2} / {opened95:.2} ms"),
        theirs: format!("{query:.2} / {query95:.2} ms the query alone"),
        result: format!("{:.2} x", opened / query),
    }
}
