//! Functions and views: repeatable files, applied when they change.

use std::collections::BTreeMap;
use std::fs;

use crate::scratch::{MIGRATIONS, Scratch, copy_of_migrations, execute, text, texts};

/// Every numbered file.
const ALL: u32 = u32::MAX;

/// Schema-qualified names of what the files create, with their number of occurrences.
fn created() -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(format!("{MIGRATIONS}/functions")).unwrap() {
        let sql = fs::read_to_string(entry.unwrap().path()).unwrap();
        let starts = ["create or replace function ", "create or replace view "];
        for rest in
            sql.lines().filter_map(|line| starts.iter().find_map(|start| line.strip_prefix(start)))
        {
            let name = rest.split([' ', '(']).next().unwrap();
            let name = if name.contains('.') { name.to_owned() } else { format!("public.{name}") };
            *names.entry(name).or_default() += 1;
        }
    }
    names
}

#[tokio::test]
async fn each_function_and_view_of_the_database_is_in_one_file() {
    let scratch = Scratch::migrated("one_file").await;
    let sql = "select nspname || '.' || proname from pg_proc p join pg_namespace n on n.oid = pronamespace
                where pg_get_userbyid(proowner) like 'tessera\\_%'
               union all
               select nspname || '.' || relname from pg_class c join pg_namespace n on n.oid = relnamespace
                where relkind in ('v', 'm') and pg_get_userbyid(relowner) like 'tessera\\_%'";
    let mut found = BTreeMap::new();
    for name in texts(&mut scratch.superuser().await, sql).await {
        *found.entry(name).or_default() += 1;
    }
    assert_eq!(found, created(), "left: in the database; right: in migrations/functions");
    scratch.end().await;
}

#[test]
fn numbered_files_hold_tables_only_from_0081_on() {
    for entry in fs::read_dir(MIGRATIONS).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name[..4].parse::<u32>().is_ok_and(|version| version > 80) {
            let sql = fs::read_to_string(&path).unwrap().to_lowercase();
            for start in
                ["create function", "create or replace", "create view", "grant ", "revoke "]
            {
                let found = sql.lines().find(|line| line.starts_with(start));
                assert_eq!(found, None, "{name}: belongs in migrations/functions or grants.toml");
            }
        }
    }
}

#[tokio::test]
async fn functions_with_their_owners_rights_fix_the_search_path_and_are_closed() {
    let scratch = Scratch::migrated("definer").await;
    let sql = "select p.oid::regprocedure::text from pg_proc p
                where prosecdef and pg_get_userbyid(proowner) like 'tessera\\_%'
                  and (not coalesce(proconfig, '{}') @> '{\"search_path=public, pg_temp\"}'
                       or exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0))";
    assert_eq!(texts(&mut scratch.superuser().await, sql).await, Vec::<String>::new());
    scratch.end().await;
}

#[tokio::test]
async fn only_the_changed_file_is_applied_again() {
    let (scratch, folder) = (Scratch::migrated("changed_file").await, copy_of_migrations(ALL));
    let file = folder.path().join("functions/table_helpers.sql");
    let sql = fs::read_to_string(&file).unwrap();
    fs::write(&file, sql.replace("* 1000000)::bigint", "* 1000000)::bigint + 7")).unwrap();
    let report = scratch.migrate(folder.path()).await.unwrap();
    assert_eq!((report.numbered, report.functions), (0, vec!["table_helpers".to_owned()]));
    let mut admin = scratch.superuser().await;
    assert_eq!(text(&mut admin, "select micros('epoch')::text").await, "7");
    assert!(scratch.migrate(folder.path()).await.unwrap().is_empty());
    scratch.end().await;
}

#[tokio::test]
async fn a_numbered_file_does_not_overrule_a_function_file() {
    let (scratch, folder) = (Scratch::migrated("overruled").await, copy_of_migrations(ALL));
    let sql = "create or replace function micros(at timestamptz) returns bigint language sql immutable parallel safe as 'select 1'";
    fs::write(folder.path().join("9999_late.sql"), sql).unwrap();
    let report = scratch.migrate(folder.path()).await.unwrap();
    assert!(
        report.numbered == 1 && report.functions.contains(&"table_helpers".to_owned()),
        "{report}"
    );
    let mut admin = scratch.superuser().await;
    assert_eq!(text(&mut admin, "select micros('epoch')::text").await, "0");
    scratch.end().await;
}

#[tokio::test]
async fn a_function_file_may_use_what_a_later_one_creates() {
    let (scratch, folder) = (Scratch::migrated("forward").await, copy_of_migrations(ALL));
    let function = |name: &str, body: &str| {
        let sql = format!(
            "create or replace function {name}() returns int language sql as 'select {body}';"
        );
        fs::write(folder.path().join(format!("functions/{name}.sql")), sql).unwrap();
    };
    function("aa_first", "zz_last()");
    function("zz_last", "3");
    assert_eq!(scratch.migrate(folder.path()).await.unwrap().functions, ["aa_first", "zz_last"]);
    scratch.end().await;
}

#[tokio::test]
async fn a_body_that_uses_a_missing_table_is_refused_and_nothing_stays() {
    let (scratch, folder) = (Scratch::migrated("broken").await, copy_of_migrations(ALL));
    let sql = "create or replace function broken() returns bigint language sql as 'select count(*) from nowhere';";
    fs::write(folder.path().join("functions/broken.sql"), sql).unwrap();
    let refused = format!("{:#}", scratch.migrate(folder.path()).await.unwrap_err());
    assert!(refused.contains("nowhere"), "{refused}");
    let mut admin = scratch.superuser().await;
    assert_eq!(text(&mut admin, "select (to_regproc('broken') is null)::text").await, "true");
    scratch.end().await;
}

#[tokio::test]
async fn a_signature_changes_when_the_file_drops_the_old_one() {
    let (scratch, folder) = (Scratch::migrated("signature").await, copy_of_migrations(ALL));
    let file = folder.path().join("functions/worker_tenants.sql");
    let sql = fs::read_to_string(&file).unwrap();
    let sql = sql.replace("function lookup.tenants()", "function lookup.tenants(p_all boolean)");
    fs::write(&file, format!("drop function if exists lookup.tenants();\n{sql}")).unwrap();
    scratch.migrate(folder.path()).await.unwrap();
    let mut admin = scratch.superuser().await;
    let sql = "select pg_get_userbyid(proowner) || ' ' || has_function_privilege('tessera_worker', oid, 'execute')
                 from pg_proc where oid = 'lookup.tenants(boolean)'::regprocedure";
    assert_eq!(text(&mut admin, sql).await, "tessera_lookup true");
    execute(&mut admin, "select lookup.tenants(true)").await;
    scratch.end().await;
}
