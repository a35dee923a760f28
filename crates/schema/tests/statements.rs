//! Every statement of the programs is planned as each role that runs it, so that a misspelt column, a type that does
//! not fit or a missing right is found without a test of the verb. Which component runs a statement, its program says.

use std::collections::BTreeMap;

use schema::{COMPONENTS, WORKER_ROLE, component_role};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    scratch::Scratch,
    sources::{self, Statement},
};

/// Places whose statement is a parameter: the callers pass texts that are read where they stand.
const PASSED_ON: &[&str] = &[];

/// What is no query: it has no plan.
fn has_plan(sql: &str) -> bool {
    ["select", "insert", "update", "delete", "with", "values"].iter().any(|verb| sql.trim_start().starts_with(verb))
}

/// The programs of the components, by role.
fn programs() -> BTreeMap<String, Vec<u8>> {
    let dist = std::env::var_os("TESSERA_DIST").map_or_else(|| sources::root().join("dist"), Into::into);
    let read = |name: &str| {
        let program = dist.join(format!("{name}.wasm"));
        std::fs::read(&program).unwrap_or_else(|error| panic!("{}: {error}: run ./stack test", program.display()))
    };
    COMPONENTS.iter().map(|name| (component_role(name), read(name))).collect()
}

/// The roles of the components whose program has the statement; the worker's, if none has it.
fn roles(statement: &Statement, programs: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let text = statement.sql.as_bytes();
    let has = |program: &[u8]| memchr::memmem::find(program, text).is_some();
    let roles: Vec<String> =
        programs.iter().filter(|(_, program)| has(program)).map(|(role, _)| role.clone()).collect();
    if roles.is_empty() { vec![WORKER_ROLE.to_owned()] } else { roles }
}

async fn plan(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let explain = format!("explain (generic_plan) {sql}");
    sqlx::raw_sql(AssertSqlSafe(explain)).execute(connection).await.map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn every_statement_can_be_read() {
    let read = sources::statements();
    assert_eq!(read.unread, PASSED_ON, "expected a text, a constant or a macro of one arm");
    assert!(read.found.len() > 250, "{} statements", read.found.len());
    let spaces = read.found.iter().find(|statement| statement.sql.starts_with("select * from lookup.lease_jobs"));
    assert!(spaces.is_some_and(|statement| statement.file == "crates/queue/src/store.rs"));
}

#[tokio::test]
async fn every_statement_is_planned_as_the_roles_that_run_it() {
    let (scratch, programs) = (Scratch::migrated("statements").await, programs());
    let mut connections = BTreeMap::new();
    let mut refused = Vec::new();
    for statement in sources::statements().found.iter().filter(|statement| has_plan(&statement.sql)) {
        for role in roles(statement, &programs) {
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
