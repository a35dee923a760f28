//! Conversations are created, listed, renamed, deleted.

use conversations::{ConversationFilter, Shelf, UpdateConversation};
use kernel::{Code, PageRequest, id::ConversationId};
use platform::Cx;

use crate::fixture::{Fixture, all, id, last, live, piece, says, title, until};

#[tokio::test]
async fn the_first_question_gives_a_title_unless_there_is_one() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (first, second) = (fixture.conversation().await, fixture.conversation().await);
    let cx = fixture.cx().await;
    assert_eq!(conversations::get_conversation(&cx, first).await.unwrap().title, None);
    all(fixture.ask(first, "# How long?\nExactly.").await.unwrap()).await;
    assert_eq!(
        conversations::get_conversation(&cx, first).await.unwrap().title.as_deref(),
        Some("How long?")
    );
    assert_eq!(
        conversations::update_conversation(&cx, second, title(" Mine "))
            .await
            .unwrap()
            .title
            .as_deref(),
        Some("Mine")
    );
    all(fixture.ask(second, "How long?").await.unwrap()).await;
    assert_eq!(
        conversations::get_conversation(&cx, second).await.unwrap().title.as_deref(),
        Some("Mine")
    );
    assert_eq!(
        conversations::update_conversation(&cx, first, title("")).await.unwrap_err().code,
        Code::InvalidBody
    );
    assert_eq!(
        conversations::update_conversation(&cx, id(), title("x")).await.unwrap_err().code,
        Code::NotFound
    );
}

#[tokio::test]
async fn conversations_are_listed_newest_first_page_by_page() {
    let fixture = Fixture::new(says(&["x"])).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(fixture.conversation().await);
    }
    made.reverse();
    let cx = fixture.cx().await;
    let first = conversations::list_conversations(
        &cx,
        &ConversationFilter::default(),
        PageRequest { limit: 2, after: None },
    )
    .await
    .unwrap();
    let rest = conversations::list_conversations(
        &cx,
        &ConversationFilter { assistant: Some(fixture.assistant), ..ConversationFilter::default() },
        PageRequest { limit: 2, after: first.next },
    )
    .await
    .unwrap();
    let listed: Vec<_> = first.items.iter().chain(&rest.items).map(|c| c.id).collect();
    assert_eq!((listed, first.total, rest.next), (made, 3, None));
    let none = conversations::list_conversations(
        &cx,
        &ConversationFilter { assistant: Some(id()), ..ConversationFilter::default() },
        PageRequest { limit: 2, after: None },
    )
    .await
    .unwrap();
    assert!(none.items.is_empty());
}

#[tokio::test]
async fn messages_are_listed_oldest_first_page_by_page() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    for question in ["one", "two"] {
        all(fixture.ask(conversation, question).await.unwrap()).await;
    }
    let cx = fixture.cx().await;
    let first = conversations::list_messages(
        &cx,
        conversation,
        conversations::Order::OldestFirst,
        PageRequest { limit: 3, after: None },
    )
    .await
    .unwrap();
    let rest = conversations::list_messages(
        &cx,
        conversation,
        conversations::Order::OldestFirst,
        PageRequest { limit: 3, after: first.next },
    )
    .await
    .unwrap();
    let said: Vec<&str> =
        first.items.iter().chain(&rest.items).map(|m| m.content.as_str()).collect();
    assert_eq!((said, first.total, rest.next), (vec!["one", "x", "two", "x"], 4, None));
}

#[tokio::test]
async fn messages_are_listed_newest_first_page_by_page() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    for question in ["one", "two"] {
        all(fixture.ask(conversation, question).await.unwrap()).await;
    }
    let cx = fixture.cx().await;
    let request = |after| PageRequest { limit: 3, after };
    let first = conversations::list_messages(
        &cx,
        conversation,
        conversations::Order::NewestFirst,
        request(None),
    )
    .await
    .unwrap();
    let rest = conversations::list_messages(
        &cx,
        conversation,
        conversations::Order::NewestFirst,
        request(first.next),
    )
    .await
    .unwrap();
    let said: Vec<&str> =
        first.items.iter().chain(&rest.items).map(|m| m.content.as_str()).collect();
    assert_eq!((said, first.total, rest.next), (vec!["x", "two", "x", "one"], 4, None));
}

/// Imported messages may have 500 000 characters each; an instance has 128 MiB for all its requests.
#[tokio::test]
async fn a_page_of_long_messages_ends_sooner_and_none_is_left_out() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    for question in ["one", "two", "three"] {
        all(fixture.ask(conversation, question).await.unwrap()).await;
    }
    let lengthen = "update messages set content = content || repeat('å', 400000)";
    sqlx::query(lengthen)
        .execute(&mut fixture.db.superuser_in(fixture.person.tenant).await)
        .await
        .unwrap();
    let cx = fixture.cx().await;
    for order in [conversations::Order::OldestFirst, conversations::Order::NewestFirst] {
        let (mut sizes, mut starts, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let request = PageRequest { limit: 100, after };
            let page =
                conversations::list_messages(&cx, conversation, order, request).await.unwrap();
            sizes.push(page.items.len());
            starts.extend(page.items.iter().map(|m| m.content.replace('å', "")));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut expected = ["one", "x", "two", "x", "three", "x"];
        if order == conversations::Order::NewestFirst {
            expected.reverse();
        }
        assert_eq!((sizes, starts), (vec![2, 2, 2], expected.map(str::to_owned).to_vec()));
    }
}

