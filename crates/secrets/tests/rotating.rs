//! Keys are rotated while the old ones still open, and a stopped rotation continues.

use platform::{Actor, Cx};
use secrets::{Column, DataKey, Master, column, rotate};
use testkit::{Database, Person};
use uuid::Uuid;

use crate::sealing::KEY;

const NEXT: &str = "the-next-master-key-of-these-tests-0123456789";
const COLUMN: Column = column!("providers_of_tests", "key_sealed");

/// A table like the product's, with `count` sealed secrets per tenant.
async fn providers(database: &Database, people: &[&Person], count: usize) {
    let mut db = database.superuser().await;
    sqlx::raw_sql(
        "create table providers_of_tests (id uuid primary key, tenant_id uuid not null, key_sealed text);
         select protect('providers_of_tests');
         grant select (id, key_sealed), update (key_sealed) on providers_of_tests to tessera_worker",
    )
    .execute(&mut db)
    .await
    .unwrap();
    for person in people {
        let cx = database.cx(person, "tessera_admin").await;
        let vault = DataKey::current(&cx, &Master::derive(KEY, None).unwrap()).await.unwrap();
        for number in 0..count {
            sqlx::query("insert into providers_of_tests values ($1, $2, $3)")
                .bind(Uuid::now_v7())
                .bind(person.tenant.0)
                .bind(vault.seal(COLUMN.name, &format!("secret-{number}")).unwrap())
                .execute(&mut db)
                .await
                .unwrap();
        }
    }
}

async fn worker(database: &Database, person: &Person) -> Cx {
    Cx::new(
        database.source("tessera_worker").await,
        Some(person.tenant),
        Actor::Worker,
        "test".to_owned(),
    )
}

async fn sealed(database: &Database, person: &Person) -> Vec<String> {
    let mut db = database.superuser().await;
    let sql = "select key_sealed from providers_of_tests where tenant_id = $1 order by id";
    sqlx::query_scalar(sql).bind(person.tenant.0).fetch_all(&mut db).await.unwrap()
}

async fn opened(cx: &Cx, master: &Master, sealed: &[String]) -> kernel::Result<Vec<String>> {
    let mut out = Vec::new();
    for text in sealed {
        let vault = DataKey::of(cx, master, COLUMN.name, text).await?;
        out.push(vault.open(COLUMN.name, text)?.expose().to_owned());
    }
    Ok(out)
}

fn secrets(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("secret-{number}")).collect()
}

#[tokio::test]
async fn a_new_master_key_opens_everything_with_the_old_one_and_alone_after_rotation() {
    let database = Database::fresh().await;
    let (ann, bo) = (database.person("ann").await, database.person("bo").await);
    providers(&database, &[&ann, &bo], 2).await;
    let (alone, both) =
        (Master::derive(NEXT, None).unwrap(), Master::derive(NEXT, Some(KEY)).unwrap());
    let cx = worker(&database, &ann).await;
    let texts = sealed(&database, &ann).await;
    assert_eq!(opened(&cx, &both, &texts).await.unwrap(), secrets(2));
    let problem = opened(&cx, &alone, &texts).await.unwrap_err().to_string();
    assert!(problem.contains("master_key_previous") && !problem.contains(NEXT), "{problem}");
    assert!(rotate::rewrap(&cx, &alone).await.is_err());

    assert_eq!(rotate::rewrap(&cx, &both).await.unwrap().rewrapped, 1);
    assert_eq!(
        rotate::rewrap(&cx, &both).await.unwrap(),
        rotate::RotationReport::default(),
        "the second time there is nothing to do"
    );
    assert_eq!(opened(&cx, &alone, &texts).await.unwrap(), secrets(2));
    assert_eq!(sealed(&database, &ann).await, texts, "the secrets themselves are not touched");
    // The other organisation comes later, and is found.
    let db = platform::pg::Db::new(database.source("tessera_worker").await, None);
    let tenants = rotate::tenants_after(&db, None).await.unwrap();
    assert_eq!(tenants, [ann.tenant, bo.tenant]);
    assert_eq!(rotate::tenants_after(&db, Some(ann.tenant)).await.unwrap(), [bo.tenant]);
    let cx = worker(&database, &bo).await;
    assert!(opened(&cx, &alone, &sealed(&database, &bo).await).await.is_err());
}

