//! The isolation matrix: every route, with every kind of id, for every kind of caller, against the
//! policy table; and no side effect of a refusal.

use std::{collections::BTreeSet, io::Write};

use futures::{StreamExt, stream};
use http::Method;
use serde_json::Value;
use tests::{
    client::{Client, Response},
    contract,
    stack::Stack,
};

use super::cases::{Case, IdLocation, cases, kind, operation, slots};
use crate::{
    contract::policy_table::{Expectation, TABLE, Who},
    docs,
    fixture::{CANARY, Fixture, OF_A_SPACE, rows},
};

/// Concurrent requests: more only wait for each other on a small machine.
const AT_ONCE: usize = 8;

/// Data of the fixture that must not be in a response to an outsider.
fn leaks(case: &Case, fixture: &Fixture, reply: &Response) -> Option<String> {
    if !matches!(case.who, Who::Stranger | Who::Outsider | Who::Manager | Who::Admin) {
        return None;
    }
    let text = reply.body.to_string();
    // Colleagues and their groups are visible to each other, and the table lists who may manage
    // them. A link shows colleagues the conversation's own ids; what they name is refused to them
    // elsewhere, and quotations are empty. Administrators see which jobs there are, with ids that
    // open nothing to them.
    let is_shared = ["get_shared_conversation", "list_shared_messages", "list_organisation_jobs"]
        .contains(&case.line.operation);
    let hidden = |name: &str| {
        !is_shared && (OF_A_SPACE.contains(&name) || ["chunk_id", "message_id"].contains(&name))
    };
    let ids = fixture.resources.ids().filter(|(name, _)| case.who == Who::Stranger || hidden(name));
    let own = |id: &str| {
        case.who == Who::Stranger
            && fixture.own.as_ref().is_some_and(|own| own.ids().any(|(_, o)| o == id))
    };
    let leaked: Vec<&str> = ids
        .filter(|(name, id)| text.contains(*id) && *name != "page" && !own(id))
        .map(|(n, _)| n)
        .collect();
    let canary = fixture.own.is_none() && text.contains(CANARY);
    (canary || !leaked.is_empty())
        .then(|| format!("{}: shows {leaked:?}, {canary}: {text}", case.name()))
}

