//! The table "can also" of docs/blast-radius.md: each power stands in the rows of the components
//! that have it, by their grants, secrets, hosts and routes, and in no other row.

use std::collections::{BTreeMap, BTreeSet};

use schema::{COMPONENTS, component_role};
use sqlx::AssertSqlSafe;
use tests::stack::{Stack, root};

use super::blast_radius::{ComponentManifest, manifest};

/// What gives a component a power.
enum Source {
    /// An SQL expression about the role `$role`.
    Rights(&'static str),
    /// A secret, and an SQL expression.
    SecretAndRights(&'static str, &'static str),
    Secret(&'static str),
    /// A variable among its hosts.
    Host(&'static [&'static str]),
    Route(&'static str),
}

/// A column that is sealed, and that the role reads.
const READS_SEALED: &str = "exists (select from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname like '%\\_sealed'
      and has_column_privilege('$role', c.oid, a.attnum, 'select'))";

/// The words of the table, and what gives a component the power.
const POWERS: &[(&str, Source)] = &[
    ("change every page", Source::Route("/...")),
    (
        "without a user",
        Source::Rights(
            "exists (select from pg_proc p where 'entrance' = any (p.proargnames) and has_function_privilege('$role', p.oid, 'execute'))",
        ),
    ),
    (
        "read the password hashes",
        Source::Rights("has_column_privilege('$role', 'users', 'password_hash', 'select')"),
    ),
    (
        "begin a session",
        Source::SecretAndRights(
            "token_key",
            "has_any_column_privilege('$role', 'sessions', 'insert')",
        ),
    ),
    (
        "change people",
        Source::Rights("has_column_privilege('$role', 'users', 'state', 'update')"),
    ),
    (
        "change roles",
        Source::Rights("has_any_column_privilege('$role', 'roles', 'update')"),
    ),
    (
        "enter every organisation",
        Source::Rights(
            "has_function_privilege('$role', 'tenancy.enter_operator(uuid,uuid,bytea,text)', 'execute')
             or has_function_privilege('$role', 'tenancy.enter_worker(uuid,text)', 'execute')",
        ),
    ),
    (
        "delete organisations",
        Source::Rights("has_table_privilege('$role', 'tenants', 'delete')"),
    ),
    ("open sealed secrets", Source::SecretAndRights("master_key", READS_SEALED)),
    (
        "seal credentials of websites",
        Source::SecretAndRights(
            "master_key",
            "has_column_privilege('$role', 'websites', 'credential_sealed', 'update')",
        ),
    ),
    (
        "send the crawler",
        Source::Rights("has_column_privilege('$role', 'websites', 'settings', 'update')"),
    ),
    (
        "name other models",
        Source::Rights("has_column_privilege('$role', 'conversations', 'model', 'update')
             and has_table_privilege('$role', 'models', 'update')"),
    ),
    ("ask the model at the operator's cost", Source::Secret("chat_key")),
    (
        "ask models of the organisation",
        Source::Rights("has_function_privilege('$role', 'tenancy.model_grant(text,uuid[])', 'execute')"),
    ),
    (
        "record usage",
        Source::Rights(
            "exists (select from pg_proc p where p.proname = 'record_usage' and has_function_privilege('$role', p.oid, 'execute'))",
        ),
    ),
    (
        "any public host",
        Source::Host(&["{{ oidc_hosts }}", "{{ model_providers }}"]),
    ),
    (
        "see nothing of any tenant",
        Source::Rights(
            "not exists (select from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
               where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and has_any_column_privilege('$role', c.oid, 'select'))",
        ),
    ),
];

/// The rows of the table: what each component can do also.
fn rows() -> BTreeMap<String, String> {
    let document = std::fs::read_to_string(root().join("docs/blast-radius.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in document.lines().skip_while(|line| !line.contains("| can also |")).skip(2) {
        let Some((names, text)) =
            line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")?.split_once(" | "))
        else {
            break;
        };
        for name in names.split(", ") {
            rows.insert(name.to_owned(), text.replace("**", ""));
        }
    }
    rows
}

async fn has(component: &str, given: &ComponentManifest, source: &Source) -> bool {
    let rights = async |sql: &str| {
        if !COMPONENTS.contains(&component) {
            return false;
        }
        let sql = format!("select {}", sql.replace("$role", &component_role(component)));
        let mut db = Stack::shared().database.superuser().await;
        sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap()
    };
    let secret = |name: &str| given.secrets.iter().any(|secret| secret == name);
    match source {
        Source::Rights(sql) => rights(sql).await,
        Source::SecretAndRights(name, sql) => secret(name) && rights(sql).await,
        Source::Secret(name) => secret(name),
        Source::Host(names) => given.hosts.iter().any(|host| names.contains(&host.as_str())),
        Source::Route(route) => given.routes.iter().any(|served| served == route),
    }
}

#[tokio::test]
async fn each_component_can_do_what_the_table_says_and_nothing_else_of_it() {
    let (rows, manifest) = (rows(), manifest());
    let unknown: Vec<&String> = rows.keys().filter(|name| !manifest.contains_key(*name)).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "rows of no component");
    let mut faults = Vec::new();
    for (component, given) in &manifest {
        let row = rows.get(component).map_or("", String::as_str);
        for (words, source) in POWERS {
            let (says, can) = (row.contains(words), has(component, given, source).await);
            if says != can {
                faults.push(format!("{component}: `{words}`: it can: {can}, docs say: {says}"));
            }
        }
        // Each part of a row is one of the powers.
        for part in row.split("; ").filter(|part| !part.is_empty()) {
            if !POWERS.iter().any(|(words, _)| part.contains(words)) {
                faults.push(format!("{component}: no test tries `{part}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let test = "each_component_can_do_what_the_table_says_and_nothing_else_of_it";
    crate::docs::made(test, manifest.len() * POWERS.len());
}

/// The sealed columns that a role reads, tried as that role.
async fn sealed_columns(component: &str) -> BTreeSet<String> {
    use sqlx::Connection as _;
    let database = &Stack::shared().database;
    let all = "select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname like '%\\_sealed'";
    let all: Vec<String> =
        sqlx::query_scalar(all).fetch_all(&mut database.superuser().await).await.unwrap();
    assert!(all.len() >= 4, "{all:?}");
    let mut db =
        sqlx::PgConnection::connect(&database.url(&component_role(component))).await.unwrap();
    let mut read = BTreeSet::new();
    for column in all {
        let (table, name) = column.split_once('.').unwrap();
        let sql = format!("select {name} from {table} limit 1");
        match sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut db).await {
            Ok(_) => drop(read.insert(column)),
            Err(error) => {
                let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
                assert_eq!(code.as_deref(), Some("42501"), "{component}: {column}: {error}");
            }
        }
    }
    read
}

#[tokio::test]
async fn a_component_opens_the_sealed_secrets_of_its_own_work_only() {
    for (component, given) in manifest() {
        if !COMPONENTS.contains(&component.as_str()) {
            continue;
        }
        let opens = if given.secrets.iter().any(|secret| secret == "master_key") {
            sealed_columns(&component).await
        } else {
            BTreeSet::new()
        };
        let expected: &[&str] = match component.as_str() {
            "admin" | "sysadmin" => &["federations.client_secret_sealed"],
            "auth" => &["federations.client_secret_sealed", "sessions.oidc_id_token_sealed"],
            "gateway" => &["model_providers.credential_sealed"],
            _ => &[],
        };
        let opens: Vec<&str> = opens.iter().map(String::as_str).collect();
        assert_eq!(opens, expected, "{component}");
    }
}
