//! Chromium as a process: without the worker's environment, with a profile of its own that goes
//! with it, and with two pipes as its only door.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use platform::log::{self, Level};
use rustix::process::{Pid, Signal, geteuid, kill_process_group};
use serde_json::json;
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
};

/// Starts it with the pipes where it looks for them, and removes the profile when it has ended,
/// also if the worker was killed: its pipes close then. `ulimit -d` bounds the memory of each of
/// its processes.
const SCRIPT: &str =
    r#"ulimit -d "$MEMORY_KIB"; exec 3<&0 4>&1 </dev/null >&2; "$@"; rm -rf -- "$HOME""#;
/// Of one process, in KiB.
const MEMORY_KIB: u32 = 1 << 20;
/// How long it may take to end by itself.
const END: Duration = Duration::from_secs(3);
/// Chromium puts a socket into its profile, and the path of one has at most 107 bytes.
const LONGEST_TEMP: usize = 45;
/// Bytes of its complaints that are kept.
const COMPLAINTS: usize = 2_000;

/// Its only network is the proxy of each page: names resolve nowhere, and what belongs to no page
/// meets a proxy that does not exist.
const FLAGS: [&str; 27] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--proxy-server=http://127.0.0.1:1",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-gpu",
    "--disable-3d-apis",
    "--disable-dev-shm-usage",
    "--disable-features=HttpsUpgrades,Translate,OptimizationHints,MediaRouter,AutofillServerCommunication",
    "--blink-settings=imagesEnabled=false",
    "--js-flags=--max-old-space-size=256",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--mute-audio",
    "--use-mock-keychain",
    "--password-store=basic",
];

/// A running Chromium.
pub(super) struct Process {
    child: Child,
    profile: PathBuf,
    complaints: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    /// Starts it; gives the pipes of its protocol.
    pub(super) fn start(program: &Path) -> std::io::Result<(Self, ChildStdin, ChildStdout)> {
        let profile = new_profile()?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "sh"]).arg(program).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.display()));
        if geteuid().is_root() {
            // Chromium refuses to run as root otherwise.
            command.arg("--no-sandbox");
        }
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("HOME", &profile)
            .env("TMPDIR", &profile)
            .env("MEMORY_KIB", MEMORY_KIB.to_string())
            .current_dir(&profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn()?;
        let complaints = Arc::<Mutex<Vec<u8>>>::default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(listen(stderr, complaints.clone()));
        }
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| std::io::Error::other("no pipes"))?;
        Ok((Self { child, profile, complaints }, stdin, stdout))
    }

    /// The end of what it complained about.
    pub(super) fn complaints(&self) -> String {
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&complaints).into_owned()
    }

    /// Waits until it has ended, once its pipes are closed; ends it by force where it does not.
    pub(super) async fn end(mut self) {
        if tokio::time::timeout(END, self.child.wait()).await.is_ok() {
            return;
        }
        let group = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait().await;
        if let Err(error) = tokio::fs::remove_dir_all(&self.profile).await {
            let about = [("cause", json!(error.to_string()))];
            log::line(Level::Warn, "worker", "a profile of Chromium was not removed", &about);
        }
    }
}

/// A folder that only the worker's user opens.
fn new_profile() -> std::io::Result<PathBuf> {
    let random = platform::random::bytes::<6>().map_err(std::io::Error::other)?;
    let temp = Some(std::env::temp_dir()).filter(|temp| temp.as_os_str().len() <= LONGEST_TEMP);
    let temp = temp.unwrap_or_else(|| PathBuf::from("/tmp"));
    let profile = temp.join(format!("tessera-{}", kernel::hex::encode(&random)));
    DirBuilder::new().mode(0o700).create(&profile)?;
    Ok(profile)
}

async fn listen(mut stderr: ChildStderr, complaints: Arc<Mutex<Vec<u8>>>) {
    let mut piece = vec![0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut piece).await {
        let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(piece.get(..read).unwrap_or_default());
        let surplus = kept.len().saturating_sub(COMPLAINTS);
        kept.drain(..surplus);
    }
}
