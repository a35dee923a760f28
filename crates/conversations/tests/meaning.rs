//! Search over one's own conversations by meaning. A stub embeds every query as the same vector; the
//! worker's role stores those of messages.

use conversations::{
    ConversationHits, MeaningSkipReason,
    vectors::{DueMessage, MessageChunk, due_messages, store_vectors},
};
use kernel::id::{ConversationId, MessageId};
use models::Provider;
use platform::Cx;
use testkit::Person;

use crate::fixture::{Fixture, all, axis, live, piece, says, unreachable_model, until};

const MODEL: &str = "multilingual-e5-small";
const ALL: i64 = 100;

async fn search(cx: &Cx, model: &Provider, query: &str) -> ConversationHits {
    conversations::search_conversations(cx, model, query, 20).await.unwrap()
}

fn ids(hits: &ConversationHits) -> Vec<ConversationId> {
    hits.found.iter().map(|it| it.conversation.id).collect()
}

/// What the embedding model makes of a message: `cosine` is that with every query.
fn chunk(message: &DueMessage, ordinal: usize, range: (usize, usize), cosine: f32) -> MessageChunk {
    let mut embedding = axis(0);
    (embedding[0], embedding[1]) = (cosine, (1.0 - cosine * cosine).sqrt());
    MessageChunk { message: message.id, ordinal, start: range.0, end: range.1, embedding }
}

/// Stores vectors of all messages that are due: near queries if `is_near` says so of the content,
/// else far from them. Returns how many were due.
async fn embed(fixture: &Fixture, person: &Person, is_near: impl Fn(&str) -> bool) -> u64 {
    let cx = fixture.db.cx(person, "tessera_worker").await;
    let due = due_messages(&cx, ALL).await.unwrap();
    let cosine = |message: &DueMessage| if is_near(&message.content) { 0.9 } else { 0.75 };
    let whole = |it: &DueMessage| (0, it.content.chars().count());
    let chunks: Vec<MessageChunk> =
        due.iter().map(|it| chunk(it, 0, whole(it), cosine(it))).collect();
    let messages: Vec<MessageId> = due.iter().map(|it| it.id).collect();
    store_vectors(&cx, MODEL, &messages, &chunks).await.unwrap()
}

/// A fixture with a conversation about each of these questions, of which the first is near every query.
async fn embedded<const N: usize>(questions: [&str; N]) -> (Fixture, [ConversationId; N]) {
    let fixture = Fixture::new(says(&["Kvittot räcker."])).await;
    let mut asked = Vec::new();
    for question in questions {
        let conversation = fixture.conversation().await;
        all(fixture.ask(conversation, question).await.unwrap()).await;
        asked.push(conversation);
    }
    let due = embed(&fixture, &fixture.person, |content| content == questions[0]).await;
    assert_eq!(due, 2 * N as u64, "questions and answers");
    (fixture, asked.try_into().unwrap())
}

#[tokio::test]
async fn a_conversation_without_a_word_of_the_query_is_found_by_its_meaning() {
    let (fixture, [near, _]) =
        embedded(["When does the laundry open?", "Who mows the lawn?"]).await;
    let hits = search(&fixture.cx().await, &fixture.models().embedding, "tvättstuga").await;
    assert_eq!((ids(&hits), hits.meaning_skipped), (vec![near], None));
    assert_eq!(hits.found[0].message, Some(fixture.messages(near).await[0].id));
    assert_eq!(hits.found[0].snippet, "When does the laundry open?");
}

#[tokio::test]
async fn what_has_the_words_and_the_meaning_comes_first() {
    let questions = ["When does the laundry open?", "When does the library open?"];
    let (fixture, [near, worded]) = embedded(questions).await;
    let (cx, model) = (fixture.cx().await, fixture.models().embedding);
    assert_eq!(ids(&search(&cx, &model, "open").await), [near, worded]);
    assert_eq!(ids(&search(&cx, &model, "library open").await), [worded, near]);
}

