//! The same cases under real Spin, if `SPIN` names its binary.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::contract::CASES;
use crate::fixture;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // `spin up` runs the trigger as a child of its own, which outlives it unless the group is
        // ended.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs real Spin: SPIN=… cargo test --release --workspace --test main real_spin -- --ignored"]
async fn real_spin_passes_the_same_cases() {
    let spin = std::env::var_os("SPIN").expect("SPIN must name a Spin binary");
    let folder = fixture::folder("");
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::fs::write(
        folder.path().join("runtime.toml"),
        format!(
            "[key_value_store.default]\ntype = \"redis\"\nurl = \"{}\"\n",
            fixture::redis_url()
        ),
    )
    .unwrap();
    let mut up = Command::new(spin);
    up.args([
        "up",
        "--listen",
        &listen.to_string(),
        "--runtime-config-file",
        "runtime.toml",
        "--quiet",
    ])
    .current_dir(folder.path());
    for (name, value) in fixture::variables() {
        up.args(["--variable", &format!("{name}={value}")]);
    }
    let _running =
        Running(up.process_group(0).stdout(Stdio::null()).spawn().expect("SPIN can be run"));
    let client = fixture::client().build().unwrap();
    let url = format!("http://{listen}");
    let deadline = Instant::now() + Duration::from_secs(60);
    while client.get(format!("{url}/.well-known/spin/health")).send().await.is_err() {
        assert!(Instant::now() < deadline, "Spin did not listen within a minute");
    }
    let mut broken = Vec::new();
    for case in CASES {
        let response = client.get(format!("{url}{case}")).send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        if status != 200 {
            broken.push(format!("{case}: {status} {body}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
