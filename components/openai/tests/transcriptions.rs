//! Recordings: what clients send as a form, and what is made of the gateway's answer.

use models::MOST_AUDIO_BYTES;
use serde_json::{Value, json};
use testkit::Reply;
use uuid::Uuid;

use crate::fixture::{BOTH, Fixture, MODELS, TRANSCRIPTIONS, error, says};

pub(crate) const FORM: &str = "multipart/form-data; boundary=b";
/// The alias of the fixture's model: no name is magic, but clients insist on this one.
pub(crate) const TRANSCRIBER: &str = "whisper-1";

/// A form as the clients send it: fields, then the recording.
pub(crate) fn form(fields: &[(&str, &str)], audio: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(audio.len() + 1_024);
    for (name, value) in fields {
        out.extend(field(name, value).bytes());
    }
    out.extend(
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.flac\"\r\n\r\n",
    );
    out.extend(audio);
    out.extend(b"\r\n--b--\r\n");
    out
}

fn field(name: &str, value: &str) -> String {
    format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

impl Fixture {
    /// A model that writes down what is said, and an alias of it.
    pub(crate) async fn transcriber(&self) -> Uuid {
        let model = Uuid::now_v7();
        let sql = "with p as (
              insert into model_providers (id, tenant_id, name, dialect, base_url) values (gen_random_uuid(), $2, 'Sound', 'openai', 'https://api.example.org/v1')
              returning id, tenant_id
            ), m as (
              insert into models (id, tenant_id, provider_id, name, title, kind) select $1, tenant_id, id, 'w-1', 'Whisper', 'transcription' from p
              returning id, tenant_id
            ), a as (
              insert into model_aliases (id, tenant_id, name) select gen_random_uuid(), tenant_id, 'whisper-1' from m returning id, tenant_id
            )
            insert into model_alias_targets (tenant_id, alias_id, position, model_id) select a.tenant_id, a.id, 1, m.id from a, m";
        let insert = sqlx::query(sql).bind(model).bind(self.owner.tenant.0);
        insert.execute(&mut self.app.database.superuser_in(self.owner.tenant).await).await.unwrap();
        model
    }

    async fn transcribe(&self, key: &str, body: Vec<u8>) -> Reply {
        let request =
            self.app.post(TRANSCRIPTIONS).header("authorization", format!("Bearer {key}"));
        request.body(FORM, body).send().await
    }
}