/// The same request with an unknown id must get the same response.
async fn differs_from_unknown(case: &Case, fixture: &Fixture, reply: &Response) -> Option<String> {
    let slot = case.slot.as_ref().map(|(_, name)| kind(name).to_owned());
    let ids: Vec<(&'static str, String)> =
        fixture.resources.ids().map(|(n, id)| (n, id.to_owned())).collect();
    let mut resources = case.resources.seen_by(&fixture.actor);
    let mut plain = reply.body.to_string();
    for (name, id) in
        ids.iter().filter(|(name, _)| slot.as_deref().is_none_or(|slot| slot == *name))
    {
        let unknown = uuid::Uuid::now_v7().to_string();
        plain = plain.replace(id, &unknown);
        resources = resources.with(name, &unknown);
    }
    let unknown = Case {
        who: case.who,
        line: case.line,
        resources,
        slot: case.slot.clone(),
        expected: case.expected,
        status: 0,
    };
    let other = fixture.actor.send(unknown.request(&fixture.actor)).await;
    let without_id = |text: &str| {
        let mut body: Value = serde_json::from_str(text).unwrap();
        body.as_object_mut().map(|body| body.remove("request_id"));
        body
    };
    let same =
        other.status == reply.status && without_id(&plain) == without_id(&other.body.to_string());
    (!same).then(|| format!("{}: {plain}, but for an unknown id {}", case.name(), other.body))
}

/// Refusals run concurrently and must leave no trace; then the permitted requests run one after the
/// other.
async fn play(who: Who) -> (usize, Vec<String>) {
    let fixture = Fixture::with(who).await;
    let (allowed, refused): (Vec<Case>, Vec<Case>) =
        cases(who, &fixture).into_iter().partition(|case| case.expected == Expectation::Yes);
    let count = allowed.len() + refused.len();
    let tenants = [fixture.tenant, fixture.actor_person.tenant];
    let before = rows(&tenants).await;
    let mut wrong: Vec<String> = stream::iter(&refused)
        .map(|case| async {
            let reply = fixture.actor.send(case.request(&fixture.actor)).await;
            let mut found: Vec<String> =
                case.judge(&reply).into_iter().chain(leaks(case, &fixture, &reply)).collect();
            if case.expected == Expectation::Hidden && case.line.about.is_none() {
                found.extend(differs_from_unknown(case, &fixture, &reply).await);
            }
            found
        })
        .buffer_unordered(AT_ONCE)
        .concat()
        .await;
    let after = rows(&tenants).await;
    let touched: Vec<_> = before.iter().zip(&after).filter(|(b, a)| b != a).collect();
    if !touched.is_empty() {
        wrong.push(format!("{who:?}: refused requests changed {touched:?}"));
    }
    for case in &allowed {
        let reply = fixture.actor.send(case.request(&fixture.actor)).await;
        wrong.extend(case.judge(&reply).into_iter().chain(leaks(case, &fixture, &reply)));
    }
    (count, wrong)
}

/// Writes past the test harness, which hides the output of a test that passes.
pub(crate) fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

#[test]
fn every_route_and_filter_by_id_is_in_the_policy_table() {
    let routes: BTreeSet<&str> =
        contract::operations().map(|(_, _, o)| o["operationId"].as_str().unwrap()).collect();
    let lines: BTreeSet<&str> = TABLE.iter().map(|line| line.operation).collect();
    assert_eq!(
        routes, lines,
        "expected a line in tests/whole/contract/policy_table.rs for each route, and no other"
    );
    for line in TABLE {
        let (_, _, operation) = operation(line.operation);
        let public = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(
            public,
            line.row.is_none() && !line.guarded,
            "{}: the contract and the table disagree on `public`",
            line.operation
        );
        for (_, name) in
            slots(line.operation).iter().filter(|(place, _)| *place == IdLocation::Query)
        {
            assert!(
                line.filters.iter().any(|(n, _)| n == name),
                "{}: no line for ?{name}",
                line.operation
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_follows_the_policy_table_and_refusals_leave_no_trace() {
    let played = futures::future::join_all(Who::ALL.map(play)).await;
    let (counts, wrong): (Vec<usize>, Vec<Vec<String>>) = played.into_iter().unzip();
    let count = counts.iter().sum::<usize>();
    say(&format!("isolation matrix: {count} cases with living credentials"));
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    docs::made("every_route_follows_the_policy_table_and_refusals_leave_no_trace", count);
}

/// Clients whose credentials have ended, each in another way; and their tenants.
async fn dead(fixture: &Fixture) -> Vec<(&'static str, Client)> {
    let stack = Stack::shared();
    let mut db = stack.database.superuser().await;
    let revoked = stack.sign_in(&fixture.actor_person).await;
    revoked.send(revoked.request(Method::POST, "/api/v1/auth/logout")).await.expect(204);
    let gone = stack.database.colleague(fixture.tenant, "gone", "admin").await;
    let deactivated = stack.sign_in(&gone).await;
    sqlx::query("update users set state = 'inactive' where id = $1")
        .bind(gone.user.0)
        .execute(&mut db)
        .await
        .unwrap();
    let left = stack.database.colleague(fixture.tenant, "left", "admin").await;
    let deleted = stack.sign_in(&left).await;
    sqlx::query("update users set deleted_at = now() where id = $1")
        .bind(left.user.0)
        .execute(&mut db)
        .await
        .unwrap();
    let (suspended, person) = stack.person("suspended").await;
    sqlx::query("update tenants set state = 'suspended' where id = $1")
        .bind(person.tenant.0)
        .execute(&mut db)
        .await
        .unwrap();
    vec![
        ("nobody", stack.anonymous()),
        ("a revoked session", revoked),
        ("a deactivated user", deactivated),
        ("a deleted user", deleted),
        ("a user of a suspended tenant", suspended),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_and_missing_credentials_are_refused() {
    let fixture = Fixture::with(Who::Person).await;
    let clients = dead(&fixture).await;
    let before = rows(&[fixture.tenant]).await;
    let cases = cases(Who::Person, &fixture);
    let pairs = clients.iter().flat_map(|client| cases.iter().map(move |case| (client, case)));
    let replies: Vec<Option<String>> = stream::iter(pairs)
        .map(|((name, client), case)| async move {
            let reply = client.send(case.request(client)).await;
            let code = if *name == "nobody" { "not_signed_in" } else { "session_ended" };
            let right = reply.status == 401 && reply.body["error"] == code;
            (!right).then(|| {
                format!("{name}: {}: {} {}", case.line.operation, reply.status, reply.body)
            })
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    say(&format!("isolation matrix: {} cases with dead credentials or none", replies.len()));
    docs::made("ended_and_missing_credentials_are_refused", replies.len());
    let wrong: Vec<String> = replies.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(before, rows(&[fixture.tenant]).await, "refused requests changed something");
}

#[tokio::test]
async fn public_routes_need_no_credential() {
    let fixture = Fixture::with(Who::Person).await;
    for line in TABLE.iter().filter(|line| line.row.is_none()) {
        let resources = fixture.resources.seen_by(&Stack::shared().anonymous());
        let case = Case {
            who: Who::Stranger,
            line,
            resources,
            slot: None,
            expected: Expectation::Yes,
            status: line.status,
        };
        let reply = case.resources.client.send(case.request(&case.resources.client)).await;
        assert_eq!(case.judge(&reply), None);
    }
}
