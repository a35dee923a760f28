//! Answers that lack their end, and going on with them.

use conversations::{
    Continuation, Event, Events, FinishReason, IdempotencyKey, Message, Status, Usage,
};
use kernel::{
    Code, Result,
    id::{ConversationId, MessageId},
};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, all, is_chunk, last, message_of, piece, pieces, says, text, until},
    provider::{Provider, Reply},
};

/// A stream that ends for this reason.
fn ending(text: &str, reason: &str) -> String {
    let end = json!({"choices": [{"delta": {}, "finish_reason": reason}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}});
    format!("{}data: {end}\n\ndata: {usage}\n\ndata: [DONE]\n\n", piece(text))
}

/// A model whose first answer is cut off at its length; then it says these words.
fn cut_then(rest: &'static [&'static str]) -> impl FnMut(&str, &Value) -> Reply + Send + 'static {
    let mut count = 0;
    move |_, _| {
        count += 1;
        match count {
            1 => Provider::events(&ending("The chair is elected for", "length")),
            _ => Provider::events(&pieces(rest)),
        }
    }
}

fn key(key: &str) -> Option<IdempotencyKey> {
    Some(IdempotencyKey { key: key.to_owned(), request_hash: vec![1; 32] })
}

async fn go_on(
    fixture: &Fixture,
    answer: MessageId,
    key: Option<IdempotencyKey>,
) -> Result<Events> {
    let wanted = Continuation { answer, idempotency_key: key, credential: fixture.credential };
    conversations::continue_answer(fixture.cx().await, fixture.models(), wanted).await
}

/// A conversation with one answer, and the answer.
async fn asked(fixture: &Fixture) -> (ConversationId, Message) {
    let conversation = fixture.conversation().await;
    all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    (conversation, answer(fixture, conversation).await)
}

async fn answer(fixture: &Fixture, conversation: ConversationId) -> Message {
    fixture.messages(conversation).await.pop().unwrap()
}

async fn refusal(fixture: &Fixture, answer: MessageId) -> Option<Code> {
    go_on(fixture, answer, None).await.map(|_| ()).err().map(|problem| problem.code)
}

#[tokio::test]
async fn an_answer_says_why_it_ended() {
    for (reason, finish) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("refusal", FinishReason::Refusal),
        ("of_tomorrow", FinishReason::Other),
    ] {
        let fixture = Fixture::new(move |_, _| Provider::events(&ending("Two", reason))).await;
        let conversation = fixture.conversation().await;
        let events = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
        let Event::Done { finish_reason, .. } = last(&events) else { panic!("{events:#?}") };
        assert_eq!(*finish_reason, Some(finish));
        let stored = answer(&fixture, conversation).await;
        assert_eq!((stored.status, stored.finish_reason), (Status::Done, Some(finish)));
        assert_eq!(last(&fixture.follow(stored.id, "0-0").await), last(&events));
    }
}

#[tokio::test]
async fn a_stream_that_ends_without_its_end_is_truncated_and_not_done() {
    let fixture = Fixture::new(|_, _| Provider::events(&piece("Half an "))).await;
    let (_, stored) = asked(&fixture).await;
    assert_eq!(
        (stored.status, stored.finish_reason, stored.content.as_str()),
        (Status::Failed, Some(FinishReason::Truncated), "Half an ")
    );
}

#[tokio::test]
async fn an_answer_that_was_cut_off_goes_on_as_the_same_message() {
    let fixture = Fixture::new(cut_then(&["is elected for two", " years [1]."])).await;
    let (conversation, first) = asked(&fixture).await;
    let events = all(go_on(&fixture, first.id, None).await.unwrap()).await;
    assert_eq!(message_of(&events), first.id);
    assert!(matches!(&events[1].event, Event::Sources(sources) if *sources == first.sources));
    assert_eq!(events[2].event, Event::Delta(first.content.clone()), "all of the text streams");
    let whole = "The chair is elected for two years [1].";
    assert_eq!(text(&events), whole, "words that are repeated are written once");
    let usage = Usage { prompt_tokens: 22, completion_tokens: 14 };
    let Event::Done { usage: reported, citations, finish_reason, .. } = last(&events) else {
        panic!("{events:#?}")
    };
    assert_eq!((*reported, citations, *finish_reason), (usage, &vec![1], Some(FinishReason::Stop)));
    let messages = fixture.messages(conversation).await;
    assert_eq!(messages.len(), 2);
    let stored = &messages[1];
    assert_eq!((stored.id, stored.content.as_str()), (first.id, whole));
    assert_eq!(
        (stored.status, stored.finish_reason, stored.usage, stored.citations.clone()),
        (Status::Done, Some(FinishReason::Stop), Some(usage), vec![1])
    );
    assert_eq!(stored.sources, first.sources);
}

