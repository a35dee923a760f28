//! A sealed secret opens for its tenant and its column only.

use platform::Cx;
use secrets::{DataKey, Master};
use testkit::Database;

pub(crate) const KEY: &str = "the-master-key-of-these-tests-0123456789";
const COLUMN: &str = "providers.key_sealed";

async fn seal(cx: &Cx, plain: &str) -> String {
    DataKey::current(cx, &Master::derive(KEY, None).unwrap())
        .await
        .unwrap()
        .seal(COLUMN, plain)
        .unwrap()
}

async fn open(cx: &Cx, column: &'static str, sealed: &str) -> kernel::Result<String> {
    let master = Master::derive(KEY, None)?;
    let secret = DataKey::of(cx, &master, column, sealed).await?.open(column, sealed)?;
    Ok(secret.expose().to_owned())
}

#[tokio::test]
async fn a_secret_survives_the_round_trip_and_is_never_stored_in_clear() {
    let database = Database::fresh().await;
    let ann = database.person("ann").await;
    let (auth, admin) =
        (database.cx(&ann, "tessera_auth").await, database.cx(&ann, "tessera_admin").await);
    let sealed = seal(&admin, "sk-live-åäö-1234").await;
    assert!(sealed.starts_with("v1.") && !sealed.contains("live"), "{sealed}");
    assert_eq!(open(&auth, COLUMN, &sealed).await.unwrap(), "sk-live-åäö-1234");
    assert_ne!(seal(&admin, "sk-live-åäö-1234").await, sealed, "the nonce is a new one each time");
    assert_eq!(open(&auth, COLUMN, &seal(&auth, "").await).await.unwrap(), "");
}

#[tokio::test]
async fn another_tenant_another_column_and_a_flipped_bit_do_not_open() {
    let database = Database::fresh().await;
    let (ann, bo) = (database.person("ann").await, database.person("bo").await);
    let (cx, stranger) =
        (database.cx(&ann, "tessera_admin").await, database.cx(&bo, "tessera_admin").await);
    let sealed = seal(&cx, "secret-of-ann").await;
    assert!(open(&cx, "providers.other", &sealed).await.is_err());
    assert!(open(&stranger, COLUMN, &sealed).await.is_err());

    // Even with a copy of the key's row, because the tenant is bound into both.
    let mut db = database.superuser().await;
    sqlx::query("insert into data_keys (id, tenant_id, master_key_id, wrapped) select gen_random_uuid(), $1, master_key_id, wrapped from data_keys")
        .bind(bo.tenant.0)
        .execute(&mut db)
        .await
        .unwrap();
    let copied: uuid::Uuid = sqlx::query_scalar("select id from data_keys where tenant_id = $1")
        .bind(bo.tenant.0)
        .fetch_one(&mut db)
        .await
        .unwrap();
    let mut parts: Vec<String> = sealed.split('.').map(str::to_owned).collect();
    parts[1] = copied.simple().to_string();
    assert!(open(&stranger, COLUMN, &parts.join(".")).await.is_err());

    for at in sealed.find('.').unwrap() + 34..sealed.len() {
        let mut flipped = sealed.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        let problem = open(&cx, COLUMN, std::str::from_utf8(&flipped).unwrap())
            .await
            .unwrap_err()
            .to_string();
        assert!(!problem.contains("secret-of-ann") && !problem.contains(&parts[2]), "{problem}");
    }
    for rubbish in ["", "v1", "v1..", "v2.x.y", "v1.00000000000000000000000000000000.AAAA"] {
        assert!(open(&cx, COLUMN, rubbish).await.is_err(), "{rubbish}");
    }
}

#[tokio::test]
async fn two_concurrent_first_seals_of_a_tenant_use_one_key() {
    let database = Database::fresh().await;
    let ann = database.person("ann").await;
    let cxs = futures_of(&database, &ann, 8).await;
    let sealed = cxs.iter().map(|cx| seal(cx, "same"));
    let keys: std::collections::BTreeSet<String> = futures::future::join_all(sealed)
        .await
        .iter()
        .map(|s| s.split('.').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
}

async fn futures_of(database: &Database, person: &testkit::Person, count: usize) -> Vec<Cx> {
    let mut out = Vec::new();
    for _ in 0..count {
        out.push(database.cx(person, "tessera_admin").await);
    }
    out
}

#[tokio::test]
async fn a_role_that_seals_cannot_change_or_delete_keys() {
    let database = Database::fresh().await;
    let ann = database.person("ann").await;
    let cx = database.cx(&ann, "tessera_admin").await;
    seal(&cx, "secret").await;
    for sql in ["update data_keys set wrapped = ''", "delete from data_keys"] {
        let error = cx.db.execute(sql, &[]).await.unwrap_err();
        assert_eq!(error.sqlstate.as_deref(), Some("42501"), "{sql}");
    }
}
