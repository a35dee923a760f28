//! The isolation matrix: every route, with every kind of id, for every kind of caller, against the
//! policy table; and no side effect of a refusal.

use std::{collections::BTreeSet, io::Write};

use futures::{StreamExt, stream};
use http::Method;
use serde_json::{Value, json};
use tests::{
    client::{Client, Response},
    contract,
    stack::Stack,
};

use crate::{
    contract::policy_table::{Expectation, FOREIGN_IN_A_BODY, Line, PASSED, TABLE, Who},
    fixture::{CANARY, Fixture, OF_A_SPACE, rows},
    resources::{Resources, body},
};

/// Concurrent requests: more only wait for each other on a small machine.
const AT_ONCE: usize = 8;

/// Which part of a request holds an id.
#[derive(Clone, Copy, PartialEq, Debug)]
enum IdLocation {
    Path,
    Query,
    Body,
}

/// One request and its expected response.
struct Case {
    who: Who,
    line: &'static Line,
    resources: Resources,
    /// The one foreign id; the others are the caller's own.
    slot: Option<(IdLocation, String)>,
    expected: Expectation,
    status: u16,
}

fn operation(id: &str) -> (Method, &'static str, &'static Value) {
    let found = contract::operations().find(|(_, _, operation)| operation["operationId"] == id);
    let (method, template, operation) = found.unwrap_or_else(|| panic!("`{id}` is in the policy table only"));
    (method.parse().unwrap(), template, operation)
}

fn resolved(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(name) => &contract::document()["components"]["schemas"][name.rsplit('/').next().unwrap()],
        None => schema,
    }
}

/// All parts of an operation's requests that take an id.
fn slots(id: &str) -> Vec<(IdLocation, String)> {
    let (_, template, operation) = operation(id);
    let mut out: Vec<(IdLocation, String)> = template
        .split(['{', '}'])
        .filter(|part| part.ends_with("_id"))
        .map(|part| (IdLocation::Path, part.to_owned()))
        .collect();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let named = parameters.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str());
    out.extend(named.filter(|name| name.ends_with("_id")).map(|name| (IdLocation::Query, name.to_owned())));
    let schema = resolved(&operation["requestBody"]["content"]["application/json"]["schema"]);
    let members = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    // The client id at an identity provider is not an id of ours.
    let ids = members.filter(|n| n.ends_with("_id") || n.ends_with("_ids")).filter(|n| *n != "client_id");
    out.extend(ids.map(|n| (IdLocation::Body, n.clone())));
    out
}

/// `collection_ids` takes ids of the kind `collection_id`.
fn kind(slot: &str) -> &str {
    match slot {
        "actor_id" => "user_id",
        "custom_role_id" => "role_id",
        _ => slot.strip_suffix('s').unwrap_or(slot),
    }
}

impl Case {
    fn request(&self, client: &Client) -> reqwest::RequestBuilder {
        let (method, template, operation) = operation(self.line.operation);
        let mut path = self.resources.fill(template);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        // The caller has stated a reason to read the log.
        if parameters.clone().any(|p| p["name"] == "reading") {
            path = format!("{path}?reading={}", self.resources.id("reading"));
        }
        if let Some((IdLocation::Query, name)) = &self.slot {
            let mark = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{mark}{name}={}", self.resources.id(kind(name)));
        }
        if operation["requestBody"]["content"]["application/octet-stream"].is_object() {
            let request = client.request(method, &format!("{path}?filename=planted.txt"));
            return request.header("content-type", "application/octet-stream").body("Planted text.");
        }
        let mut document = body(self.line.operation, &self.resources);
        if let Some((IdLocation::Body, name)) = &self.slot {
            let id = self.resources.id(kind(name));
            document[name] = if name.ends_with("_ids") { json!([id]) } else { json!(id) };
        }
        let request = client.request(method, &path);
        if operation["requestBody"].is_object() { request.json(&document) } else { request }
    }

    fn name(&self) -> String {
        let slot =
            self.slot.as_ref().map(|(place, name)| format!(" with a {name} in its {place:?}")).unwrap_or_default();
        let about = self.line.about.map(|(_, thing)| format!(" about {thing}")).unwrap_or_default();
        format!("{:?}: {}{about}{slot}", self.who, self.line.operation).to_lowercase()
    }

