//! The binary `tessera-host` as in a container: settings from environment and files, a drain at
//! SIGTERM.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::fixture::{client, folder, redis_url, variables};

/// A running `tessera-host`.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) url: String,
    /// The lines of its log after the one that says that it listens; it ends with the process.
    pub(crate) lines: Receiver<String>,
    _folder: TempDir,
}

fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera-host"));
    command
        .env_clear()
        .env("TESSERA_MANIFEST", folder.path().join("spin.toml"))
        .env("TESSERA_LISTEN", "127.0.0.1:0")
        .env("TESSERA_CACHE_DIR", crate::fixture::cache())
        .env("TESSERA_KEY_VALUE_REDIS_URL", redis_url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start() -> Process {
    start_with(&[])
}

/// One variable is in a file, which wins; the others are in the environment.
pub(crate) fn start_with(environment: &[(&str, &str)]) -> Process {
    let folder = folder("");
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("who"), "world\n").unwrap();
    let mut command = command(&folder);
    command.env("TESSERA_VARIABLES_DIR", &secrets).env("SPIN_VARIABLE_WHO", "nobody");
    command.envs(environment.iter().copied());
    for (name, value) in variables() {
        command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines
        .find(|line| line.as_ref().unwrap().contains("\"listening\""))
        .expect("it listens")
        .unwrap();
    // Keeps reading, so that the log never fills its pipe.
    let (sender, received) = channel();
    std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = format!("http://{}", line["addr"].as_str().unwrap());
    Process { child, url, lines: received, _folder: folder }
}

impl Process {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_come_from_files_and_environment() {
    let mut process = start();
    let client = client().build().unwrap();
    let body = client
        .get(format!("{}/variables", process.url))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(body, "ok");
    process.signal(Signal::TERM);
    assert!(process.child.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_running_requests_finish() {
    let mut process = start();
    let client = client().build().unwrap();
    let answer = tokio::spawn(client.get(format!("{}/sse?events=5&ms=200", process.url)).send());
    let answer = answer.await.unwrap().unwrap();
    process.signal(Signal::TERM);
    assert!(
        answer.text().await.unwrap().trim_end().ends_with("}"),
        "the stream ends with its closing event"
    );
    assert!(process.child.wait().unwrap().success());
}

#[test]
fn a_missing_variable_is_named_and_the_host_does_not_listen() {
    let folder = folder("");
    let mut child = command(&folder).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains("SPIN_VARIABLE_PG_URL") && said.starts_with("error: "), "{said}");
}
