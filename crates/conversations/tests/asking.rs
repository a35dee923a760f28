//! Who may ask, and idempotency.

use conversations::{Continuation, ConversationFilter, IdempotencyKey, Regeneration, Status};
use kernel::{Code, id::ConversationId};
use platform::{Actor, Cx, TenantRole};

use crate::fixture::{Fixture, all, assistant, live, message_of, says, text, title};

fn idempotency_key(key: &str, hash: u8) -> Option<IdempotencyKey> {
    Some(IdempotencyKey { key: key.to_owned(), request_hash: vec![hash; 32] })
}

#[tokio::test]
async fn one_answer_runs_at_a_time() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let first = fixture.ask(conversation, "first").await.unwrap();
    assert_eq!(
        fixture.ask(conversation, "second").await.map(|_| ()).unwrap_err().code,
        Code::AnswerRunning
    );
    assert_eq!(
        fixture.messages(conversation).await.len(),
        2,
        "the refused question leaves nothing behind"
    );
    model.send(crate::fixture::pieces(&["done"])).unwrap();
    all(first).await;
    fixture.ask(conversation, "second").await.unwrap();
}

#[tokio::test]
async fn an_answer_whose_process_died_does_not_block_the_next() {
    let fixture = Fixture::new(says(&["so far"])).await;
    let conversation = fixture.conversation().await;
    all(fixture.ask(conversation, "first").await.unwrap()).await;
    fixture.sql(
        "update messages set status = 'streaming', alive_at = now() - interval '20 seconds' where role = 'assistant'",
    )
    .await;
    assert_eq!(
        fixture.ask(conversation, "second").await.map(|_| ()).unwrap_err().code,
        Code::AnswerRunning
    );
    fixture
        .sql(
            "update messages set alive_at = now() - interval '31 seconds' where role = 'assistant'",
        )
        .await;
    let listed = fixture.messages(conversation).await;
    assert_eq!(listed[1].failure.as_ref().map(|f| f.code), Some(Code::AnswerInterrupted));
    all(fixture.ask(conversation, "second").await.unwrap()).await;
    let messages = fixture.messages(conversation).await;
    assert_eq!((messages[1].status, messages[1].content.as_str()), (Status::Failed, "so far"));
    assert_eq!(messages[1].failure.as_ref().map(|f| f.code), Some(Code::AnswerInterrupted));
    assert_eq!(messages[3].status, Status::Done);
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_from_one_model_call() {
    let fixture = Fixture::new(says(&["Two years."])).await;
    let conversation = fixture.conversation().await;
    let first =
        all(fixture.ask_once(conversation, "How long?", idempotency_key("k", 1)).await.unwrap())
            .await;
    let second =
        all(fixture.ask_once(conversation, "How long?", idempotency_key("k", 1)).await.unwrap())
            .await;
    assert_eq!((message_of(&first), text(&first)), (message_of(&second), text(&second)));
    assert_eq!((fixture.chat.count(), fixture.messages(conversation).await.len()), (1, 2));
    let other = fixture.ask_once(conversation, "How short?", idempotency_key("k", 2)).await;
    assert_eq!(other.map(|_| ()).unwrap_err().code, Code::IdempotencyMismatch);
}

#[tokio::test]
async fn a_key_of_a_refused_question_is_free_again() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let first = fixture.ask(conversation, "first").await.unwrap();
    assert!(fixture.ask_once(conversation, "second", idempotency_key("k", 1)).await.is_err());
    model.send(crate::fixture::pieces(&["done"])).unwrap();
    all(first).await;
    assert_eq!(
        text(
            &all(fixture.ask_once(conversation, "second", idempotency_key("k", 1)).await.unwrap())
                .await
        ),
        "again"
    );
}

#[tokio::test]
async fn an_empty_question_is_refused() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    for bad in ["", "  \n", "a\0b", &"x".repeat(32_001)] {
        assert_eq!(
            fixture.ask(conversation, bad).await.map(|_| ()).unwrap_err().code,
            Code::InvalidBody
        );
    }
    assert!(fixture.messages(conversation).await.is_empty());
}

