//! API keys for one assistant: they see and ask it, and are valid for nothing else.

use credentials::{ApiKey, Credential};
use futures::StreamExt;
use http::Method;
use platform::Origin;
use serde_json::{Value, json};
use tests::{
    client::{Client, Response},
    contract,
    stack::Stack,
};

use crate::{
    fixture::{join, rows},
    resources::{Resources, body, owner_of_everything},
};

/// Everything that such a key may do; every other present and future operation of the contract is
/// refused.
const ALLOWED: [&str; 15] = [
    "list_assistants",
    "get_assistant",
    "list_conversations",
    "create_conversation",
    "get_conversation",
    "export_conversation",
    "list_messages",
    "create_message",
    "regenerate_message",
    "continue_message",
    "stream_message",
    "stop_message",
    "get_feedback",
    "put_feedback",
    "delete_feedback",
];

fn new_key(assistant: &str) -> Value {
    json!({ "name": "Widget", "scopes": ["chat", "assistants:read"], "assistant_id": assistant })
}

/// Creates a key for one assistant; returns its id and a client that sends it as a bearer token.
pub(crate) async fn key_for(owner: &Client, assistant: &str) -> (String, Client) {
    let made = owner.post("/api/v1/api-keys", &new_key(assistant)).await.expect(201);
    let mut client = Stack::shared().anonymous();
    client.token = made["key"].as_str().map(str::to_owned);
    (made["api_key"]["id"].as_str().unwrap().to_owned(), client)
}

/// Another assistant of the same owner, with a conversation.
async fn another(resources: &Resources, space: &str, collection: &str) -> Resources {
    let owner = &resources.client;
    let other = json!({ "space_id": space, "name": "Other one", "collection_ids": [collection] });
    let assistant = owner.create("/api/v1/assistants", &other).await;
    let conversation =
        owner.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let answer = owner.post(&path, &json!({ "content": "Anything?" })).await.expect(200);
    let message = answer["message_id"].as_str().unwrap();
    let ids = [
        ("assistant_id", assistant.as_str()),
        ("conversation_id", &conversation),
        ("message_id", message),
    ];
    ids.iter()
        .fold(resources.with("space_id", space), |resources, (name, id)| resources.with(name, id))
}

/// An owner of everything, a key for the assistant among it, and the same owner's other assistants:
/// one beside it, one in another space.
pub(crate) async fn several_assistants() -> (Resources, Client, [Resources; 2]) {
    let resources = owner_of_everything().await;
    let beside = another(&resources, resources.id("space_id"), resources.id("collection_id")).await;
    let (space, collection) = resources.client.collection("Other").await;
    let given = json!({ "group_id": resources.id("group_id"), "role": "viewer" });
    resources.client.post(&format!("/api/v1/spaces/{space}/groups"), &given).await.expect(201);
    let elsewhere = another(&resources, &space, &collection).await;
    let (_, key) = key_for(&resources.client, resources.id("assistant_id")).await;
    (resources, key, [beside, elsewhere])
}

async fn try_it(
    key: &Client,
    operation: &Value,
    method: &str,
    template: &str,
    resources: &Resources,
) -> Response {
    let request = key.request(method.parse().unwrap(), &resources.fill(template));
    let document = body(operation["operationId"].as_str().unwrap(), resources);
    key.send(if operation["requestBody"].is_object() { request.json(&document) } else { request })
        .await
}

/// Checksums of the tenant's tables. Keys are only counted: their use is noted in them.
async fn traces(resources: &Resources) -> Vec<(String, i64, String)> {
    let tenant = resources.id("tenant_id").parse().unwrap();
    let keys = |(table, n, sum)| {
        if table == "api_keys" { (table, n, String::new()) } else { (table, n, sum) }
    };
    rows(&[tenant]).await.into_iter().map(keys).collect()
}

#[tokio::test]
async fn a_key_for_one_assistant_streams_an_answer_and_reads_the_conversation() {
    let (resources, key, _) = several_assistants().await;
    let assistant = resources.id("assistant_id");
    let found = key.get(&format!("/api/v1/assistants/{assistant}")).await.expect(200);
    assert_eq!(
        (&found["id"], &found["permissions"]),
        (&json!(assistant), &json!(["assistants.read", "ask"]))
    );
    let conversation =
        key.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let mut events = key.ask(&conversation, "How does the vault open?").await;
    let mut received = Vec::new();
    while let Some(event) = events.next().await {
        received.push(event.data);
    }
    assert!(
        received.iter().any(|e| e["sources"][0]["document_id"] == resources.id("document_id")),
        "{received:#?}"
    );
    assert_eq!(received.last().unwrap()["type"], "done");
    let message = received[0]["message_id"].as_str().unwrap();
    let again = key
        .events(&format!("/api/v1/messages/{message}/stream"), None)
        .await
        .collect::<Vec<_>>()
        .await;
    assert_eq!(again.last().unwrap().data["type"], "done");
    key.send(key.request(Method::POST, &format!("/api/v1/messages/{message}/stop")))
        .await
        .expect(204);
    let path = format!("/api/v1/conversations/{conversation}");
    key.get(&path).await.expect(200);
    assert_eq!(key.get(&format!("{path}/messages")).await.expect(200)["total"], 2);
    // The other header works too.
    let anonymous = Stack::shared().anonymous();
    let request =
        anonymous.request(Method::GET, &path).header("x-api-key", key.token.as_deref().unwrap());
    anonymous.send(request).await.expect(200);
}

