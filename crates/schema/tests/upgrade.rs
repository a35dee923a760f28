//! A database from before functions and grants were repeatable files is upgraded without loss.

use std::collections::BTreeMap;
use std::fs;

use sqlx::PgConnection;

use crate::scratch::{MIGRATIONS, Scratch, copy_of_migrations, execute, text, texts};

/// The version of the data in `data_0080.sql`.
const VERSION: u32 = 80;
const DATA: &str = include_str!("fixtures/data_0080.sql");

/// Tables with their current columns, as a list for `select`.
async fn tables(db: &mut PgConnection) -> BTreeMap<String, String> {
    let sql =
        "select format('%I.%I', nspname, relname) || ': ' || string_agg(quote_ident(attname), ', ' order by attnum)
                 from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute a on a.attrelid = c.oid
                where relkind = 'r' and pg_get_userbyid(relowner) = 'tessera_owner' and attnum > 0 and not attisdropped
                  and relname not in ('_sqlx_migrations', 'schema_repeatables')
                group by nspname, relname";
    texts(db, sql)
        .await
        .into_iter()
        .map(|line| {
            line.split_once(": ")
                .map(|(table, columns)| (table.to_owned(), columns.to_owned()))
                .unwrap()
        })
        .collect()
}

/// The rows of each table, sorted.
async fn rows(
    db: &mut PgConnection,
    tables: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for (table, columns) in tables {
        let sql = format!("select row({columns})::text from {table} order by 1");
        rows.insert(table.clone(), texts(db, &sql).await);
    }
    rows
}

/// Everything that the catalogue knows of the product's objects, one per line.
async fn catalogue(scratch: &Scratch) -> Vec<String> {
    let sql = "with spaces as (select * from pg_namespace where nspname = 'public' or pg_get_userbyid(nspowner) = 'tessera_owner'),
       relations as (select c.*, s.nspname from pg_class c join spaces s on s.oid = relnamespace where pg_get_userbyid(relowner) like 'tessera\\_%'),
       functions as (select p.*, s.nspname from pg_proc p join spaces s on s.oid = pronamespace where pg_get_userbyid(proowner) like 'tessera\\_%'),
       acls (what, acl) as (
         select 'schema ' || nspname, nspacl from spaces
         union all select 'relation ' || nspname || '.' || relname, relacl from relations
         union all select 'column ' || nspname || '.' || relname || '.' || attname, attacl from pg_attribute a join relations r on r.oid = attrelid
         union all select 'function ' || oid::regprocedure, coalesce(proacl, acldefault('f', proowner)) from functions)
     select 'relation ' || nspname || '.' || relname || ' ' || relkind::text || ' ' || pg_get_userbyid(relowner) || ' ' || relrowsecurity::text || relforcerowsecurity
            || coalesce(reloptions::text, '') from relations
     union all select 'column ' || nspname || '.' || relname || '.' || attname || ' ' || attnum::text || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull::text
            || attstorage::text || coalesce(pg_get_expr(adbin, adrelid), '') from relations r join pg_attribute a on attrelid = r.oid
            left join pg_attrdef d on adrelid = attrelid and adnum = attnum where attnum > 0
     union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
            where conrelid in (select oid from relations)
     union all select 'index ' || pg_get_indexdef(oid) from relations where relkind = 'i'
     union all select 'view ' || pg_get_viewdef(oid) from relations where relkind = 'v'
     union all select 'trigger ' || pg_get_triggerdef(t.oid) from pg_trigger t join relations r on r.oid = tgrelid where not tgisinternal
     union all select 'policy ' || (p.*)::text from pg_policies p
     union all select 'function ' || pg_get_userbyid(proowner) || ' ' || pg_get_functiondef(oid) from functions
     union all select 'right ' || what || ' ' || case grantee when 0 then 'public' else pg_get_userbyid(grantee) end || ' ' || privilege_type || is_grantable::text
            from acls, aclexplode(acl)
     order by 1";
    texts(&mut scratch.superuser().await, sql).await
}

/// The state of version 0080: numbered files alone, and the rows.
async fn database_of_0080(name: &str) -> Scratch {
    let scratch = Scratch::new(name).await;
    scratch.provision().await;
    let folder = copy_of_migrations(VERSION);
    fs::remove_dir_all(folder.path().join("functions")).unwrap();
    fs::remove_file(folder.path().join("grants.toml")).unwrap();
    scratch.migrate(folder.path()).await.unwrap();
    let mut admin = scratch.superuser().await;
    execute(
        &mut admin,
        "drop table schema_repeatables; truncate _sqlx_migrations, tenancy.hmac_key",
    )
    .await;
    execute(&mut admin, DATA).await;
    scratch
}

#[tokio::test]
async fn a_database_of_0080_keeps_every_row() {
    let scratch = database_of_0080("keeps_rows").await;
    let mut admin = scratch.superuser().await;
    let tables = tables(&mut admin).await;
    let before = rows(&mut admin, &tables).await;
    let empty: Vec<&String> =
        before.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert_eq!(empty, Vec::<&String>::new(), "the data has rows in every table");
    let report = scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
    assert!(!report.functions.is_empty(), "{report}");
    let tables = tables.into_iter().map(|(table, columns)| {
        // Renamed by 0090; ids of collections became ids of their indexes.
        let is_renamed = ["public.chunks", "public.collection_lexemes"].contains(&table.as_str());
        let columns =
            if is_renamed { columns.replace("collection_id", "index_id") } else { columns };
        (table, columns)
    });
    let tables = tables.collect();
    for (table, rows) in rows(&mut admin, &tables).await {
        assert_eq!(rows, before[&table], "{table}");
    }
    scratch.end().await;
}

#[tokio::test]
async fn an_upgraded_database_has_the_catalogue_of_a_fresh_one() {
    let (fresh, upgraded) = (Scratch::migrated("fresh").await, database_of_0080("upgraded").await);
    upgraded.migrate(MIGRATIONS.as_ref()).await.unwrap();
    let (expected, found) = (catalogue(&fresh).await, catalogue(&upgraded).await);
    let missing: Vec<&String> = expected.iter().filter(|line| !found.contains(line)).collect();
    let surplus: Vec<&String> = found.iter().filter(|line| !expected.contains(line)).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing: {missing:#?}\nsurplus: {surplus:#?}"
    );
    assert!(expected.len() > 1000, "{} lines", expected.len());
    upgraded.end().await;
    fresh.end().await;
}

#[tokio::test]
async fn the_audit_log_of_an_upgraded_database_still_verifies() {
    let scratch = database_of_0080("chain").await;
    scratch.migrate(MIGRATIONS.as_ref()).await.unwrap();
    let mut admin = scratch.superuser().await;
    let sql = "select string_agg(t.slug || ' ' || (v.entries > 20) || ' ' || coalesce(v.first_broken::text, 'whole'), ', ' order by slug)
                 from tenants t, lateral (select set_config('app.ticket', tenancy.ticket_for(session_user::text, t.id, 'worker'), false)) s,
                      lateral (select * from audit.verify(0, 1000) where s is not null) v";
    assert_eq!(text(&mut admin, sql).await, "north true whole, south true whole");
    scratch.end().await;
}
