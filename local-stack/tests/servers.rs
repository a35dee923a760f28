//! The real binary with real servers, stopped by each signal.

use std::path::PathBuf;
use std::process::Stdio;

use local_stack::supervise::postgres::data_base;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::scratch_clone::{ScratchClone, is_alive, pid_in, until};

/// A ready `./stack servers` in a scratch clone.
struct Running {
    child: Child,
    servers: [i32; 2],
}

fn command(clone: &ScratchClone) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-stack"));
    command
        .env("TESSERA_CLONE", &clone.paths.root)
        .env("TESSERA_CACHE", &clone.paths.cache)
        .arg("servers")
        .kill_on_drop(true);
    command
}

async fn start(clone: &ScratchClone) -> Running {
    let mut child = command(clone).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("TESSERA_TEST_REDIS_URL") {
            let state = clone.paths.state.join("servers");
            let base = data_base(&clone.paths.with_state(state));
            let files: [PathBuf; 2] =
                [base.join("postgres/postmaster.pid"), base.join("redis/redis.pid")];
            return Running { child, servers: files.map(|file| pid_in(&file)) };
        }
    }
    panic!("the servers did not start: {:?}", child.wait().await);
}

impl Running {
    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_stops_everything_in_order_and_keeps_the_data() {
    let clone = ScratchClone::new();
    let mut running = start(&clone).await;
    running.signal(Signal::TERM);
    let status = running.child.wait().await.unwrap();
    assert!(status.success(), "{status}");
    assert!(!running.servers.iter().any(|pid| is_alive(*pid)), "a server outlived the command");
    let again = start(&clone).await;
    again.signal(Signal::INT);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigkill_leaves_no_orphans_and_the_next_start_waits_for_stale_processes() {
    let clone = ScratchClone::new();
    let mut running = start(&clone).await;
    running.signal(Signal::KILL);
    running.child.wait().await.unwrap();
    let mut again = start(&clone).await;
    let old = running.servers;
    until("the old servers are gone", || !old.iter().any(|pid| is_alive(*pid))).await;
    again.signal(Signal::TERM);
    assert!(again.child.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_in_the_same_clone_is_refused_and_names_the_first() {
    let clone = ScratchClone::new();
    let mut running = start(&clone).await;
    let second = command(&clone).output().await.unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success());
    assert!(
        said.contains(&format!(
            "already runs in this clone (process {})",
            running.child.id().unwrap()
        )),
        "{said}"
    );
    running.signal(Signal::TERM);
    running.child.wait().await.unwrap();
}
