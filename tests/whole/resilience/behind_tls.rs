//! The application with an external Postgres and Redis, behind TLS and a private authority.

use std::path::PathBuf;

use host::Host;
use serde_json::json;
use testkit::{CertificateAuthority, Person, TlsFront};
use tests::{client::Client, stack::Stack};

/// Where Postgres and Redis are, behind TLS.
struct Fronts {
    postgres: u16,
    redis: u16,
}

impl Fronts {
    async fn start(authority: &CertificateAuthority) -> Self {
        let (server, redis) = (&Stack::shared().database.server, &Stack::shared().redis);
        let postgres = (server.host().to_owned(), server.port());
        let name = "IP:127.0.0.1";
        let postgres = TlsFront::postgres(postgres, authority, name).await;
        let redis = TlsFront::redis((redis.host.clone(), redis.port), authority, name).await;
        Self { postgres: postgres.port, redis: redis.port }
    }

    /// A host that reaches both over TLS and trusts what these files name.
    async fn host(&self, pg_ca: Option<PathBuf>, redis_ca: Option<PathBuf>) -> (Host, Client) {
        let host = Stack::shared().another_host(|config| {
            for (name, value) in [
                ("pg_host", "127.0.0.1".to_owned()),
                ("pg_port", self.postgres.to_string()),
                ("pg_sslmode", "require".to_owned()),
                ("redis_scheme", "rediss".to_owned()),
                ("redis_host", "127.0.0.1".to_owned()),
                ("redis_port", self.redis.to_string()),
            ] {
                config.variables.insert(name.to_owned(), value);
            }
            config.runtime.outbound_pg.ca_file = pg_ca;
            config.runtime.outbound_redis.ca_file = redis_ca;
        });
        let host = host.await;
        let client = Client::new(&format!("http://{}", host.addr()));
        (host, client)
    }
}

async fn sign_in(client: &Client, person: &Person) -> u16 {
    let body = json!({ "email": person.email, "password": person.password });
    client.post("/api/v1/auth/login", &body).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_the_named_authority_serve_the_application() {
    let (_, person) = Stack::shared().person("tove").await;
    let authority = CertificateAuthority::new();
    let ca = Some(authority.certificate());
    let (host, mut client) = Fronts::start(&authority).await.host(ca.clone(), ca).await;
    client.sign_in(&person.email, person.password).await;
    client.get("/api/v1/me").await.expect(200);
    let ready = client.get("/api/v1/ready").await.expect(200);
    assert_eq!(ready["checks"]["redis"]["status"], "ok", "{ready:#}");
    host.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_an_unknown_authority_are_not_used() {
    let (_, person) = Stack::shared().person("tyra").await;
    let authority = CertificateAuthority::new();
    let (ca, fronts) = (Some(authority.certificate()), Fronts::start(&authority).await);
    // An attempt at a password must be counted, so without Redis there is none.
    for (pg_ca, redis_ca) in [(ca.clone(), None), (None, ca)] {
        let (host, client) = fronts.host(pg_ca, redis_ca).await;
        assert_eq!(sign_in(&client, &person).await, 503);
        assert_eq!(client.get("/api/v1/ready").await.status, 503);
        host.shutdown().await;
    }
}
