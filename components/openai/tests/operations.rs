//! Authentication, scopes, and the form of refusals: what `testkit::operation_tests!` tests of other
//! components. Refusals have OpenAI's form here, and names of models stand where others have ids.

use http::Method;
use serde_json::{Value, json};

use crate::{
    fixture::{BOTH, CHAT, EMBEDDINGS, Fixture, MODELS, RESPONSES, TRANSCRIPTIONS, error, says},
    transcriptions::{FORM, TRANSCRIBER, form},
};

/// Every route with a request that its owner gets answered.
fn operations(fixture: &Fixture) -> Vec<(Method, String, Value)> {
    let input = json!({ "model": "all-MiniLM-L6-v2", "input": "a" });
    vec![
        (Method::GET, MODELS.to_owned(), Value::Null),
        (Method::GET, format!("{MODELS}/{}", fixture.model), Value::Null),
        (Method::POST, CHAT.to_owned(), fixture.question()),
        (
            Method::POST,
            RESPONSES.to_owned(),
            json!({ "model": fixture.model, "input": "How long?" }),
        ),
        (Method::POST, EMBEDDINGS.to_owned(), input),
        (Method::POST, TRANSCRIPTIONS.to_owned(), json!({ "model": TRANSCRIBER })),
    ]
}

async fn send(
    fixture: &Fixture,
    (method, path, body): &(Method, String, Value),
    headers: &[(&'static str, String)],
) -> testkit::Reply {
    let request = fixture.app.request(method.clone(), path.clone());
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
    let fixture = Fixture::new(says(&["ok"])).await;
    let key = fixture.key().await;
    fixture.transcriber().await;
    assert_eq!(openai_component::router().routes().len(), operations(&fixture).len());
    for operation in operations(&fixture) {
        let reply = send(&fixture, &operation, &[("authorization", format!("Bearer {key}"))]).await;
        assert_eq!(reply.status, 200, "{operation:?}: {:#}", reply.body);
    }
}

#[tokio::test]
async fn only_an_api_key_as_a_bearer_token_opens_a_route() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let (key, token) = (fixture.key().await, fixture.app.token(&fixture.owner).await);
    let wrong = format!("{}{}", &key[..key.len() - 1], if key.ends_with('0') { '1' } else { '0' });
    for operation in operations(&fixture) {
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
            let reply = send(&fixture, &operation, &headers).await;
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
    let fixture = Fixture::new(says(&["ok"])).await;
    let others = ["chat", "search", "assistants:read", "admin:read"];
    let other = fixture.app.key(&fixture.owner, &others).await;
    for operation in operations(&fixture) {
        let reply =
            send(&fixture, &operation, &[("authorization", format!("Bearer {other}"))]).await;
        assert_eq!(error(&reply), (403, "permission_error", "permission_denied"), "{operation:?}");
    }
    let model = json!({ "model": "extractive", "messages": [{ "role": "user", "content": "Hi" }] });
    let input = json!({ "model": "all-MiniLM-L6-v2", "input": "a" });
    let assistants = fixture.app.key(&fixture.owner, &["assistants:use"]).await;
    for (path, body) in [(CHAT, &model), (EMBEDDINGS, &input)] {
        assert_eq!(
            error(&fixture.post(path, &assistants, body).send().await),
            (403, "permission_error", "permission_denied")
        );
    }
    let models = fixture.app.key(&fixture.owner, &["models:use"]).await;
    let reply = fixture.post(CHAT, &models, &fixture.question()).send().await;
    assert_eq!(error(&reply), (403, "permission_error", "permission_denied"));
    assert!(
        reply.body["error"]["message"].as_str().unwrap().contains("`assistants:use`"),
        "{:#}",
        reply.body
    );
    let path = format!("{MODELS}/{}", fixture.model);
    assert_eq!(error(&fixture.get(&path, &models).send().await).0, 403);
}

/// The ids of the models that a key is shown.
async fn listed(fixture: &Fixture, key: &str) -> Vec<String> {
    let list = fixture.get(MODELS, key).send().await.expect(200);
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
    let fixture = Fixture::new(says(&[])).await;
    let all = [fixture.model.as_str(), "extractive", "vendor/large", "all-MiniLM-L6-v2"];
    assert_eq!(listed(&fixture, &fixture.key().await).await, all);
    let assistants = fixture.app.key(&fixture.owner, &["assistants:use"]).await;
    assert_eq!(listed(&fixture, &assistants).await, all[..1]);
    let models = fixture.app.key(&fixture.owner, &["models:use"]).await;
    assert_eq!(listed(&fixture, &models).await, all[1..]);
    let outsider = fixture.app.database.colleague(fixture.owner.tenant, "outsider", "admin").await;
    assert_eq!(listed(&fixture, &fixture.app.key(&outsider, BOTH).await).await, all[1..]);
}

#[tokio::test]
async fn a_model_is_found_with_slashes_encoded_or_not() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    let encoded = fixture.model.replace('/', "%2F");
    let by_id = format!("assistant/{}", fixture.assistant);
    for (name, expected) in [
        (&*fixture.model, &*fixture.model),
        (&*encoded, &*fixture.model),
        (&*by_id, &*fixture.model),
        ("vendor/large", "vendor/large"),
        ("vendor%2Flarge", "vendor/large"),
    ] {
        let model = fixture.get(&format!("{MODELS}/{name}"), &key).send().await.expect(200);
        assert_eq!(
            (&model["id"], &model["object"], &model["owned_by"]),
            (&json!(expected), &json!("model"), &json!("tessera"))
        );
        assert!(model["created"].is_i64(), "{model:#}");
    }
    for unknown in ["nothing", "assistant/", "assistant/nothing", "assistant%2F%00", "%ff", "a/b/c"]
    {
        let reply = fixture.get(&format!("{MODELS}/{unknown}"), &key).send().await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"), "{unknown}");
    }
}

#[tokio::test]
async fn an_assistant_keeps_its_model_when_it_is_renamed() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let end = fixture.assistant.to_string()[28..].to_owned();
    assert_eq!(fixture.model, format!("assistant/sekreterare-i-are-{end}"));
    fixture.sql("update assistants set name = 'Clerk' where id = $1", fixture.assistant).await;
    let key = fixture.key().await;
    let model = fixture.get(&format!("{MODELS}/{}", fixture.model), &key).send().await.expect(200);
    assert_eq!((&model["id"], &model["name"]), (&json!(fixture.model), &json!("Clerk")));
    fixture.post(CHAT, &key, &fixture.question()).send().await.expect(200);
}

