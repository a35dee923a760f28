//! A file is uploaded by its user and read as the worker reads it.

use std::time::Duration;

use access::CredentialId;
use imports::{
    ConversationImport, EntryOutcome, FileName, ImportTarget, ImportUpload, LeftOut, Report,
    importing::{self, Halt, Work},
};
use kernel::{
    Code, PageRequest,
    id::{AssistantId, ConversationImportId, JobId},
};
use models::Timeouts;
use platform::{Actor, Cx};
use queue::{Lane, Lease};
use serde_json::{Value, json};
use testkit::{Database, Person};
use uuid::Uuid;

struct Fixture {
    db: Database,
    person: Person,
    assistant: AssistantId,
    credential: CredentialId,
}

/// A conversation of ChatGPT: a question with two versions of its answer, and a tool.
fn conversation(id: &str, question: &str) -> Value {
    let node = |parent: Option<&str>, role: &str, text: &str| {
        let content = json!({ "content_type": "text", "parts": [text] });
        json!({ "parent": parent, "message": { "author": { "role": role }, "content": content, "create_time": 1_709_629_200 } })
    };
    json!({ "conversation_id": id, "title": question, "create_time": 1_709_629_200, "current_node": "b", "mapping": {
        "q": node(None, "user", question), "a": node(Some("q"), "assistant", "At nine."),
        "b": node(Some("q"), "assistant", "At ten."), "t": node(Some("a"), "tool", "09:00"),
    } })
}

impl Fixture {
    async fn new() -> Self {
        let db = Database::fresh().await;
        let person = db.person("ada").await;
        let assistant = AssistantId(Uuid::now_v7());
        let sql = "insert into assistants (id, tenant_id, space_id, name, created_by) values ($1, $2, $3, 'Clerk', $4)";
        let insert = sqlx::query(sql).bind(assistant.0).bind(person.tenant.0).bind(person.space.0);
        insert
            .bind(person.user.0)
            .execute(&mut db.superuser_in(person.tenant).await)
            .await
            .unwrap();
        let credential = db.credential(&person).await;
        Self { db, person, assistant, credential }
    }

    async fn cx(&self) -> Cx {
        self.db.cx(&self.person, "tessera_upload").await
    }

    async fn upload(&self, bytes: &[u8]) -> ConversationImportId {
        let cx = self.cx().await;
        let target = ImportTarget::find(&cx, Some(self.assistant)).await.unwrap();
        let mut upload = ImportUpload::begin(&cx).await.unwrap();
        upload.write(bytes).await.unwrap();
        let name = FileName::parse("conversations.json").unwrap();
        upload.finish(&target, &name, self.credential).await.unwrap()
    }

    /// The right to work on an import, as a worker gets it.
    async fn lease(&self, import: ConversationImportId) -> Lease {
        let worker = Uuid::now_v7();
        let sql = "update jobs j set status = 'running', leased_by = $2, attempts = j.attempts + 1, lease_until = now() + interval '1 minute'
              from conversation_imports i where i.id = $1 and j.id = i.job_id returning j.id, j.attempts";
        let lease = sqlx::query_as(sql).bind(import.0).bind(worker);
        let mut db = self.db.superuser_in(self.person.tenant).await;
        let (job, attempt): (Uuid, i32) = lease.fetch_one(&mut db).await.unwrap();
        Lease {
            tenant: self.person.tenant,
            job: JobId(job),
            worker,
            attempt,
            crashes: 0,
            max_attempts: 3,
            lane: Lane::Long,
            kind: "import_conversations".to_owned(),
            payload: json!({ "import_id": import }),
            trace: None,
        }
    }

    async fn run(&self, import: ConversationImportId, lease: &Lease) -> Result<Report, Halt> {
        let source = self.db.source("tessera_worker").await;
        let cx = Cx::new(source, Some(self.person.tenant), Actor::Worker, "job".to_owned());
        importing::run(&cx, &Work { import, lease }).await
    }

    async fn import(&self, export: &Value) -> ConversationImport {
        let id = self.upload(export.to_string().as_bytes()).await;
        self.run(id, &self.lease(id).await).await.unwrap();
        imports::get_import(&self.cx().await, id).await.unwrap()
    }

