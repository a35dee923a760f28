//! Redis: the server of the tests behind TLS, and a Redis with a TLS port of its own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use testkit::{CertificateAuthority, TlsFront, test_redis};
use tls::{Authorities, REDIS_CA, RedisAddress, connect_redis};

/// The URL of the tests' server by way of TLS, and its administrator's login.
async fn behind_tls(authority: &CertificateAuthority, name: &str) -> String {
    let server = test_redis();
    let front = TlsFront::redis((server.host.clone(), server.port), authority, name).await;
    let url = server.admin_url().replacen("redis://", "rediss://", 1);
    let (login, _) = url.rsplit_once('@').unwrap_or(("rediss:/", ""));
    let separator = if url.contains('@') { '@' } else { '/' };
    format!("{login}{separator}localhost:{}", front.port)
}

fn trusting(authority: &CertificateAuthority) -> Authorities {
    Authorities::new(REDIS_CA, Some(authority.certificate()))
}

async fn refusal(url: &str, authorities: &Authorities) -> String {
    format!("{:#}", connect_redis(url, authorities).await.map(|_| ()).unwrap_err())
}

#[tokio::test]
async fn a_server_of_the_named_authority_is_used() {
    let authority = CertificateAuthority::new();
    let url = behind_tls(&authority, "DNS:localhost").await;
    let mut redis = connect_redis(&url, &trusting(&authority)).await.unwrap();
    let answer: String = redis::cmd("PING").query_async(&mut redis).await.unwrap();
    assert_eq!(answer, "PONG");
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_refused() {
    let url = behind_tls(&CertificateAuthority::new(), "DNS:localhost").await;
    for authorities in [Authorities::new(REDIS_CA, None), trusting(&CertificateAuthority::new())] {
        let said = refusal(&url, &authorities).await;
        let is_refused = said.contains("UnknownIssuer") || said.contains("BadSignature");
        assert!(is_refused && said.contains("the file that TESSERA_REDIS_CA names"), "{said}");
    }
}

#[tokio::test]
async fn a_server_with_the_certificate_of_another_is_refused() {
    let authority = CertificateAuthority::new();
    let url = behind_tls(&authority, "DNS:another.test").await;
    let said = refusal(&url, &trusting(&authority)).await;
    assert!(said.contains("for the name localhost") && said.contains("another.test"), "{said}");
}

#[test]
fn no_url_switches_the_check_off() {
    for url in ["rediss://h:1#insecure", "rediss://h:1/0#insecure", "unix:///run/r", "h:1"] {
        assert!(RedisAddress::parse(url).is_err(), "{url}");
    }
}

#[test]
fn a_ca_file_without_certificates_fails_the_start() {
    let authority = CertificateAuthority::new();
    let file = authority.folder().join("empty.pem");
    std::fs::write(&file, "no certificate").unwrap();
    for (file, word) in [(file, "holds no certificate"), ("/absent.pem".into(), "reading")] {
        let said = format!("{:#}", Authorities::new(REDIS_CA, Some(file)).check().unwrap_err());
        assert!(said.contains(REDIS_CA) && said.contains(word), "{said}");
    }
}

/// A Redis with a plain port and one for TLS; ends with this value.
struct OwnRedis {
    child: Child,
    plain: u16,
    encrypted: u16,
}

impl OwnRedis {
    /// None where no Redis with TLS is installed.
    async fn start(authority: &CertificateAuthority) -> Option<Self> {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (plain, encrypted) = (free(), free());
        let (certificate, key) = authority.server("DNS:localhost");
        let mut command = Command::new("redis-server");
        command.args(["--port", &plain.to_string(), "--tls-port", &encrypted.to_string()]);
        command.arg("--tls-cert-file").arg(certificate).arg("--tls-key-file").arg(key);
        command.args(["--tls-auth-clients", "no", "--requirepass", "secret", "--save", ""]);
        // A plain client that says nothing is sent away.
        command.args(["--timeout", "1"]).stdout(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
        while tokio::net::TcpStream::connect(("127.0.0.1", encrypted)).await.is_err() {
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            ticks.tick().await;
        }
        Some(Self { child, plain, encrypted })
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_tls_port_of_redis_needs_the_password_and_a_plain_port_is_refused() {
    let authority = CertificateAuthority::new();
    let Some(server) = OwnRedis::start(&authority).await else { return };
    let (trusted, port) = (trusting(&authority), server.encrypted);
    connect_redis(&format!("rediss://:secret@localhost:{port}"), &trusted).await.unwrap();
    let said = refusal(&format!("rediss://:wrong@localhost:{port}"), &trusted).await;
    assert!(said.contains("WRONGPASS") || said.contains("authentication"), "{said}");
    let said = refusal(&format!("rediss://:secret@localhost:{}", server.plain), &trusted).await;
    assert!(said.contains("does it speak TLS on this port?"), "{said}");
}
