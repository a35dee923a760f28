//! One command for one prompt of an owner, and 500 prompts at most.

use kernel::{Code, id::SpaceId};
use platform::Cx;
use prompts::{UpdatePrompt, create_prompt, delete_prompt, update_prompt};
use testkit::{Database, Person};

use crate::verbs::{library, new};

/// Prompts of a user, or of a space, up to `count`.
async fn fill(db: &Database, person: &Person, space: Option<SpaceId>, count: i32) {
    let user = if space.is_none() { Some(person.user.0) } else { None };
    let sql = "insert into prompts (id, tenant_id, user_id, space_id, command, title, text)
        select gen_random_uuid(), $1, $2, $3, 'filled-' || n, 'Filled', 'Filled' from generate_series(1, $4) n";
    sqlx::query(sql)
        .bind(person.tenant.0)
        .bind(user)
        .bind(space.map(|space| space.0))
        .bind(count)
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
}

async fn refused(cx: &Cx, space: Option<SpaceId>, command: &str) -> Code {
    create_prompt(cx, &new(space, command)).await.unwrap_err().code
}

#[tokio::test]
async fn a_command_is_unique_among_the_prompts_of_an_owner_only() {
    let (db, person, cx) = library().await;
    let space = spaces::create_space(&cx, "Board", "").await.unwrap().id;
    for owner in [None, Some(space)] {
        create_prompt(&cx, &new(owner, "minutes")).await.unwrap();
        assert_eq!(refused(&cx, owner, "minutes").await, Code::Conflict);
        let other = create_prompt(&cx, &new(owner, "agenda")).await.unwrap();
        let change =
            UpdatePrompt { command: Some("minutes".to_owned()), ..UpdatePrompt::default() };
        assert_eq!(update_prompt(&cx, other.id, &change).await.unwrap_err().code, Code::Conflict);
        let same = UpdatePrompt { command: Some("agenda".to_owned()), ..UpdatePrompt::default() };
        update_prompt(&cx, other.id, &same).await.unwrap();
    }
    let colleague = db.colleague(person.tenant, "bo", "user").await;
    create_prompt(&db.cx(&colleague, "tessera_workspace").await, &new(None, "minutes"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_owner_has_at_most_500_prompts() {
    let (db, person, cx) = library().await;
    let space = spaces::create_space(&cx, "Board", "").await.unwrap().id;
    for owner in [None, Some(space)] {
        fill(&db, &person, owner, 499).await;
        let last = create_prompt(&cx, &new(owner, "last")).await.unwrap();
        assert_eq!(refused(&cx, owner, "more").await, Code::Conflict);
        delete_prompt(&cx, last.id).await.unwrap();
        create_prompt(&cx, &new(owner, "more")).await.unwrap();
    }
}

#[tokio::test]
async fn concurrent_requests_do_not_exceed_the_limit() {
    let (db, person, _) = library().await;
    fill(&db, &person, None, 498).await;
    let create = async |command: &str| {
        let cx = db.cx(&person, "tessera_workspace").await;
        create_prompt(&cx, &new(None, command)).await.is_ok()
    };
    let (a, b, c, d) = tokio::join!(create("a"), create("b"), create("c"), create("d"));
    assert_eq!([a, b, c, d].into_iter().filter(|made| *made).count(), 2);
}
