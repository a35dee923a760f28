//! What the embedded Postgres logs of slow statements.

use std::fs;

use local_stack::secrets::Secrets;
use local_stack::supervise::Supervisor;
use local_stack::supervise::stores::{self, StoreChoice};
use sqlx::{Connection as _, PgConnection};

use crate::scratch_clone::{ScratchClone, until};

/// The value of a parameter, which the log must not hold.
const CANARY: &str = "canary-kestrel-4711";

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_more_than_a_second_is_logged_without_its_values() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let supervisor = Supervisor::new(build_env.spawner.clone(), build_env.console.clone());
    let secrets = Secrets::load(&build_env.paths).unwrap();
    let choice = StoreChoice::private();
    let database =
        stores::start_postgres(&build_env, &supervisor, &secrets, &choice).await.unwrap();
    let mut connection =
        PgConnection::connect(&database.server.admin_url("postgres")).await.unwrap();
    for sql in ["select $1::text as quick", "select $1::text as slow, pg_sleep(1.1)"] {
        sqlx::query(sql).bind(CANARY).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();

    let log = build_env.paths.logs().join("postgres.log");
    let logged = || fs::read_to_string(&log).unwrap_or_default();
    until("the statement is in the log", || logged().contains("as slow")).await;
    let logged = logged();
    let line = logged.lines().find(|line| line.contains("as slow")).unwrap();
    assert!(line.contains(" postgres ") && line.contains("duration: "), "{line}");
    assert!(!logged.contains("as quick"), "{logged}");
    assert!(!logged.contains(CANARY), "{logged}");
    supervisor.stop_all().await;
}
