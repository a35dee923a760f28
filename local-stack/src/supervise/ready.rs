//! When a program counts as started.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use schema::PostgresServer;

/// A readiness check of a started program.
#[derive(Clone, Debug)]
pub enum Ready {
    /// Postgres accepts its administrator.
    Postgres(Box<PostgresServer>),
    /// Redis at this address answers `PING` with `PONG` (while it loads its data it answers
    /// `LOADING`).
    Redis(SocketAddr),
    /// An HTTP server at this address answers `GET path` with a status below 500.
    Http(SocketAddr, &'static str),
    /// No check: it counts as started at once.
    AtOnce,
}

impl Ready {
    /// Checks once.
    ///
    /// # Errors
    /// If the program is not ready.
    pub async fn ask(&self) -> Result<()> {
        let asking = async {
            match self {
                Self::Postgres(server) => server.ping().await,
                Self::Redis(address) => {
                    let answer = exchange(*address, "PING\r\n").await?;
                    // A server with a password rejects the command: it is up.
                    if answer.starts_with("+PONG") || answer.starts_with("-NOAUTH") {
                        Ok(())
                    } else {
                        bail!("expected PONG from Redis, got {answer:?}")
                    }
                }
                Self::Http(address, path) => {
                    let request = format!(
                        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
                    );
                    let answer = exchange(*address, &request).await?;
                    let status = answer.split(' ').nth(1).and_then(|text| text.parse::<u16>().ok());
                    if status.is_some_and(|status| status < 500) {
                        Ok(())
                    } else {
                        bail!("got {answer:?}")
                    }
                }
                Self::AtOnce => Ok(()),
            }
        };
        timeout(Duration::from_secs(2), asking).await.context("no answer within 2 s")?
    }
}

/// Sends `request` and returns the first bytes of the response.
async fn exchange(address: SocketAddr, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = [0u8; 64];
    let count = stream.read(&mut bytes).await?;
    Ok(String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned())
}