    async fn execute(&self, sql: &'static str) {
        let mut db = self.db.superuser_in(self.person.tenant).await;
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let mut db = self.db.superuser_in(self.person.tenant).await;
        sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap()
    }
}

#[tokio::test]
async fn a_conversation_arrives_with_its_versions_dates_and_origin() {
    let fixture = Fixture::new().await;
    let found = fixture.import(&json!([conversation("1", "When?")])).await.report;
    assert_eq!((found.imported, found.messages, found.left_out[&LeftOut::Tool]), (1, 3, 1));
    assert_eq!(found.entries[0].outcome, EntryOutcome::Partial);
    let cx = fixture.db.cx(&fixture.person, "tessera_chat").await;
    let id = found.entries[0].conversation_id.unwrap();
    let stored = conversations::get_conversation(&cx, id).await.unwrap();
    assert_eq!(stored.title.as_deref(), Some("When?"));
    assert_eq!(stored.created_at.to_string(), "2024-03-05T09:00:00.000Z");
    assert_eq!(stored.imported_from.map(conversations::ImportSource::as_str), Some("chatgpt"));
    let order = conversations::Order::OldestFirst;
    let request = PageRequest { limit: 10, after: None };
    let path = conversations::list_messages(&cx, id, order, request).await.unwrap().items;
    let texts: Vec<_> = path.iter().map(|it| (it.content.as_str(), it.versions.len())).collect();
    assert_eq!(texts, [("When?", 1), ("At ten.", 2)]);
    assert!(path.iter().all(|it| it.imported_from.is_some() && it.sources.is_empty()));
    // In quotation marks: only the words, without a model.
    let model = models::Provider {
        url: "http://127.0.0.1:9/v1".to_owned(),
        key: None,
        model: String::new(),
        timeouts: Timeouts { first: Duration::ZERO, between: Duration::ZERO },
        prices: models::PriceList::default(),
    };
    let words = conversations::search_conversations(&cx, &model, "\"nine\"", 5).await.unwrap();
    assert_eq!(words.found.len(), 1, "the version that is not shown is found, too");
}

#[tokio::test]
async fn the_same_file_twice_brings_nothing_twice() {
    let fixture = Fixture::new().await;
    let export = json!([
        conversation("1", "When?"),
        conversation("2", "Where?"),
        {},
        conversation("1", "When?")
    ]);
    let first = fixture.import(&export).await.report;
    assert_eq!((first.imported, first.duplicates, first.skipped), (2, 1, 1));
    assert_eq!(fixture.count("select count(*) from conversations").await, 2);
    let again = fixture.import(&export).await.report;
    assert_eq!((again.imported, again.duplicates, again.messages), (0, 3, 0));
    assert_eq!(fixture.count("select count(*) from messages").await, 6);
}

#[tokio::test]
async fn a_second_attempt_goes_on_and_a_late_worker_writes_nothing() {
    let fixture = Fixture::new().await;
    let export = json!([conversation("1", "When?"), conversation("2", "Where?")]).to_string();
    let import = fixture.upload(export.as_bytes()).await;
    let late = fixture.lease(import).await;
    let next = fixture.lease(import).await;
    assert!(matches!(fixture.run(import, &late).await, Err(Halt::Lost)));
    assert_eq!(fixture.count("select count(*) from conversations").await, 0);
    for _ in 0..2 {
        let report = fixture.run(import, &next).await.unwrap();
        assert_eq!((report.imported, report.duplicates, report.messages), (2, 0, 6));
    }
    assert_eq!(fixture.count("select count(*) from messages").await, 6);
}

#[tokio::test]
async fn what_is_read_before_the_damage_is_kept_and_counted() {
    let fixture = Fixture::new().await;
    let export = json!([conversation("1", "When?"), conversation("2", "Where?")]).to_string();
    let import = fixture.upload(&export.as_bytes()[..export.len() - 20]).await;
    let Err(Halt::Failed(failure)) = fixture.run(import, &fixture.lease(import).await).await else {
        panic!("a torn file is no export")
    };
    assert_eq!(failure.code, "import_broken");
    let report = imports::get_import(&fixture.cx().await, import).await.unwrap().report;
    assert_eq!(
        (report.imported, fixture.count("select count(*) from conversations").await),
        (1, 1)
    );
}

