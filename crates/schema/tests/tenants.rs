//! Functions that run with the rights of an owner see rows of every tenant in tables that have a
//! policy for `tessera_lookup` or `tessera_audit`, of which the owners are members. So each of
//! their statements names the tenant, but for those that are listed with a reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    bodies,
    scratch::{Scratch, execute, texts},
};

/// Before a tenant is known: what they find names it.
const BEFORE_A_TENANT: &str = "finds the tenant, by a secret or by what is unique";
const BEFORE: [&str; 9] = [
    "lookup.bcrypt_cost",
    "lookup.federated_sessions",
    "lookup.federated_tenants",
    "lookup.federation",
    "lookup.link_tenant",
    "lookup.queue_resets",
    "lookup.session_tenant",
    "lookup.setup_state",
    "lookup.sign_in",
];
/// The worker serves every tenant; no component may call these.
const OF_THE_WORKER: &str = "the worker's, for every tenant";
const WORKER: [&str; 18] = [
    "lookup.bury_jobs",
    "lookup.called_models",
    "lookup.end_maintenance",
    "lookup.extend_maintenance",
    "lookup.lease_jobs",
    "lookup.lease_maintenance",
    "lookup.next_due",
    "lookup.queue_state",
    "lookup.quota_events",
    "lookup.quota_state",
    "lookup.remove_expired",
    "lookup.requeue_crashed_jobs",
    "lookup.tenants_to_reconcile",
    "lookup.tenants_to_reindex",
    "lookup.tenants_with_orphans",
    "lookup.tenants_with_stale_indexes",
    "lookup.tenants_with_unembedded_messages",
    "lookup.usage_after",
];
/// The scheduler queues the jobs of every tenant, each in the tenant of its schedule.
const OF_SCHEDULES: &str = "the schedules of every tenant, by their ids";
const SCHEDULES: [&str; 4] = [
    "lookup.plan_schedule",
    "lookup.queue_scheduled_jobs",
    "lookup.unplanned_schedules",
    "lookup.until_next_schedule",
];

fn reasons() -> BTreeMap<&'static str, &'static str> {
    let lists: [(&[&'static str], &'static str); 3] =
        [(&BEFORE, BEFORE_A_TENANT), (&WORKER, OF_THE_WORKER), (&SCHEDULES, OF_SCHEDULES)];
    let each =
        lists.into_iter().flat_map(|(names, why)| names.iter().map(move |name| (*name, why)));
    each.collect()
}

/// The tables of tenants of which the owners see all rows.
const SHARED: &str = "
    select distinct c.relname::text from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      left join pg_policy p on p.polrelid = c.oid and p.polpermissive
                           and p.polroles && array['tessera_lookup'::regrole::oid, 'tessera_audit'::regrole::oid]
     where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
       and (p.oid is not null or not c.relrowsecurity or not c.relforcerowsecurity)";

/// Functions of the owners that run with their rights: by themselves, as triggers (the owner of a
/// table runs those that a cascade fires), or called by such a one.
const FUNCTIONS: &str = r"
    with recursive own as (
      select p.oid, n.nspname || '.' || p.proname as name, p.proname, p.prosrc, p.prosecdef or p.prorettype = 'trigger'::regtype as is_root
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where pg_get_userbyid(p.proowner) in ('tessera_owner', 'tessera_lookup', 'tessera_audit')
    ), reached as (
      select oid, name, prosrc from own where is_root
      union
      select o.oid, o.name, o.prosrc from reached r join own o on r.prosrc ~ ('\m' || o.proname || '\s*\(')
    )
    select name || chr(10) || prosrc from reached";

/// What each function reads without naming a tenant.
async fn unbound(scratch: &Scratch) -> BTreeMap<String, BTreeSet<String>> {
    let mut database = scratch.superuser().await;
    let shared: BTreeSet<String> = texts(&mut database, SHARED).await.into_iter().collect();
    assert!(shared.contains("users") && !shared.contains("prompts"), "{shared:?}");
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let functions = texts(&mut database, FUNCTIONS).await;
    assert!(functions.len() > 60, "{} functions", functions.len());
    for function in functions {
        let (name, body) = function.split_once('\n').unwrap();
        for statement in bodies::statements(body) {
            let tables = bodies::unbound(&statement, &shared);
            if !tables.is_empty() {
                out.entry(name.to_owned()).or_default().extend(tables.into_iter().cloned());
            }
        }
    }
    out
}

#[tokio::test]
async fn functions_with_an_owners_rights_name_the_tenant() {
    let scratch = Scratch::migrated("tenants").await;
    let found = unbound(&scratch).await;
    let reasons = reasons();
    let unknown: Vec<_> =
        found.iter().filter(|(name, _)| !reasons.contains_key(name.as_str())).collect();
    assert!(unknown.is_empty(), "no tenant is named for these tables: {unknown:#?}");
    let stale: Vec<_> = reasons.keys().filter(|name| !found.contains_key(**name)).collect();
    assert!(stale.is_empty(), "listed, but they name the tenant: {stale:?}");
    scratch.end().await;
}

#[tokio::test]
async fn a_function_that_forgets_the_tenant_is_found() {
    let scratch = Scratch::migrated("forgets").await;
    let mut database = scratch.superuser().await;
    let forgets = "
        create function helper(p uuid) returns bigint language sql as 'select count(*) from users u where u.id = p';
        create function forgets(p uuid) returns bigint language sql security definer as 'select helper(p)';
        create function caller(p uuid) returns bigint language sql as 'select count(*) from users';
        alter function helper(uuid) owner to tessera_owner;
        alter function forgets(uuid) owner to tessera_owner;
        alter function caller(uuid) owner to tessera_owner;";
    execute(&mut database, forgets).await;
    let found = unbound(&scratch).await;
    assert!(found["public.helper"].contains("users"), "reached through a definer");
    assert!(!found.contains_key("public.caller"), "with the rights of the caller");
    drop(database);
    scratch.end().await;
}

#[tokio::test]
async fn what_serves_every_tenant_is_granted_to_no_component() {
    let scratch = Scratch::migrated("granted").await;
    let names: Vec<String> = WORKER.iter().map(|name| format!("'{name}'")).collect();
    let sql = format!(
        "select n.nspname || '.' || p.proname || ' to ' || pg_get_userbyid(g.grantee)
           from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) g
          where n.nspname || '.' || p.proname in ({})
            and pg_get_userbyid(g.grantee) not in ('tessera_worker', 'tessera_lookup')",
        names.join(", ")
    );
    assert_eq!(
        texts(&mut scratch.superuser().await, &sql).await,
        ["lookup.next_due to tessera_scheduler"]
    );
    scratch.end().await;
}