#[tokio::test]
async fn a_message_is_shown_by_the_chunk_that_is_near() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let question = format!("{}The boiler is in the cellar.", "Å word. ".repeat(300));
    all(fixture.ask(conversation, &question).await.unwrap()).await;
    let cx = fixture.db.cx(&fixture.person, "tessera_worker").await;
    let due = due_messages(&cx, ALL).await.unwrap();
    let long = due.iter().find(|it| it.content.len() > 1).unwrap();
    let (middle, end) = (2_400, question.chars().count());
    let chunks = [chunk(long, 0, (0, middle), 0.75), chunk(long, 1, (middle, end), 0.9)];
    let messages: Vec<MessageId> = due.iter().map(|it| it.id).collect();
    assert_eq!(store_vectors(&cx, MODEL, &messages, &chunks).await.unwrap(), 2);
    let hits = search(&fixture.cx().await, &fixture.models().embedding, "värmepanna").await;
    assert_eq!(hits.found[0].snippet, "The boiler is in the cellar.");
}

#[tokio::test]
async fn other_peoples_conversations_are_not_found_by_their_meaning() {
    let (fixture, [_]) = embedded(["When does the laundry open?"]).await;
    let colleague = fixture.db.colleague(fixture.person.tenant, "bo", "admin").await;
    let stranger = fixture.db.person("eve").await;
    for person in [colleague, stranger] {
        let cx = fixture.db.cx(&person, "tessera_chat").await;
        assert!(search(&cx, &fixture.models().embedding, "tvättstuga").await.found.is_empty());
    }
}

#[tokio::test]
async fn deleted_conversations_are_not_found_and_their_vectors_go_with_them() {
    let (fixture, [near]) = embedded(["When does the laundry open?"]).await;
    let (cx, model) = (fixture.cx().await, fixture.models().embedding);
    conversations::delete_conversation(&cx, near).await.unwrap();
    assert!(search(&cx, &model, "tvättstuga").await.found.is_empty());
    conversations::restore_conversation(&cx, near).await.unwrap();
    assert_eq!(ids(&search(&cx, &model, "tvättstuga").await), [near]);
    fixture.sql("update conversations set deleted_at = now() - interval '31 days'").await;
    fixture.sql("select lookup.remove_expired(10)").await;
    let mut db = fixture.db.superuser().await;
    let left: i64 = sqlx::query_scalar("select count(*) from message_vectors")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn words_alone_answer_if_the_model_does_not() {
    let (fixture, [near, worded]) = embedded(["When does the laundry open?", "Who mows?"]).await;
    let cx = fixture.cx().await;
    let hits = search(&cx, &unreachable_model(), "mows").await;
    assert_eq!(ids(&hits), [worded]);
    assert_eq!(hits.meaning_skipped, Some(MeaningSkipReason::Unavailable));
    let hits = search(&cx, &fixture.models().embedding, "mows").await;
    assert_eq!((ids(&hits), hits.meaning_skipped), (vec![worded, near], None));
}

#[tokio::test]
async fn a_query_for_exact_words_is_not_embedded() {
    let (fixture, [near]) = embedded(["When does the laundry open?"]).await;
    let cx = fixture.cx().await;
    for (query, found) in
        [("\"laundry open\"", vec![near]), ("laundry -open", vec![]), ("?!", vec![])]
    {
        let hits = search(&cx, &unreachable_model(), query).await;
        assert_eq!(hits.meaning_skipped, Some(MeaningSkipReason::ExactWords), "{query}");
        assert_eq!(ids(&hits), found, "{query}");
    }
}

#[tokio::test]
async fn vectors_are_stored_once_and_only_of_what_has_ended() {
    let (pieces, answer) = live();
    let fixture = Fixture::new(answer).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "When does the laundry open?").await.unwrap();
    pieces.send(piece("At ni")).unwrap();
    until(&mut events, crate::fixture::is_chunk).await;
    let cx = fixture.db.cx(&fixture.person, "tessera_worker").await;
    let due = due_messages(&cx, ALL).await.unwrap();
    assert_eq!(due.len(), 1, "the answer is being written: {due:?}");
    let chunks = [chunk(&due[0], 0, (0, 10), 0.9)];
    for stored in [1, 0] {
        assert_eq!(store_vectors(&cx, MODEL, &[due[0].id], &chunks).await.unwrap(), stored);
    }
    let times = "select updated_at <= created_at from messages where role = 'user'";
    let mut db = fixture.db.superuser().await;
    let is_unchanged: bool = sqlx::query_scalar(times).fetch_one(&mut db).await.unwrap();
    assert!(is_unchanged, "a message does not change by its vectors");
    pieces.send(crate::fixture::END.to_owned()).unwrap();
    all(events).await;
    assert_eq!(embed(&fixture, &fixture.person, |_| true).await, 1, "the answer");
    assert_eq!(embed(&fixture, &fixture.person, |_| true).await, 0);
}
