//! `/chat/completions`: what an assistant and a model answer, as a document and as a stream.

use serde_json::{Value, json};

use crate::{
    fixture::{
        BOTH, CHAT, CITED, END, Fixture, error, events, live, piece, read_until, rest, says, text,
    },
    provider::{self, Provider},
};

#[tokio::test]
async fn an_assistant_answers_from_its_knowledge_with_citations() {
    let fixture = Fixture::new(says(&["It is elected for two years ", "[1]."])).await;
    let key = fixture.key().await;
    let answer = fixture.post(CHAT, &key, &fixture.question()).send().await.expect(200);
    let choice = &answer["choices"][0];
    assert_eq!(
        (&answer["object"], &answer["model"]),
        (&json!("chat.completion"), &json!(fixture.model))
    );
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&json!(CITED), &json!("stop"))
    );
    let url =
        format!("http://localhost:3000/documents/{}?chunk={}", fixture.document, fixture.chunk);
    let citation =
        json!({ "start_index": 28, "end_index": 31, "title": "Statutes of 2024", "url": url });
    assert_eq!(
        choice["message"]["annotations"],
        json!([{ "type": "url_citation", "url_citation": citation }])
    );
    let source = &answer["tessera"]["sources"][0];
    assert_eq!(
        (&source["document_id"], &source["page"]),
        (&json!(fixture.document.to_string()), &json!(3))
    );
    assert!(
        source["snippet"].as_str().unwrap().contains("two years") && source["cited"] == true,
        "{source:#}"
    );
    let usage = json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 });
    assert_eq!(
        (&answer["usage"], &answer["tessera"]["usage_is_estimated"]),
        (&usage, &json!(false))
    );
}

#[tokio::test]
async fn a_number_that_names_no_source_is_no_citation() {
    let fixture = Fixture::new(says(&["Ten years [7]."])).await;
    let answer =
        fixture.post(CHAT, &fixture.key().await, &fixture.question()).send().await.expect(200);
    assert_eq!(answer["choices"][0]["message"]["annotations"], json!([]));
    assert_eq!(answer["tessera"]["sources"][0]["cited"], false);
}

#[tokio::test]
async fn the_history_and_instructions_of_the_client_reach_the_model() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let body = json!({ "model": fixture.model, "temperature": 0.5, "messages": [
        { "role": "developer", "content": "In Swedish." },
        { "role": "user", "content": "Who leads?" },
        { "role": "assistant", "content": "The chair [1]." },
        { "role": "user", "content": [{ "type": "text", "text": "For how long?" }] },
    ] });
    fixture.post(CHAT, &fixture.key().await, &body).send().await.expect(200);
    let request = &fixture.chat.requests()[0];
    let messages = request["messages"].as_array().unwrap();
    let texts: Vec<&str> =
        messages.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert!(
        texts[0].starts_with("Be brief.\n\nIn Swedish.\n\nAnswer from the numbered sources"),
        "{texts:#?}"
    );
    assert_eq!(texts[1..3], ["Who leads?", "The chair."], "earlier numbers name other sources");
    assert!(
        texts[3].starts_with("<sources>\n[1] Statutes of 2024")
            && texts[3].ends_with("\n\nFor how long?")
    );
    assert_eq!(request["temperature"], 0.5);
}

#[tokio::test]
async fn a_model_gets_what_the_client_sends_and_nothing_else() {
    let fixture = Fixture::new(says(&["Hello."])).await;
    let messages = json!([
        { "role": "system", "content": "Be kind." },
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": null, "tool_calls": [] },
        { "role": "tool", "content": "42", "tool_call_id": "1" },
    ]);
    for model in ["extractive", "vendor/large"] {
        let body = json!({ "model": model, "messages": messages, "no_such_member": 1 });
        let answer = fixture.post(CHAT, &fixture.key().await, &body).send().await.expect(200);
        assert_eq!((&answer["model"], &answer["tessera"]["sources"]), (&json!(model), &json!([])));
    }
    let expected = json!([
        { "role": "system", "content": "Be kind." }, { "role": "user", "content": "Hi" }, { "role": "user", "content": "42" },
    ]);
    let asked: Vec<(Value, Value)> = fixture
        .chat
        .requests()
        .iter()
        .map(|body| (body["model"].clone(), body["messages"].clone()))
        .collect();
    assert_eq!(asked, [(json!("extractive"), expected.clone()), (json!("vendor/large"), expected)]);
}

