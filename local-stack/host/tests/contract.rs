//! The cases that the guest checks itself.

use crate::fixture::Fixture;

/// Cases that pass on this host and on real Spin.
pub(crate) const CASES: [&str; 19] = [
    "/pg-types",
    "/pg-casts",
    "/pg-widths",
    "/pg-unreadable",
    "/pg-malformed",
    "/pg-errors",
    "/pg-transaction",
    "/pg-stream",
    "/pg-half-read",
    "/pg-parallel",
    "/redis-commands",
    "/redis-replies",
    "/redis-waiting",
    "/redis-multi",
    "/variables",
    "/key-value",
    "/files",
    "/denied",
    "/chain",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_host_passes_every_case_of_the_contract() {
    let fixture = Fixture::new().await;
    let mut broken = Vec::new();
    for case in CASES {
        match fixture.get(case).await {
            (200, _) => {}
            (status, body) => broken.push(format!("{case}: {status} {body}")),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    fixture.stop().await;
}
