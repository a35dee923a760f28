//! Answers that outlive their readers, and readers that resume.

use std::time::Duration;

use conversations::{Event, EventId, Events, NumberedEvent, Status};
use kernel::id::ConversationId;
use platform::{Actor, Cx, TenantRole, pg::Source, redis::Redis};
use tokio::sync::mpsc::UnboundedSender;

use crate::fixture::{
    Fixture, all, beginning, is_chunk, last, live, message_of, piece, pieces, says, text, until,
};

/// A running answer, and a model that writes when the test sends text.
struct LiveAnswer {
    model: UnboundedSender<String>,
    fixture: Fixture,
    conversation: ConversationId,
    events: Events,
    /// The events up to the first delta.
    begun: Vec<NumberedEvent>,
}

impl LiveAnswer {
    async fn new() -> Self {
        let (model, script) = live();
        let fixture = Fixture::new(script).await;
        let conversation = fixture.conversation().await;
        let mut events = fixture.ask(conversation, "How long?").await.unwrap();
        model.send(piece("First. ")).unwrap();
        let begun = until(&mut events, is_chunk).await;
        Self { model, fixture, conversation, events, begun }
    }
}

#[tokio::test]
async fn an_answer_continues_without_its_reader() {
    let LiveAnswer { model, fixture, conversation, events, begun } = LiveAnswer::new().await;
    drop(events);
    model.send(pieces(&["Second."])).unwrap();
    let rest = fixture.follow(message_of(&begun), &begun.last().unwrap().id.to_string()).await;
    assert_eq!(text(&rest), "Second.", "nothing twice, nothing lost: {rest:#?}");
    assert!(matches!(last(&rest), Event::Done { .. }), "{rest:#?}");
    assert_eq!(text(&fixture.follow(message_of(&begun), &beginning()).await), "First. Second.");
    assert_eq!(fixture.messages(conversation).await[1].content, "First. Second.");
}

#[tokio::test]
async fn resuming_after_any_event_gives_the_same_rest() {
    let fixture = Fixture::new(says(&["på ", "två år 😀 ", "[1]", "."])).await;
    let conversation = fixture.conversation().await;
    let events = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    let message = message_of(&events);
    for (at, event) in events.iter().enumerate() {
        let rest = fixture.follow(message, &event.id.to_string()).await;
        assert_eq!(text(&rest), text(&events[at + 1..]), "after {}", event.id);
        assert_eq!(last(&rest), last(&events), "after {}", event.id);
    }
}

#[tokio::test]
async fn two_readers_receive_the_same_events_with_the_same_ids() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let mut asking = fixture.ask(conversation, "How long?").await.unwrap();
    model.send(piece("a")).unwrap();
    let mut heard = until(&mut asking, is_chunk).await;
    let message = message_of(&heard);
    let following =
        conversations::follow(fixture.cx().await, message, EventId::default()).await.unwrap();
    model.send(piece("b")).unwrap();
    heard.extend(until(&mut asking, is_chunk).await);
    model.send(pieces(&["c"])).unwrap();
    heard.extend(all(asking).await);
    assert_eq!(all(following).await, heard);
}

#[tokio::test]
async fn a_redis_that_was_emptied_gets_all_events_again() {
    let LiveAnswer { model, fixture, begun, .. } = LiveAnswer::new().await;
    let message = message_of(&begun);
    let mut following =
        conversations::follow(fixture.cx().await, message, EventId::default()).await.unwrap();
    until(&mut following, is_chunk).await;
    let redis = Redis::open().await.expect("TESSERA_REDIS_URL must name a Redis server");
    let stream =
        format!("answer:{}:{message}", fixture.db.redis_namespace(fixture.person.tenant).await);
    redis.command("DEL", &[stream.as_bytes()]).await.unwrap();
    model.send(piece("Second. ")).unwrap();
    assert_eq!(text(&until(&mut following, is_chunk).await), "Second. ");
    let late =
        conversations::follow(fixture.cx().await, message, EventId::default()).await.unwrap();
    model.send(pieces(&["Third."])).unwrap();
    assert_eq!(text(&all(following).await), "Third.");
    assert_eq!(text(&all(late).await), "First. Second. Third.");
}

#[tokio::test]
async fn a_reader_receives_an_end_after_the_process_died() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let message = message_of(&all(fixture.ask(conversation, "How long?").await.unwrap()).await);
    fixture.sql(
        "update messages set status = 'streaming', alive_at = now() - interval '31 seconds' where role = 'assistant'",
    )
    .await;
    let redis = Redis::open().await.expect("TESSERA_REDIS_URL must name a Redis server");
    redis
        .command(
            "DEL",
            &[format!(
                "answer:{}:{message}",
                fixture.db.redis_namespace(fixture.person.tenant).await
            )
            .as_bytes()],
        )
        .await
        .unwrap();
    let events = fixture.follow(message, &beginning()).await;
    assert_eq!(text(&events), "x");
    assert!(matches!(last(&events), Event::Failed(_)), "{events:#?}");
    assert_eq!(fixture.messages(conversation).await[1].status, Status::Failed);
}

#[tokio::test]
async fn no_connection_is_held_while_the_model_writes() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    // A pool of one connection: a holder blocks all others.
    let source = Source::connect(&fixture.db.url("tessera_chat"), 1).await.unwrap();
    let actor = Actor::user(fixture.person.user, TenantRole::Admin);
    let ticket = fixture
        .db
        .ticket("tessera_chat", fixture.person.tenant, &format!("user {}", fixture.person.user))
        .await;
    let cx = || {
        Cx::new(source.clone(), Some(fixture.person.tenant), actor, "test".to_owned())
            .with_ticket(ticket.clone())
    };
    let question = conversations::Question {
        conversation,
        content: "How long?".to_owned(),
        attachments: Vec::new(),
        edits: None,
        mentions: conversations::Mentions::default(),
        idempotency_key: None,
        credential: fixture.credential,
    };
    let mut events = conversations::ask(cx(), fixture.models(), question).await.unwrap();
    model.send(piece("a")).unwrap();
    let begun = until(&mut events, is_chunk).await;
    // Faster than the answer's next heartbeat, which would release a held connection.
    let read = async || {
        let other = cx();
        let read = tokio::time::timeout(
            Duration::from_secs(3),
            conversations::get_conversation(&other, conversation),
        )
        .await;
        read.expect("the connection is held").map(|c| c.id)
    };
    assert_eq!(read().await, Ok(conversation));
    // Also not while a client follows.
    let mut following =
        conversations::follow(cx(), message_of(&begun), EventId::default()).await.unwrap();
    until(&mut following, is_chunk).await;
    assert_eq!(read().await, Ok(conversation));
    model.send(pieces(&["b"])).unwrap();
    assert_eq!(text(&all(events).await), "b");
    assert_eq!(text(&all(following).await), "b");
}
