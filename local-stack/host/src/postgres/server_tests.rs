//! Poolers are distinguished from servers, by a server of our own that knows a few messages of the
//! protocol.

use std::collections::VecDeque;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Who gets which session.
#[derive(Clone, Copy, PartialEq)]
enum Pooling {
    /// Postgres itself, or a pooler by sessions.
    Sessions,
    /// By transactions: the session that was used last.
    Last,
    /// By transactions: the session that was not used for longest.
    RoundRobin,
    /// By statements, so there are no transactions.
    Statements,
}

type Free = Arc<Mutex<VecDeque<i32>>>;

/// Serves the clients of one test.
async fn server(pooling: Pooling) -> PgConnectOptions {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let free: Free = Arc::new(Mutex::new((1..=9).collect()));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(client_of(client, pooling, free.clone()));
        }
    });
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port);
    options.username("test").ssl_mode(PgSslMode::Disable)
}

async fn client_of(mut client: TcpStream, pooling: Pooling, free: Free) -> Option<()> {
    let length = client.read_u32().await.ok()?;
    client.read_exact(&mut vec![0; length as usize - 4]).await.ok()?;
    let mut reply = message(b'R', &0_u32.to_be_bytes());
    let mut held = None;
    loop {
        reply.extend(message(b'Z', if held.is_some() { b"T" } else { b"I" }));
        client.write_all(&reply).await.ok()?;
        let kind = client.read_u8().await.ok()?;
        let mut body = vec![0; client.read_u32().await.ok()? as usize - 4];
        client.read_exact(&mut body).await.ok()?;
        let sql = (kind == b'Q').then(|| String::from_utf8_lossy(&body).into_owned())?;
        let session = held.take().or_else(|| free.lock().unwrap().pop_front())?;
        reply = if sql.starts_with("begin") && pooling == Pooling::Statements {
            let refused = b"SERROR\0VERROR\0C08P01\0Mtransaction blocks not allowed\0\0";
            message(b'E', refused)
        } else if sql.starts_with("begin") {
            held = Some(session);
            message(b'C', b"BEGIN\0")
        } else if sql.starts_with("rollback") {
            message(b'C', b"ROLLBACK\0")
        } else {
            row(session)
        };
        match pooling {
            _ if held.is_some() => {}
            Pooling::Sessions => held = Some(session),
            Pooling::Last | Pooling::Statements => free.lock().unwrap().push_front(session),
            Pooling::RoundRobin => free.lock().unwrap().push_back(session),
        }
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

/// One int4 as text.
fn row(value: i32) -> Vec<u8> {
    let text = value.to_string();
    let column = b"\0\x01pid\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0";
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    let cell = [b"\0\x01".as_slice(), &length, text.as_bytes()].concat();
    [message(b'T', column), message(b'D', &cell), message(b'C', b"SELECT 1\0")].concat()
}

async fn judged(pooling: Pooling) -> sqlx::Result<bool> {
    let options = server(pooling).await;
    let (mut one, mut two) = (options.connect().await?, options.connect().await?);
    are_shared(&mut one, &mut two).await
}

#[tokio::test]
async fn sessions_of_their_own_are_not_shared() {
    assert!(!judged(Pooling::Sessions).await.unwrap());
}

#[tokio::test]
async fn poolers_that_pass_connections_on_are_recognised() {
    for pooling in [Pooling::Last, Pooling::RoundRobin, Pooling::Statements] {
        assert!(judged(pooling).await.unwrap());
    }
}

#[test]
fn a_budget_that_fits_beside_the_connections_of_others_gives_no_advice() {
    assert_eq!(advice(80, 197, 117), None);
    assert!(advice(80, 197, 118).unwrap().contains("to 79 or less"));
}

#[test]
fn a_budget_over_everything_the_server_allows_is_named() {
    let said = advice(300, 197, 0).unwrap();
    assert!(said.contains("may open 300") && said.contains("allows 197"), "{said}");
}
