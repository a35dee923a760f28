//! Every statement of the programs is planned as each role that runs it, so that a misspelt column,
//! a type that does not fit or a missing right is found without a test of the verb. Which component
//! runs a statement, its program says.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use schema::{COMPONENTS, WORKER_ROLE, component_role};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    scratch::Scratch,
    sources::{self, Statement},
};

/// Places whose statement is a parameter or a member: of sealed columns, and of tasks of the
/// maintenance.
const PASSED_ON: &[&str] = &[
    "crates/secrets/src/store.rs: query",
    "crates/secrets/src/store.rs: execute",
    "worker/src/store.rs: query",
];

/// What the router does for routes of people, and the components that are linked with it and have
/// no such route.
const FOR_PEOPLE: [&str; 2] =
    ["select lookup.origin_allowed($1) as allowed", "select audit.event($1, $2, $3, $4)"];
const WITHOUT_PEOPLE: [&str; 5] =
    ["tessera_gateway", "tessera_health", "tessera_scheduler", "tessera_scim", "tessera_sysadmin"];

/// What reads the pictures of a question, and the component that is linked with it and takes none.
const FOR_PICTURES: &str = "select bytes from blob_chunks where blob_id = $1 and seq = $2";
const WITHOUT_PICTURES: &str = "tessera_openai";

/// Whether a role runs a statement that its program has.
fn runs(role: &str, sql: &str) -> bool {
    !(FOR_PEOPLE.contains(&sql) && WITHOUT_PEOPLE.contains(&role)
        || sql == FOR_PICTURES && role == WITHOUT_PICTURES)
}

/// What is no query: it has no plan.
fn has_plan(sql: &str) -> bool {
    ["select", "insert", "update", "delete", "with", "values"]
        .iter()
        .any(|verb| sql.trim_start().starts_with(verb))
}

/// The roles that run each statement: those of the components whose program has its text; the
/// worker's, if none has it.
fn roles(statements: &[&Statement]) -> Vec<Vec<String>> {
    let dist =
        std::env::var_os("TESSERA_DIST").map_or_else(|| sources::root().join("dist"), Into::into);
    let texts = AhoCorasick::new(statements.iter().map(|statement| &statement.sql)).unwrap();
    let mut roles = vec![Vec::new(); statements.len()];
    for name in COMPONENTS {
        let path = dist.join(format!("{name}.wasm"));
        let program = std::fs::read(&path);
        let program =
            program.unwrap_or_else(|error| panic!("{}: {error}: run ./stack test", path.display()));
        let found: BTreeSet<usize> =
            texts.find_overlapping_iter(&program).map(|m| m.pattern().as_usize()).collect();
        for at in found {
            roles.get_mut(at).unwrap().push(component_role(name));
        }
    }
    for roles in roles.iter_mut().filter(|roles| roles.is_empty()) {
        roles.push(WORKER_ROLE.to_owned());
    }
    roles
}

async fn plan(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let explain = format!("explain (generic_plan) {sql}");
    sqlx::raw_sql(AssertSqlSafe(explain))
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}

#[test]
fn every_statement_can_be_read() {
    let read = sources::statements();
    assert_eq!(read.unread, PASSED_ON, "expected a text, a constant or a macro of one arm");
    assert!(read.found.len() > 200, "{} statements", read.found.len());
    let lease = read
        .found
        .iter()
        .find(|statement| statement.sql.starts_with("select * from lookup.lease_jobs"));
    assert_eq!(lease.unwrap().file, "crates/queue/src/store.rs");
}

#[tokio::test]
async fn every_statement_is_planned_as_the_roles_that_run_it() {
    let scratch = Scratch::migrated("statements").await;
    let read = sources::statements();
    let statements: Vec<&Statement> =
        read.found.iter().filter(|statement| has_plan(&statement.sql)).collect();
    let mut connections = BTreeMap::new();
    let mut refused = Vec::new();
    for (statement, roles) in statements.iter().zip(roles(&statements)) {
        for role in roles.into_iter().filter(|role| runs(role, &statement.sql)) {
            if !connections.contains_key(&role) {
                connections.insert(role.clone(), scratch.connect(&role).await.unwrap());
            }
            let connection = connections.get_mut(&role).unwrap();
            if let Err(error) = plan(connection, &statement.sql).await {
                refused.push(format!("{} as {role}: {error}\n  {}", statement.file, statement.sql));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    drop(connections);
    scratch.end().await;
}
