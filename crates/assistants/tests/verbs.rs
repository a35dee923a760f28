//! Creating, listing, changing and deleting assistants.

use assistants::{
    CreateAssistant, UpdateAssistant, create_assistant, delete_assistant, get_assistant,
    list_assistants, update_assistant,
};
use kernel::{
    Code, PageRequest,
    id::{CollectionId, SpaceId},
};
use models::Sampling;
use platform::Cx;
use spaces::Role;
use testkit::{Database, Person};

const ALL: PageRequest = PageRequest { limit: 100, after: None };

fn new(space: SpaceId, collections: Vec<CollectionId>) -> CreateAssistant {
    CreateAssistant {
        description: "Knows the statutes".to_owned(),
        instructions: "Be brief.".to_owned(),
        model: Some("m".to_owned()),
        sampling: Sampling { temperature: Some(0.5), top_p: Some(0.9) },
        collection_ids: collections,
        ..CreateAssistant::new(space, "Secretary")
    }
}

async fn collection(db: &Database, person: &Person) -> CollectionId {
    let id: CollectionId = platform::random::id().unwrap();
    sqlx::query("insert into collections (id, tenant_id, space_id, name, created_by) values ($1, $2, $3, 'C', $4)")
        .bind(id.0)
        .bind(person.tenant.0)
        .bind(person.space.0)
        .bind(person.user.0)
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
    id
}

async fn join(db: &Database, person: &Person, space: SpaceId, role: &str) {
    sqlx::query(
        "insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $3, $4)",
    )
    .bind(person.tenant.0)
    .bind(space.0)
    .bind(person.user.0)
    .bind(role)
    .execute(&mut db.superuser().await)
    .await
    .unwrap();
}

async fn fixture() -> (Database, Person, Cx) {
    let db = Database::fresh().await;
    let person = db.person("anna").await;
    let cx = db.cx(&person, "tessera_workspace").await;
    (db, person, cx)
}

#[tokio::test]
async fn an_assistant_is_made_with_collections_of_its_own_space() {
    let (db, person, cx) = fixture().await;
    let (one, two) = (collection(&db, &person).await, collection(&db, &person).await);
    let made = create_assistant(&cx, new(person.space, vec![two, one, two])).await.unwrap();
    let mut wanted = vec![one, two];
    wanted.sort_unstable();
    assert_eq!((made.collection_ids.clone(), made.access.role), (wanted, Role::Owner));
    assert_eq!(made.sampling, Sampling { temperature: Some(0.5), top_p: Some(0.9) });
    assert_eq!(get_assistant(&cx, made.id).await, Ok(made));
}

#[tokio::test]
async fn a_collection_of_another_space_is_refused_and_nothing_is_written() {
    let (db, person, cx) = fixture().await;
    let colleague = db.colleague(person.tenant, "bo", "user").await;
    let (own, foreign) = (collection(&db, &person).await, collection(&db, &colleague).await);
    let refused = create_assistant(&cx, new(person.space, vec![own, foreign])).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.fields[0].pointer.as_ref()),
        (Code::InvalidBody, "/collection_ids")
    );
    assert_eq!(list_assistants(&cx, None, ALL).await.unwrap().items, []);
    let made = create_assistant(&cx, new(person.space, vec![own])).await.unwrap();
    let change = UpdateAssistant {
        name: Some("Other".to_owned()),
        collection_ids: Some(vec![foreign]),
        ..UpdateAssistant::default()
    };
    assert_eq!(update_assistant(&cx, made.id, &change).await.unwrap_err().code, Code::InvalidBody);
    assert_eq!(get_assistant(&cx, made.id).await, Ok(made));
}