#[tokio::test]
async fn it_is_refused_on_every_other_route_without_a_trace() {
    let (resources, key, _) = several_assistants().await;
    let before = traces(&resources).await;
    let (mut refused, mut allowed) = (0, 0);
    for (method, template, operation) in contract::operations() {
        let security = operation["security"].as_array().unwrap();
        if security.is_empty() {
            continue;
        }
        let name = operation["operationId"].as_str().unwrap();
        if ALLOWED.contains(&name) {
            allowed += 1;
            continue;
        }
        let answer = try_it(&key, operation, &method, template, &resources).await;
        if security[0].get("operator").is_some() || security[0].get("scim").is_some() {
            assert_eq!(answer.status, 401, "{name}: not even a credential there");
        } else {
            assert_eq!(answer.problem(403), "not_allowed", "{name}");
        }
        refused += 1;
    }
    assert_eq!(allowed, ALLOWED.len());
    assert!(refused >= 80, "only {refused} routes");
    assert_eq!(before, traces(&resources).await, "refused requests changed something");
}

#[tokio::test]
async fn another_assistant_of_its_owner_is_a_404_for_it() {
    let (resources, key, [beside, elsewhere]) = several_assistants().await;
    let before = traces(&resources).await;
    let about_one = |name: &str| {
        ALLOWED.contains(&name) && !["list_assistants", "list_conversations"].contains(&name)
    };
    for (method, template, operation) in contract::operations() {
        let name = operation["operationId"].as_str().unwrap();
        for other in [&beside, &elsewhere].into_iter().filter(|_| about_one(name)) {
            let answer = try_it(&key, operation, &method, template, other).await;
            assert_eq!(answer.problem(404), "not_found", "{name}");
        }
    }
    assert_eq!(before, traces(&resources).await, "refused requests changed something");
    for other in [&beside, &elsewhere] {
        let path = format!("/api/v1/conversations?assistant_id={}", other.id("assistant_id"));
        assert_eq!(key.get(&path).await.expect(200)["total"], 0);
    }
    let path = format!("/api/v1/assistants?space_id={}", elsewhere.id("space_id"));
    assert_eq!(key.get(&path).await.problem(404), "not_found", "a space of the owner");
    let ids = |list: &Value, name: &str| -> Vec<Value> {
        list[name].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    let home = format!("/api/v1/assistants?space_id={}", resources.id("space_id"));
    for path in ["/api/v1/assistants", home.as_str()] {
        let list = key.get(path).await.expect(200);
        assert_eq!(
            (ids(&list, "assistants"), &list["total"]),
            (vec![json!(resources.id("assistant_id"))], &json!(1))
        );
    }
    let list = key.get("/api/v1/conversations").await.expect(200);
    // Beside it the imported one, with the same assistant.
    assert_eq!(list["total"], 2, "{list:#}");
    assert!(ids(&list, "conversations").contains(&json!(resources.id("conversation_id"))));
}

#[tokio::test]
async fn it_does_not_get_the_recorded_response_of_another_credential() {
    let (resources, key, [beside, _]) = several_assistants().await;
    let begin = async |client: &Client, assistant: &str, once: &str| {
        let request =
            client.request(Method::POST, "/api/v1/conversations").header("idempotency-key", once);
        client.send(request.json(&json!({ "assistant_id": assistant }))).await
    };
    begin(&resources.client, beside.id("assistant_id"), "first").await.expect(201);
    assert_eq!(begin(&key, beside.id("assistant_id"), "first").await.problem(404), "not_found");
    let assistant = resources.id("assistant_id");
    let theirs = begin(&resources.client, assistant, "second").await.expect(201)["id"].clone();
    let own = begin(&key, assistant, "second").await.expect(201)["id"].clone();
    assert_ne!(theirs, own);
    assert_eq!(begin(&key, assistant, "second").await.expect(201)["id"], own);
    assert_eq!(begin(&resources.client, assistant, "second").await.expect(201)["id"], theirs);
    let ask = async |client: &Client| {
        let path = format!("/api/v1/conversations/{}/messages", own.as_str().unwrap());
        let request = client.request(Method::POST, &path).header("idempotency-key", "third");
        client.send(request.json(&json!({ "content": "How does it open?" }))).await.expect(200)["message_id"].clone()
    };
    let first = ask(&key).await;
    assert_eq!(first, ask(&key).await);
    assert_ne!(first, ask(&resources.client).await);
}

#[tokio::test]
async fn its_request_stays_limited_to_the_assistant_after_a_connection_is_released() {
    let (_, key, _) = several_assistants().await;
    let credential = Credential::Key(ApiKey::read(key.token.as_deref().unwrap()).unwrap());
    let source = Stack::shared().database.source("tessera_chat").await;
    let (cx, _) = credentials::authenticate(source, &credential, Origin::default()).await.unwrap();
    let statement =
        "select (select count(*) from assistants) + (select count(*) from assistant_collections)
        + (select count(*) from conversations) + (select count(*) from messages) / 2
        + (select count(*) from space_roles where user_id = $1) as n";
    for when in ["at first", "afterwards"] {
        let row = cx.db.one(statement, &[cx.user().unwrap().into()]).await.unwrap();
        let n = row.get::<i64>("n").unwrap();
        assert_eq!(n, 7, "{when}: one of each, and an imported conversation");
        cx.db.release().await;
    }
}

#[tokio::test]
async fn a_key_needs_an_assistant_of_its_owner_and_the_scopes_to_ask() {
    let stack = Stack::shared();
    let resources = owner_of_everything().await;
    let (owner, assistant) = (&resources.client, resources.id("assistant_id"));
    let boss = resources.person();
    let (stranger, _) = stack.person("stranger").await;
    let colleague = stack.database.colleague(boss.tenant, "outsider", "user").await;
    let outsider = stack.sign_in(&colleague).await;
    let unknown = uuid::Uuid::now_v7().to_string();
    let draft =
        json!({ "space_id": resources.id("space_id"), "name": "Draft", "published": false });
    let draft = owner.create("/api/v1/assistants", &draft).await;
    let deleted = owner
        .create(
            "/api/v1/assistants",
            &json!({ "space_id": resources.id("space_id"), "name": "Gone" }),
        )
        .await;
    owner.delete(&format!("/api/v1/assistants/{deleted}")).await.expect(204);
    let viewer = stack.database.colleague(boss.tenant, "viewer", "user").await;
    join(&boss, &viewer, resources.id("space_id"), "viewer").await;
    let viewer = stack.sign_in(&viewer).await;
    let before = traces(&resources).await;
    let refusals = [
        (owner, unknown.as_str()),
        (owner, "nonsense"),
        (owner, &deleted),
        (&stranger, assistant),
        (&outsider, assistant),
        (&viewer, &draft),
    ];
    let mut details = Vec::new();
    for (client, assistant) in refusals {
        let answer = client.post("/api/v1/api-keys", &new_key(assistant)).await.expect(404);
        details.push((answer["error"].clone(), answer["detail"].clone()));
    }
    assert!(
        details.iter().all(|said| *said == details[0]),
        "all details are the same: {details:?}"
    );
    let every =
        contract::document()["components"]["schemas"]["CreateApiKey"]["properties"]["scopes"]["items"]["enum"].clone();
    for scope in every.as_array().unwrap() {
        if ["chat", "assistants:read", "assistants:use"].iter().any(|allowed| scope == allowed) {
            continue;
        }
        let new = json!({ "name": "Widget", "scopes": ["chat", scope], "assistant_id": assistant });
        let refused = owner.post("/api/v1/api-keys", &new).await.expect(400);
        assert_eq!(
            (&refused["error"], &refused["errors"][0]["pointer"]),
            (&json!("invalid_body"), &json!("/scopes"))
        );
    }
    assert_eq!(before, traces(&resources).await, "refused requests changed something");
    key_for(owner, &draft).await;
    key_for(&viewer, assistant).await;
}

#[tokio::test]
async fn the_list_and_the_log_name_the_assistant_of_a_key() {
    let resources = owner_of_everything().await;
    let (owner, assistant) = (&resources.client, resources.id("assistant_id"));
    let (id, key) = key_for(owner, assistant).await;
    let listed = owner.get("/api/v1/api-keys").await.expect(200);
    let shown: Vec<_> = listed["api_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| (&k["assistant_id"], &k["assistant_name"]))
        .collect();
    assert_eq!(shown, [(&json!(assistant), &json!("Keeper")), (&Value::Null, &Value::Null)]);
    key.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    assert_eq!(key.get("/api/v1/me").await.problem(403), "not_allowed");
    let entries = async |filter: &str| {
        let path =
            format!("/api/v1/admin/audit?reading={}&limit=100{filter}", resources.id("reading"));
        owner.get(&path).await.expect(200)["entries"].as_array().unwrap().clone()
    };
    let made = entries(&format!("&resource={id}")).await;
    assert_eq!(
        (&made[0]["action"], &made[0]["after"]["assistant_id"]),
        (&json!("api_key.create"), &json!(assistant))
    );
    for action in ["conversation.create", "access.denied"] {
        let by_key = entries(&format!("&action={action}"))
            .await
            .into_iter()
            .find(|e| e["actor"]["id"] == *id);
        assert_eq!(by_key.unwrap_or_else(|| panic!("no {action}"))["actor"]["kind"], "api_key");
    }
}