#[tokio::test]
async fn another_tenants_assistant_does_not_exist() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let stranger = fixture.app.database.person("stranger").await;
    let key = fixture.app.key(&stranger, BOTH).await;
    let unknown =
        json!({ "model": "assistant/nothing", "messages": [{ "role": "user", "content": "Hi" }] });
    let expected = fixture.post(CHAT, &key, &unknown).send().await.body.to_string();
    for model in [fixture.model.clone(), format!("assistant/{}", fixture.assistant)] {
        let mut body = fixture.question();
        body["model"] = model.clone().into();
        let reply = fixture.post(CHAT, &key, &body).send().await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"));
        assert_eq!(
            reply.body.to_string(),
            expected.replace("assistant/nothing", &model),
            "the same answer as for nothing"
        );
        assert_eq!(error(&fixture.get(&format!("{MODELS}/{model}"), &key).send().await).0, 404);
    }
    assert_eq!(fixture.chat.count(), 0, "no model was asked");
}

#[tokio::test]
async fn a_model_that_the_operator_does_not_offer_is_not_asked() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let key = fixture.key().await;
    for model in ["gpt-5", "", "extractive ", "all-MiniLM-L6-v2", "../extractive"] {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hi" }] });
        let reply = fixture.post(CHAT, &key, &body).send().await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"), "{model}");
    }
    assert_eq!(fixture.chat.count(), 0);
}

#[tokio::test]
async fn answers_say_how_much_of_the_keys_minute_is_left() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let cx = fixture.app.database.cx(&fixture.owner, "tessera_auth").await;
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
        let reply = fixture.get(MODELS, &key).send().await;
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
    let reply = fixture.get(MODELS, &key).send().await;
    assert_eq!(error(&reply), (429, "rate_limit_error", "rate_limit_exceeded"));
    let seconds: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(reply.headers["retry-after-ms"].to_str().unwrap(), (seconds * 1_000).to_string());
    assert_eq!(reply.headers["x-should-retry"], "true");
}

#[tokio::test]
async fn a_key_for_one_assistant_opens_that_one() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let cx = fixture.app.database.cx(&fixture.owner, "tessera_auth").await;
    let scopes = ["assistants:use".to_owned()];
    let new = credentials::api_key::NewApiKey {
        name: "One",
        scopes: &scopes,
        assistant: Some(kernel::id::AssistantId(fixture.assistant)),
        expires_in_days: None,
        requests_per_minute: None,
    };
    let key = credentials::api_key::create_api_key(&cx, &new).await.unwrap().1;
    fixture.sql(
        "insert into assistants (id, tenant_id, space_id, name, published, created_by)
         select gen_random_uuid(), tenant_id, space_id, 'Other one', true, created_by from assistants where id = $1",
        fixture.assistant,
    )
    .await;
    assert_eq!(listed(&fixture, &key).await, [fixture.model.as_str()]);
    let answer = fixture.post(CHAT, &key, &fixture.question()).send().await.expect(200);
    assert_eq!(answer["tessera"]["sources"][0]["document_id"], fixture.document.to_string());
    let every = fixture.key().await;
    let other = listed(&fixture, &every)
        .await
        .into_iter()
        .find(|id| id.starts_with("assistant/other-one-"))
        .unwrap();
    assert_eq!(error(&fixture.get(&format!("{MODELS}/{other}"), &key).send().await).0, 404);
}

#[tokio::test]
async fn a_wrong_route_or_method_and_a_torn_body_are_said_in_the_same_shape() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    let unknown = fixture.get("/openai/v1/files", &key).send().await;
    assert_eq!(error(&unknown), (404, "invalid_request_error", "unknown_url"));
    let wrong = fixture.get(CHAT, &key).send().await;
    assert_eq!(error(&wrong), (405, "invalid_request_error", "method_not_allowed"));
    let post = |kind: &str, body: &'static str| {
        fixture
            .app
            .post(CHAT)
            .header("authorization", format!("Bearer {key}"))
            .body(kind, body)
            .send()
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
    let two = json!({ "model": fixture.model, "n": 2, "messages": [{ "role": "user", "content": "Hi" }] });
    let reply = fixture.post(CHAT, &key, &two).send().await;
    assert_eq!(error(&reply), (400, "invalid_request_error", "unsupported_parameter"));
    assert_eq!(reply.body["error"]["param"], "n");
}

#[tokio::test]
async fn scripts_of_an_allowed_origin_may_send_the_headers_of_the_clients() {
    let fixture = Fixture::new(says(&["ok"])).await;
    fixture
        .sql(
            "update tenants set allowed_origins = '{https://app.example}' where id = $1",
            fixture.owner.tenant.0,
        )
        .await;
    let asked = "authorization, content-type, x-stainless-lang, openai-organization, x-evil";
    let preflight =
        fixture.app.request(Method::OPTIONS, CHAT).header("origin", "https://app.example");
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
    let reply = fixture
        .post(CHAT, &fixture.key().await, &fixture.question())
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
