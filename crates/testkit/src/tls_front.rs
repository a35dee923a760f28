//! TLS in front of a server of the tests, which has none itself.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::CertificateAuthority;

/// A port on 127.0.0.1 that speaks TLS and passes on to a plain server.
pub struct TlsFront {
    /// Where it listens.
    pub port: u16,
}

impl TlsFront {
    /// In front of a Redis, with a certificate of `authority` for `name` (`DNS:localhost`).
    pub async fn redis(
        target: (String, u16),
        authority: &CertificateAuthority,
        name: &str,
    ) -> Self {
        Self::start(target, authority, name, false).await
    }

    /// In front of a Postgres, whose clients ask for TLS in its own protocol first.
    pub async fn postgres(
        target: (String, u16),
        authority: &CertificateAuthority,
        name: &str,
    ) -> Self {
        Self::start(target, authority, name, true).await
    }

    async fn start(
        target: (String, u16),
        authority: &CertificateAuthority,
        name: &str,
        is_postgres: bool,
    ) -> Self {
        let acceptor = acceptor(authority, name);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, target.clone(), acceptor.clone(), is_postgres));
            }
        });
        Self { port }
    }
}

fn acceptor(authority: &CertificateAuthority, name: &str) -> TlsAcceptor {
    let (certificate, key) = authority.server(name);
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// None: one side has gone, or the client refused the certificate.
async fn pass(
    mut near: TcpStream,
    target: (String, u16),
    acceptor: TlsAcceptor,
    is_postgres: bool,
) -> Option<()> {
    if is_postgres {
        near.read_exact(&mut [0; 8]).await.ok()?;
        near.write_all(b"S").await.ok()?;
    }
    let mut near = acceptor.accept(near).await.ok()?;
    let mut far = TcpStream::connect(target).await.ok()?;
    copy_bidirectional(&mut near, &mut far).await.ok().map(drop)
}