#[tokio::test]
async fn new_data_keys_reseal_everything_and_old_ones_still_open_their_texts() {
    let database = Database::fresh().await;
    let ann = database.person("ann").await;
    providers(&database, &[&ann], 250).await;
    let (cx, master) = (worker(&database, &ann).await, Master::derive(KEY, None).unwrap());
    let before = sealed(&database, &ann).await;
    let start = platform::clock::now();
    let done = rotate::renew(&cx, &master, start, &[COLUMN]).await.unwrap();
    assert_eq!((done.new_keys, done.resealed, done.damaged), (1, 250, 0));
    let after = sealed(&database, &ann).await;
    let key = after[0].split('.').nth(1).unwrap();
    assert!(
        after.iter().all(|text| text.split('.').nth(1) == Some(key)) && !before[0].contains(key)
    );
    assert_eq!(opened(&cx, &master, &after).await.unwrap(), secrets(250));
    assert_eq!(opened(&cx, &master, &before).await.unwrap(), secrets(250));
    assert_eq!(
        rotate::renew(&cx, &master, start, &[COLUMN]).await.unwrap(),
        rotate::RotationReport::default()
    );
}

#[tokio::test]
async fn a_rotation_that_was_stopped_halfway_continues_with_the_same_new_key() {
    let database = Database::fresh().await;
    let ann = database.person("ann").await;
    providers(&database, &[&ann], 150).await;
    let (cx, master) = (worker(&database, &ann).await, Master::derive(KEY, None).unwrap());
    let start = platform::clock::now();
    // The 120th change fails, as if the database went away in the second batch.
    let mut db = database.superuser().await;
    sqlx::raw_sql(
        "create sequence changes; grant usage on sequence changes to tessera_worker;
         create function stop() returns trigger language plpgsql as $$
         begin if nextval('changes') = 120 then raise exception 'stopped' using errcode = '57P01'; end if; return new; end $$;
         create trigger stop before update on providers_of_tests for each row execute function stop()",
    )
    .execute(&mut db)
    .await
    .unwrap();
    assert!(rotate::renew(&cx, &master, start, &[COLUMN]).await.is_err());
    let halfway = sealed(&database, &ann).await;
    let keys: std::collections::BTreeSet<_> =
        halfway.iter().map(|text| text.split('.').nth(1).unwrap()).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(
        opened(&cx, &master, &halfway).await.unwrap(),
        secrets(150),
        "meanwhile everything opens"
    );

    let cx = worker(&database, &ann).await;
    let done = rotate::renew(&cx, &master, start, &[COLUMN]).await.unwrap();
    assert_eq!((done.new_keys, done.resealed), (0, 31));
    assert_eq!(opened(&cx, &master, &sealed(&database, &ann).await).await.unwrap(), secrets(150));
}

#[tokio::test]
async fn a_damaged_secret_is_counted_and_does_not_stop_the_rotation() {
    let database = Database::fresh().await;
    let ann = database.person("ann").await;
    providers(&database, &[&ann], 3).await;
    let mut db = database.superuser().await;
    sqlx::raw_sql("update providers_of_tests set key_sealed = 'v1.rubbish' where id = (select id from providers_of_tests order by id limit 1)")
        .execute(&mut db)
        .await
        .unwrap();
    let (cx, master) = (worker(&database, &ann).await, Master::derive(KEY, None).unwrap());
    let done = rotate::renew(&cx, &master, platform::clock::now(), &[COLUMN]).await.unwrap();
    assert_eq!((done.resealed, done.damaged), (2, 1));
    assert!(done.check().is_err());
    assert_eq!(sealed(&database, &ann).await[0], "v1.rubbish");
}
