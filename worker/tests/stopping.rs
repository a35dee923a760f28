//! Graceful shutdown.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use crate::harness::{Harness, prose};

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_releases_a_running_job_without_losing_an_attempt() {
    let harness = Harness::new().await;
    let (document, job) = harness.upload("report.md", &prose(700)).await;
    let worker = harness.worker();
    harness
        .until("some chunks are stored", async || {
            (harness.document(document).await.chunks > 0).then_some(())
        })
        .await;
    worker.signal("TERM");
    assert!(worker.wait().success());
    assert_eq!(
        harness.document(document).await.status,
        "processing",
        "it did not wait for its end"
    );
    let found = harness.job(job).await;
    assert_eq!((found.status.as_str(), found.attempts), ("queued", 0));
    let _worker = harness.worker();
    harness.until_status(document, "ready").await;
    assert_eq!(harness.job(job).await.attempts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_parent_was_killed_ends() {
    let harness = Harness::new().await;
    let mut shell = Command::new("sh");
    harness.configure(&mut shell);
    let script = "TESSERA_PARENT_PID=$$ \"$0\" run & wait";
    let mut shell = shell
        .args(["-c", script, env!("CARGO_BIN_EXE_worker")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = shell.stderr.take().unwrap();
    let mut first = [0; 1];
    log.read_exact(&mut first).unwrap();
    shell.kill().unwrap();
    shell.wait().unwrap();
    // The end of its log is the end of the process.
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("stopped"), "{rest}");
}
