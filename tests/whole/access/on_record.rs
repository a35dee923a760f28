//! Every change is recorded: of conversations, jobs and documents by users; and what is not a
//! change.

use http::Method;
use jobs::Status;
use knowledge::{TargetCollection, Upload, UploadName};
use serde_json::{Value, json};
use testkit::{Database, Person};
use tests::stack::Stack;

use crate::{
    access::audit::entries,
    accounts::resets::{ask_for_reset, mailed},
};

#[tokio::test]
async fn changes_of_a_conversation_are_recorded_without_its_title() {
    let (client, person) = Stack::shared().person("hans").await;
    let new = json!({ "space_id": person.space.to_string(), "name": "Secretary" });
    let assistant = client.create("/api/v1/assistants", &new).await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let path = format!("/api/v1/conversations/{conversation}");
    for title in ["My illness", "The same illness"] {
        client.patch(&path, &json!({ "title": title })).await.expect(200);
    }
    client.delete(&path).await.expect(204);
    client.post(&format!("{path}/restore"), &json!({})).await.expect(200);
    let found = entries(&client, &format!("&resource={conversation}")).await;
    let actions: Vec<&str> = found.iter().map(|e| e["action"].as_str().unwrap()).collect();
    let updates = ["conversation.update"; 4];
    assert_eq!(actions, [&updates[..], &["conversation.create"]].concat());
    let masked = json!({ "title": "***" });
    assert_eq!(found[0]["after"], json!({ "deleted_at": null }), "it was restored");
    assert_eq!(found[1]["before"], json!({ "deleted_at": null }), "it was deleted");
    assert_eq!(
        (&found[2]["before"], &found[2]["after"]),
        (&masked, &masked),
        "one title became another"
    );
    assert_eq!((&found[3]["before"], &found[3]["after"]), (&json!({ "title": null }), &masked));
    assert!(
        found.iter().all(|e| e["actor"]["id"] == person.user.to_string().as_str()),
        "{found:#?}"
    );
    assert!(!serde_json::to_string(&found).unwrap().contains("illness"));
}

