//! How connections to Postgres check the server.

use std::str::FromStr as _;

use anyhow::{Context, Result, bail};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::{Authorities, refusal};

/// The message by which a client asks for TLS: its length, and 1234 5679.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The options of a URL. `sslmode=require` and `verify-ca` verify certificate and host name, as for
/// components: TLS without authentication does not stop a man in the middle. `sslrootcert` in the
/// URL wins over the file of `authorities`. Statements are not logged: some hold what no log may.
///
/// # Errors
/// If the text is not a URL of Postgres.
pub fn postgres_options(url: &str, authorities: &Authorities) -> Result<PgConnectOptions> {
    let mut options = PgConnectOptions::from_str(url).context(
        "expected a Postgres URL such as postgres://user:password@127.0.0.1:5432/postgres",
    )?;
    if matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    match authorities.file() {
        Some(file) if !url.contains("sslrootcert=") => {
            options = options.ssl_root_cert(file);
        }
        _ => {}
    }
    Ok(options.disable_statement_logging())
}

/// Asks the server at the other end of `stream` for TLS, for programs that do not speak it.
///
/// # Errors
/// If it has none, or is not the one that was expected.
pub async fn secure_postgres(
    host: &str,
    mut stream: TcpStream,
    authorities: &Authorities,
) -> Result<TlsStream<TcpStream>> {
    stream.write_all(&SSL_REQUEST).await?;
    match stream.read_u8().await? {
        b'S' => authorities.secure(host, stream).await,
        _ => bail!("{host} answers without TLS: {}", refusal::PLAIN),
    }
}
