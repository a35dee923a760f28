//! A tenant with one of everything, the users around it, and checksums of its tables.

use kernel::id::TenantId;
use serde_json::{Value, json};
use sqlx::{PgConnection, Row};
use testkit::Person;
use tests::{client::Client, stack::Stack};
use uuid::Uuid;

use crate::{
    contract::policy_table::Who,
    resources::{Resources, everything_of, prompt},
};

/// In every name and text of the fixture: a stranger must never receive it.
pub(crate) const CANARY: &str = "forty-two";

/// The resources of a person, and the caller of a case.
pub(crate) struct Fixture {
    pub(crate) tenant: TenantId,
    /// The person's resources, and the other ids that the table names.
    pub(crate) resources: Resources,
    pub(crate) extra: Vec<(&'static str, String)>,
    /// The caller.
    pub(crate) actor: Client,
    pub(crate) actor_person: Person,
    /// The caller's own resources, if they are in none of the spaces.
    pub(crate) own: Option<Resources>,
}

impl Fixture {
    /// All data is new, so no other test touches it.
    pub(crate) async fn with(who: Who) -> Self {
        let stack = Stack::shared();
        let (client, person) = stack.person("person").await;
        let resources = everything_of(client.clone(), &person).await;
        settled(&resources).await;
        let bystander = stack.database.colleague(person.tenant, "bystander", "user").await;
        join(&person, &bystander, resources.id("space_id"), "viewer").await;
        let (actor, actor_person, mut own) =
            actor(who, &client, &person, resources.id("space_id")).await;
        if who == Who::Outsider {
            own = Some(space_of(&resources, &actor).await);
        }
        let draft =
            json!({ "space_id": resources.id("space_id"), "name": "Draft", "published": false });
        let draft = client.create("/api/v1/assistants", &draft).await;
        let own_prompt = client.create("/api/v1/prompts", &prompt(None)).await;
        // Another session than the one with which the person calls.
        let second = stack.sign_in(&person).await;
        let second =
            second.get("/api/v1/auth/sessions").await.expect(200)["current_session_id"].clone();
        let resources = resources
            .with("user_id", &bystander.user.to_string())
            .with("session_id", second.as_str().unwrap_or_default());
        let extra = vec![
            ("draft_id", draft),
            ("own_prompt_id", own_prompt),
            ("person_id", person.user.to_string()),
        ];
        Self { tenant: person.tenant, resources, extra, actor, actor_person, own }
    }

    /// An id of the fixture by its name in the table.
    pub(crate) fn extra(&self, name: &str) -> &str {
        &self.extra.iter().find(|(n, _)| *n == name).unwrap().1
    }
}

async fn actor(
    who: Who,
    client: &Client,
    person: &Person,
    space: &str,
) -> (Client, Person, Option<Resources>) {
    let stack = Stack::shared();
    let colleague = async |name: &str, role: &str| {
        let colleague = stack.database.colleague(person.tenant, name, role).await;
        (stack.sign_in(&colleague).await, colleague)
    };
    let (actor, actor_person) = match who {
        Who::Person => (client.clone(), person.clone()),
        Who::Stranger => stack.person("stranger").await,
        Who::Manager => colleague("manager", "manager").await,
        Who::Admin => colleague("admin", "admin").await,
        Who::Outsider => colleague("outsider", "user").await,
        Who::Viewer | Who::Editor | Who::Owner => colleague("member", "user").await,
    };
    match who {
        Who::Viewer => join(person, &actor_person, space, "viewer").await,
        Who::Editor => join(person, &actor_person, space, "editor").await,
        Who::Owner => join(person, &actor_person, space, "owner").await,
        _ => {}
    }
    let mut own = None;
    if who == Who::Stranger {
        let resources = everything_of(actor.clone(), &actor_person).await;
        settled(&resources).await;
        own = Some(resources);
    }
    (actor, actor_person, own)
}

/// Resources of a space, which may also be in another one of the same tenant.
pub(crate) const OF_A_SPACE: [&str; 7] = [
    "space_id",
    "collection_id",
    "document_id",
    "job_id",
    "assistant_id",
    "prompt_id",
    "conversation_id",
];

/// A space of a colleague with one of each kind; all other resources stay the same.
async fn space_of(resources: &Resources, client: &Client) -> Resources {
    let (space, collection) = client.collection("Own").await;
    let document =
        client.ingest(&collection, "own.md", "# Own\n\nNothing that is a secret.\n").await;
    let assistant =
        client.create("/api/v1/assistants", &json!({ "space_id": space, "name": "Own" })).await;
    let prompt = client.create("/api/v1/prompts", &prompt(Some(&space))).await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let [document, job] = ["id", "job_id"].map(|name| document[name].as_str().unwrap().to_owned());
    let ids = [space, collection, document, job, assistant, prompt, conversation];
    let own = OF_A_SPACE
        .iter()
        .zip(&ids)
        .fold(resources.seen_by(client), |own, (name, id)| own.with(name, id).seen_by(client));
    settled(&own).await;
    own
}

/// Makes a colleague a member of a space.
pub(crate) async fn join(of: &Person, colleague: &Person, space: &str, role: &str) {
    let mut db = Stack::shared().database.superuser().await;
    sqlx::query("insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2::uuid, $3, $4)")
        .bind(of.tenant.0)
        .bind(space.parse::<Uuid>().unwrap())
        .bind(colleague.user.0)
        .bind(role)
        .execute(&mut db)
        .await
        .unwrap();
}

/// Waits until the worker has written its last row for these resources.
async fn settled(resources: &Resources) {
    let path = format!("/api/v1/jobs/{}", resources.id("job_id"));
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
    for _ in 0..1_500 {
        let job: Value = resources.client.get(&path).await.expect(200);
        if job["status"] == "succeeded" {
            return;
        }
        ticks.tick().await;
    }
    panic!("the job of a ready document did not succeed within 30 s");
}

/// Row count and checksum of each table for these tenants. Tables that only record requests are
/// left out, and so is what the worker's maintenance does by itself: it embeds messages once a
/// minute.
pub(crate) async fn rows(tenants: &[TenantId]) -> Vec<(String, i64, String)> {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like 'audit%'
          and c.relname <> 'message_vectors'
          and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
        order by 1";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert!(tables.len() >= 15, "only {tables:?} have a tenant");
    let mut out = Vec::new();
    for table in tables {
        let (count, sum) = checksum(&mut db, &table, tenants).await;
        out.push((table, count, sum));
    }
    out
}

async fn checksum(db: &mut PgConnection, table: &str, tenants: &[TenantId]) -> (i64, String) {
    let tenants: Vec<Uuid> = tenants.iter().map(|t| t.0).collect();
    // A job may still be writing an earlier export of the audit log.
    let settled = if table == "jobs" { " and kind = 'ingest_document'" } else { "" };
    let row = if table == "messages" { "to_jsonb(t) - 'embedded'" } else { "t" };
    let sql = format!(
        "select count(*), coalesce(md5(string_agg(md5(({row})::text), '' order by md5(({row})::text))), '') from {table} t where tenant_id = any($1){settled}"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(tenants).fetch_one(db).await.unwrap();
    (row.get(0), row.get(1))
}
