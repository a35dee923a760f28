//! `worker migrate --plan` says what pending migrations lock, and changes nothing.

use std::fs;

use schema::MigrationPlan;

use crate::scratch::{Scratch, copy_of_migrations, execute, passwords, text, texts};

/// Files after all of the product's.
const LATER: &str = "alter table documents add column shelf int;
    create table shelves (id uuid primary key);";
const REWRITING: &str = "alter table chunks alter column ordinal type bigint;
    create index spaces_made_idx on spaces (created_at);
    drop table message_feedback cascade;
    alter table prompts rename to templates;
    update embedding_models set id = id;";

async fn plan(scratch: &Scratch, folder: &std::path::Path) -> anyhow::Result<MigrationPlan> {
    scratch.server.plan_migration(&scratch.name, &passwords(), folder).await
}

async fn databases(scratch: &Scratch) -> Vec<String> {
    let sql =
        format!("select datname::text from pg_database where datname like '{}%'", scratch.name);
    texts(&mut scratch.superuser().await, &sql).await
}

#[tokio::test]
async fn a_plan_names_locks_rewrites_and_indexes_of_each_pending_file() {
    let scratch = Scratch::migrated("plan").await;
    let folder = copy_of_migrations(9999);
    fs::write(folder.path().join("9001_shelves.sql"), LATER).unwrap();
    fs::write(folder.path().join("9002_wide_ordinals.sql"), REWRITING).unwrap();
    let mut admin = scratch.superuser().await;
    execute(&mut admin, "analyze").await;

    let plan = plan(&scratch, folder.path()).await.unwrap();
    let [shelves, ordinals] = plan.pending.as_slice() else { panic!("{plan}") };
    assert_eq!(shelves.name, "9001 shelves");
    let [documents] = shelves.tables.as_slice() else { panic!("{plan}") };
    assert_eq!(
        (documents.table.as_str(), documents.lock.as_str()),
        ("documents", "AccessExclusiveLock")
    );
    assert!(!documents.is_rewritten, "{plan}");

    let words = plan.to_string();
    let expected = "  9001 shelves: at most a second\n    documents: blocks reads and writes (AccessExclusiveLock); ";
    assert!(words.contains(expected), "{words}");

    let of = |table: &str| ordinals.tables.iter().find(|effect| effect.table == table).unwrap();
    assert!(of("chunks").is_rewritten, "{plan}");
    let made: Vec<&str> = of("chunks").indexes.iter().map(|(_, method)| method.as_str()).collect();
    assert!(made.contains(&"hnsw"), "a rewrite makes every index again: {plan}");
    assert!(of("message_feedback").is_dropped, "{plan}");
    assert_eq!(of("prompts").lock, "AccessExclusiveLock", "by the name that it has now: {plan}");
    assert_eq!(of("spaces").indexes, [("spaces_made_idx".to_owned(), "btree".to_owned())]);
    assert_eq!(of("spaces").lock, "ShareLock");
    assert_eq!(of("embedding_models").lock, "RowExclusiveLock");
    assert!(of("embedding_models").rows > 0, "the size is that of the real database: {plan}");

    assert_eq!(
        databases(&scratch).await,
        std::slice::from_ref(&scratch.name),
        "the scratch database is dropped"
    );
    let newest = text(&mut admin, "select max(version)::text from _sqlx_migrations").await;
    assert_ne!(newest, "9002", "a plan applies nothing");
    scratch.end().await;
}

#[tokio::test]
async fn a_database_that_is_up_to_date_has_an_empty_plan() {
    let scratch = Scratch::migrated("plan_empty").await;
    let folder = copy_of_migrations(9999);
    let empty = plan(&scratch, folder.path()).await.unwrap();
    assert_eq!(empty, MigrationPlan::default());
    assert_eq!(empty.to_string(), "up to date");

    let file = folder.path().join("functions/job_queue.sql");
    let changed = fs::read_to_string(&file).unwrap() + "\n-- Changed.\n";
    fs::write(&file, changed).unwrap();
    assert_eq!(plan(&scratch, folder.path()).await.unwrap().functions, ["job_queue"]);
    scratch.end().await;
}

#[tokio::test]
async fn a_file_that_fails_is_named_and_nothing_stays() {
    let scratch = Scratch::migrated("plan_fails").await;
    let folder = copy_of_migrations(9999);
    fs::write(folder.path().join("9001_broken.sql"), "alter table nowhere add column x int")
        .unwrap();
    let error = format!("{:#}", plan(&scratch, folder.path()).await.unwrap_err());
    assert!(error.contains("9001 broken") && error.contains("nowhere"), "{error}");
    assert_eq!(databases(&scratch).await, std::slice::from_ref(&scratch.name));
    scratch.end().await;
}

#[tokio::test]
async fn a_database_that_does_not_exist_has_no_plan() {
    let scratch = Scratch::new("plan_new").await;
    let error = plan(&scratch, copy_of_migrations(9999).path()).await.unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
}
