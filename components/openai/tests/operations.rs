//! Authentication, scopes, and the form of refusals.

use http::Method;
use serde_json::{Value, json};

use crate::{
    room::{BOTH, CHAT, EMBEDDINGS, MODELS, RESPONSES, Room, TRANSCRIPTIONS, error, says},
    transcriptions::{FORM, TRANSCRIBER, form},
};

/// Every route with a request that its owner gets answered.
fn operations(room: &Room) -> Vec<(Method, String, Value)> {
    let input = json!({ "model": "all-MiniLM-L6-v2", "input": "a" });
    vec![
        (Method::GET, MODELS.to_owned(), Value::Null),
        (Method::GET, format!("{MODELS}/{}", room.model), Value::Null),
        (Method::POST, CHAT.to_owned(), room.question()),
        (Method::POST, RESPONSES.to_owned(), json!({ "model": room.model, "input": "How long?" })),
        (Method::POST, EMBEDDINGS.to_owned(), input),
        (Method::POST, TRANSCRIPTIONS.to_owned(), json!({ "model": TRANSCRIBER })),
    ]
}

async fn send(
    room: &Room,
    (method, path, body): &(Method, String, Value),
    headers: &[(&'static str, String)],
) -> testkit::Reply {
    let request = room.app.request(method.clone(), path.clone());
    let request = match body["model"].as_str() {
        _ if body.is_null() => request,
        Some(model) if path == TRANSCRIPTIONS => {
            request.body(FORM, form(&[("model", model)], b"fLaC"))
        }
        _ => request.json(body),
    };
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(name, value.clone()))
        .send()
        .await
}

#[tokio::test]
async fn every_route_is_tried_here() {
    let room = Room::new(says(&["ok"])).await;
    let key = room.key().await;
    room.transcriber().await;
    assert_eq!(openai_component::router().routes().len(), operations(&room).len());
    for operation in operations(&room) {
        let reply = send(&room, &operation, &[("authorization", format!("Bearer {key}"))]).await;
        assert_eq!(reply.status, 200, "{operation:?}: {:#}", reply.body);
    }
}

#[tokio::test]
async fn only_an_api_key_as_a_bearer_token_opens_a_route() {
    let room = Room::new(says(&["ok"])).await;
    let (key, token) = (room.key().await, room.app.token(&room.owner).await);
    let wrong = format!("{}{}", &key[..key.len() - 1], if key.ends_with('0') { '1' } else { '0' });
    for operation in operations(&room) {
        for headers in [
            vec![],
            vec![("authorization", format!("Bearer {token}"))],
            vec![("cookie", format!("tessera_access={token}"))],
            vec![("cookie", format!("tessera_access={key}"))],
            vec![("x-api-key", key.clone())],
            vec![("authorization", format!("Basic {key}"))],
            vec![("authorization", "Bearer sk-nonsense".to_owned())],
            vec![("authorization", format!("Bearer {wrong}"))],
        ] {
            let reply = send(&room, &operation, &headers).await;
            assert_eq!(
                error(&reply),
                (401, "authentication_error", "invalid_api_key"),
                "{operation:?} {headers:?}"
            );
            assert_eq!(
                (&reply.headers["www-authenticate"], &reply.headers["x-should-retry"]),
                (&"Bearer".parse().unwrap(), &"false".parse().unwrap())
            );
        }
    }
}

#[tokio::test]
async fn a_key_needs_the_scope_of_what_it_asks() {
    let room = Room::new(says(&["ok"])).await;
    let others = ["chat", "search", "assistants:read", "admin:read"];
    let other = room.app.key(&room.owner, &others).await;
    for operation in operations(&room) {
        let reply = send(&room, &operation, &[("authorization", format!("Bearer {other}"))]).await;
        assert_eq!(error(&reply), (403, "permission_error", "permission_denied"), "{operation:?}");
    }
    let model = json!({ "model": "extractive", "messages": [{ "role": "user", "content": "Hi" }] });
    let input = json!({ "model": "all-MiniLM-L6-v2", "input": "a" });
    let assistants = room.app.key(&room.owner, &["assistants:use"]).await;
    for (path, body) in [(CHAT, &model), (EMBEDDINGS, &input)] {
        assert_eq!(
            error(&room.post(path, &assistants, body).send().await),
            (403, "permission_error", "permission_denied")
        );
    }
    let models = room.app.key(&room.owner, &["models:use"]).await;
    let reply = room.post(CHAT, &models, &room.question()).send().await;
    assert_eq!(error(&reply), (403, "permission_error", "permission_denied"));
    assert!(
        reply.body["error"]["message"].as_str().unwrap().contains("`assistants:use`"),
        "{:#}",
        reply.body
    );
    let path = format!("{MODELS}/{}", room.model);
    assert_eq!(error(&room.get(&path, &models).send().await).0, 403);
}

/// The ids of the models that a key is shown.
async fn listed(room: &Room, key: &str) -> Vec<String> {
    let list = room.get(MODELS, key).send().await.expect(200);
    assert_eq!(list["object"], "list");
    list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_key_is_shown_what_it_may_use() {
    let room = Room::new(says(&[])).await;
    let all = [room.model.as_str(), "extractive", "vendor/large", "all-MiniLM-L6-v2"];
    assert_eq!(listed(&room, &room.key().await).await, all);
    let assistants = room.app.key(&room.owner, &["assistants:use"]).await;
    assert_eq!(listed(&room, &assistants).await, all[..1]);
    let models = room.app.key(&room.owner, &["models:use"]).await;
    assert_eq!(listed(&room, &models).await, all[1..]);
    let outsider = room.app.database.colleague(room.owner.tenant, "outsider", "admin").await;
    assert_eq!(listed(&room, &room.app.key(&outsider, BOTH).await).await, all[1..]);
}

#[tokio::test]
async fn a_model_is_found_with_slashes_encoded_or_not() {
    let room = Room::new(says(&[])).await;
    let key = room.key().await;
    let encoded = room.model.replace('/', "%2F");
    let by_id = format!("assistant/{}", room.assistant);
    for (name, expected) in [
        (&*room.model, &*room.model),
        (&*encoded, &*room.model),
        (&*by_id, &*room.model),
        ("vendor/large", "vendor/large"),
        ("vendor%2Flarge", "vendor/large"),
    ] {
        let model = room.get(&format!("{MODELS}/{name}"), &key).send().await.expect(200);
        assert_eq!(
            (&model["id"], &model["object"], &model["owned_by"]),
            (&json!(expected), &json!("model"), &json!("tessera"))
        );
        assert!(model["created"].is_i64(), "{model:#}");
    }
    for unknown in ["nothing", "assistant/", "assistant/nothing", "assistant%2F%00", "%ff", "a/b/c"]
    {
        let reply = room.get(&format!("{MODELS}/{unknown}"), &key).send().await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"), "{unknown}");
    }
}

#[tokio::test]
async fn an_assistant_keeps_its_model_when_it_is_renamed() {
    let room = Room::new(says(&["ok"])).await;
    let end = room.assistant.to_string()[28..].to_owned();
    assert_eq!(room.model, format!("assistant/sekreterare-i-are-{end}"));
    room.sql("update assistants set name = 'Clerk' where id = $1", room.assistant).await;
    let key = room.key().await;
    let model = room.get(&format!("{MODELS}/{}", room.model), &key).send().await.expect(200);
    assert_eq!((&model["id"], &model["name"]), (&json!(room.model), &json!("Clerk")));
    room.post(CHAT, &key, &room.question()).send().await.expect(200);
}

#[tokio::test]
async fn another_tenants_assistant_does_not_exist() {
    let room = Room::new(says(&["ok"])).await;
    let stranger = room.app.database.person("stranger").await;
    let key = room.app.key(&stranger, BOTH).await;
    let unknown =
        json!({ "model": "assistant/nothing", "messages": [{ "role": "user", "content": "Hi" }] });
    let expected = room.post(CHAT, &key, &unknown).send().await.body.to_string();
    for model in [room.model.clone(), format!("assistant/{}", room.assistant)] {
        let mut body = room.question();
        body["model"] = model.clone().into();
        let reply = room.post(CHAT, &key, &body).send().await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"));
        assert_eq!(
            reply.body.to_string(),
            expected.replace("assistant/nothing", &model),
            "the same answer as for nothing"
        );
        assert_eq!(error(&room.get(&format!("{MODELS}/{model}"), &key).send().await).0, 404);
    }
    assert_eq!(room.chat.count(), 0, "no model was asked");
}

#[tokio::test]
async fn a_model_that_the_operator_does_not_offer_is_not_asked() {
    let room = Room::new(says(&["ok"])).await;
    let key = room.key().await;
    for model in ["gpt-5", "", "extractive ", "all-MiniLM-L6-v2", "../extractive"] {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hi" }] });
        let reply = room.post(CHAT, &key, &body).send().await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"), "{model}");
    }
    assert_eq!(room.chat.count(), 0);
}

#[tokio::test]
async fn answers_say_how_much_of_the_keys_minute_is_left() {
    let room = Room::new(says(&["ok"])).await;
    let cx = room.app.database.cx(&room.owner, "tessera_auth").await;
    let scopes = ["models:use".to_owned()];
    let new = credentials::api_key::NewApiKey {
        name: "Few",
        scopes: &scopes,
        assistant: None,
        expires_in_days: None,
        requests_per_minute: Some(2),
    };
    let key = credentials::api_key::create_api_key(&cx, &new).await.unwrap().1;
    for left in ["1", "0"] {
        let reply = room.get(MODELS, &key).send().await;
        let header = |name: &str| reply.headers[name].to_str().unwrap().to_owned();
        assert_eq!(
            (
                header("x-ratelimit-limit-requests").as_str(),
                header("x-ratelimit-remaining-requests").as_str()
            ),
            ("2", left)
        );
        assert!(header("x-ratelimit-reset-requests").ends_with('s'));
    }
    let reply = room.get(MODELS, &key).send().await;
    assert_eq!(error(&reply), (429, "rate_limit_error", "rate_limit_exceeded"));
    let seconds: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(reply.headers["retry-after-ms"].to_str().unwrap(), (seconds * 1_000).to_string());
    assert_eq!(reply.headers["x-should-retry"], "true");
}

#[tokio::test]
async fn a_key_for_one_assistant_opens_that_one() {
    let room = Room::new(says(&["ok"])).await;
    let cx = room.app.database.cx(&room.owner, "tessera_auth").await;
    let scopes = ["assistants:use".to_owned()];
    let new = credentials::api_key::NewApiKey {
        name: "One",
        scopes: &scopes,
        assistant: Some(kernel::id::AssistantId(room.assistant)),
        expires_in_days: None,
        requests_per_minute: None,
    };
    let key = credentials::api_key::create_api_key(&cx, &new).await.unwrap().1;
    room.sql(
        "insert into assistants (id, tenant_id, space_id, name, published, created_by)
         select gen_random_uuid(), tenant_id, space_id, 'Other one', true, created_by from assistants where id = $1",
        room.assistant,
    )
    .await;
    assert_eq!(listed(&room, &key).await, [room.model.as_str()]);
    let answer = room.post(CHAT, &key, &room.question()).send().await.expect(200);
    assert_eq!(answer["tessera"]["sources"][0]["document_id"], room.document.to_string());
    let every = room.key().await;
    let other = listed(&room, &every)
        .await
        .into_iter()
        .find(|id| id.starts_with("assistant/other-one-"))
        .unwrap();
    assert_eq!(error(&room.get(&format!("{MODELS}/{other}"), &key).send().await).0, 404);
}

#[tokio::test]
async fn a_wrong_route_or_method_and_a_torn_body_are_said_in_the_same_shape() {
    let room = Room::new(says(&[])).await;
    let key = room.key().await;
    let unknown = room.get("/openai/v1/files", &key).send().await;
    assert_eq!(error(&unknown), (404, "invalid_request_error", "unknown_url"));
    let wrong = room.get(CHAT, &key).send().await;
    assert_eq!(error(&wrong), (405, "invalid_request_error", "method_not_allowed"));
    let post = |kind: &str, body: &'static str| {
        room.app.post(CHAT).header("authorization", format!("Bearer {key}")).body(kind, body).send()
    };
    assert_eq!(
        error(&post("application/json", "{\"model\"").await),
        (400, "invalid_request_error", "invalid_value")
    );
    assert_eq!(
        error(&post("application/json", "[]").await),
        (400, "invalid_request_error", "invalid_value")
    );
    assert_eq!(
        error(&post("text/plain", "{}").await),
        (415, "invalid_request_error", "unsupported_media_type")
    );
    let two =
        json!({ "model": room.model, "n": 2, "messages": [{ "role": "user", "content": "Hi" }] });
    let reply = room.post(CHAT, &key, &two).send().await;
    assert_eq!(error(&reply), (400, "invalid_request_error", "unsupported_parameter"));
    assert_eq!(reply.body["error"]["param"], "n");
}

#[tokio::test]
async fn scripts_of_an_allowed_origin_may_send_the_headers_of_the_clients() {
    let room = Room::new(says(&["ok"])).await;
    room.sql(
        "update tenants set allowed_origins = '{https://app.example}' where id = $1",
        room.owner.tenant.0,
    )
    .await;
    let asked = "authorization, content-type, x-stainless-lang, openai-organization, x-evil";
    let preflight = room.app.request(Method::OPTIONS, CHAT).header("origin", "https://app.example");
    let preflight = preflight
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", asked);
    let reply = preflight.send().await;
    let allowed = reply.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(
        reply.status == 204
            && allowed.contains("x-stainless-lang, openai-organization")
            && !allowed.contains("evil"),
        "{allowed}"
    );
    let reply = room
        .post(CHAT, &room.key().await, &room.question())
        .header("origin", "https://app.example")
        .send()
        .await;
    assert_eq!(reply.headers["access-control-allow-origin"], "https://app.example");
    assert!(
        reply.headers["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .contains("x-ratelimit-remaining-requests")
    );
    assert!(!reply.headers.contains_key("access-control-allow-credentials"));
}
