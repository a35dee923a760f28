//! Bounds: the database cost of a request, the audit log growth of a change, and its verification
//! in batches.

use audit::verify::{self, VerifyCursor};
use kernel::{Code, Problem};
use platform::pg::Db;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Connection as _;
use testkit::Person;
use tests::{client::Client, stack::Stack};

use crate::access::audit::entries;

const VERIFICATION: &str = "/api/v1/admin/audit/verification";

async fn run(sql: &'static str, person: &Person) {
    let mut db = Stack::shared().database.superuser().await;
    sqlx::query(sql).bind(person.tenant.0).execute(&mut db).await.unwrap();
}

/// An administrator with at least ten entries in the log of their own organisation.
async fn with_entries() -> (Client, Person) {
    let (admin, person) = Stack::shared().person("boss").await;
    for name in ["One", "Two", "Three", "Four"] {
        admin.create("/api/v1/spaces", &json!({ "name": name })).await;
    }
    (admin, person)
}

/// All responses of a verification in batches of `at_most` entries, from a cursor or the beginning.
async fn walk(admin: &Client, at_most: i64, cursor: Option<&str>) -> Vec<Value> {
    let mut answers = Vec::new();
    let mut cursor = cursor.map(str::to_owned);
    loop {
        let from = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let answer =
            admin.get(&format!("{VERIFICATION}?at_most={at_most}{from}")).await.expect(200);
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        answers.push(answer);
        if cursor.is_none() {
            return answers;
        }
    }
}