#[tokio::test]
async fn the_model_gets_its_text_so_far_and_the_same_sources() {
    let fixture = Fixture::new(cut_then(&[" two years."])).await;
    let (_, first) = asked(&fixture).await;
    all(go_on(&fixture, first.id, None).await.unwrap()).await;
    let prompts = fixture.chat.requests();
    let said = |at: usize| prompts[at]["messages"].as_array().unwrap().clone();
    let (before, after) = (said(0), said(1));
    assert_eq!(after[..before.len()], before, "the prompt begins as before");
    let rest: Vec<_> =
        after[before.len()..].iter().map(|message| message["role"].clone()).collect();
    assert_eq!(rest, ["assistant", "user"]);
    assert_eq!(after[before.len()]["content"], "The chair is elected for");
    let asked = after[before.len() + 1]["content"].as_str().unwrap();
    assert!(asked.contains("Continue it exactly where it ends"), "{asked}");
}

#[tokio::test]
async fn a_source_that_may_not_be_read_any_more_is_not_sent_again() {
    let fixture = Fixture::new(cut_then(&[" two years."])).await;
    let (_, first) = asked(&fixture).await;
    fixture.sql("delete from chunks").await;
    all(go_on(&fixture, first.id, None).await.unwrap()).await;
    let prompt = fixture.chat.requests().pop().unwrap().to_string();
    assert!(!prompt.contains("<sources>\\n["), "{prompt}");
}

#[tokio::test]
async fn an_answer_whose_server_died_goes_on() {
    let fixture = Fixture::new(says(&["The chair is elected for"])).await;
    let (conversation, first) = asked(&fixture).await;
    fixture.sql("update messages set status = 'streaming', finish_reason = null, alive_at = now() - interval '31 seconds' where role = 'assistant'").await;
    let listed = answer(&fixture, conversation).await;
    assert_eq!(listed.finish_reason, Some(FinishReason::Truncated));
    assert_eq!(listed.failure.map(|failure| failure.code), Some(Code::AnswerInterrupted));
    let events = all(go_on(&fixture, first.id, None).await.unwrap()).await;
    assert!(matches!(last(&events), Event::Done { .. }), "{events:#?}");
    let stored = answer(&fixture, conversation).await;
    assert_eq!((stored.status, stored.failure), (Status::Done, None));
    assert!(stored.content.starts_with("The chair is elected for"));
}

#[tokio::test]
async fn a_stopped_answer_goes_on_and_can_be_stopped_again() {
    let (model, stream) = tokio::sync::mpsc::unbounded_channel();
    let (again, second) = tokio::sync::mpsc::unbounded_channel();
    let mut streams = vec![second, stream];
    let fixture = Fixture::new(move |_, _| Reply::Live(streams.pop().unwrap())).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "How long?").await.unwrap();
    model.send(piece("The chair is elected")).unwrap();
    let begun = until(&mut events, is_chunk).await;
    let id = message_of(&begun);
    conversations::stop_message(&fixture.cx().await, id).await.unwrap();
    assert_eq!(last(&all(events).await), &Event::Stopped);

    let mut events = go_on(&fixture, id, None).await.unwrap();
    again.send(piece(" for two")).unwrap();
    until(&mut events, |event| *event == Event::Delta(" for two".to_owned())).await;
    assert_eq!(refusal(&fixture, id).await, Some(Code::AnswerRunning));
    // A client that saw the first part only, and one from another device.
    for after in [begun.last().unwrap().id.to_string(), "0-0".to_owned()] {
        let at = after.parse().unwrap();
        let mut other = conversations::follow(fixture.cx().await, id, at).await.unwrap();
        let seen = until(&mut other, |event| *event == Event::Delta(" for two".to_owned())).await;
        assert_eq!(text(&seen), "The chair is elected for two", "after {after}");
    }
    conversations::stop_message(&fixture.cx().await, id).await.unwrap();
    assert_eq!(last(&all(events).await), &Event::Stopped);
    let stored = answer(&fixture, conversation).await;
    assert_eq!(
        (stored.status, stored.content.as_str()),
        (Status::Stopped, "The chair is elected for two")
    );
}