#[tokio::test]
async fn a_stream_has_role_text_finish_and_done_in_this_order() {
    let fixture = Fixture::new(says(&["It is elected for two years ", "[1]."])).await;
    let reply = fixture.post(CHAT, &fixture.key().await, &fixture.streamed()).send().await;
    assert_eq!(reply.headers["content-type"], "text/event-stream; charset=utf-8");
    let stream = reply.body.as_str().unwrap();
    assert!(
        stream.ends_with("data: [DONE]\n\n")
            && !stream.contains("id:")
            && !stream.contains("retry:"),
        "{stream}"
    );
    let chunks = events(stream);
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({ "role": "assistant", "content": "" }));
    assert_eq!(text(&chunks), CITED);
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(last["choices"][0]["delta"]["annotations"][0]["url_citation"]["start_index"], 28);
    assert_eq!(last["tessera"]["sources"][0]["chunk_id"], fixture.chunk.to_string());
    for chunk in &chunks {
        assert_eq!(
            (&chunk["object"], &chunk["id"]),
            (&json!("chat.completion.chunk"), &chunks[0]["id"])
        );
        assert_eq!(
            chunk["choices"].as_array().map(Vec::len),
            Some(1),
            "no one asked for the usage"
        );
        assert!(
            chunk["choices"][0]["delta"].is_object() && chunk.get("usage").is_none(),
            "{chunk:#}"
        );
    }
}

#[tokio::test]
async fn a_stream_says_what_it_cost_where_it_is_asked_to() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let mut body = fixture.streamed();
    body["stream_options"] = json!({ "include_usage": true, "include_obfuscation": false });
    let reply = fixture.post(CHAT, &fixture.key().await, &body).send().await;
    let chunks = events(reply.body.as_str().unwrap());
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(18)));
    assert!(
        others.iter().all(|chunk| chunk["usage"] == Value::Null && chunk.get("usage").is_some()),
        "{others:#?}"
    );
}

#[tokio::test]
async fn a_usage_that_the_provider_does_not_report_is_estimated_and_marked() {
    let fixture = Fixture::new(|_: &str, _: &Value| {
        Provider::events(&format!("{}data: [DONE]\n\n", piece("abcdefgh")))
    })
    .await;
    let answer =
        fixture.post(CHAT, &fixture.key().await, &fixture.question()).send().await.expect(200);
    assert_eq!(
        (&answer["usage"]["completion_tokens"], &answer["tessera"]["usage_is_estimated"]),
        (&json!(3), &json!(true))
    );
    assert!(answer["usage"]["prompt_tokens"].as_i64().unwrap() > 20, "{answer:#}");
}