/// The first batch, and the next cursor.
async fn first_piece(admin: &Client, at_most: i64) -> String {
    let first = admin.get(&format!("{VERIFICATION}?at_most={at_most}")).await.expect(200);
    assert_eq!(
        (&first["ok"], &first["first_broken_seq"]),
        (&json!(false), &Value::Null),
        "it says no more than it saw"
    );
    first["next_cursor"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_component_statement_that_takes_too_long_is_ended() {
    let db = Db::new(Stack::shared().database.source("tessera_search").await, None);
    let problem = Problem::from(db.execute("select pg_sleep(300)", &[]).await.unwrap_err());
    assert!(problem.code == Code::Unavailable && problem.detail.contains("longer"), "{problem}");
    db.one("select 1 as one", &[]).await.expect("the connection is as good as before");
}

#[tokio::test]
async fn a_change_that_waits_too_long_for_a_lock_is_ended() {
    let stack = Stack::shared();
    let (client, _) = stack.person("patient").await;
    let space = client.create("/api/v1/spaces", &json!({ "name": "Held" })).await;
    let path = format!("/api/v1/spaces/{space}");
    let mut db = stack.database.superuser().await;
    let mut holding = db.begin().await.unwrap();
    let hold = "select 1 from spaces where id = $1 for update";
    sqlx::query(hold)
        .bind(space.parse::<uuid::Uuid>().unwrap())
        .execute(&mut *holding)
        .await
        .unwrap();
    let refusal = client.patch(&path, &json!({ "name": "Free" })).await;
    assert!(
        refusal.body["detail"].as_str().is_some_and(|detail| detail.contains("another request")),
        "{:#}",
        refusal.body
    );
    assert!(refusal.headers.contains_key("retry-after"));
    assert_eq!(refusal.problem(503), "unavailable");
    holding.rollback().await.unwrap();
    client.patch(&path, &json!({ "name": "Free" })).await.expect(200);
}

#[tokio::test]
async fn only_the_large_deletion_has_the_long_timeout() {
    let db = Db::new(Stack::shared().database.source("tessera_workspace").await, None);
    // A division by zero if the timeout is another.
    let with_time = "select 1 / (current_setting('statement_timeout') = '30min')::int";
    db.execute_at_length(with_time, &[]).await.expect("half an hour");
    assert!(db.execute_at_length("select 1 / 0", &[]).await.is_err());
    let row = db.one("select current_setting('statement_timeout') as bound", &[]).await.unwrap();
    assert_eq!(row.get::<String>("bound").unwrap(), "15s");
}

#[tokio::test]
async fn verification_in_batches_succeeds_only_after_the_last_one() {
    let (admin, _) = with_entries().await;
    for at_most in [1, 2, 3, 7, 20_000] {
        let answers = walk(&admin, at_most, None).await;
        let (last, before) = answers.split_last().unwrap();
        assert_eq!(last["ok"], true, "{last}");
        assert_eq!(
            (&last["entries"], &last["first_broken_seq"]),
            (&last["head"]["seq"], &Value::Null)
        );
        assert!(
            before
                .iter()
                .all(|answer| answer["ok"] == false && answer["first_broken_seq"].is_null())
        );
        let seen: Vec<i64> =
            answers.iter().map(|answer| answer["entries"].as_i64().unwrap()).collect();
        assert!(before.is_empty() || seen[0] == at_most, "{seen:?}");
        assert!(
            seen.windows(2).all(|two| two[0] < two[1] && two[1] - two[0] <= at_most),
            "{seen:?}"
        );
    }
    for wrong in ["0", "20001", "-1", "x", ""] {
        let path = format!("{VERIFICATION}?at_most={wrong}");
        assert_eq!(admin.get(&path).await.problem(400), "invalid_query", "{wrong}");
    }
}

#[tokio::test]
async fn a_broken_entry_is_named_for_every_size_of_batch() {
    for (tampering, broken) in [
        ("update audit_entries set after = '{}' where tenant_id = $1 and seq = 5", 5),
        ("delete from audit_entries where tenant_id = $1 and seq = 4", 5),
        ("update audit_entries set hash = '\\x00' where tenant_id = $1 and seq = 4", 4),
    ] {
        let (admin, person) = with_entries().await;
        run(tampering, &person).await;
        for at_most in [1, 2, 3, 4, 5, 20_000] {
            let last = walk(&admin, at_most, None).await.pop().unwrap();
            assert_eq!(
                (&last["ok"], &last["first_broken_seq"]),
                (&json!(false), &json!(broken)),
                "{tampering}: {last}"
            );
        }
    }
    // Between two batches: the entry that the next one must follow is gone.
    let (admin, person) = with_entries().await;
    let cursor = first_piece(&admin, 3).await;
    run("delete from audit_entries where tenant_id = $1 and seq = 3", &person).await;
    assert_eq!(walk(&admin, 3, Some(&cursor)).await[0]["first_broken_seq"], 4);
}

#[tokio::test]
async fn verification_continues_after_older_entries_were_purged() {
    let (admin, person) = with_entries().await;
    let cursor = first_piece(&admin, 2).await;
    run(
        "with gone as (delete from audit_entries where tenant_id = $1 and seq <= 4 returning seq, hash)
        update audit_heads set base_seq = 4, base_hash = (select hash from gone where seq = 4) where tenant_id = $1",
        &person,
    )
    .await;
    for from in [None, Some(cursor.as_str())] {
        let last = walk(&admin, 2, from).await.pop().unwrap();
        assert_eq!(last["ok"], true, "{last}");
    }
}

#[tokio::test]
async fn no_client_chooses_a_start_behind_a_broken_entry() {
    let (admin, person) = with_entries().await;
    let cursor = first_piece(&admin, 6).await;
    let (_, signed) = cursor.split_once('.').unwrap();
    let (stranger, _) = with_entries().await;
    let theirs = first_piece(&stranger, 6).await;
    for wrong in [format!("7.{signed}"), theirs, "6".to_owned(), "x".to_owned(), String::new()] {
        let path = format!("{VERIFICATION}?cursor={wrong}");
        assert_eq!(admin.get(&path).await.problem(400), "invalid_query", "{wrong}");
    }
    run("update audit_entries set after = '{}' where tenant_id = $1 and seq = 2", &person).await;
    assert_eq!(walk(&admin, 20_000, None).await[0]["first_broken_seq"], 2);
}

#[tokio::test]
async fn the_worker_verifies_a_log_of_several_batches_to_its_end() {
    let stack = Stack::shared();
    let (_, person) = stack.person("boss").await;
    // As the database would have written them, but in one statement.
    let many = "do $$ declare e audit_entries; h audit_heads; begin
          select * into h from audit_heads where tenant_id = 'TENANT' for update;
          select * into e from audit_entries where tenant_id = 'TENANT' and seq = h.seq;
          for i in 1..MANY loop
            e.seq := e.seq + 1; e.previous_hash := e.hash; e.hash := audit.hash(e);
            insert into audit_entries select e.*;
          end loop;
          update audit_heads set seq = e.seq, hash = e.hash where tenant_id = 'TENANT';
        end $$";
    let many = many
        .replace("TENANT", &person.tenant.to_string())
        .replace("MANY", &(verify::BATCH + 5).to_string());
    let mut db = stack.database.superuser().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(many)).execute(&mut db).await.unwrap();
    let cx = platform::Cx::new(
        stack.database.source("tessera_worker").await,
        Some(person.tenant),
        platform::Actor::Worker,
        "verify".to_owned(),
    );
    let piece = i64::from(verify::BATCH);
    let first = verify::verify(&cx, VerifyCursor::default(), verify::BATCH).await.unwrap();
    assert!(first.entries == piece && first.next.is_some() && !first.is_whole(), "{first:?}");
    let whole = audit::verify_all(&cx).await.unwrap();
    assert!(
        whole.is_whole() && whole.entries == whole.head.0 && whole.entries > piece,
        "{whole:?}"
    );
    let sql = "update audit_entries set action = 'nothing' where tenant_id = $1 and seq = $2";
    let late = piece + 2;
    sqlx::query(sql).bind(person.tenant.0).bind(late).execute(&mut db).await.unwrap();
    assert_eq!(audit::verify_all(&cx).await.unwrap().first_broken, Some(late));
}

#[tokio::test]
async fn a_changed_long_text_adds_a_bounded_amount_to_the_log() {
    let (client, person) = Stack::shared().person("author").await;
    let space = person.space.to_string();
    let (long, whole) = ("å".repeat(20_000), "b".repeat(2_000));
    let new = json!({ "space_id": space, "name": "Wordy", "instructions": long });
    let assistant = client.create("/api/v1/assistants", &new).await;
    let path = format!("/api/v1/assistants/{assistant}");
    client.patch(&path, &json!({ "instructions": whole })).await.expect(200);
    client.patch(&path, &json!({ "instructions": "c".repeat(2_001) })).await.expect(200);
    let found = entries(&client, &format!("&resource={assistant}&action=assistant")).await;
    let sha256: String = Sha256::digest(&long).iter().map(|byte| format!("{byte:02x}")).collect();
    let kept = json!({ "begins": "å".repeat(1_000), "characters": 20_000, "sha256": sha256 });
    assert_eq!(
        found.iter().find(|e| e["action"] == "assistant.create").unwrap()["after"]["instructions"],
        kept
    );
    let updates: Vec<&Value> = found.iter().filter(|e| e["action"] == "assistant.update").collect();
    assert_eq!(updates[1]["before"], json!({ "instructions": kept }));
    assert_eq!(
        updates[1]["after"],
        json!({ "instructions": whole }),
        "a text of 2 000 characters is stored completely"
    );
    assert_eq!(updates[0]["after"]["instructions"]["characters"], 2_001);
}
