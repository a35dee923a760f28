//! Recordings: what providers get, what is made of their answers, and what is recorded.

use catalogue::model::{ModelSettings, create_model};
use credentials::{GrantPurpose, model_grant};
use kernel::id::ModelId;
use models::{
    MOST_AUDIO_BYTES, ModelKind,
    gateway::{AUDIO_LENGTH, TRANSCRIBE},
};
use serde_json::{Value, json};
use testkit::Reply;
use uuid::Uuid;

use crate::{
    fixture::{CREDENTIAL, Fixture, refuses},
    provider::{self, Provider},
    usage::{quota, records},
};

const AUDIO: &[u8] = b"fLaC sound";

/// A model for half a dollar a second, and a dollar a token.
async fn transcriber(fixture: &Fixture, url: &str) -> ModelId {
    let settings = ModelSettings {
        prices: json!({ "standard": { "second": "0.5", "input": "1", "output": "1" } }),
        ..ModelSettings::named("w-1", ModelKind::Transcription)
    };
    create_model(&fixture.cx, fixture.provider(url).await, settings).await.unwrap().id
}

async fn send(fixture: &Fixture, models: &[ModelId], audio: &[u8], parameters: &Value) -> Reply {
    let models: Vec<Uuid> = models.iter().map(|id| id.0).collect();
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Transcription, &models).await;
    let body = [audio, parameters.to_string().as_bytes()].concat();
    let request = fixture.app.post(TRANSCRIBE).header(model_grant::HEADER, grant);
    let request = request.header(AUDIO_LENGTH, audio.len().to_string());
    request.body("application/octet-stream", body).send().await
}

async fn transcribe(fixture: &Fixture, models: &[ModelId]) -> Value {
    send(fixture, models, AUDIO, &json!({})).await.expect(200)
}

fn says(text: &str) -> provider::Reply {
    Provider::json(200, &json!({ "text": text, "usage": { "type": "duration", "seconds": 2.5 } }))
}

/// What the gateway says of a provider that answers like this, and how often it asked.
async fn failure_of(
    decide: impl FnMut(&str, &Value) -> provider::Reply + Send + 'static,
) -> (Value, usize) {
    let provider = Provider::start(decide).await;
    let fixture = Fixture::new().await;
    let model = transcriber(&fixture, &provider.url).await;
    let answer = transcribe(&fixture, &[model]).await;
    (answer["failed"]["failure"]["kind"].clone(), provider.count())
}

fn bytes(text: &str) -> impl FnMut(&str, &Value) -> provider::Reply + Send + 'static {
    let bytes = format!("HTTP/1.1 200 X\r\n{text}");
    move |_, _| provider::Reply::Bytes(bytes.clone())
}