#[tokio::test]
async fn a_change_updates_only_the_members_it_names() {
    let (db, person, cx) = fixture().await;
    let (one, two) = (collection(&db, &person).await, collection(&db, &person).await);
    let made = create_assistant(&cx, new(person.space, vec![one])).await.unwrap();
    let change = UpdateAssistant {
        model: Some(None),
        temperature: Some(None),
        top_p: Some(None),
        collection_ids: Some(vec![two]),
        ..UpdateAssistant::default()
    };
    let changed = update_assistant(&cx, made.id, &change).await.unwrap();
    assert_eq!((changed.model, changed.sampling), (None, Sampling::default()));
    assert_eq!(changed.collection_ids, [two]);
    assert_eq!(
        (changed.name, changed.instructions, changed.published),
        (made.name, made.instructions, true)
    );
    let both = UpdateAssistant {
        collection_ids: Some(vec![one, two]),
        published: Some(false),
        ..UpdateAssistant::default()
    };
    let changed = update_assistant(&cx, made.id, &both).await.unwrap();
    assert_eq!((changed.collection_ids.len(), changed.published), (2, false));
    let none = UpdateAssistant { collection_ids: Some(Vec::new()), ..UpdateAssistant::default() };
    assert_eq!(update_assistant(&cx, made.id, &none).await.unwrap().collection_ids, []);
}

#[tokio::test]
async fn viewers_see_published_assistants_and_change_none() {
    let (db, person, cx) = fixture().await;
    let shown = create_assistant(&cx, new(person.space, Vec::new())).await.unwrap();
    let hidden = create_assistant(
        &cx,
        CreateAssistant { published: false, ..new(person.space, Vec::new()) },
    )
    .await
    .unwrap();
    let viewer = db.colleague(person.tenant, "vera", "admin").await;
    let theirs = db.cx(&viewer, "tessera_workspace").await;
    assert_eq!(get_assistant(&theirs, shown.id).await.unwrap_err().code, Code::NotFound);
    assert_eq!(
        list_assistants(&theirs, Some(person.space), ALL).await.unwrap_err().code,
        Code::NotFound
    );
    join(&db, &viewer, person.space, "viewer").await;
    let listed = list_assistants(&theirs, Some(person.space), ALL).await.unwrap();
    assert_eq!(
        (listed.items.iter().map(|a| a.id).collect::<Vec<_>>(), listed.total),
        (vec![shown.id], 1)
    );
    assert_eq!(get_assistant(&theirs, hidden.id).await.unwrap_err().code, Code::NotFound);
    let change = UpdateAssistant::default();
    assert_eq!(
        update_assistant(&theirs, shown.id, &change).await.unwrap_err().code,
        Code::NotAllowed
    );
    assert_eq!(
        update_assistant(&theirs, hidden.id, &change).await.unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(delete_assistant(&theirs, shown.id).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(
        create_assistant(&theirs, new(person.space, Vec::new())).await.unwrap_err().code,
        Code::NotAllowed
    );
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let (db, person, cx) = fixture().await;
    let made = create_assistant(&cx, new(person.space, Vec::new())).await.unwrap();
    let stranger = db.person("eve").await;
    let theirs = db.cx(&stranger, "tessera_workspace").await;
    assert_eq!(get_assistant(&theirs, made.id).await.unwrap_err().code, Code::NotFound);
    assert_eq!(delete_assistant(&theirs, made.id).await.unwrap_err().code, Code::NotFound);
    assert_eq!(list_assistants(&theirs, None, ALL).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_deleted_assistant_is_gone_and_its_row_stays() {
    let (db, person, cx) = fixture().await;
    let made = create_assistant(&cx, new(person.space, Vec::new())).await.unwrap();
    delete_assistant(&cx, made.id).await.unwrap();
    assert_eq!(get_assistant(&cx, made.id).await.unwrap_err().code, Code::NotFound);
    assert_eq!(delete_assistant(&cx, made.id).await.unwrap_err().code, Code::NotFound);
    assert_eq!(list_assistants(&cx, None, ALL).await.unwrap().total, 0);
    let kept: i64 =
        sqlx::query_scalar("select count(*) from assistants where deleted_at is not null")
            .fetch_one(&mut db.superuser().await)
            .await
            .unwrap();
    assert_eq!(kept, 1);
}
