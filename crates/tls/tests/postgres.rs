//! Postgres: the server of the tests behind TLS.

use schema::PostgresServer;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use testkit::{CertificateAuthority, TlsFront};
use tls::{Authorities, PG_CA, explain, postgres_options};

/// The URL of the tests' server by way of TLS.
async fn behind_tls(authority: &CertificateAuthority, name: &str, mode: &str) -> String {
    let server = server();
    let target = (server.host().to_owned(), server.port());
    let front = TlsFront::postgres(target, authority, name).await;
    let (user, password) = (server.admin_name(), server.admin_password());
    format!("postgres://{user}:{password}@localhost:{}/postgres?sslmode={mode}", front.port)
}

fn server() -> PostgresServer {
    PostgresServer::parse(&std::env::var("TESSERA_TEST_DATABASE_URL").unwrap()).unwrap()
}

async fn connect(url: &str, authorities: &Authorities) -> Result<PgConnection, String> {
    let options = postgres_options(url, authorities).unwrap();
    options.connect().await.map_err(|error| {
        explain(&error, options.get_host(), authorities).unwrap_or_else(|| error.to_string())
    })
}

#[tokio::test]
async fn a_server_of_the_named_authority_is_used_by_variable_or_url() {
    let authority = CertificateAuthority::new();
    let url = behind_tls(&authority, "DNS:localhost", "require").await;
    let named = Authorities::new(PG_CA, Some(authority.certificate()));
    let mut connection = connect(&url, &named).await.unwrap();
    let row = sqlx::query("select 1").fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<i32, _>(0), 1);
    connection.close().await.unwrap();
    let url = format!("{url}&sslrootcert={}", authority.certificate().display());
    connect(&url, &Authorities::new(PG_CA, None)).await.unwrap();
}

#[tokio::test]
async fn require_refuses_an_unknown_authority_and_another_name() {
    let authority = CertificateAuthority::new();
    let url = behind_tls(&authority, "DNS:another.test", "require").await;
    let said = connect(&url, &Authorities::new(PG_CA, None)).await.err().unwrap();
    assert!(said.contains("UnknownIssuer") && said.contains(PG_CA), "{said}");
    let named = Authorities::new(PG_CA, Some(authority.certificate()));
    let said = connect(&url, &named).await.err().unwrap();
    assert!(said.contains("for the name localhost") && said.contains("another.test"), "{said}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    let server = server();
    if server.ssl_mode() != "disable" {
        return;
    }
    let url = server.admin_url("postgres").replace("sslmode=disable", "sslmode=verify-full");
    let said = connect(&url, &Authorities::new(PG_CA, None)).await.err().unwrap();
    assert!(said.contains("expected TLS") && said.contains("Switch TLS on"), "{said}");
}
