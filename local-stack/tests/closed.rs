//! Isolation from other users of the machine: no secret in the environment, arguments or files of
//! our processes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;

use local_stack::supervise::postgres::data_base;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::scratch_clone::{ScratchClone, pid_in};

const SECRET: &str = "a secret of this test";

/// `./stack servers` with secrets in its environment, as `./stack up` may have them.
async fn start(clone: &ScratchClone) -> (Child, [i32; 2]) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_local-stack"))
        .env("TESSERA_CLONE", &clone.paths.root)
        .env("TESSERA_CACHE", &clone.paths.cache)
        .env("TESSERA_ADMIN_PASSWORD", SECRET)
        .env("TESSERA_CHAT_KEY", SECRET)
        .env("SPIN_VARIABLE_CHAT_KEY", SECRET)
        .arg("servers")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("TESSERA_TEST_REDIS_URL") {
            let base = data_base(&clone.paths.with_state(clone.paths.state.join("servers")));
            return (
                child,
                ["postgres/postmaster.pid", "redis/redis.pid"].map(|file| pid_in(&base.join(file))),
            );
        }
    }
    panic!("the servers did not start: {:?}", child.wait().await);
}

/// A file of a process in `/proc`: `environ` or `cmdline`.
fn of_process(pid: i32, what: &str) -> String {
    let bytes = fs::read(format!("/proc/{pid}/{what}")).unwrap();
    String::from_utf8_lossy(&bytes).replace('\0', "\n")
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn children_get_the_environment_of_their_kind() {
    let clone = ScratchClone::new();
    let (child, servers) = start(&clone).await;
    let secrets = fs::read_to_string(clone.paths.state.join("servers/secrets.json")).unwrap();
    let secrets: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&secrets).unwrap();
    for pid in servers {
        let environment = of_process(pid, "environ");
        let names: BTreeSet<&str> = environment
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name)
            .collect();
        let known =
            ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "TERM", "LD_LIBRARY_PATH"];
        let odd: Vec<&&str> = names
            .iter()
            // Postgres sets these itself.
            .filter(|name| {
                !known.contains(name) && !name.starts_with("LC_") && !name.starts_with("PG")
            })
            .collect();
        assert!(odd.is_empty(), "{pid}: {odd:?}");
        let said = environment + &of_process(pid, "cmdline");
        assert!(!said.contains(SECRET), "{said}");
        assert!(
            !secrets.values().any(|secret| said.contains(secret)),
            "a secret of the clone is shown to other users"
        );
        // Never root, whichever user we are.
        let owner = fs::metadata(format!("/proc/{pid}")).unwrap().uid();
        assert_ne!(owner, 0, "process {pid} runs as root");
    }
    drop(child);
}

/// Files and folders in `folder` that other users may read, write or list.
fn open_to_others(folder: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let open = walk.filter(|entry| !entry.file_type().is_symlink()).filter(|entry| {
        let mode = entry.metadata().unwrap().permissions().mode();
        // The servers' account traverses folders whose names it knows.
        let passable = entry.file_type().is_dir() && mode & 0o066 == 0;
        mode & 0o077 != 0
            && !passable
            && !entry
                .path()
                .components()
                .any(|part| part.as_os_str().to_string_lossy().starts_with("program"))
    });
    open.map(|entry| entry.path().display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn state_is_closed_to_other_users() {
    let clone = ScratchClone::new();
    // The state of an earlier version.
    let emails = clone.paths.state.join("servers/outbox");
    fs::create_dir_all(&emails).unwrap();
    fs::write(emails.join("1.eml"), "a link").unwrap();
    for (path, mode) in [(emails.clone(), 0o755), (emails.join("1.eml"), 0o644)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let (child, _) = start(&clone).await;
    let base = data_base(&clone.paths.with_state(clone.paths.state.join("servers")));
    for folder in [&clone.paths.state, &base] {
        assert_eq!(open_to_others(folder), Vec::<String>::new());
    }
    drop(child);
}