#[tokio::test]
async fn cancelling_a_job_and_retrying_a_job_or_document_are_recorded() {
    // Without a worker, which would lease the jobs.
    let database = Database::fresh().await;
    let person = database.person("ada").await;
    let workspace = database.cx(&person, "tessera_workspace").await;
    let events = database.cx(&person, "tessera_events").await;
    let cx = database.cx(&person, "tessera_upload").await;
    let collection =
        knowledge::create_collection(&workspace, person.space, "Shelf", "").await.unwrap().id;
    let place = TargetCollection::find(&cx, collection).await.unwrap();
    let mut upload =
        Upload::begin(&cx, &place, &UploadName::parse("a.txt").unwrap(), 1 << 20).await.unwrap();
    upload.write(b"Some text").await.unwrap();
    let completed = upload.finish(database.credential(&person).await).await.unwrap();
    let (document, job) = (completed.document, completed.job);
    let mut db = database.superuser().await;
    // The worker's own updates are not a user's change.
    sqlx::query("update jobs set progress = 10, step = 'reading'").execute(&mut db).await.unwrap();
    assert_eq!(jobs::cancel_job(&events, job).await.unwrap().status, Status::Cancelled);
    assert_eq!(jobs::retry_job(&events, job).await.unwrap().status, Status::Queued);
    sqlx::query("update jobs set status = 'failed', finished_at = now()")
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("update documents set status = 'failed'").execute(&mut db).await.unwrap();
    knowledge::retry_document(&workspace, document).await.unwrap();
    let sql = "select jsonb_build_array(action, resource_id, actor_kind, actor_id, before - 'cancel_asked_at', after - 'cancel_asked_at')::text
          from audit_entries where action in ('job.update', 'document.update') order by seq";
    let found: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    let found: Vec<Value> =
        found.iter().map(|entry| serde_json::from_str(entry).unwrap()).collect();
    let entry = |action: &str, id: String, was: &str, is: &str| json!([action, id, "user", person.user.to_string(), { "status": was }, { "status": is }]);
    let expected = [
        entry("job.update", job.to_string(), "queued", "cancelled"),
        entry("job.update", job.to_string(), "cancelled", "queued"),
        entry("document.update", document.to_string(), "failed", "processing"),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn cancelling_a_running_job_is_recorded_before_it_stops() {
    let database = Database::fresh().await;
    let person = database.person("ada").await;
    let mut db = database.superuser().await;
    let job = kernel::id::JobId(uuid::Uuid::now_v7());
    let sql = "insert into jobs (id, tenant_id, kind, status, space_id) values ($1, $2, 'ingest_document', 'running', $3)";
    sqlx::query(sql)
        .bind(job.0)
        .bind(person.tenant.0)
        .bind(person.space.0)
        .execute(&mut db)
        .await
        .unwrap();
    let events = database.cx(&person, "tessera_events").await;
    for _ in 0..2 {
        assert!(jobs::cancel_job(&events, job).await.unwrap().cancel_asked);
    }
    let sql = "select count(*) from audit_entries where action = 'job.update' and actor_id = $1 and after ? 'cancel_asked_at'";
    let recorded: i64 =
        sqlx::query_scalar(sql).bind(person.user.0).fetch_one(&mut db).await.unwrap();
    assert_eq!(recorded, 1, "once for repeated requests");
}

#[tokio::test]
async fn using_a_key_is_not_a_change() {
    let (owner, _) = Stack::shared().person("owner").await;
    let made = owner
        .post("/api/v1/api-keys", &json!({ "name": "Script", "scopes": ["spaces:read"] }))
        .await
        .expect(201);
    let id = made["api_key"]["id"].as_str().unwrap();
    let mut script = Stack::shared().anonymous();
    script.token = made["key"].as_str().map(str::to_owned);
    script.get("/api/v1/spaces").await.expect(200);
    let mut db = Stack::shared().database.superuser().await;
    let mut times = async || -> (bool, bool) {
        let sql =
            "select last_used_at > created_at, updated_at > created_at from api_keys where id = $1";
        sqlx::query_as(sql)
            .bind(id.parse::<uuid::Uuid>().unwrap())
            .fetch_one(&mut db)
            .await
            .unwrap()
    };
    assert_eq!(times().await, (true, false), "used, not changed");
    owner.delete(&format!("/api/v1/api-keys/{id}")).await.expect(204);
    assert_eq!(times().await, (true, true), "revoked");
}

#[tokio::test]
async fn a_password_set_by_a_link_is_recorded_and_differs_from_the_address() {
    let stack = Stack::shared();
    let person = stack.database.person("glomsk").await;
    ask_for_reset(&person.email).await;
    let token = mailed(&person.email, 1, "reset").await;
    let anonymous = stack.anonymous();
    let reset = |password: &str| json!({ "token": token, "password": password });
    let path = "/api/v1/auth/password/reset";
    for own in [person.email.clone(), person.email.to_uppercase(), "Glomsk-glomsk-2026".to_owned()]
    {
        assert_eq!(anonymous.post(path, &reset(&own)).await.problem(400), "invalid_body", "{own}");
    }
    let request = anonymous.request(Method::POST, path).json(&reset("a longer phrase of mine"));
    anonymous.send(request.header("user-agent", "the one with the link")).await.expect(204);
    let admin =
        stack.sign_in(&Person { password: "a longer phrase of mine", ..person.clone() }).await;
    let found = entries(&admin, &format!("&resource={}&action=user.update", person.user)).await;
    let entry = found
        .iter()
        .find(|entry| entry["after"]["password_hash"] == "***")
        .expect("an entry of the new password");
    assert!(
        entry["address"].as_str().is_some_and(|address| address.starts_with("127.")),
        "{entry:#}"
    );
    assert_eq!(entry["user_agent"], "the one with the link");
}
