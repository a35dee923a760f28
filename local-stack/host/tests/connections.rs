//! Connections that are silent, malformed, or too many.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::fixture::{Fixture, client};

const SOON: Duration = Duration::from_secs(20);

/// Reads until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await;
    // A reset also ends the connection.
    assert!(read.is_ok(), "the connection stays open after {:?}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn sent(fixture: &Fixture, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(fixture.host.addr()).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_is_closed() {
    let fixture =
        Fixture::with("", "[connections]\nfirst_request_seconds = 1\nidle_seconds = 1").await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let head = "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n";
    let one_and_a_half = format!("{head}GET /he");
    for (what, bytes) in [
        ("nothing", ""),
        ("half a preface", "PRI * HTTP/2"),
        ("a whole preface", preface),
        ("half a head", "GET /hello HTTP/1.1\r\nhost:"),
        ("one request and no more", head),
        ("one request and half another", one_and_a_half.as_str()),
    ] {
        let answer = rest(&mut sent(&fixture, bytes).await).await;
        assert_eq!(answer.contains("hello"), bytes.starts_with(head), "{what}: {answer:?}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_a_request_in_flight_stays_open() {
    let fixture =
        Fixture::with("", "[connections]\nfirst_request_seconds = 1\nidle_seconds = 1").await;
    for client in [client().build().unwrap(), client().http2_prior_knowledge().build().unwrap()] {
        let slow = client.get(format!("{}/slow?ms=2500", fixture.url)).send();
        let events = client.get(format!("{}/sse?events=2&ms=2500", fixture.url)).send();
        let (slow, events) = futures::join!(slow, events);
        assert_eq!(slow.unwrap().text().await.unwrap(), "slept");
        assert_eq!(events.unwrap().text().await.unwrap().matches("event: tick").count(), 2);
    }
    fixture.stop().await;
}

/// Opens a connection from a loopback address.
async fn from(fixture: &Fixture, address: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((address, 0))).unwrap();
    socket.connect(fixture.host.addr()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_a_connection_limit_of_its_own() {
    let fixture = Fixture::with("", "[connections]\nper_client = 20").await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(from(&fixture, [127, 0, 0, 9]).await);
    }
    // Connections are accepted in order: when the last is closed, the others are open.
    assert_eq!(rest(&mut from(&fixture, [127, 0, 0, 9]).await).await, "");
    assert_eq!(fixture.get("/hello").await.0, 200);
    for stream in &mut silent {
        stream
            .write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("hello"), "{answer:?}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_line_feed_or_second_host_is_refused_in_every_head() {
    let fixture =
        Fixture::with("", "[connections]\nfirst_request_seconds = 2\nidle_seconds = 2").await;
    let good = "POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\na\nb\nc";
    for bad in [
        "GET /hello HTTP/1.1\nhost: a\n\n",
        "GET /hello HTTP/1.1\r\nhost: a\nx: y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nhost: a\r\n\n",
        "GET /hello HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
        "GET http://a/hello HTTP/1.1\r\nhost: a\r\nhost: a\r\nconnection: close\r\n\r\n",
    ] {
        let answer = rest(&mut sent(&fixture, bad).await).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{bad:?}: {answer}");
        let second = rest(&mut sent(&fixture, &format!("{good}{bad}")).await).await;
        let count = |status: &str| second.matches(status).count();
        assert_eq!(
            [count("HTTP/1.1 200 "), count("HTTP/1.1 400 ")],
            [1, 1],
            "{bad:?} as the second: {second}"
        );
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_choose_the_request_id_and_gets_its_own_back_beside_it() {
    let fixture = Fixture::new().await;
    let request = fixture
        .client
        .get(format!("{}/headers", fixture.url))
        .header("x-request-id", "somebody-elses-id");
    let response = request.send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["x-client-request-id"], "somebody-elses-id");
    let seen: serde_json::Value = response.json().await.unwrap();
    assert_eq!(seen["headers"]["x-request-id"], serde_json::json!([id]));
    assert_eq!(seen["headers"]["x-client-request-id"], serde_json::json!(["somebody-elses-id"]));
    assert_ne!(id, "somebody-elses-id");
    fixture.stop().await;
}
