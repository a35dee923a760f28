//! `grants.toml` and the catalogue agree, in both directions.

use schema::{COMPONENTS, WORKER_ROLE, component_role};

use crate::scratch::{MIGRATIONS, Scratch, copy_of_migrations, execute, passwords, text, texts};

async fn differences(scratch: &Scratch) -> Vec<String> {
    scratch
        .server
        .grant_differences(&scratch.name, &passwords(), MIGRATIONS.as_ref())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_database_has_the_rights_of_the_file_and_no_others() {
    let scratch = Scratch::migrated("rights").await;
    assert_eq!(differences(&scratch).await, Vec::<String>::new());
    let mut admin = scratch.superuser().await;
    assert_eq!(
        text(&mut admin, "select count(*)::text from pg_default_acl").await,
        "0",
        "rights of what comes later"
    );
    scratch.end().await;
}

#[tokio::test]
async fn a_right_that_the_file_lacks_is_reported_and_revoked() {
    let scratch = Scratch::migrated("unnamed").await;
    let mut admin = scratch.superuser().await;
    for (on, seen) in [
        ("select on users to tessera_health", "tessera_health: select on table public.users"),
        (
            "update (email) on users to tessera_chat",
            "tessera_chat: update (email) on table public.users",
        ),
        (
            "select on space_roles to tessera_health",
            "tessera_health: select on table public.space_roles",
        ),
        (
            "execute on function lookup.bcrypt_cost() to tessera_chat",
            "tessera_chat: execute on function lookup.bcrypt_cost()",
        ),
        (
            "execute on function lookup.bcrypt_cost() to public",
            "public: execute on function lookup.bcrypt_cost()",
        ),
        (
            "usage on sequence operator_log_id_seq to tessera_worker",
            "tessera_worker: usage on sequence public.operator_log_id_seq",
        ),
        ("create on schema audit to tessera_worker", "tessera_worker: create on schema audit"),
        ("usage on schema tenancy to tessera_chat", "tessera_chat: usage on schema tenancy"),
        ("usage on type messages to tessera_chat", "tessera_chat: usage on type public.messages"),
        ("truncate on jobs to tessera_audit", "tessera_audit: truncate on table public.jobs"),
        (
            "select on messages to tessera_chat with grant option",
            "tessera_chat: select on table public.messages with grant option",
        ),
    ] {
        execute(&mut admin, &format!("grant {on}")).await;
        let found = differences(&scratch).await;
        assert!(found.contains(&format!("not in grants.toml: {seen}")), "{on}: {found:?}");
        let report = scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
        assert!(report.rights > 0, "{on}");
        assert_eq!(differences(&scratch).await, Vec::<String>::new(), "{on}");
    }
    scratch.end().await;
}

#[tokio::test]
async fn a_right_that_the_database_lacks_is_reported_and_granted() {
    let scratch = Scratch::migrated("missing").await;
    let mut admin = scratch.superuser().await;
    for (on, seen) in [
        ("select on messages from tessera_chat", "tessera_chat: select on table public.messages"),
        (
            "update (used_at) on one_time_links from tessera_passwords",
            "tessera_passwords: update (used_at) on table",
        ),
        (
            "execute on function lookup.next_due() from tessera_scheduler",
            "tessera_scheduler: execute on function lookup.next_due()",
        ),
        (
            "execute on function app_tenant() from public",
            "public: execute on function public.app_tenant()",
        ),
        ("usage on schema lookup from tessera_health", "tessera_health: usage on schema lookup"),
    ] {
        execute(&mut admin, &format!("revoke {on}")).await;
        let found = differences(&scratch).await;
        assert!(
            found.iter().any(|line| line.starts_with(&format!("not granted: {seen}"))),
            "{on}: {found:?}"
        );
        assert_eq!(scratch.migrate(MIGRATIONS.as_ref()).await.unwrap().rights, 1, "{on}");
        assert_eq!(differences(&scratch).await, Vec::<String>::new(), "{on}");
    }
    scratch.end().await;
}

#[tokio::test]
async fn columns_survive_when_the_table_is_revoked() {
    let scratch = Scratch::migrated("columns").await;
    execute(&mut scratch.superuser().await, "grant select on users to tessera_search").await;
    scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
    assert_eq!(differences(&scratch).await, Vec::<String>::new());
    scratch.end().await;
}

#[tokio::test]
async fn a_function_of_another_owner_is_given_back() {
    let scratch = Scratch::migrated("owners").await;
    let mut admin = scratch.superuser().await;
    execute(&mut admin, "alter function lookup.tenants() owner to tessera_owner").await;
    let found = differences(&scratch).await;
    let expected = "not owned by tessera_lookup: function lookup.tenants()".to_owned();
    assert!(found.contains(&expected), "{found:?}");
    scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
    assert_eq!(differences(&scratch).await, Vec::<String>::new());
    scratch.end().await;
}

#[tokio::test]
async fn a_new_function_is_closed_until_a_role_names_it() {
    let (scratch, folder) = (Scratch::migrated("new_function").await, copy_of_migrations(u32::MAX));
    let sql = "create or replace function audit.new() returns int language sql security definer set search_path = public, pg_temp as 'select 1';";
    std::fs::write(folder.path().join("functions/new.sql"), sql).unwrap();
    scratch.migrate(folder.path()).await.unwrap();
    let sql = "select pg_get_userbyid(proowner) || ' ' || has_function_privilege('tessera_chat', oid, 'execute')
                 from pg_proc where oid = 'audit.new()'::regprocedure";
    assert_eq!(text(&mut scratch.superuser().await, sql).await, "tessera_audit false");
    scratch.end().await;
}

#[tokio::test]
async fn roles_that_log_in_own_nothing_and_bypass_nothing() {
    let scratch = Scratch::migrated("own_nothing").await;
    let mut admin = scratch.superuser().await;
    for role in COMPONENTS.map(component_role).into_iter().chain([WORKER_ROLE.to_owned()]) {
        let sql = format!(
            "select relname::text from pg_class where relowner = '{role}'::regrole
             union all select proname from pg_proc where proowner = '{role}'::regrole
             union all select nspname from pg_namespace where nspowner = '{role}'::regrole
             union all select rolname from pg_roles where rolname = '{role}' and (rolbypassrls or rolsuper)
             union all select roleid::regrole::text from pg_auth_members where member = '{role}'::regrole"
        );
        assert_eq!(texts(&mut admin, &sql).await, Vec::<String>::new(), "{role}");
    }
    scratch.end().await;
}
