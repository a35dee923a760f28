//! Recordings that are attached to questions: their text is stored, by a stub of the gateway.

use serde_json::json;
use testkit::{Fixture, Person, Reply};
use uuid::Uuid;

use crate::{
    documents::{ATTACHMENTS, DOCUMENTS, fixture_with},
    provider::Provider,
};

const FORM: &str = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"memo.m4a\"\r\n\r\n\0\0\0\x20ftypM4A sound\r\n--b--\r\n";

/// A gateway that hears the same in everything.
async fn gateway() -> Provider {
    Provider::start(|_, _| {
        let heard = json!({ "model": "Whisper", "text": "Hej Åre.", "language": null, "duration": null,
            "segments": [], "tokens": null, "billed_seconds": 3 });
        Provider::json(200, &json!({ "transcript": heard }))
    })
    .await
}

/// A model of a person's organisation that writes down what is said.
async fn transcriber(fixture: &Fixture, person: &Person) -> Uuid {
    let model = Uuid::now_v7();
    let sql = "with p as (
          insert into model_providers (id, tenant_id, name, dialect, base_url) values (gen_random_uuid(), $2, 'Sound', 'openai', 'https://api.example.org/v1')
          returning id, tenant_id
        )
        insert into models (id, tenant_id, provider_id, name, title, kind) select $1, tenant_id, id, 'w-1', 'Whisper', 'transcription' from p";
    let insert = sqlx::query(sql).bind(model).bind(person.tenant.0);
    insert.execute(&mut fixture.app.database.superuser_in(person.tenant).await).await.unwrap();
    model
}

async fn send(fixture: &Fixture, path: &str, body: &'static [u8], key: Option<&str>) -> Reply {
    let path = format!("{}?filename=memo.flac", fixture.fill(path));
    let request = fixture.app.post(path).as_(fixture.person("owner")).body("audio/flac", body);
    match key {
        Some(key) => request.header("idempotency-key", key).send().await,
        None => request.send().await,
    }
}

#[tokio::test]
async fn what_is_said_in_an_attached_recording_is_stored_as_a_text() {
    let gateway = gateway().await;
    let fixture = fixture_with(Some(&gateway.url)).await;
    let owner = fixture.person("owner");
    let model = transcriber(&fixture, owner).await;
    let accepted = send(&fixture, ATTACHMENTS, b"fLaC and some sound", None).await.expect(202);
    assert_eq!(accepted["document"]["filename"], "memo.flac.txt");
    let request = fixture.app.post(fixture.fill(ATTACHMENTS)).as_(owner);
    let form = request.body("multipart/form-data; boundary=b", FORM).send().await.expect(202);
    assert_eq!(form["document"]["filename"], "memo.m4a.txt");
    let sql = "select convert_from(string_agg(b.bytes, null), 'UTF8') from blob_chunks b";
    let mut db = fixture.app.database.superuser().await;
    let stored: String = sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap();
    assert_eq!(stored, "Hej Åre.Hej Åre.", "and nothing of the recordings");
    let sent = gateway.requests();
    assert!(sent[0].as_str().unwrap().starts_with("fLaC and some sound{"), "{sent:?}");
    assert!(sent[1].as_str().unwrap().starts_with("\0\0\0\x20ftypM4A sound{"), "{sent:?}");
    let grant = gateway.header("x-model-grant").remove(0).unwrap();
    assert!(grant.contains(&format!("|{}|transcription|{model}", owner.user)), "{grant}");
}

#[tokio::test]
async fn a_repeated_upload_of_a_recording_is_the_same_answer_without_another_call() {
    let gateway = gateway().await;
    let fixture = fixture_with(Some(&gateway.url)).await;
    transcriber(&fixture, fixture.person("owner")).await;
    let key = Some("5f2a6c1e-memo");
    let first = send(&fixture, ATTACHMENTS, b"fLaC and some sound", key).await.expect(202);
    let again = send(&fixture, ATTACHMENTS, b"fLaC and some sound", key).await.expect(202);
    assert_eq!((&first["document"]["id"], gateway.count()), (&again["document"]["id"], 1));
    let other = send(&fixture, ATTACHMENTS, b"fLaC and other sound", key).await;
    assert_eq!((other.status, gateway.count()), (409, 1), "{:#}", other.body);
}

#[tokio::test]
async fn without_a_model_of_the_own_organisation_a_recording_is_refused() {
    let gateway = gateway().await;
    let fixture = fixture_with(Some(&gateway.url)).await;
    transcriber(&fixture, fixture.person("stranger")).await;
    let refused = send(&fixture, ATTACHMENTS, b"fLaC and some sound", None).await;
    assert_eq!(refused.problem(409), "no_transcription");
    // A text may begin as sound does; in a collection nothing is written down.
    send(&fixture, ATTACHMENTS, b"fLa", None).await.expect(202);
    send(&fixture, DOCUMENTS, b"fLaC and some sound", None).await.expect(202);
    assert_eq!(gateway.count(), 0);
}