    /// The fault in the response, if there is one.
    fn judge(&self, reply: &Response) -> Option<String> {
        let right = match self.expected {
            Expectation::Hidden => reply.status == 404 && reply.body["error"] == "not_found",
            Expectation::Forbidden => reply.status == 403 && reply.body["error"] == "not_allowed",
            Expectation::Yes if self.status == PASSED => !matches!(reply.status, 401 | 403) && reply.status < 500,
            Expectation::Yes if self.status == 0 => (200..300).contains(&reply.status),
            Expectation::Yes => reply.status == self.status,
        };
        let expected = (self.expected, self.status);
        (!right).then(|| format!("{}: expected {expected:?}, got {} {}", self.name(), reply.status, reply.body))
    }
}

/// All cases of one caller.
fn cases(who: Who, fixture: &Fixture) -> Vec<Case> {
    let mut out = Vec::new();
    for line in TABLE {
        let Some(row) = line.row else { continue };
        let column = Who::ALL.iter().position(|w| *w == who).unwrap();
        let mut resources = fixture.resources.seen_by(&fixture.actor);
        if let Some((slot, thing)) = line.about {
            resources = resources.with(slot, fixture.extra(thing));
        }
        for (name, row) in line.filters {
            let slot = Some((IdLocation::Query, (*name).to_owned()));
            let resources = resources.seen_by(&fixture.actor);
            out.push(Case { who, line, resources, slot, expected: row[column], status: 0 });
        }
        out.extend(one_foreign_id(who, line, &resources, fixture));
        out.push(Case { who, line, resources, slot: None, expected: row[column], status: line.status });
    }
    out
}

/// The caller's own ids except one, for each part that takes an id.
fn one_foreign_id(who: Who, line: &'static Line, foreign: &Resources, fixture: &Fixture) -> Vec<Case> {
    let Some(own) = fixture.own.as_ref().filter(|_| line.about.is_none()) else { return Vec::new() };
    let slots = slots(line.operation);
    let foreign_to = |slot: &str| who == Who::Stranger || OF_A_SPACE.contains(&kind(slot));
    let mixable = slots.iter().filter(|(place, slot)| *place != IdLocation::Query && foreign_to(slot));
    mixable
        .map(|(place, slot)| {
            let known = FOREIGN_IN_A_BODY.iter().find(|(o, s, _)| *o == line.operation && s == slot);
            let (expected, status) =
                known.map_or((Expectation::Hidden, 0), |(_, _, status)| (Expectation::Yes, *status));
            let resources = own.with(kind(slot), foreign.id(kind(slot)));
            Case { who, line, resources, slot: Some((*place, slot.clone())), expected, status }
        })
        .collect()
}

/// Data of the fixture that must not be in a response to an outsider.
fn leaks(case: &Case, fixture: &Fixture, reply: &Response) -> Option<String> {
    if !matches!(case.who, Who::Stranger | Who::Outsider | Who::Manager | Who::Admin) {
        return None;
    }
    let text = reply.body.to_string();
    // Colleagues and their groups are visible to each other, and the table lists who may manage
    // them.
    let hidden = |name: &str| OF_A_SPACE.contains(&name) || ["chunk_id", "message_id"].contains(&name);
    let ids = fixture.resources.ids().filter(|(name, _)| case.who == Who::Stranger || hidden(name));
    let own =
        |id: &str| case.who == Who::Stranger && fixture.own.as_ref().is_some_and(|own| own.ids().any(|(_, o)| o == id));
    let leaked: Vec<&str> =
        ids.filter(|(name, id)| text.contains(*id) && *name != "page" && !own(id)).map(|(n, _)| n).collect();
    let canary = fixture.own.is_none() && text.contains(CANARY);
    (canary || !leaked.is_empty()).then(|| format!("{}: shows {leaked:?}, {canary}: {text}", case.name()))
}

