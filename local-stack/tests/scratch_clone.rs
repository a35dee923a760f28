//! The fixture of these tests: a temporary clone, and waiting for a condition.

use std::time::Duration;

use local_stack::console::Console;
use local_stack::paths::Paths;
use local_stack::setup::BuildEnv;
use local_stack::supervise::postgres::remove_external_data;

/// A clone without sources, in a temporary folder; downloads come from the user's cache.
pub(crate) struct ScratchClone {
    pub(crate) paths: Paths,
    _folder: tempfile::TempDir,
}

impl ScratchClone {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let cache = std::env::var_os("TESSERA_CACHE").map_or_else(
            || std::path::PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/tessera"),
            Into::into,
        );
        let paths = Paths {
            state: root.join(".stack"),
            target: root.join("target"),
            root,
            cache,
            release: None,
        };
        Self { paths, _folder: folder }
    }

    /// A build environment with a capturing console.
    pub(crate) fn build_env(&self) -> BuildEnv {
        BuildEnv::open(self.paths.clone(), Console::capturing()).unwrap()
    }
}

impl Drop for ScratchClone {
    fn drop(&mut self) {
        for inner in ["", "servers"] {
            let _ = remove_external_data(&self.paths.with_state(self.paths.state.join(inner)));
        }
    }
}

/// Waits until `condition` holds; fails the test after 60 s.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..3000 {
        if condition() {
            return;
        }
        ticks.tick().await;
    }
    panic!("waited 60 s without success until {what}");
}

/// Whether the process exists and is not a zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

pub(crate) fn pid_in(file: &std::path::Path) -> i32 {
    std::fs::read_to_string(file).unwrap().lines().next().unwrap().trim().parse().unwrap()
}