#[tokio::test]
async fn a_recording_is_sent_as_a_form_and_its_seconds_are_recorded() {
    let provider = Provider::start(|path, _| {
        assert_eq!(path, "/v1/audio/transcriptions");
        says("Hej Åre.")
    })
    .await;
    let fixture = Fixture::new().await;
    quota(&fixture, "cost", 1_000_000).await;
    let model = transcriber(&fixture, &provider.url).await;
    let parameters = json!({ "language": "sv", "prompt": "Åre",
        "attribution": { "space_id": fixture.admin.space, "assistant_id": null, "conversation_id": null,
            "message_id": null, "api_key_id": null } });
    let answer = send(&fixture, &[model], AUDIO, &parameters).await.expect(200);
    let transcript = &answer["transcript"];
    assert_eq!((&transcript["text"], &transcript["model"]), (&json!("Hej Åre."), &json!("w-1")));
    let form = provider.requests()[0].as_str().unwrap().to_owned();
    for part in [
        "name=\"model\"\r\n\r\nw-1\r\n",
        "name=\"response_format\"\r\n\r\njson\r\n",
        "name=\"language\"\r\n\r\nsv\r\n",
        "name=\"prompt\"\r\n\r\nÅre\r\n",
        "filename=\"audio.flac\"\r\ncontent-type: audio/flac\r\n\r\nfLaC sound\r\n",
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
    let key = format!("bearer {CREDENTIAL}");
    assert_eq!(provider.header("authorization"), [Some(key)]);
    let record = &records(&fixture).await[0];
    assert_eq!(
        (&record["purpose"], &record["seconds"], &record["cost"], &record["space"]),
        (&json!("transcription"), &json!(3), &json!("1.5"), &json!(fixture.admin.space))
    );
    assert_eq!((&record["estimated"], &record["completion"]), (&json!(false), &json!(0)));
}

#[tokio::test]
async fn tokens_are_billed_where_the_provider_counts_them_and_seconds_estimated_where_it_counts_nothing()
 {
    let usage = json!({ "type": "tokens", "input_tokens": 14, "output_tokens": 6, "total_tokens": 20,
        "input_token_details": { "text_tokens": 4, "audio_tokens": 10 } });
    let mut answers = vec![json!({ "text": "b" }), json!({ "text": "a", "usage": usage })];
    let provider = Provider::start(move |_, _| Provider::json(200, &answers.pop().unwrap())).await;
    let fixture = Fixture::new().await;
    let model = transcriber(&fixture, &provider.url).await;
    for _ in 0..2 {
        transcribe(&fixture, &[model]).await;
    }
    let records = records(&fixture).await;
    let seen: Vec<_> = records
        .iter()
        .map(|it| {
            [&it["prompt"], &it["completion"], &it["cost"], &it["estimated"]].map(Value::clone)
        })
        .collect();
    let counted = [json!(14), json!(6), json!("20"), json!(false)];
    let estimated = [json!(0), json!(0), json!("0.5"), json!(true)];
    assert!(seen.contains(&counted) && seen.contains(&estimated), "{seen:?}");
}

#[tokio::test]
async fn a_recording_beyond_a_quota_reaches_no_provider() {
    let provider = Provider::start(|_, _| says("no")).await;
    let fixture = Fixture::new().await;
    quota(&fixture, "cost", 0).await;
    let model = transcriber(&fixture, &provider.url).await;
    let reply = send(&fixture, &[model], AUDIO, &json!({})).await;
    assert_eq!((reply.problem(429).as_str(), provider.count()), ("usage_quota_reached", 0));
}

#[tokio::test]
async fn a_model_without_a_price_follows_the_policy() {
    let provider = Provider::start(|_, _| says("Hej")).await;
    let fixture = Fixture::new().await;
    let settings = ModelSettings::named("w-1", ModelKind::Transcription);
    let model = create_model(&fixture.cx, fixture.provider(&provider.url).await, settings)
        .await
        .unwrap()
        .id;
    transcribe(&fixture, &[model]).await;
    let record = &records(&fixture).await[0];
    assert_eq!((&record["cost"], &record["state"]), (&Value::Null, &json!("unpriced")));
    let sql = "insert into usage_policies (tenant_id, unpriced) values ($1, 'refuse')";
    let mut db = fixture.app.database.superuser_in(fixture.admin.tenant).await;
    sqlx::query(sql).bind(fixture.admin.tenant.0).execute(&mut db).await.unwrap();
    let reply = send(&fixture, &[model], AUDIO, &json!({})).await;
    assert_eq!((reply.problem(403).as_str(), provider.count()), ("price_missing", 1));
}

#[tokio::test]
async fn the_next_model_of_an_alias_is_asked_and_every_attempt_recorded() {
    let broken =
        Provider::start(bytes("content-type: text/html\r\nconnection: close\r\n\r\n<html>")).await;
    let good = Provider::start(|_, _| says("Hej")).await;
    let fixture = Fixture::new().await;
    let models = [transcriber(&fixture, &broken.url).await, transcriber(&fixture, &good.url).await];
    let answer = transcribe(&fixture, &models).await;
    assert_eq!(answer["transcript"]["text"], "Hej");
    let records = records(&fixture).await;
    let seen: Vec<_> =
        records.iter().map(|it| (it["outcome"].clone(), it["cost"].clone())).collect();
    // Both had the recording and bill it.
    assert_eq!(seen, [(json!("unreadable"), json!("0.5")), (json!("done"), json!("1.5"))]);
}

#[tokio::test]
async fn an_answer_that_is_no_transcript_is_a_failure() {
    let error = json!({ "error": { "message": "no", "type": "invalid_request_error" } });
    let huge = json!({ "text": "x".repeat(5 << 20) });
    assert_eq!(failure_of(move |_, _| Provider::json(200, &error)).await, (json!("invalid"), 1));
    assert_eq!(failure_of(|_, _| Provider::json(200, &json!({}))).await, (json!("unreadable"), 1));
    assert_eq!(failure_of(move |_, _| Provider::json(200, &huge)).await, (json!("too_long"), 1));
    let plain = bytes("content-type: text/plain\r\nconnection: close\r\n\r\n<html>");
    assert_eq!(failure_of(plain).await, (json!("unreadable"), 1));
    assert_eq!(failure_of(|_, _| refuses(413, "too large")).await, (json!("too_large"), 1));
    assert_eq!(failure_of(|_, _| refuses(401, "sk-1")).await, (json!("authentication"), 1));
}

#[tokio::test]
async fn a_refused_field_is_left_out_of_the_next_attempt() {
    let picky = Provider::start(|_, body| {
        if !body.as_str().unwrap().contains("name=\"prompt\"") {
            return says("Hej");
        }
        let error = json!({ "message": "Unsupported parameter: 'prompt'", "param": "prompt", "code": "unsupported_parameter" });
        Provider::json(400, &json!({ "error": error }))
    })
    .await;
    let fixture = Fixture::new().await;
    let model = transcriber(&fixture, &picky.url).await;
    let answer = send(&fixture, &[model], AUDIO, &json!({ "prompt": "Åre" })).await.expect(200);
    assert_eq!((&answer["transcript"]["text"], picky.count()), (&json!("Hej"), 2));
}

#[tokio::test]
async fn a_recording_has_bounds_and_a_format() {
    let provider = Provider::start(|_, _| says("Hej")).await;
    let fixture = Fixture::new().await;
    let model = transcriber(&fixture, &provider.url).await;
    let mut audio = b"fLaC".to_vec();
    audio.resize(MOST_AUDIO_BYTES, 0);
    send(&fixture, &[model], &audio, &json!({})).await.expect(200);
    audio.push(0);
    assert_eq!(send(&fixture, &[model], &audio, &json!({})).await.problem(413), "too_large");
    for (audio, parameters) in [
        (&b"<html>"[..], json!({})),
        (b"", json!({})),
        (AUDIO, json!({ "prompt": "a".repeat((16 << 10) + 1) })),
        (AUDIO, json!({ "no_such_member": 1 })),
    ] {
        let reply = send(&fixture, &[model], audio, &parameters).await;
        assert_eq!(reply.problem(400), "invalid_body");
    }
    assert_eq!(provider.count(), 1);
}

#[tokio::test]
async fn a_grant_for_a_question_opens_no_model_for_recordings() {
    let fixture = Fixture::new().await;
    let model = transcriber(&fixture, "http://127.0.0.1:9/v1").await;
    let grant = fixture.grant_of(&fixture.admin, GrantPurpose::Chat, &[model.0]).await;
    let request = fixture.app.post(TRANSCRIBE).header(model_grant::HEADER, grant);
    let request = request.header(AUDIO_LENGTH, "4").body("application/octet-stream", "fLaC{}");
    request.send().await.expect(500);
    let chat = fixture.model("http://127.0.0.1:9/v1", "m-1", None).await;
    assert_eq!(send(&fixture, &[chat], AUDIO, &json!({})).await.problem(503), "model_failed");
}