#[tokio::test]
async fn a_failure_keeps_the_first_part_and_the_answer_goes_on_later() {
    let mut count = 0;
    let fixture = Fixture::new(move |_, _| {
        count += 1;
        match count {
            1 => Provider::events(&ending("The chair is elected for", "length")),
            2 => Provider::json(500, &json!({})),
            _ => Provider::events(&pieces(&[" two years."])),
        }
    })
    .await;
    let (conversation, first) = asked(&fixture).await;
    let events = all(go_on(&fixture, first.id, None).await.unwrap()).await;
    assert!(matches!(last(&events), Event::Failed(_)), "{events:#?}");
    let stored = answer(&fixture, conversation).await;
    assert_eq!(
        (stored.status, stored.content.as_str()),
        (Status::Failed, "The chair is elected for")
    );
    all(go_on(&fixture, first.id, None).await.unwrap()).await;
    assert_eq!(answer(&fixture, conversation).await.content, "The chair is elected for two years.");
}

#[tokio::test]
async fn a_model_with_nothing_to_add_completes_the_answer() {
    let fixture = Fixture::new(cut_then(&[])).await;
    let (conversation, first) = asked(&fixture).await;
    all(go_on(&fixture, first.id, None).await.unwrap()).await;
    let stored = answer(&fixture, conversation).await;
    assert_eq!((stored.status, stored.content), (Status::Done, first.content));
}

#[tokio::test]
async fn the_same_key_goes_on_once() {
    let fixture = Fixture::new(cut_then(&[" two years."])).await;
    let (_, first) = asked(&fixture).await;
    let one = all(go_on(&fixture, first.id, key("k")).await.unwrap()).await;
    let two = all(go_on(&fixture, first.id, key("k")).await.unwrap()).await;
    assert_eq!(text(&one), text(&two));
    assert_eq!(fixture.chat.count(), 2);
}

#[tokio::test]
async fn an_answer_goes_on_only_if_it_is_the_last_and_lacks_its_end() {
    let fixture = Fixture::new(says(&["Two years."])).await;
    let (conversation, complete) = asked(&fixture).await;
    assert_eq!(refusal(&fixture, complete.id).await, Some(Code::Conflict));
    fixture.sql("update messages set finish_reason = 'length' where role = 'assistant'").await;
    all(fixture.ask(conversation, "And then?").await.unwrap()).await;
    assert_eq!(refusal(&fixture, complete.id).await, Some(Code::Conflict), "it is not the last");
    let second = answer(&fixture, conversation).await;
    fixture.sql("update messages set finish_reason = 'length', model = 'extractive' where role = 'assistant'").await;
    assert_eq!(
        refusal(&fixture, second.id).await,
        Some(Code::Conflict),
        "it is made of quotations"
    );
    fixture.sql("update messages set model = 'stub', content = '' where role = 'assistant'").await;
    assert_eq!(refusal(&fixture, second.id).await, Some(Code::Conflict), "nothing was begun");
    assert_eq!(fixture.chat.count(), 2);
}

#[tokio::test]
async fn who_may_not_ask_any_more_may_not_go_on() {
    let fixture = Fixture::new(cut_then(&[" two years."])).await;
    let (conversation, first) = asked(&fixture).await;
    fixture.sql("delete from space_members").await;
    assert_eq!(refusal(&fixture, first.id).await, Some(Code::NotFound));
    assert_eq!(answer(&fixture, conversation).await.content, first.content);
}

#[tokio::test]
async fn what_did_not_fit_into_the_prompt_is_said_and_stored() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let (conversation, first) = asked(&fixture).await;
    assert!(first.left_out.is_empty());
    fixture.sql(
        "update messages set content = repeat('Ett långt svar. ', 4000) where role = 'assistant'",
    )
    .await;
    let events = all(fixture.ask(conversation, "And then?").await.unwrap()).await;
    let reported = events.iter().find_map(|event| match &event.event {
        Event::LeftOut(parts) => Some(*parts),
        _ => None,
    });
    assert!(reported.is_some_and(|parts| parts.turns && !parts.sources), "{events:#?}");
    let stored = answer(&fixture, conversation).await;
    assert_eq!(Some(stored.left_out), reported);
    let replayed = fixture.follow(stored.id, "0-0").await;
    assert!(replayed.iter().any(|event| event.event == Event::LeftOut(stored.left_out)));
    let prompt = fixture.chat.requests().pop().unwrap();
    let characters: usize = prompt["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap().chars().count())
        .sum();
    // 16 384 tokens of a model of unknown window, less the answer, at about two characters each.
    assert!((18_000..30_000).contains(&characters), "{characters}");
}
