//! Conversations are created, listed, renamed, deleted.

use kernel::{Code, PageRequest};

use crate::room::{Room, all, id, says};

#[tokio::test]
async fn the_first_question_gives_a_title_unless_there_is_one() {
    let room = Room::new(says(&["x"])).await;
    let (first, second) = (room.conversation().await, room.conversation().await);
    let cx = room.cx().await;
    assert_eq!(conversations::get_conversation(&cx, first).await.unwrap().title, None);
    all(room.ask(first, "# How long?\nExactly.").await.unwrap()).await;
    assert_eq!(conversations::get_conversation(&cx, first).await.unwrap().title.as_deref(), Some("How long?"));
    assert_eq!(conversations::update_conversation(&cx, second, " Mine ").await.unwrap().title.as_deref(), Some("Mine"));
    all(room.ask(second, "How long?").await.unwrap()).await;
    assert_eq!(conversations::get_conversation(&cx, second).await.unwrap().title.as_deref(), Some("Mine"));
    assert_eq!(conversations::update_conversation(&cx, first, "").await.unwrap_err().code, Code::InvalidBody);
    assert_eq!(conversations::update_conversation(&cx, id(), "x").await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn conversations_are_listed_newest_first_page_by_page() {
    let room = Room::new(says(&["x"])).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(room.conversation().await);
    }
    made.reverse();
    let cx = room.cx().await;
    let first = conversations::list_conversations(&cx, None, PageRequest { limit: 2, after: None }).await.unwrap();
    let rest =
        conversations::list_conversations(&cx, Some(room.assistant), PageRequest { limit: 2, after: first.next })
            .await
            .unwrap();
    let listed: Vec<_> = first.items.iter().chain(&rest.items).map(|c| c.id).collect();
    assert_eq!((listed, first.total, rest.next), (made, 3, None));
    let none = conversations::list_conversations(&cx, Some(id()), PageRequest { limit: 2, after: None }).await.unwrap();
    assert!(none.items.is_empty());
}

#[tokio::test]
async fn messages_are_listed_oldest_first_page_by_page() {
    let room = Room::new(says(&["x"])).await;
    let conversation = room.conversation().await;
    for question in ["one", "two"] {
        all(room.ask(conversation, question).await.unwrap()).await;
    }
    let cx = room.cx().await;
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
    let said: Vec<&str> = first.items.iter().chain(&rest.items).map(|m| m.content.as_str()).collect();
    assert_eq!((said, first.total, rest.next), (vec!["one", "x", "two", "x"], 4, None));
}

#[tokio::test]
async fn messages_are_listed_newest_first_page_by_page() {
    let room = Room::new(says(&["x"])).await;
    let conversation = room.conversation().await;
    for question in ["one", "two"] {
        all(room.ask(conversation, question).await.unwrap()).await;
    }
    let cx = room.cx().await;
    let request = |after| PageRequest { limit: 3, after };
    let first = conversations::list_messages(&cx, conversation, conversations::Order::NewestFirst, request(None))
        .await
        .unwrap();
    let rest = conversations::list_messages(&cx, conversation, conversations::Order::NewestFirst, request(first.next))
        .await
        .unwrap();
    let said: Vec<&str> = first.items.iter().chain(&rest.items).map(|m| m.content.as_str()).collect();
    assert_eq!((said, first.total, rest.next), (vec!["x", "two", "x", "one"], 4, None));
}

#[tokio::test]
async fn a_deleted_conversation_is_gone_with_its_messages() {
    let room = Room::new(says(&["x"])).await;
    let conversation = room.conversation().await;
    all(room.ask(conversation, "one").await.unwrap()).await;
    let cx = room.cx().await;
    conversations::delete_conversation(&cx, conversation).await.unwrap();
    assert_eq!(conversations::get_conversation(&cx, conversation).await.unwrap_err().code, Code::NotFound);
    assert_eq!(conversations::delete_conversation(&cx, conversation).await.unwrap_err().code, Code::NotFound);
    let left: i64 =
        sqlx::query_scalar("select count(*) from messages").fetch_one(&mut room.db.superuser().await).await.unwrap();
    assert_eq!(left, 0);
}
