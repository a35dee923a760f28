//! Roles, database and migrations on a real server.

use std::fs;

use schema::{COMPONENTS, OWNER_ROLE, Passwords, PostgresServer, WORKER_ROLE, component_role};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::scratch::{MIGRATIONS, Scratch, passwords, text};

#[tokio::test]
async fn a_second_provision_and_migration_change_nothing() {
    let scratch = Scratch::new("twice").await;
    scratch.provision().await;
    let first = scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
    assert!(first.numbered > 0 && !first.functions.is_empty(), "{first}");
    scratch.provision().await;
    let second = scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
    assert_eq!(second.to_string(), "up to date");
    scratch.end().await;
}

#[tokio::test]
async fn components_log_in_with_their_password_only_and_are_no_superusers() {
    let scratch = Scratch::new("roles").await;
    scratch.provision().await;
    for role in ["tessera_auth", "tessera_chat", "tessera_health", WORKER_ROLE, OWNER_ROLE] {
        let mut connection = scratch.connect(role).await.unwrap();
        let sql = "select rolsuper::text || rolbypassrls::text || rolcreaterole::text from pg_roles where rolname = current_user";
        assert_eq!(text(&mut connection, sql).await, "falsefalsefalse", "{role}");
    }
    let mut admin = PgConnection::connect(&scratch.server.admin_url(&scratch.name)).await.unwrap();
    let stored =
        text(&mut admin, "select rolpassword from pg_authid where rolname = 'tessera_auth'").await;
    assert!(stored.starts_with("SCRAM-SHA-256$"), "{stored}");
    scratch.end().await;
}

#[tokio::test]
async fn every_component_has_bounds_and_the_worker_and_migrations_have_none() {
    let scratch = Scratch::new("bounds").await;
    scratch.provision().await;
    for (role, bounds) in COMPONENTS
        .map(|component| (component_role(component), ["15s", "10s", "5s"]))
        .into_iter()
        .chain([WORKER_ROLE, OWNER_ROLE].map(|role| (role.to_owned(), ["0", "0", "0"])))
    {
        let mut connection = scratch.connect(&role).await.unwrap();
        for (name, bound) in
            ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
                .into_iter()
                .zip(bounds)
        {
            assert_eq!(
                text(&mut connection, &format!("show {name}")).await,
                bound,
                "{role}: {name}"
            );
        }
    }
    scratch.end().await;
}

#[tokio::test]
async fn components_that_search_keep_their_plans() {
    let scratch = Scratch::new("plans").await;
    scratch.provision().await;
    for (component, expected) in
        [("search", "force_generic_plan"), ("chat", "force_generic_plan"), ("workspace", "auto")]
    {
        let mut connection = scratch.connect(&component_role(component)).await.unwrap();
        assert_eq!(text(&mut connection, "show plan_cache_mode").await, expected, "{component}");
    }
    scratch.end().await;
}

#[tokio::test]
async fn a_role_that_is_not_ours_cannot_connect() {
    let scratch = Scratch::new("stranger").await;
    scratch.provision().await;
    let mut admin = PgConnection::connect(&scratch.server.admin_url(&scratch.name)).await.unwrap();
    let sql = "drop role if exists stack_stranger; create role stack_stranger login password 'x'";
    sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    let refused = PgConnection::connect(&scratch.server.url(&scratch.name, "stack_stranger", "x"))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("permission denied for database"), "{refused}");
    sqlx::raw_sql("drop role stack_stranger").execute(&mut admin).await.unwrap();
    scratch.end().await;
}

#[tokio::test]
async fn an_administrator_without_superuser_can_provision_its_database_repeatedly() {
    let scratch = Scratch::new("boss").await;
    let mut admin = PgConnection::connect(&scratch.server.admin_url("postgres")).await.unwrap();
    // Existing roles are the superuser's, so this administrator becomes a member of them.
    scratch.provision().await;
    scratch.server.drop_database(&scratch.name).await.unwrap();
    let name = &scratch.name;
    let boss = format!("{name}_boss");
    let roles: Vec<String> = PASSWORDS.iter().map(|(role, _)| role.to_owned()).collect();
    let sql = format!(
        "create role {boss} login createrole createdb password 'p@ss';
         grant {}, tessera_lookup, tessera_audit to {boss} with admin option",
        roles.join(", ")
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name} owner {boss}")))
        .execute(&mut admin)
        .await
        .unwrap();
    let mut inside = PgConnection::connect(&scratch.server.admin_url(name)).await.unwrap();
    sqlx::raw_sql("create extension vector").execute(&mut inside).await.unwrap();
    drop(inside);

    let server = PostgresServer::parse(&scratch.server.url("postgres", &boss, "p@ss")).unwrap();
    for _ in 0..2 {
        server.provision(name, &PASSWORDS).await.unwrap();
        server.migrate(name, &PASSWORDS, MIGRATIONS.as_ref()).await.unwrap();
    }

    scratch.server.drop_database(name).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("drop owned by {boss}; drop role {boss}")))
        .execute(&mut admin)
        .await
        .unwrap();
    scratch.end().await;
}

#[tokio::test]
async fn concurrent_provisioning_is_safe() {
    let scratch = Scratch::new("at_once").await;
    let all = (0..4).map(|_| scratch.server.provision(&scratch.name, &PASSWORDS));
    for outcome in futures::future::join_all(all).await {
        outcome.unwrap();
    }
    scratch.end().await;
}

static PASSWORDS: std::sync::LazyLock<Passwords> = std::sync::LazyLock::new(passwords);

#[tokio::test]
async fn a_failing_migration_leaves_nothing_and_a_changed_one_is_refused() {
    let scratch = Scratch::new("changed").await;
    scratch.provision().await;
    let folder = tempfile::tempdir().unwrap();
    let (first, second) =
        (folder.path().join("0001_first.sql"), folder.path().join("0002_second.sql"));
    fs::write(&first, "create table one (id int)").unwrap();
    fs::write(&second, "create table two (id int); select 1 / 0").unwrap();
    let migrate = || scratch.server.migrate(&scratch.name, &PASSWORDS, folder.path());
    migrate().await.unwrap_err();
    let mut owner = scratch.connect(OWNER_ROLE).await.unwrap();
    let sql =
        "select coalesce(to_regclass('one')::text, '-') || coalesce(to_regclass('two')::text, '-')";
    assert_eq!(text(&mut owner, sql).await, "one-");
    fs::write(&second, "create table two (id int)").unwrap();
    assert_eq!(migrate().await.unwrap().numbered, 1);
    fs::write(&first, "create table one (id bigint)").unwrap();
    let refused = format!("{:#}", migrate().await.unwrap_err());
    assert!(refused.contains("migrations are immutable"), "{refused}");
    scratch.end().await;
}

#[tokio::test]
async fn a_copy_of_a_migrated_database_is_closed_to_strangers_too() {
    let (template, copy) = (Scratch::new("template").await, Scratch::new("copy").await);
    template.provision().await;
    template.server.migrate(&template.name, &PASSWORDS, MIGRATIONS.as_ref()).await.unwrap();
    template.server.copy_database(&template.name, &copy.name).await.unwrap();
    let mut auth = copy.connect("tessera_auth").await.unwrap();
    assert_eq!(text(&mut auth, "select (to_regclass('tenants') is not null)::text").await, "true");
    let sql = "select has_database_privilege('pg_monitor', current_database(), 'connect')::text";
    assert_eq!(text(&mut auth, sql).await, "false");
    drop(auth);
    copy.end().await;
    template.end().await;
}