#[tokio::test]
async fn the_head_and_the_role_come_before_the_model_says_anything() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let mut response = fixture.post(CHAT, &fixture.key().await, &fixture.streamed()).begin().await;
    assert_eq!(response.status(), 200);
    read_until(&mut response, "\"role\":\"assistant\"").await;
    model.send(piece("ok") + END).unwrap();
    assert!(rest(response).await.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_provider_that_breaks_off_ends_the_stream_with_an_error_and_no_done() {
    let fixture = Fixture::new(|_: &str, _: &Value| Provider::cut(&piece("so far"))).await;
    let reply = fixture.post(CHAT, &fixture.key().await, &fixture.streamed()).send().await;
    let stream = reply.body.as_str().unwrap();
    let chunks = events(stream);
    assert_eq!((text(&chunks).as_str(), stream.contains("[DONE]")), ("so far", false));
    assert_eq!(chunks.last().unwrap()["error"]["code"], "model_failed");
}

#[tokio::test]
async fn a_provider_that_refuses_is_a_server_error_that_may_be_retried() {
    let fixture = Fixture::new(|_: &str, _: &Value| {
        Provider::json(500, &json!({ "error": { "message": "boom" } }))
    })
    .await;
    let reply = fixture.post(CHAT, &fixture.key().await, &fixture.question()).send().await;
    assert_eq!(error(&reply), (503, "server_error", "model_failed"));
    assert_eq!(reply.headers["x-should-retry"], "true");
    assert!(!reply.body.to_string().contains("boom"), "{:#}", reply.body);
}

#[tokio::test]
async fn an_answer_ends_at_its_limit_and_at_a_stop_sequence() {
    let fixture = Fixture::new(says(&["one two ", "three four"])).await;
    let key = fixture.key().await;
    for (member, value, expected, reason) in [
        ("max_tokens", json!(1), "one ", "length"),
        ("max_completion_tokens", json!(2), "one two ", "length"),
        ("stop", json!(["four", "three"]), "one two ", "stop"),
    ] {
        let mut body = fixture.question();
        body[member] = value.clone();
        let whole = fixture.post(CHAT, &key, &body).send().await.expect(200);
        let choice = &whole["choices"][0];
        assert_eq!(
            (&choice["message"]["content"], &choice["finish_reason"]),
            (&json!(expected), &json!(reason))
        );
        body["stream"] = true.into();
        let reply = fixture.post(CHAT, &key, &body).send().await;
        let chunks = events(reply.body.as_str().unwrap());
        assert_eq!(text(&chunks), expected, "{member}");
        assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], reason);
    }
}

#[tokio::test]
async fn thoughts_have_a_field_of_their_own() {
    let thought = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
    let fixture = Fixture::new(move |_: &str, _: &Value| {
        Provider::events(&format!("{thought}{}{END}", piece("ok")))
    })
    .await;
    let key = fixture.key().await;
    let whole = fixture.post(CHAT, &key, &fixture.question()).send().await.expect(200);
    assert_eq!(whole["choices"][0]["message"]["reasoning_content"], "hm");
    let reply = fixture.post(CHAT, &key, &fixture.streamed()).send().await;
    let chunks = events(reply.body.as_str().unwrap());
    assert!(
        chunks.iter().any(|chunk| chunk["choices"][0]["delta"]["reasoning_content"] == "hm"),
        "{chunks:#?}"
    );
}

#[tokio::test]
async fn the_providers_call_ends_when_the_client_goes() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let mut response = fixture.post(CHAT, &fixture.key().await, &fixture.streamed()).begin().await;
    model.send(piece("first")).unwrap();
    read_until(&mut response, "first").await;
    drop(response);
    // The stub notices at its next write that no one reads any more.
    let ended = async {
        while tokio::time::timeout(std::time::Duration::from_millis(50), model.closed())
            .await
            .is_err()
        {
            let _ = model.send(": ping\n\n".to_owned());
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ended)
        .await
        .expect("the call went on");
}

#[tokio::test]
async fn the_request_id_is_answered_and_goes_to_the_provider() {
    let fixture = Fixture::new(says(&["ok"])).await;
    let reply = fixture.post(CHAT, &fixture.key().await, &fixture.question()).send().await;
    let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(fixture.chat.header("x-request-id"), [Some(id)]);
    assert_eq!(fixture.chat.count(), 1);
}

#[tokio::test]
async fn a_provider_that_keeps_silent_holds_no_database_connection() {
    let fixture = Fixture::new(|_: &str, _: &Value| provider::Reply::Silence).await;
    let key = fixture.app.key(&fixture.owner, BOTH).await;
    let mut response = fixture.post(CHAT, &key, &fixture.streamed()).begin().await;
    read_until(&mut response, "\"role\"").await;
    let waited = async {
        let open = "select count(*) from pg_stat_activity where usename = 'tessera_openai' and datname = current_database() and state like 'idle in%'";
        while fixture.chat.count() == 0 || fixture.count(open).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), waited)
        .await
        .expect("a connection is held");
}
