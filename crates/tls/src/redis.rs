//! Connections to Redis, plain or over TLS.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Authorities;

const CONNECT: Duration = Duration::from_secs(10);
/// A server that vanished without closing its connections (a failover to another machine) is
/// noticed after this time, also by a command that waits for the next entry of a stream.
const SILENCE: Duration = Duration::from_secs(15);
const PROBE_EVERY: Duration = Duration::from_secs(5);

const EXPECTED: &str = "expected redis://[user:password@]HOST[:PORT] or rediss://…";

/// A parsed URL of a server.
#[derive(Clone, Debug)]
pub struct RedisAddress {
    /// Name or address of the server, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether the URL asks for TLS.
    pub tls: bool,
    login: RedisConnectionInfo,
}

impl RedisAddress {
    /// Parses `redis://…`, or `rediss://…` for TLS. What other clients take as "do not check the
    /// certificate" (`#insecure`) is refused.
    ///
    /// # Errors
    /// If the text is not such a URL; the error does not repeat it, because it holds a password.
    pub fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").context(EXPECTED)?;
        ensure!(matches!(scheme, "redis" | "rediss"), EXPECTED);
        ensure!(!rest.contains('#'), "{EXPECTED} without `#`: certificates are always checked");
        let info =
            format!("redis://{rest}").into_connection_info().map_err(|_| anyhow!(EXPECTED))?;
        let ConnectionAddr::Tcp(host, port) = info.addr().clone() else {
            return Err(anyhow!(EXPECTED));
        };
        Ok(Self { host, port, tls: scheme == "rediss", login: info.redis_settings().clone() })
    }

    /// `redis` or `rediss`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls { "rediss" } else { "redis" }
    }
}

/// A connection over `stream`, and the work that it needs: it ends when the connection does.
///
/// # Errors
/// If the server is not the one that was expected, or refuses user and password.
pub async fn open_redis(
    address: &RedisAddress,
    authorities: &Authorities,
    stream: TcpStream,
) -> Result<(MultiplexedConnection, BoxFuture<'static, ()>)> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(PROBE_EVERY);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    SockRef::from(&stream).set_tcp_user_timeout(Some(SILENCE))?;
    // Blocking commands have no timeout here.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let login = &address.login;
    if address.tls {
        let stream = authorities.secure(&address.host, stream).await?;
        let (connection, work) =
            MultiplexedConnection::new_with_config(login, stream, config).await?;
        return Ok((connection, work.boxed()));
    }
    let (connection, work) = MultiplexedConnection::new_with_config(login, stream, config).await?;
    Ok((connection, work.boxed()))
}

/// A connection to `url`; a task does its work.
///
/// # Errors
/// If the server does not answer in time, and as [`open_redis`].
pub async fn connect_redis(url: &str, authorities: &Authorities) -> Result<MultiplexedConnection> {
    let address = RedisAddress::parse(url)?;
    let (host, port) = (address.host.as_str(), address.port);
    let opened = timeout(CONNECT, async {
        let stream = TcpStream::connect((host, port)).await?;
        open_redis(&address, authorities, stream).await
    });
    let (connection, work) = opened
        .await
        .map_err(|_| anyhow!("no answer within {} s", CONNECT.as_secs()))
        .flatten()
        .with_context(|| format!("connecting to Redis at {host}:{port}"))?;
    tokio::spawn(work);
    Ok(connection)
}