#[tokio::test]
async fn a_recording_becomes_a_text_through_the_gateway() {
    let fixture = Fixture::new(says(&[])).await;
    let (key, model) = (fixture.key().await, fixture.transcriber().await.to_string());
    let fields = [("model", model.as_str()), ("language", "sv"), ("prompt", "Åre"), ("user", "u")];
    let answer = fixture.transcribe(&key, form(&fields, b"fLaC sound")).await.expect(200);
    let usage = json!({ "type": "duration", "seconds": 3 });
    assert_eq!(answer, json!({ "text": "Hej Åre.", "usage": usage }));
    let sent = fixture.gateway.requests().remove(0);
    let parameters = sent.as_str().unwrap().strip_prefix("fLaC sound").unwrap();
    let parameters: Value = serde_json::from_str(parameters).unwrap();
    assert_eq!((&parameters["language"], &parameters["prompt"]), (&json!("sv"), &json!("Åre")));
    assert!(parameters["attribution"]["api_key_id"].is_string(), "{parameters:#}");
    assert_eq!(fixture.gateway.header("x-audio-length"), [Some("10".to_owned())]);
    let grant = fixture.gateway.header("x-model-grant").remove(0).unwrap();
    assert!(grant.contains(&format!("|{}|transcription|{model}", fixture.owner.user)), "{grant}");
    let listed = fixture.get(MODELS, &key).send().await.expect(200);
    let listed: Vec<&Value> =
        listed["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert!(listed.contains(&&json!(model)) && listed.contains(&&json!(TRANSCRIBER)), "{listed:?}");
    fixture.get(&format!("{MODELS}/{model}"), &key).send().await.expect(200);
}

#[tokio::test]
async fn a_transcript_has_the_shape_that_the_client_asks_for() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    fixture.transcriber().await;
    // The fields may follow the recording.
    let behind = |name: &str, value: &str| {
        let mut body = form(&[("model", TRANSCRIBER)], b"fLaC counts");
        body.truncate(body.len() - "--b--\r\n".len());
        body.extend((field(name, value) + "--b--\r\n").bytes());
        body
    };
    let text = fixture.transcribe(&key, behind("response_format", "text")).await;
    assert_eq!(text.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(text.expect(200), "Hej Åre.\n");
    let verbose = fixture.transcribe(&key, behind("response_format", "verbose_json")).await;
    let verbose = verbose.expect(200);
    let segment = json!({ "id": 1, "start": 1.0, "end": 2.5, "text": " Åre." });
    assert_eq!((&verbose["segments"][1], &verbose["duration"]), (&segment, &json!(2.5)));
    assert_eq!((&verbose["task"], &verbose["language"]), (&json!("transcribe"), &json!("sv")));
    let usage = json!({ "type": "tokens", "input_tokens": 30, "output_tokens": 4, "total_tokens": 34,
        "input_token_details": { "audio_tokens": 25, "text_tokens": 5 } });
    assert_eq!(verbose["usage"], usage);
    let sent = fixture.gateway.requests();
    let asks = |at: usize| sent[at].as_str().unwrap().contains("\"with_segments\":true");
    assert_eq!((asks(0), asks(1)), (false, true));
}

#[tokio::test]
async fn a_model_that_is_not_for_the_key_or_not_for_recordings_does_not_exist() {
    let fixture = Fixture::new(says(&[])).await;
    let (key, chat) = (fixture.key().await, fixture.capable_row("{audio}").await);
    for model in [TRANSCRIBER, "extractive", "all-MiniLM-L6-v2", &chat, &fixture.model] {
        let reply = fixture.transcribe(&key, form(&[("model", model)], b"fLaC")).await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"), "{model}");
    }
    let model = fixture.transcriber().await;
    let stranger = fixture.app.database.person("eve").await;
    let foreign = fixture.app.key(&stranger, BOTH).await;
    for name in [TRANSCRIBER, &model.to_string()] {
        let reply = fixture.transcribe(&foreign, form(&[("model", name)], b"fLaC")).await;
        assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"), "{name}");
    }
    let listed = fixture.get(MODELS, &foreign).send().await.expect(200).to_string();
    assert!(!listed.contains(&model.to_string()) && !listed.contains(TRANSCRIBER), "{listed}");
    fixture.sql("update models set everywhere = false where id = $1", model).await;
    let reply = fixture.transcribe(&key, form(&[("model", TRANSCRIBER)], b"fLaC")).await;
    assert_eq!(error(&reply).0, 404);
    assert_eq!(fixture.gateway.count(), 0);
}

#[tokio::test]
async fn a_recording_of_25_mib_is_sent_and_a_byte_more_is_not() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    fixture.transcriber().await;
    let recording = |length: usize| {
        let mut audio = b"fLaC".to_vec();
        audio.resize(length, b'.');
        form(&[("model", TRANSCRIBER)], &audio)
    };
    fixture.transcribe(&key, recording(MOST_AUDIO_BYTES)).await.expect(200);
    let reply = fixture.transcribe(&key, recording(MOST_AUDIO_BYTES + 1)).await;
    assert_eq!(error(&reply), (413, "invalid_request_error", "too_large"));
    let announced =
        fixture.app.post(TRANSCRIPTIONS).header("authorization", format!("Bearer {key}"));
    let announced = announced.header("content-length", (MOST_AUDIO_BYTES << 1).to_string());
    assert_eq!(error(&announced.body(FORM, "").send().await).0, 413, "before it is read");
    assert_eq!(fixture.gateway.count(), 1);
}

#[tokio::test]
async fn what_is_no_recording_or_no_form_is_refused_by_name() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    fixture.transcriber().await;
    let model = ("model", TRANSCRIBER);
    for (body, param, code) in [
        (form(&[model], b"<html>"), "file", "invalid_value"),
        (form(&[model], b""), "file", "invalid_value"),
        (form(&[], b"fLaC"), "model", "invalid_value"),
        (form(&[model, ("temperature", "2")], b"fLaC"), "temperature", "invalid_value"),
        (
            form(&[model, ("response_format", "vtt")], b"fLaC"),
            "response_format",
            "unsupported_parameter",
        ),
        (form(&[model, ("stream", "true")], b"fLaC"), "stream", "unsupported_parameter"),
        ((field("model", TRANSCRIBER) + "--b--").into_bytes(), "file", "invalid_value"),
    ] {
        let reply = fixture.transcribe(&key, body).await;
        assert_eq!(error(&reply), (400, "invalid_request_error", code), "{param}");
        assert_eq!(reply.body["error"]["param"], param);
    }
    let torn = form(&[model], b"fLaC");
    let reply = fixture.transcribe(&key, torn[..torn.len() - 9].to_vec()).await;
    assert_eq!(error(&reply), (400, "invalid_request_error", "invalid_value"));
    let body = json!({ "model": TRANSCRIBER, "file": "a" });
    let reply = fixture.post(TRANSCRIPTIONS, &key, &body).send().await;
    assert_eq!(error(&reply), (415, "invalid_request_error", "unsupported_media_type"));
    assert_eq!(fixture.gateway.count(), 0);
}

#[tokio::test]
async fn a_used_up_quota_and_a_failing_model_are_said_as_openai_does() {
    let fixture = Fixture::new(says(&[])).await;
    let key = fixture.key().await;
    fixture.transcriber().await;
    let refused = fixture.transcribe(&key, form(&[("model", TRANSCRIBER)], b"fLaC quota")).await;
    assert_eq!(error(&refused), (429, "rate_limit_error", "rate_limit_exceeded"));
    let failed = fixture.transcribe(&key, form(&[("model", TRANSCRIBER)], b"fLaC noise")).await;
    assert_eq!(error(&failed), (503, "server_error", "model_failed"));
    let message = failed.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("the recording is too long"), "{message}");
}