#[tokio::test]
async fn a_file_of_several_parts_is_read_across_their_borders() {
    let fixture = Fixture::new().await;
    let text = "å".repeat(300_000);
    let mut export: Vec<Value> =
        (0..4).map(|n| conversation(&n.to_string(), "When does it open?")).collect();
    for one in &mut export {
        one["mapping"]["a"]["message"]["content"]["parts"][0] = json!(text);
    }
    let report = fixture.import(&json!(export)).await.report;
    assert_eq!((report.imported, report.skipped), (4, 0));
    let sum = "select sum(char_length(content))::int8 from messages where role = 'assistant'";
    assert_eq!(fixture.count(sum).await, 4 * (300_000 + 7));
}

/// The other import has written the conversation, and not committed it, when this one looks.
#[tokio::test]
async fn a_conversation_that_another_import_stores_meanwhile_is_a_duplicate() {
    let fixture = Fixture::new().await;
    let export = json!([conversation("1", "When?")]);
    fixture.import(&export).await;
    let mut other = fixture.db.superuser_in(fixture.person.tenant).await;
    let sql = "select import_key from conversations";
    let key: Vec<u8> = sqlx::query_scalar(sql).fetch_one(&mut other).await.unwrap();
    fixture.execute("update conversations set import_key = 'another'").await;
    sqlx::raw_sql("begin").execute(&mut other).await.unwrap();
    let sql = sqlx::query("update conversations set import_key = $1").bind(key);
    sql.execute(&mut other).await.unwrap();
    let import = fixture.upload(export.to_string().as_bytes()).await;
    let lease = fixture.lease(import).await;
    let commit = async {
        let sql = "select count(*) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock' and query like '%import_key%'";
        while fixture.count(sql).await == 0 {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    };
    let (report, ()) = tokio::join!(fixture.run(import, &lease), commit);
    let report = report.expect("the lease was held all the time");
    assert_eq!((report.imported, report.duplicates), (0, 1));
    assert_eq!(fixture.count("select count(*) from conversations").await, 1);
}

#[tokio::test]
async fn who_has_imported_as_much_as_one_may_imports_no_more() {
    let fixture = Fixture::new().await;
    let first = json!([conversation("1", "When?")]);
    fixture.import(&first).await;
    let sql = "select import_bytes from conversations";
    assert_eq!(fixture.count(sql).await, 3 * 1_000 + "When?At nine.At ten.".len() as i64);
    fixture.execute("update conversations set import_bytes = 1 << 30").await;
    let both = json!([first[0], conversation("2", "Where?")]);
    let report = fixture.import(&both).await.report;
    assert_eq!((report.imported, report.duplicates, report.skipped), (0, 1, 1));
    assert_eq!(report.entries[1].outcome, EntryOutcome::TooMany);
    assert_eq!(fixture.count("select count(*) from conversations").await, 1);
}

#[tokio::test]
async fn uploads_of_imports_count_with_the_others_of_their_user() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx().await;
    let mut open = Vec::new();
    for _ in 0..blobs::MOST_AT_ONCE {
        open.push(ImportUpload::begin(&cx).await.unwrap());
    }
    let Err(problem) = ImportUpload::begin(&cx).await else { panic!("one upload too many") };
    assert_eq!(problem.code, Code::TooManyRequests);
    open.pop().unwrap().abandon().await.unwrap();
    ImportUpload::begin(&cx).await.unwrap();
}

#[tokio::test]
async fn an_upload_that_ends_after_the_right_to_ask_did_imports_nothing() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx().await;
    let target = ImportTarget::find(&cx, Some(fixture.assistant)).await.unwrap();
    let mut upload = ImportUpload::begin(&cx).await.unwrap();
    upload.write(b"[]").await.unwrap();
    fixture.execute("update assistants set deleted_at = now()").await;
    let name = FileName::parse("conversations.json").unwrap();
    let refused = upload.finish(&target, &name, fixture.credential).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    assert_eq!(fixture.count("select count(*) from conversation_imports").await, 0);
    assert_eq!(fixture.count("select count(*) from blobs").await, 0);
}
