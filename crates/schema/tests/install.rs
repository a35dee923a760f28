//! Provisioning and migrations in one call, for installations without `./stack`.

use schema::{OWNER_ROLE, Passwords, PostgresServer};

use crate::scratch::{MIGRATIONS, Scratch, passwords, server, text};

#[tokio::test]
async fn a_first_run_installs_everything_and_a_second_changes_nothing() {
    let scratch = Scratch::new("install").await;
    let install = || scratch.server.install(&scratch.name, &PASSWORDS, MIGRATIONS.as_ref());
    let first = install().await.unwrap();
    assert!(first.numbered > 0 && first.functions.len() > 5, "{first}");
    assert_eq!(install().await.unwrap().to_string(), "up to date");
    scratch.end().await;
}

#[tokio::test]
async fn a_url_may_name_the_database_to_create() {
    let scratch = Scratch::new("named").await;
    let named = PostgresServer::parse(&server().admin_url(&scratch.name)).unwrap();
    let report = named.install(&scratch.name, &PASSWORDS, MIGRATIONS.as_ref()).await.unwrap();
    assert!(report.numbered > 0, "{report}");
    scratch.end().await;
}

#[tokio::test]
async fn an_absent_password_stays_unchanged() {
    let scratch = Scratch::migrated("stays").await;
    let owner_alone =
        Passwords::from_fn(
            |role| if role == OWNER_ROLE { format!("test-{role}") } else { String::new() },
        );
    scratch.server.install(&scratch.name, &owner_alone, MIGRATIONS.as_ref()).await.unwrap();
    let mut auth = scratch.connect("tessera_auth").await.unwrap();
    assert_eq!(text(&mut auth, "select 'in'").await, "in");
    drop(auth);
    let nothing = Passwords::from_fn(|_| String::new());
    let refused =
        scratch.server.install(&scratch.name, &nothing, MIGRATIONS.as_ref()).await.unwrap_err();
    assert!(format!("{refused:#}").contains("the password of tessera_owner"), "{refused:#}");
    scratch.end().await;
}

#[tokio::test]
async fn the_owners_own_url_migrates_without_an_administrator() {
    let scratch = Scratch::new("owners_url").await;
    scratch.provision().await;
    let url = server().url(&scratch.name, OWNER_ROLE, passwords().of(OWNER_ROLE));
    let owner = PostgresServer::parse(&url).unwrap();
    let nothing = Passwords::from_fn(|_| String::new());
    let report = owner.install(&scratch.name, &nothing, MIGRATIONS.as_ref()).await.unwrap();
    assert!(report.numbered > 0, "{report}");
    scratch.end().await;
}

static PASSWORDS: std::sync::LazyLock<Passwords> = std::sync::LazyLock::new(passwords);
