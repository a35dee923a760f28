//! The parts of an answer.

use conversations::{Event, FinishReason, Status, TextSpan, Usage, completed_answer};
use kernel::Code;

use crate::{
    fixture::{
        Fixture, all, assistant, is_chunk, last, live, message_of, piece, pieces, says, text, until,
    },
    provider::{Provider, Reply},
};

#[tokio::test]
async fn an_answer_has_sources_text_and_only_valid_citations() {
    let fixture = Fixture::new(says(&["For two ", "years [1]. Nonsense [9]."])).await;
    let conversation = fixture.conversation().await;
    let events =
        all(fixture.ask(conversation, "How long is the chair elected?").await.unwrap()).await;
    assert!(matches!(events[0].event, Event::Start { .. }), "{events:#?}");
    let Event::Sources(sources) = &events[1].event else { panic!("{events:#?}") };
    assert_eq!((sources[0].n, sources[0].chunk_id, sources[0].page), (1, fixture.chunk, Some(3)));
    assert_eq!(events[2].event, Event::Title("How long is the chair elected?".to_owned()));
    assert_eq!(text(&events), "For two years [1]. Nonsense [9].");
    let usage = Usage { prompt_tokens: 11, completion_tokens: 7 };
    assert_eq!(
        last(&events),
        &Event::Done {
            usage,
            cost: None,
            citations: vec![1],
            uncited: Vec::new(),
            finish_reason: Some(FinishReason::Stop),
        }
    );

    let messages = fixture.messages(conversation).await;
    assert_eq!(messages.len(), 2);
    assert_eq!(
        (messages[0].content.as_str(), messages[0].status),
        ("How long is the chair elected?", Status::Done)
    );
    let answer = &messages[1];
    assert_eq!(
        (answer.status, answer.content.as_str()),
        (Status::Done, "For two years [1]. Nonsense [9].")
    );
    assert_eq!(
        (answer.citations.clone(), answer.usage, answer.model.as_deref()),
        (vec![1], Some(usage), Some("stub"))
    );
    assert_eq!(&answer.sources, sources);
}

#[tokio::test]
async fn a_sentence_that_cites_nothing_is_named_in_the_stream_and_with_the_message() {
    let said = &["For two years [1]. ", "The office was closed on Monday."];
    let fixture = Fixture::new(says(said)).await;
    let conversation = fixture.conversation().await;
    let events = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    let named = |event: &Event| match event {
        Event::Done { uncited, .. } => uncited.clone(),
        other => panic!("{other:#?}"),
    };
    let monday = vec![TextSpan { start: 19, end: 51 }];
    assert_eq!(named(last(&events)), monday);
    assert_eq!(fixture.messages(conversation).await[1].uncited(), monday);
    let replayed = fixture.follow(message_of(&events), "0-0").await;
    assert_eq!(named(last(&replayed)), monday);
}

#[tokio::test]
async fn the_model_gets_instructions_chunks_and_earlier_turns() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let conversation = fixture.conversation().await;
    all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    let second = all(fixture.ask(conversation, "And then?").await.unwrap()).await;
    assert!(!second.iter().any(|e| matches!(e.event, Event::Title(_))), "a title is given once");
    let users = fixture.chat.header("x-tessera-user");
    assert!(
        users.iter().all(Option::is_some),
        "the built-in answerer serves tenants in turns: {users:?}"
    );
    let prompt = fixture.chat.requests().remove(1);
    let said: Vec<&str> = prompt["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["content"].as_str().unwrap())
        .collect();
    assert!(
        said[0].starts_with("Be brief.") && !said[0].contains("The chair is elected"),
        "{}",
        said[0]
    );
    assert_eq!(said[1..3], ["How long?", "Two years."]);
    let sources =
        "<sources>\n[1] Statutes of 2024 (page 3)\nThe chair is elected for two years.\n</sources>";
    assert_eq!(said[3], format!("{sources}\n\nAnd then?"));
}

#[tokio::test]
async fn without_a_relevant_chunk_the_prompt_states_it() {
    let fixture = Fixture::new(says(&["I do not know. [1]"])).await;
    fixture
        .sql(
            "update chunks set embedding = ('[0,1' || repeat(',0', 382) || ']')::halfvec, tsv = ''",
        )
        .await;
    let conversation = fixture.conversation().await;
    let events = all(fixture.ask(conversation, "What about the weather?").await.unwrap()).await;
    assert_eq!(events[1].event, Event::Sources(Vec::new()));
    assert!(
        matches!(last(&events), Event::Done { citations, .. } if citations.is_empty()),
        "{events:#?}"
    );
    let prompt = fixture.chat.requests().remove(0);
    assert!(
        prompt["messages"][0]["content"].as_str().unwrap().contains("nothing relevant was found"),
        "{prompt:#}"
    );
}

#[tokio::test]
async fn an_assistant_without_collections_searches_nothing() {
    let fixture = Fixture::new(says(&["Hello."])).await;
    let bare = assistant(
        &fixture.db.cx(&fixture.person, "tessera_workspace").await,
        fixture.person.space,
        Vec::new(),
        true,
    )
    .await;
    let conversation =
        conversations::create_conversation(&fixture.cx().await, bare, None).await.unwrap().id;
    let events = all(fixture.ask(conversation, "Hello?").await.unwrap()).await;
    assert_eq!(
        (events[1].event.clone(), text(&events)),
        (Event::Sources(Vec::new()), "Hello.".to_owned())
    );
    assert_eq!(fixture.chat.requests()[0]["messages"][1]["content"], "Hello?");
}