/// Calls every verb on a conversation and an answer of another user.
async fn all_are_404(
    fixture: &Fixture,
    cx: impl AsyncFn() -> Cx,
    conversation: ConversationId,
    message: kernel::id::MessageId,
) {
    let question = conversations::Question {
        conversation,
        content: "x".to_owned(),
        attachments: Vec::new(),
        edits: None,
        mentions: conversations::Mentions::default(),
        idempotency_key: None,
        credential: fixture.credential,
    };
    let request = kernel::PageRequest { limit: 20, after: None };
    // One statement each, so that each context releases its connection.
    let mut codes = Vec::new();
    codes.push(conversations::get_conversation(&cx().await, conversation).await.map(|_| ()));
    codes.push(
        conversations::update_conversation(&cx().await, conversation, title("mine"))
            .await
            .map(|_| ()),
    );
    codes.push(conversations::delete_conversation(&cx().await, conversation).await);
    codes.push(conversations::restore_conversation(&cx().await, conversation).await.map(|_| ()));
    codes.push(conversations::show_path(&cx().await, conversation, message).await.map(|_| ()));
    let again = Regeneration {
        answer: message,
        model: None,
        idempotency_key: None,
        credential: fixture.credential,
    };
    codes.push(conversations::regenerate(cx().await, fixture.models(), again).await.map(|_| ()));
    let more =
        Continuation { answer: message, idempotency_key: None, credential: fixture.credential };
    codes
        .push(conversations::continue_answer(cx().await, fixture.models(), more).await.map(|_| ()));
    codes.push(
        conversations::list_messages(
            &cx().await,
            conversation,
            conversations::Order::OldestFirst,
            request,
        )
        .await
        .map(|_| ()),
    );
    codes.push(conversations::ask(cx().await, fixture.models(), question).await.map(|_| ()));
    codes.push(
        conversations::follow(cx().await, message, conversations::EventId::default())
            .await
            .map(|_| ()),
    );
    codes.push(conversations::stop_message(&cx().await, message).await);
    let codes: Vec<_> = codes.into_iter().map(|outcome| outcome.map_err(|p| p.code)).collect();
    assert_eq!(codes, [Err(Code::NotFound); 11]);
    assert_eq!(
        conversations::list_conversations(&cx().await, &ConversationFilter::default(), request)
            .await
            .unwrap()
            .total,
        0
    );
}

#[tokio::test]
async fn other_peoples_conversations_do_not_exist() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let message = message_of(&all(fixture.ask(conversation, "mine").await.unwrap()).await);
    let colleague = fixture.db.colleague(fixture.person.tenant, "bo", "admin").await;
    all_are_404(
        &fixture,
        async || fixture.db.cx(&colleague, "tessera_chat").await,
        conversation,
        message,
    )
    .await;
    let stranger = fixture.db.person("eve").await;
    all_are_404(
        &fixture,
        async || fixture.db.cx(&stranger, "tessera_chat").await,
        conversation,
        message,
    )
    .await;
    // Even the owner's own id sees nothing in another tenant.
    let source = fixture.db.source("tessera_chat").await;
    let actor = Actor::user(fixture.person.user, TenantRole::Admin);
    let ticket = fixture
        .db
        .ticket("tessera_chat", stranger.tenant, &format!("user {}", fixture.person.user))
        .await;
    let elsewhere = async || {
        Cx::new(source.clone(), Some(stranger.tenant), actor, "test".to_owned())
            .with_ticket(ticket.clone())
    };
    all_are_404(&fixture, elsewhere, conversation, message).await;
    assert_eq!(fixture.messages(conversation).await.len(), 2);
}

#[tokio::test]
async fn viewers_ask_published_assistants_only() {
    let fixture = Fixture::new(says(&["x"])).await;
    let viewer = fixture.db.colleague(fixture.person.tenant, "vera", "user").await;
    let editor = fixture.db.cx(&fixture.person, "tessera_workspace").await;
    let draft = assistant(&editor, fixture.person.space, Vec::new(), false).await;
    let cx = fixture.db.cx(&viewer, "tessera_chat").await;
    assert_eq!(
        conversations::create_conversation(&cx, fixture.assistant, None).await.unwrap_err().code,
        Code::NotFound,
        "not a member"
    );
    let mut superuser = fixture.db.superuser().await;
    sqlx::query("insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $3, 'viewer')")
        .bind(viewer.tenant.0)
        .bind(fixture.person.space.0)
        .bind(viewer.user.0)
        .execute(&mut superuser)
        .await
        .unwrap();
    assert_eq!(
        conversations::create_conversation(&cx, draft, None).await.unwrap_err().code,
        Code::NotFound,
        "not published"
    );
    let conversation =
        conversations::create_conversation(&cx, fixture.assistant, None).await.unwrap().id;
    let credential = fixture.db.credential(&viewer).await;
    let question = conversations::Question {
        conversation,
        content: "How long?".to_owned(),
        attachments: Vec::new(),
        edits: None,
        mentions: conversations::Mentions::default(),
        idempotency_key: None,
        credential,
    };
    let events = all(conversations::ask(
        fixture.db.cx(&viewer, "tessera_chat").await,
        fixture.models(),
        question.clone(),
    )
    .await
    .unwrap())
    .await;
    assert_eq!(text(&events), "x");
    // A user who leaves the space keeps the conversation, but can ask no more.
    fixture.sql("delete from space_members where role = 'viewer'").await;
    let refused = conversations::ask(
        fixture.db.cx(&viewer, "tessera_chat").await,
        fixture.models(),
        question,
    )
    .await;
    assert_eq!(refused.map(|_| ()).unwrap_err().code, Code::NotFound);
    assert_eq!(
        conversations::get_conversation(&cx, conversation).await.map(|c| c.id),
        Ok(conversation)
    );
}
