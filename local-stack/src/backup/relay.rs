//! TLS for the bundled client programs of Postgres, which have none of their own.

use anyhow::Result;
use schema::PostgresServer;
use tls::Authorities;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A port on loopback that passes on to a server over TLS, as long as this value lives. A
/// client still needs the password.
pub(super) struct Relay {
    pub(super) port: u16,
    task: JoinHandle<()>,
}

impl Relay {
    /// Listens; each connection verifies the server's certificate and host name.
    pub(super) async fn to(server: &PostgresServer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (host, authorities) = (server.host().to_owned(), server.authorities());
        let far = server.port();
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (host, authorities) = (host.clone(), authorities.clone());
                tokio::spawn(async move { pass(near, &host, far, &authorities).await });
            }
        });
        Ok(Self { port, task })
    }
}

/// An error only ends the connection: the command before it has connected to the same server the
/// same way, and reported why if it failed.
async fn pass(mut near: TcpStream, host: &str, port: u16, authorities: &Authorities) -> Result<()> {
    let far = TcpStream::connect((host, port)).await?;
    let mut far = tls::secure_postgres(host, far, authorities).await?;
    copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}