#[tokio::test]
async fn a_broken_provider_stream_ends_in_an_error_and_keeps_its_text() {
    let fixture = Fixture::new(|_, _| Provider::cut(&piece("Half an "))).await;
    let conversation = fixture.conversation().await;
    let events = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    assert!(
        matches!(last(&events), Event::Failed(f) if f.code == Code::ModelFailed && f.request_id == "test"),
        "{events:#?}"
    );
    let answer = fixture.messages(conversation).await.remove(1);
    assert_eq!((answer.status, answer.content.as_str()), (Status::Failed, "Half an "));
    assert_eq!(
        answer.failure.map(|f| (f.code, f.request_id)),
        Some((Code::ModelFailed, "test".to_owned()))
    );
}

#[tokio::test]
async fn a_provider_that_refuses_or_sends_no_text_ends_in_an_error() {
    for reply in
        [Provider::json as fn(u16, &serde_json::Value) -> _, |_, _| Provider::events(&pieces(&[]))]
    {
        let fixture = Fixture::new(move |_, _| reply(500, &serde_json::json!({}))).await;
        let conversation = fixture.conversation().await;
        let events = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
        assert!(
            matches!(last(&events), Event::Failed(f) if f.code == Code::ModelFailed),
            "{events:#?}"
        );
        assert_eq!(fixture.messages(conversation).await[1].status, Status::Failed);
    }
}

#[tokio::test]
async fn without_a_stream_the_same_answer_is_one_document() {
    let fixture = Fixture::new(says(&["Two years ", "[1]."])).await;
    let conversation = fixture.conversation().await;
    let answer =
        completed_answer(fixture.ask(conversation, "How long?").await.unwrap()).await.unwrap();
    assert_eq!(
        (answer.content.as_str(), answer.status, answer.citations),
        ("Two years [1].", Status::Done, vec![1])
    );
    assert_eq!(
        (answer.conversation_id, answer.title.as_deref(), answer.sources.len()),
        (conversation, Some("How long?"), 1)
    );
}

#[tokio::test]
async fn a_model_that_reasons_without_end_is_stopped() {
    let thought = |length: usize| {
        format!(
            "data: {}\n\n",
            serde_json::json!({"choices": [{"delta": {"reasoning": "x".repeat(length)}}]})
        )
    };
    // The text of seven events fits with their overhead; that of eight does not.
    for (count, status) in [(7, Status::Done), (8, Status::Failed)] {
        let fixture = Fixture::new(move |_, _| {
            Provider::events(&(thought((1 << 20) - 100).repeat(count) + &pieces(&["So."])))
        })
        .await;
        let conversation = fixture.conversation().await;
        all(fixture.ask(conversation, "How long?").await.unwrap()).await;
        let answer = fixture.messages(conversation).await.remove(1);
        assert_eq!(answer.status, status, "{count} mebibytes of thoughts: {:?}", answer.failure);
    }
}

#[tokio::test]
async fn an_answer_ends_with_the_session_of_its_question() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "How long?").await.unwrap();
    model.send(piece("As far as this.")).unwrap();
    until(&mut events, is_chunk).await;
    fixture.sql("update sessions set revoked_at = now()").await;
    assert!(matches!(last(&all(events).await), Event::Failed(f) if f.code == Code::NotAllowed));
    let answer = fixture.messages(conversation).await.remove(1);
    assert_eq!((answer.status, answer.content.as_str()), (Status::Failed, "As far as this."));
}

#[tokio::test]
async fn sources_of_an_unreadable_document_are_withheld_in_rows_and_streams() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let conversation = fixture.conversation().await;
    let message = message_of(&all(fixture.ask(conversation, "How long?").await.unwrap()).await);
    let seen = async || {
        let stream = fixture.follow(message, "0-0").await;
        let Event::Sources(streamed) = stream[1].event.clone() else { panic!("{stream:#?}") };
        let row = fixture.messages(conversation).await.remove(1);
        [streamed, row.sources]
            .map(|sources| (sources[0].available, sources[0].snippet.contains("two years")))
    };
    assert_eq!(seen().await, [(true, true); 2]);
    fixture.sql("delete from space_members").await;
    assert_eq!(seen().await, [(false, false); 2]);
}

#[tokio::test]
async fn stop_keeps_the_text_so_far() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "How long?").await.unwrap();
    model.send(piece("As far as this.")).unwrap();
    let begun = until(&mut events, is_chunk).await;
    conversations::stop_message(&fixture.cx().await, message_of(&begun)).await.unwrap();
    let rest = all(events).await;
    assert_eq!(last(&rest), &Event::Stopped);
    let answer = fixture.messages(conversation).await.remove(1);
    assert_eq!((answer.status, answer.content.as_str()), (Status::Stopped, "As far as this."));
    conversations::stop_message(&fixture.cx().await, answer.id).await.unwrap();
    assert_eq!(
        fixture.messages(conversation).await[1].status,
        Status::Stopped,
        "stopping a settled answer changes nothing"
    );
}

#[tokio::test]
async fn a_model_that_has_not_begun_is_stopped_too() {
    let fixture = Fixture::new(|_, _| Reply::Silence).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "How long?").await.unwrap();
    let begun = until(&mut events, |e| matches!(e, Event::Sources(_))).await;
    conversations::stop_message(&fixture.cx().await, message_of(&begun)).await.unwrap();
    assert_eq!(last(&all(events).await), &Event::Stopped);
}

#[tokio::test]
async fn deleting_the_conversation_ends_its_answer() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "How long?").await.unwrap();
    model.send(piece("a")).unwrap();
    until(&mut events, is_chunk).await;
    conversations::delete_conversation(&fixture.cx().await, conversation).await.unwrap();
    assert_eq!(last(&all(events).await), &Event::Stopped);
}