/// The same request with an unknown id must get the same response.
async fn differs_from_unknown(case: &Case, fixture: &Fixture, reply: &Response) -> Option<String> {
    let slot = case.slot.as_ref().map(|(_, name)| kind(name).to_owned());
    let ids: Vec<(&'static str, String)> = fixture.resources.ids().map(|(n, id)| (n, id.to_owned())).collect();
    let mut resources = case.resources.seen_by(&fixture.actor);
    let mut plain = reply.body.to_string();
    for (name, id) in ids.iter().filter(|(name, _)| slot.as_deref().is_none_or(|slot| slot == *name)) {
        let unknown = uuid::Uuid::now_v7().to_string();
        plain = plain.replace(id, &unknown);
        resources = resources.with(name, &unknown);
    }
    let unknown =
        Case { who: case.who, line: case.line, resources, slot: case.slot.clone(), expected: case.expected, status: 0 };
    let other = fixture.actor.send(unknown.request(&fixture.actor)).await;
    let without_id = |text: &str| {
        let mut body: Value = serde_json::from_str(text).unwrap();
        body.as_object_mut().map(|body| body.remove("request_id"));
        body
    };
    let same = other.status == reply.status && without_id(&plain) == without_id(&other.body.to_string());
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
            let mut found: Vec<String> = case.judge(&reply).into_iter().chain(leaks(case, &fixture, &reply)).collect();
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
    let routes: BTreeSet<&str> = contract::operations().map(|(_, _, o)| o["operationId"].as_str().unwrap()).collect();
    let lines: BTreeSet<&str> = TABLE.iter().map(|line| line.operation).collect();
    assert_eq!(routes, lines, "expected a line in tests/whole/contract/policy_table.rs for each route, and no other");
    for line in TABLE {
        let (_, _, operation) = operation(line.operation);
        let public = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(
            public,
            line.row.is_none() && !line.guarded,
            "{}: the contract and the table disagree on `public`",
            line.operation
        );
        for (_, name) in slots(line.operation).iter().filter(|(place, _)| *place == IdLocation::Query) {
            assert!(line.filters.iter().any(|(n, _)| n == name), "{}: no line for ?{name}", line.operation);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_follows_the_policy_table_and_refusals_leave_no_trace() {
    let played = futures::future::join_all(Who::ALL.map(play)).await;
    let (counts, wrong): (Vec<usize>, Vec<Vec<String>>) = played.into_iter().unzip();
    say(&format!("isolation matrix: {} cases with living credentials", counts.iter().sum::<usize>()));
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Clients whose credentials have ended, each in another way; and their tenants.
async fn dead(fixture: &Fixture) -> Vec<(&'static str, Client)> {
    let stack = Stack::shared();
    let mut db = stack.database.superuser().await;
    let revoked = stack.sign_in(&fixture.actor_person).await;
    revoked.send(revoked.request(Method::POST, "/api/v1/auth/logout")).await.expect(204);
    let gone = stack.database.colleague(fixture.tenant, "gone", "admin").await;
    let deactivated = stack.sign_in(&gone).await;
    sqlx::query("update users set state = 'inactive' where id = $1").bind(gone.user.0).execute(&mut db).await.unwrap();
    let left = stack.database.colleague(fixture.tenant, "left", "admin").await;
    let deleted = stack.sign_in(&left).await;
    sqlx::query("update users set deleted_at = now() where id = $1").bind(left.user.0).execute(&mut db).await.unwrap();
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
            (!right).then(|| format!("{name}: {}: {} {}", case.line.operation, reply.status, reply.body))
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    say(&format!("isolation matrix: {} cases with dead credentials or none", replies.len()));
    let wrong: Vec<String> = replies.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(before, rows(&[fixture.tenant]).await, "refused requests changed something");
}

#[tokio::test]
async fn public_routes_need_no_credential() {
    let fixture = Fixture::with(Who::Person).await;
    for line in TABLE.iter().filter(|line| line.row.is_none()) {
        let resources = fixture.resources.seen_by(&Stack::shared().anonymous());
        let case =
            Case { who: Who::Stranger, line, resources, slot: None, expected: Expectation::Yes, status: line.status };
        let reply = case.resources.client.send(case.request(&case.resources.client)).await;
        assert_eq!(case.judge(&reply), None);
    }
}
