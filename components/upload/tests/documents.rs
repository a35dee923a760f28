//! Documents of a collection and files of a conversation: for whom each operation works, and what
//! becomes of a body.

use std::collections::BTreeMap;

use http::Method;
use testkit::{App, Fixture, Operation, Reply};
use uuid::Uuid;

pub(crate) const DOCUMENTS: &str = "/api/v1/collections/{collection_id}/documents";
pub(crate) const ATTACHMENTS: &str = "/api/v1/conversations/{conversation_id}/attachments";

fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, DOCUMENTS).hidden_from("outsider"),
        Operation::new(Method::POST, DOCUMENTS)
            .with_text("text/markdown", "# Minutes of May")
            .query("filename=minutes.md")
            .refused_to("viewer")
            .answers(202),
        // Everyone who may see documents.
        Operation::new(Method::GET, "/api/v1/upload-limits").is_no_list(),
        Operation::new(Method::GET, ATTACHMENTS).hidden_from("viewer"),
        Operation::new(Method::POST, ATTACHMENTS)
            .with_text("text/markdown", "# Minutes of May")
            .query("filename=minutes.md")
            .hidden_from("viewer")
            .answers(202),
    ]
}

/// A collection in the owner's space, of which a colleague is a viewer, and a conversation there.
async fn fixture() -> Fixture {
    fixture_with(None).await
}

/// The same with a gateway.
pub(crate) async fn fixture_with(gateway: Option<&str>) -> Fixture {
    let gateway = gateway.map(|url| ("gateway_url", url.to_owned()));
    let limit = ("upload_limit_bytes", (1 << 20).to_string());
    let variables = std::iter::once(limit).chain(gateway);
    let app = App::with(upload_component::router(), variables).await;
    let owner = app.database.person("owner").await;
    let viewer = app.database.colleague(owner.tenant, "viewer", "user").await;
    let outsider = app.database.colleague(owner.tenant, "outsider", "admin").await;
    let stranger = app.database.person("stranger").await;
    let [collection, assistant, conversation] = [(); 3].map(|()| Uuid::now_v7());
    let sql = "with m as (
          insert into space_members (tenant_id, space_id, user_id, role) values ($2, $3, $5, 'viewer')
        ), a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($6, $2, $3, 'Clerk', $4)
        ), c as (
          insert into conversations (id, tenant_id, user_id, space_id, assistant_id) values ($7, $2, $4, $3, $6)
        )
        insert into collections (id, tenant_id, space_id, name, created_by) values ($1, $2, $3, 'Minutes', $4)";
    let insert = sqlx::query(sql).bind(collection).bind(owner.tenant.0).bind(owner.space.0);
    let insert = insert.bind(owner.user.0).bind(viewer.user.0);
    let insert = insert.bind(assistant).bind(conversation);
    insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
    let people =
        [("owner", owner), ("viewer", viewer), ("outsider", outsider), ("stranger", stranger)];
    let ids = [("collection_id", collection), ("conversation_id", conversation)];
    let ids = ids.map(|(name, id)| (name, id.to_string())).into();
    Fixture { app, people: BTreeMap::from(people), ids }
}

/// In `imports`.
fn is_elsewhere(name: &str) -> bool {
    name.contains("/conversation-imports")
}

#[tokio::test]
async fn the_limit_of_files_is_what_the_operator_has_set() {
    let fixture = fixture().await;
    let (app, owner) = (&fixture.app, fixture.person("owner"));
    let limits = app.get("/api/v1/upload-limits").as_(owner).send().await.expect(200);
    assert_eq!(limits["file_bytes"], 1 << 20);
    let path = format!("{}?filename=large.md", fixture.fill(DOCUMENTS));
    let large = app.post(path).as_(owner).body("text/markdown", "a".repeat(3 << 20));
    let refused = large.send().await.expect(413);
    assert_eq!(
        refused["reason"],
        serde_json::json!({ "code": "file_too_large", "max": "1048576" })
    );
}

testkit::operation_tests!(upload_component::router(), fixture, operations, except is_elsewhere);

async fn upload(fixture: &Fixture, query: &str, media_type: &str, body: &str) -> Reply {
    let path = format!("{}{query}", fixture.fill(DOCUMENTS));
    let request = fixture.app.post(path).as_(fixture.person("owner"));
    request.body(media_type, body.to_owned()).send().await
}

