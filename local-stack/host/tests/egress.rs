//! Outbound requests on the wire: allowed hosts, blocked networks, errors in the guest's terms.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::Fixture;

/// A server that responds to every request with its request line.
async fn outside() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = vec![0; 8192];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    let line = String::from_utf8_lossy(&buffer[..read])
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{line}", line.len());
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    addr
}

async fn fixture(outside: &str, runtime: &str) -> Fixture {
    Fixture::try_with("", runtime, |config| {
        config.variables.insert("outside".into(), outside.into());
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_allowed_hosts_are_reached() {
    let addr = outside().await;
    let fixture = fixture(&format!("http://{addr}"), "").await;
    assert_eq!(
        fixture.get(&format!("/fetch?url=http://{addr}/path")).await,
        (200, "200 GET /path HTTP/1.1".into())
    );
    let other = outside().await;
    let denied = fixture.get(&format!("/fetch?url=http://{other}/")).await;
    assert!(denied.0 == 502 && denied.1.contains("HttpRequestDenied"), "{denied:?}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_networks_apply_to_the_resolved_address() {
    let port = outside().await.port();
    let fixture = fixture("*://*:*", "[outbound_networking]\nblock_networks = [\"private\"]").await;
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "0.0.0.0",
        "2130706433",
    ] {
        let answer = fixture.get(&format!("/fetch?url=http://{host}:{port}/")).await;
        assert!(
            answer.0 == 502 && answer.1.contains("DestinationIpProhibited"),
            "{host}: {answer:?}"
        );
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_component_may_reach_fewer_networks_than_the_others() {
    let addr = outside().await;
    let runtime = "[component.contract.outbound_http]\nblock_networks = [\"private\"]";
    let fixture = fixture("*://*:*", runtime).await;
    let answer = fixture.get(&format!("/fetch?url=http://{addr}/")).await;
    assert!(answer.0 == 502 && answer.1.contains("DestinationIpProhibited"), "{answer:?}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_of_the_operator_are_reached_in_blocked_networks() {
    let addr = outside().await;
    let runtime = format!(
        "[component.contract.outbound_http]\nblock_networks = [\"private\"]\nunblocked_hosts = \"{addr}\""
    );
    let fixture = fixture("*://*:*", &runtime).await;
    assert_eq!(fixture.get(&format!("/fetch?url=http://{addr}/")).await.0, 200);
    let other = outside().await;
    let answer = fixture.get(&format!("/fetch?url=http://{other}/")).await;
    assert!(answer.0 == 502 && answer.1.contains("DestinationIpProhibited"), "{answer:?}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_wasi_http_errors() {
    let fixture = fixture("*://*:*", "").await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = closed.local_addr().unwrap();
    drop(closed);
    let answer = fixture.get(&format!("/fetch?url=http://{addr}/")).await;
    assert!(answer.1.contains("ConnectionRefused"), "{answer:?}");
    let answer = fixture.get("/fetch?url=http://no-such-host.invalid/").await;
    assert!(answer.1.contains("DnsError"), "{answer:?}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_can_call_itself() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/fetch?url=http://self.alt/hello").await, (200, "200 hello".into()));
    fixture.stop().await;
}
