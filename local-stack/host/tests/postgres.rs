//! State that a borrower of a Postgres connection leaves behind never reaches the next one.

use crate::fixture::Fixture;

/// The fewest connections that the cases need, so that the next borrower gets the same one.
const FEW: &str = "[outbound_pg]\nmax_connections = 5\nwait_seconds = 5";

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_transaction_is_rolled_back_before_the_next_borrower() {
    let fixture = Fixture::with("", FEW).await;
    for _ in 0..3 {
        fixture.passes("/pg-abandon").await;
        fixture.passes("/pg-clean").await;
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_in_a_transaction_leaves_the_connection_clean() {
    let fixture = Fixture::with("", FEW).await;
    fixture.passes("/pg-abandon").await;
    for _ in 0..6 {
        assert_eq!(fixture.get("/pg-abandon-and-trap").await.0, 500);
    }
    fixture.passes("/pg-clean").await;
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn session_settings_do_not_reach_the_next_borrower() {
    let fixture = Fixture::with("", FEW).await;
    fixture.passes("/pg-abandon").await;
    for _ in 0..20 {
        fixture.passes("/pg-set").await;
    }
    fixture.passes("/pg-clean").await;
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_connection_times_out_with_an_error() {
    let fixture = Fixture::with("", "[outbound_pg]\nmax_connections = 1\nwait_seconds = 1").await;
    let (status, body) = fixture.get("/pg-parallel").await;
    assert!(status == 500 && body.contains("were in use"), "{status} {body}");
    fixture.stop().await;
}