async fn total(fixture: &Fixture) -> serde_json::Value {
    let list = fixture.app.get(fixture.fill(DOCUMENTS)).as_(fixture.person("owner"));
    list.send().await.expect(200)["total"].clone()
}

#[tokio::test]
async fn the_field_of_a_form_and_a_body_become_documents() {
    let fixture = fixture().await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"may.md\"\r\n\r\n# May\r\n--b--\r\n";
    let reply = upload(&fixture, "", "multipart/form-data; boundary=b", form).await;
    assert!(reply.headers["location"].to_str().unwrap().starts_with("/api/v1/documents/"));
    let accepted = reply.expect(202);
    assert_eq!(accepted["document"]["filename"], "may.md");
    assert_eq!(accepted["job"]["status"], "queued");
    let raw = upload(&fixture, "?filename=june.md", "text/markdown", "# June").await;
    assert_eq!(raw.expect(202)["document"]["filename"], "june.md");
    assert_eq!(total(&fixture).await, 2);
}

/// The bound is checked before the body; uploads that began together pass that check together.
#[tokio::test]
async fn concurrent_uploads_do_not_exceed_the_attachments_of_a_conversation() {
    let fixture = fixture().await;
    let owner = fixture.person("owner");
    let attach = |path: String| {
        let request = fixture.app.post(format!("{path}?filename=may.md")).as_(owner);
        Box::pin(request.body("text/markdown", "# May").send())
    };
    attach(fixture.fill(ATTACHMENTS)).await.expect(202);
    let mut db = fixture.app.database.superuser_in(owner.tenant).await;
    let sql = "insert into documents (id, tenant_id, space_id, collection_id, title, filename, created_by)
        select gen_random_uuid(), d.tenant_id, d.space_id, d.collection_id, d.title, d.filename, d.created_by
          from documents d, generate_series(1, 98)
        returning collection_id";
    let rows = sqlx::query_scalar::<_, Uuid>(sql).fetch_all(&mut db).await.unwrap();
    let collection = format!("/api/v1/collections/{}/documents", rows[0]);
    let replies = tokio::join!(
        attach(fixture.fill(ATTACHMENTS)),
        attach(fixture.fill(ATTACHMENTS)),
        attach(collection.clone()),
    );
    let mut statuses = [replies.0.status, replies.1.status, replies.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409]);
    assert_eq!(attach(collection).await.problem(409), "conflict");
}

#[tokio::test]
async fn a_bad_upload_leaves_nothing_behind() {
    let fixture = fixture().await;
    let torn =
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"may.md\"\r\n\r\n# M";
    let other = "--b\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nb\r\n--b--\r\n";
    let large = "a".repeat((1 << 20) + 1);
    for (query, media_type, body, status, code) in [
        ("", "text/plain", "no name", 400, "invalid_body"),
        ("?filename=empty.md", "text/markdown", "", 400, "invalid_body"),
        ("", "multipart/form-data", "no boundary", 400, "invalid_header"),
        ("", "multipart/form-data; boundary=b", torn, 400, "invalid_body"),
        ("", "multipart/form-data; boundary=b", other, 400, "invalid_body"),
        ("?filename=large.txt", "text/plain", &*large, 413, "too_large"),
    ] {
        let reply = upload(&fixture, query, media_type, body).await;
        assert_eq!(reply.problem(status), code, "{query} {media_type} {body:.40}");
    }
    assert_eq!(total(&fixture).await, 0);
}

#[tokio::test]
async fn a_full_disk_is_told_keeps_nothing_and_passes() {
    let fixture = fixture().await;
    let mut admin = fixture.app.database.superuser().await;
    // What Postgres raises where a file cannot grow.
    let full = "create function full_disk() returns trigger language plpgsql as $$
          begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
        create trigger full_disk before insert on blob_chunks
          for each row execute function full_disk()";
    sqlx::raw_sql(full).execute(&mut admin).await.unwrap();
    let send = || upload(&fixture, "?filename=may.md", "text/markdown", "# May");
    assert_eq!(send().await.problem(503), "storage_full");
    assert_eq!(total(&fixture).await, 0);
    let freed = "drop trigger full_disk on blob_chunks";
    sqlx::raw_sql(freed).execute(&mut admin).await.unwrap();
    send().await.expect(202);
    assert_eq!(total(&fixture).await, 1);
}