async fn on(cx: &Cx, shelf: Shelf) -> Vec<ConversationId> {
    let request = PageRequest { limit: 20, after: None };
    let filter = ConversationFilter { shelf, ..ConversationFilter::default() };
    let page = conversations::list_conversations(cx, &filter, request).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    page.items.iter().map(|c| c.id).collect()
}

fn pinned(pinned: bool) -> UpdateConversation {
    UpdateConversation { pinned: Some(pinned), ..UpdateConversation::default() }
}

#[tokio::test]
async fn pinned_conversations_come_first_on_every_page() {
    let fixture = Fixture::new(says(&["x"])).await;
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(fixture.conversation().await);
    }
    let cx = fixture.cx().await;
    for at in [0, 2] {
        assert!(
            conversations::update_conversation(&cx, made[at], pinned(true)).await.unwrap().pinned
        );
    }
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest { limit: 1, after };
        let page = conversations::list_conversations(&cx, &ConversationFilter::default(), request)
            .await
            .unwrap();
        listed.extend(page.items.iter().map(|c| c.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, [made[2], made[0], made[3], made[1]]);
    assert!(!conversations::update_conversation(&cx, made[2], pinned(false)).await.unwrap().pinned);
    assert_eq!(on(&cx, Shelf::Current).await, [made[0], made[3], made[2], made[1]]);
}

#[tokio::test]
async fn pinning_and_archiving_leave_title_and_time() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let cx = fixture.cx().await;
    let before =
        conversations::update_conversation(&cx, conversation, title("Mine")).await.unwrap();
    let both = UpdateConversation {
        pinned: Some(true),
        archived: Some(true),
        ..UpdateConversation::default()
    };
    let after = conversations::update_conversation(&cx, conversation, both).await.unwrap();
    assert_eq!((after.title, after.updated_at), (before.title, before.updated_at));
    assert!(after.pinned && after.archived);
    let none = UpdateConversation::default();
    let refused = conversations::update_conversation(&cx, conversation, none).await;
    assert_eq!(refused.unwrap_err().code, Code::InvalidBody);
}

#[tokio::test]
async fn an_archived_conversation_is_listed_with_the_archived() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (kept, archived) = (fixture.conversation().await, fixture.conversation().await);
    let cx = fixture.cx().await;
    let change = UpdateConversation { archived: Some(true), ..UpdateConversation::default() };
    conversations::update_conversation(&cx, archived, change).await.unwrap();
    assert_eq!(
        (on(&cx, Shelf::Current).await, on(&cx, Shelf::Archived).await),
        (vec![kept], vec![archived])
    );
    assert!(conversations::get_conversation(&cx, archived).await.unwrap().archived);
}

#[tokio::test]
async fn a_deleted_conversation_is_gone_until_it_is_restored() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let events = all(fixture.ask(conversation, "one").await.unwrap()).await;
    let message = crate::fixture::message_of(&events);
    let cx = fixture.cx().await;
    conversations::delete_conversation(&cx, conversation).await.unwrap();
    assert_eq!(
        conversations::get_conversation(&cx, conversation).await.unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(
        conversations::delete_conversation(&cx, conversation).await.unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(conversations::get_feedback(&cx, message).await.unwrap_err().code, Code::NotFound);
    assert_eq!(
        fixture.ask(conversation, "two").await.map(|_| ()).unwrap_err().code,
        Code::NotFound
    );
    assert_eq!(
        (on(&cx, Shelf::Current).await, on(&cx, Shelf::Deleted).await),
        (vec![], vec![conversation])
    );
    assert_eq!(
        conversations::restore_conversation(&cx, conversation).await.unwrap().deleted_at,
        None
    );
    assert_eq!(
        (on(&cx, Shelf::Current).await, on(&cx, Shelf::Deleted).await),
        (vec![conversation], vec![])
    );
    assert_eq!(fixture.said(conversation).await, ["one", "x"]);
}

#[tokio::test]
async fn a_running_answer_ends_when_its_conversation_is_deleted() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "one").await.unwrap();
    model.send(piece("so far")).unwrap();
    until(&mut events, crate::fixture::is_chunk).await;
    conversations::delete_conversation(&fixture.cx().await, conversation).await.unwrap();
    assert_eq!(last(&all(events).await), &conversations::Event::Stopped);
}

#[tokio::test]
async fn after_thirty_days_a_deleted_conversation_is_removed() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (restorable, expired) = (fixture.conversation().await, fixture.conversation().await);
    all(fixture.ask(expired, "one").await.unwrap()).await;
    let cx = fixture.cx().await;
    for conversation in [restorable, expired] {
        conversations::delete_conversation(&cx, conversation).await.unwrap();
    }
    fixture.sql("update conversations set deleted_at = now() - interval '31 days' where head_id is not null").await;
    assert_eq!(on(&cx, Shelf::Deleted).await, [restorable]);
    assert_eq!(
        conversations::restore_conversation(&cx, expired).await.unwrap_err().code,
        Code::NotFound
    );
    fixture.sql("select lookup.remove_expired(100)").await;
    let left: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from conversations union all select id from messages")
            .fetch_all(&mut fixture.db.superuser().await)
            .await
            .unwrap();
    assert_eq!(left, [restorable.0]);
}
