//! Programs that die, hang or refuse to start.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::OnceLock;
use std::time::Duration;

use local_stack::secrets::Secrets;
use local_stack::setup::{self, BuildEnv};
use local_stack::supervise::postgres::{EmbeddedPostgres, data_base};
use local_stack::supervise::redis::EmbeddedRedis;
use local_stack::supervise::stores::start_where_free;
use local_stack::supervise::{Invocation, Output, Program, Ready, Supervisor, Tier};
use rustix::process::{Pid, Signal, kill_process};
use schema::PostgresServer;
use sqlx::{Connection as _, Executor as _};

use crate::scratch_clone::{ScratchClone, is_alive, pid_in, until};

fn kill_hard(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

fn supervisor(build_env: &BuildEnv) -> Supervisor {
    Supervisor::new(build_env.spawner.clone(), build_env.console.clone())
}

fn shell(script: &str, build_env: &BuildEnv) -> Program {
    Program {
        name: "the stand-in",
        invocation: Invocation::new("/bin/sh").args(["-c", script]),
        output: Output::File(build_env.paths.logs().join("stand-in.log")),
        ready: Ready::AtOnce,
        ready_within: Duration::from_secs(2),
        stop_signal: Signal::TERM,
        stop_within: Duration::from_millis(300),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_port_was_taken_meanwhile_starts_on_another() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let installed = setup::redis::install(&build_env).await.unwrap();
    let secrets = Secrets::load(&build_env.paths).unwrap();
    let supervisor = supervisor(&build_env);
    let taken = OnceLock::new();
    let prepare = async || {
        let redis =
            EmbeddedRedis::prepare(&build_env.paths, &secrets, installed.clone(), &build_env.ports)
                .await?;
        taken
            .get_or_init(|| TcpListener::bind((Ipv4Addr::LOCALHOST, redis.server().port)).unwrap());
        Ok(redis)
    };
    let redis = start_where_free(&supervisor, prepare, |it| (it.program(), it.server().port))
        .await
        .unwrap();
    assert_ne!(redis.server().port, taken.get().unwrap().local_addr().unwrap().port());
    supervisor.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_is_restarted_with_its_data_and_reported() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let installed = setup::redis::install(&build_env).await.unwrap();
    let secrets = Secrets::load(&build_env.paths).unwrap();
    let redis = EmbeddedRedis::prepare(&build_env.paths, &secrets, installed, &build_env.ports)
        .await
        .unwrap();
    let supervisor = supervisor(&build_env);
    supervisor.start(Tier::Data, redis.program()).await.unwrap();
    let first = pid_in(&data_base(&build_env.paths).join("redis/redis.pid"));

    kill_hard(first);
    until("Redis is reported to run again", || {
        build_env.console.captured().contains("Redis runs again")
    })
    .await;

    let said = build_env.console.captured();
    assert!(said.contains("Redis ended unexpectedly (killed by signal 9)"), "{said}");
    let second = pid_in(&data_base(&build_env.paths).join("redis/redis.pid"));
    assert_ne!(first, second);
    supervisor.stop_all().await;
    assert!(!is_alive(second));
}

async fn start_postgres(build_env: &BuildEnv, secrets: &Secrets) -> (EmbeddedPostgres, Supervisor) {
    setup::postgres::install(build_env).await.unwrap();
    let (paths, console) = (&build_env.paths, &build_env.console);
    let prepared =
        EmbeddedPostgres::prepare(paths, secrets, &build_env.ports, &build_env.spawner, console);
    let (postgres, supervisor) = (prepared.await.unwrap(), supervisor(build_env));
    supervisor.start(Tier::Data, postgres.program()).await.unwrap();
    (postgres, supervisor)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_is_restarted_with_all_committed_data() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let secrets = Secrets::load(&build_env.paths).unwrap();
    let (postgres, supervisor) = start_postgres(&build_env, &secrets).await;
    postgres.server().provision("kept", &secrets.passwords).await.unwrap();

    kill_hard(pid_in(&postgres.data_folder().join("postmaster.pid")));
    until("Postgres is reported to run again", || {
        build_env.console.captured().contains("Postgres runs again")
    })
    .await;

    let named = PostgresServer::parse(&postgres.server().admin_url("kept")).unwrap();
    named.ping().await.unwrap();
    let last = pid_in(&postgres.data_folder().join("postmaster.pid"));
    supervisor.stop_all().await;
    assert!(!is_alive(last));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_does_not_reach_the_log_of_postgres() {
    const TEXT: &str = "what a person wrote";
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let secrets = Secrets::load(&build_env.paths).unwrap();
    let (postgres, supervisor) = start_postgres(&build_env, &secrets).await;
    let url = postgres.server().admin_url("postgres");
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    let table = "create table stored (text text unique check (text <> 'no'), number int not null)";
    connection.execute(table).await.unwrap();
    // Everything is slow.
    connection.execute("set log_min_duration_statement = 0").await.unwrap();
    let insert = "insert into stored (text, number) values ($1, $2)";
    for (number, is_stored) in [(Some(1), true), (Some(2), false), (None, false)] {
        let stored = sqlx::query(insert).bind(TEXT).bind(number).execute(&mut connection).await;
        assert_eq!(stored.is_ok(), is_stored, "{number:?}");
    }
    connection.close().await.unwrap();
    supervisor.stop_all().await;
    let log = std::fs::read_to_string(build_env.paths.logs().join("postgres.log")).unwrap();
    for part in ["insert into stored", "duplicate key value", "null value in column"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains(TEXT), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_exits_at_once_is_an_error_with_its_last_lines() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let mut program = shell("echo the disk is full >&2; exit 3", &build_env);
    program.ready = Ready::Http("127.0.0.1:1".parse().unwrap(), "/");
    let error = supervisor(&build_env).start(Tier::Worker, program).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("exit status 3") && error.contains("the disk is full"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_never_gets_ready_is_an_error_and_is_stopped() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let mut program = shell("echo $$ > $0.pid; exec tail -f /dev/null", &build_env);
    program.invocation = program.invocation.args([build_env.paths.state.join("slow")]);
    program.ready = Ready::Http("127.0.0.1:1".parse().unwrap(), "/");
    program.ready_within = Duration::from_millis(500);
    let error = supervisor(&build_env).start(Tier::Worker, program).await.unwrap_err();
    assert!(format!("{error:#}").contains("not ready within"), "{error:#}");
    assert!(!is_alive(pid_in(&build_env.paths.state.join("slow.pid"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ignores_its_stop_signal_is_killed_with_its_children() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let script = "trap '' TERM; (trap '' TERM; echo > $0.child; exec tail -f /dev/null) & echo $! > $0.pid; wait";
    let mut program = shell(script, &build_env);
    let name = build_env.paths.state.join("stubborn");
    program.invocation = program.invocation.args([&name]);
    let supervisor = supervisor(&build_env);
    supervisor.start(Tier::Worker, program).await.unwrap();
    let file = name.with_extension("pid");
    until("the stand-in and its child run", || {
        name.with_extension("child").exists()
            && std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))
    })
    .await;
    let child = pid_in(&file);
    supervisor.stop_all().await;
    until("the child is gone", || !is_alive(child)).await;
}
