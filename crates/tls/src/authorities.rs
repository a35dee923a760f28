//! The authorities whose certificates are accepted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::refusal;

/// The variable that names the file of authorities for Redis.
pub const REDIS_CA: &str = "TESSERA_REDIS_CA";
/// The variable that names the file of authorities for Postgres.
pub const PG_CA: &str = "TESSERA_PG_CA";

/// A server that takes a plain connection may wait for more than a client's first TLS message.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// The public authorities, and those of a file that an operator names. Nothing switches the check
/// of certificate and name off.
#[derive(Clone, Debug)]
pub struct Authorities {
    variable: &'static str,
    file: Option<PathBuf>,
}

impl Authorities {
    /// `file` is the value of `variable`, in PEM; None: the public authorities alone.
    #[must_use]
    pub fn new(variable: &'static str, file: Option<PathBuf>) -> Self {
        Self { variable, file: file.filter(|file| !file.as_os_str().is_empty()) }
    }

    /// For Redis, as the environment names them.
    #[must_use]
    pub fn redis_from_env() -> Self {
        Self::from_env(REDIS_CA)
    }

    /// For Postgres, as the environment names them.
    #[must_use]
    pub fn postgres_from_env() -> Self {
        Self::from_env(PG_CA)
    }

    fn from_env(variable: &'static str) -> Self {
        Self::new(variable, std::env::var_os(variable).map(PathBuf::from))
    }

    /// The operator's file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The variable that names the file.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// Reads the file once, so that a start with a wrong one fails, not the first connection.
    ///
    /// # Errors
    /// If it cannot be read, or holds no certificate.
    pub fn check(&self) -> Result<()> {
        self.config().map(drop)
    }

    /// TLS to `host` over `stream`. The file is read for each connection, so a renewed authority
    /// needs no restart.
    ///
    /// # Errors
    /// If the server shows no certificate for `host` of one of the authorities, or does not speak
    /// TLS.
    pub async fn secure(&self, host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>> {
        let config = self.config()?;
        let name = ServerName::try_from(host.to_owned())
            .with_context(|| format!("expected the name or address of a server, got {host:?}"))?;
        match timeout(HANDSHAKE, TlsConnector::from(config).connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => {
                Err(anyhow!(refusal::explain(&error, host, self).unwrap_or_else(|| {
                    format!("{host} ended the TLS handshake ({error}): {}", refusal::PLAIN)
                })))
            }
            Err(_) => Err(anyhow!(
                "no TLS handshake with {host} within {} s: {}",
                HANDSHAKE.as_secs(),
                refusal::PLAIN
            )),
        }
    }

    fn config(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(file) = &self.file {
            self.add(file, &mut roots).with_context(|| {
                format!("{}: expected a file of certificates (PEM)", self.variable)
            })?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }

    fn add(&self, file: &Path, roots: &mut RootCertStore) -> Result<()> {
        let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let added = certificate.map_err(|error| anyhow!("{error}"));
            added
                .and_then(|certificate| Ok(roots.add(certificate)?))
                .with_context(|| format!("in {}", file.display()))?;
        }
        ensure!(roots.len() > before, "{} holds no certificate", file.display());
        Ok(())
    }
}
