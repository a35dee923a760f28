//! Questions that a model rewrites for the search.

use std::time::Duration;

use conversations::{Event, Status};
use serde_json::Value;

use crate::{
    fixture::{Fixture, all, last, message_of, pieces, until},
    provider::{Provider, Reply},
};

/// Whether a request asks for a question in other words.
fn asks_to_rewrite(body: &Value) -> bool {
    body["messages"][0]["content"].as_str().is_some_and(|text| text.starts_with("You rewrite"))
}

/// A fixture whose model answers, and rewrites as the test says.
async fn fixture(mut reply: impl FnMut() -> Reply + Send + 'static) -> Fixture {
    let decide = move |_: &str, body: &Value| {
        if asks_to_rewrite(body) { reply() } else { Provider::events(&pieces(&["Two years [1]."])) }
    };
    let mut fixture = Fixture::new(decide).await;
    fixture.rewriting = true;
    fixture
}

impl Fixture {
    /// Asks two questions in a conversation; both are answered.
    async fn follows_up(&self) {
        let conversation = self.conversation().await;
        for question in ["How long is the chair elected?", "And the members?"] {
            let events = all(self.ask(conversation, question).await.unwrap()).await;
            assert!(matches!(last(&events), Event::Done { .. }), "{events:#?}");
        }
        let answers = self.messages(conversation).await;
        assert!(answers.iter().all(|message| message.status == Status::Done));
    }

    /// How often a model was asked to rewrite.
    fn rewritten(&self) -> usize {
        self.chat.requests().iter().filter(|body| asks_to_rewrite(body)).count()
    }
}

/// The query where nothing is rewritten.
const OWN: &str = "And the members? How long is the chair elected?";

#[tokio::test]
async fn a_question_that_follows_is_searched_for_as_the_model_writes_it() {
    let query = "How long are the members elected?";
    let fixture =
        fixture(move || Provider::events(&pieces(&["How long are ", "the members elected?\n"])))
            .await;
    fixture.follows_up().await;
    let searched = fixture.searched();
    assert!(searched.last().unwrap().contains(query), "{searched:?}");
    let requests = fixture.chat.requests();
    assert_eq!((requests.len(), fixture.rewritten()), (3, 1), "the first question stays");
    let asked = requests[2]["messages"].as_array().unwrap().last().unwrap();
    assert!(asked["content"].as_str().unwrap().ends_with("\n\nAnd the members?"), "{asked}");
    let recorded =
        "select exists (select from usage_records r join messages m on m.id = r.message_id
         where r.purpose = 'rewrite' and m.content = 'Two years [1].' and r.prompt_tokens = 11)";
    let mut db = fixture.db.superuser().await;
    let found = async {
        while !sqlx::query_scalar::<_, bool>(recorded).fetch_one(&mut db).await.unwrap() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), found).await.expect("a record");
}

#[tokio::test]
async fn a_model_that_fails_writes_an_answer_or_is_slow_changes_nothing() {
    for reply in [
        (|| Provider::json(500, &serde_json::json!({}))) as fn() -> Reply,
        || Provider::events(&pieces(&["They are elected\nfor two years."])),
        || Reply::Silence,
    ] {
        let fixture = fixture(reply).await;
        fixture.follows_up().await;
        let searched = fixture.searched();
        assert!(searched.last().unwrap().contains(OWN), "{searched:?}");
        assert_eq!(fixture.rewritten(), 1);
    }
}

#[tokio::test]
async fn a_quota_of_questions_does_not_count_it() {
    let fixture = fixture(|| Provider::events(&pieces(&["And the members?"]))).await;
    fixture.quota("requests", 2).await;
    fixture.follows_up().await;
    assert_eq!(fixture.rewritten(), 1);
}

#[tokio::test]
async fn what_a_slow_model_holds_of_a_quota_does_not_refuse_the_answer() {
    let fixture = fixture(|| Reply::Silence).await;
    // An answer may take 16 384 tokens: half of this is no place for it beside another call.
    fixture.quota("tokens", 20_000).await;
    fixture.follows_up().await;
    assert_eq!(fixture.rewritten(), 1);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_it() {
    let fixture = fixture(|| Reply::Silence).await;
    let conversation = fixture.conversation().await;
    all(fixture.ask(conversation, "How long is the chair elected?").await.unwrap()).await;
    let searched = fixture.searched().len();
    let mut events = fixture.ask(conversation, "And the members?").await.unwrap();
    let begun = until(&mut events, |event| matches!(event, Event::Start { .. })).await;
    conversations::stop_message(&fixture.cx().await, message_of(&begun)).await.unwrap();
    assert_eq!(last(&all(events).await), &Event::Stopped);
    assert_eq!(fixture.searched().len(), searched, "nothing is searched for any more");
}

#[tokio::test]
async fn the_operator_can_turn_it_off() {
    let mut fixture = fixture(|| Reply::Silence).await;
    fixture.rewriting = false;
    fixture.follows_up().await;
    assert_eq!(fixture.rewritten(), 0);
    assert!(fixture.searched().last().unwrap().contains(OWN));
}
