//! The set-up link makes one administrator, even for many requests at once.

use credentials::{SessionKeys, session::Client};
use kernel::Code;
use passwords::bootstrap;
use testkit::Database;

fn administrator(n: usize) -> bootstrap::Administrator {
    bootstrap::Administrator {
        organisation: format!("Organisation {n}"),
        display_name: format!("Person {n}"),
        email: format!("person{n}@example.org"),
        password: "correct horse battery staple".to_owned(),
    }
}

#[tokio::test]
async fn one_of_eight_concurrent_requests_makes_an_administrator() {
    let database = Database::fresh().await;
    let token =
        bootstrap::setup_link(&database.source("tessera_worker").await).await.unwrap().unwrap();
    let source = database.source("tessera_passwords").await;
    let keys = SessionKeys::derive("a-key-of-this-test-that-is-long-enough-0123456789").unwrap();
    let administrators: Vec<_> = (0..8).map(administrator).collect();
    let requests = administrators.iter().map(|who| {
        bootstrap::complete(source.clone(), &keys, &token, who, Client::default(), "a-request")
    });
    let outcomes = futures::future::join_all(requests).await;
    let made: Vec<usize> = (0..8).filter(|n| outcomes[*n].is_ok()).collect();
    let [made] = made[..] else { panic!("expected one administrator, got {made:?}") };
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(matches!(refused.code, Code::InvalidLink | Code::AlreadySetUp), "{refused}");
    }
    let mut db = database.superuser().await;
    let found: Vec<(String, String)> =
        sqlx::query_as("select u.email, t.name from users u join tenants t on t.id = u.tenant_id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(found, [(format!("person{made}@example.org"), format!("Organisation {made}"))]);
    let spaces: i64 = sqlx::query_scalar("select count(*) from space_members where role = 'owner'")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(spaces, 1, "with a personal space");
}
