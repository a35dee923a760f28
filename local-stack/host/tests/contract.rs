//! The cases that the guest checks itself.

use crate::fixture::{Fixture, STREAMED};

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
async fn the_host_passes_every_case_of_the_contract_by_both_ways() {
    let mut broken = Vec::new();
    for fixture in [Fixture::new().await, Fixture::with("", STREAMED).await] {
        for case in CASES {
            match fixture.get(case).await {
                (200, _) => {}
                (status, body) => broken.push(format!("{case}: {status} {body}")),
            }
        }
        fixture.stop().await;
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
