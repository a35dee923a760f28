//! A user's own collection and assistant, created at first use.

use assistants::{delete_assistant, personal_assistant};
use kernel::Code;
use platform::Cx;
use testkit::{Database, Person};

async fn newcomer() -> (Database, Person, Cx) {
    let db = Database::fresh().await;
    let person = db.person("anna").await;
    let cx = db.cx(&person, "tessera_workspace").await;
    (db, person, cx)
}

async fn counted(db: &Database) -> (i64, i64) {
    sqlx::query_as(
        "select (select count(*) from assistants where deleted_at is null), (select count(*) from collections)",
    )
    .fetch_one(&mut db.superuser().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_first_request_makes_both_in_the_personal_space_and_the_next_finds_them() {
    let (db, person, cx) = newcomer().await;
    let (assistant, collection) = personal_assistant(&cx, "My documents").await.unwrap();
    assert_eq!((assistant.space_id, assistant.name.as_str()), (person.space, "My documents"));
    assert_eq!(assistant.collection_ids, [collection]);
    let again = personal_assistant(&cx, "Mina dokument").await.unwrap();
    assert_eq!(again, (assistant, collection));
    assert_eq!(counted(&db).await, (1, 1));
}

#[tokio::test]
async fn concurrent_requests_create_one_assistant() {
    let (db, person, _) = newcomer().await;
    let ask = || async {
        let cx = db.cx(&person, "tessera_workspace").await;
        personal_assistant(&cx, "My documents").await.unwrap().1
    };
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    assert_eq!((one, one), (two, three));
    assert_eq!(counted(&db).await, (1, 1));
}

#[tokio::test]
async fn a_deleted_assistant_is_created_again_for_the_same_documents() {
    let (_db, _person, cx) = newcomer().await;
    let (first, collection) = personal_assistant(&cx, "My documents").await.unwrap();
    delete_assistant(&cx, first.id).await.unwrap();
    let (second, same) = personal_assistant(&cx, "My documents").await.unwrap();
    assert_ne!(second.id, first.id);
    assert_eq!((same, second.collection_ids), (collection, vec![collection]));
}

#[tokio::test]
async fn a_deleted_collection_is_created_again_for_the_same_assistant() {
    let (db, _person, cx) = newcomer().await;
    let (assistant, first) = personal_assistant(&cx, "My documents").await.unwrap();
    sqlx::query("delete from collections").execute(&mut db.superuser().await).await.unwrap();
    let (same, second) = personal_assistant(&cx, "My documents").await.unwrap();
    assert_ne!(second, first);
    assert_eq!((same.id, same.collection_ids), (assistant.id, vec![second]));
}

#[tokio::test]
async fn every_user_has_their_own_assistant() {
    let (db, person, cx) = newcomer().await;
    let colleague = db.colleague(person.tenant, "bo", "user").await;
    let (mine, _) = personal_assistant(&cx, "My documents").await.unwrap();
    let (theirs, _) =
        personal_assistant(&db.cx(&colleague, "tessera_workspace").await, "My documents")
            .await
            .unwrap();
    assert_eq!((mine.space_id, theirs.space_id), (person.space, colleague.space));
}

#[tokio::test]
async fn a_name_that_is_too_short_is_refused_and_nothing_is_created() {
    let (db, _person, cx) = newcomer().await;
    assert_eq!(personal_assistant(&cx, "My").await.unwrap_err().code, Code::InvalidBody);
    assert_eq!(counted(&db).await, (0, 0));
}
