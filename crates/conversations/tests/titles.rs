//! Titles that a model writes after the first answer.

use std::time::Duration;

use conversations::Event;
use kernel::id::ConversationId;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    fixture::{END, Fixture, all, last, piece, pieces, title},
    provider::{Provider, Reply},
};

/// Whether a request asks for a title.
fn asks_for_title(body: &Value) -> bool {
    let last = body["messages"].as_array().and_then(|messages| messages.last());
    last.and_then(|message| message["content"].as_str())
        .is_some_and(|text| text.starts_with("Write a title"))
}

/// A fixture whose model answers `x`, and titles as the test says.
async fn fixture(mut reply: impl FnMut() -> Reply + Send + 'static) -> Fixture {
    let decide = move |_: &str, body: &Value| {
        if asks_for_title(body) { reply() } else { Provider::events(&pieces(&["Two years."])) }
    };
    let mut fixture = Fixture::new(decide).await;
    fixture.titles = true;
    fixture
}

fn says(title: &'static str) -> impl FnMut() -> Reply + Send + 'static {
    move || Provider::events(&pieces(&[title]))
}

impl Fixture {
    /// Asks, and returns when the client has the end of the answer.
    async fn answered(&self, conversation: ConversationId, question: &str) {
        let events = all(self.ask(conversation, question).await.unwrap()).await;
        assert!(matches!(last(&events), Event::Done { .. }), "{events:#?}");
    }

    async fn title_of(&self, conversation: ConversationId) -> String {
        let found = conversations::get_conversation(&self.cx().await, conversation).await;
        found.unwrap().title.unwrap()
    }

    /// Waits until a condition holds in the database.
    async fn holds(&self, condition: &'static str) {
        let mut db = self.db.superuser().await;
        let found = async {
            while !sqlx::query_scalar::<_, bool>(condition).fetch_one(&mut db).await.unwrap() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), found).await.expect(condition);
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.db.superuser().await).await.unwrap()
    }
}

const RECORDED: &str = "select exists (select from usage_records where purpose = 'title')";

#[tokio::test]
async fn a_model_gives_a_title_once_after_the_first_answer() {
    let fixture = fixture(says("\n**Mandatperiod för ordföranden**.\n")).await;
    let conversation = fixture.conversation().await;
    fixture.answered(conversation, "Hur länge väljs ordföranden?").await;
    fixture.holds("select exists (select from conversations where title like 'Mandat%')").await;
    assert_eq!(fixture.title_of(conversation).await, "Mandatperiod för ordföranden");
    fixture.answered(conversation, "Och kassören?").await;
    assert_eq!(fixture.chat.requests().iter().filter(|body| asks_for_title(body)).count(), 1);
    fixture.holds(RECORDED).await;
    let with_its_place = "select count(*) from usage_records r join conversations c on c.id = r.conversation_id
         where r.purpose = 'title' and r.message_id is null and r.assistant_id = c.assistant_id and r.user_id = c.user_id";
    assert_eq!(fixture.count(with_its_place).await, 1);
    assert_eq!(fixture.count("select count(*) from usage_records where purpose = 'chat'").await, 2);
}

#[tokio::test]
async fn a_title_of_the_user_stays() {
    let (model, answer) = mpsc::unbounded_channel();
    let mut answer = Some(answer);
    let fixture = fixture(move || answer.take().map_or(Reply::Silence, Reply::Live)).await;
    let (named, renamed) = (fixture.conversation().await, fixture.conversation().await);
    let cx = fixture.cx().await;
    conversations::update_conversation(&cx, named, title("How long?")).await.unwrap();
    fixture.answered(named, "How long?").await;
    fixture.answered(renamed, "How long?").await;
    // Only the second one asks for a title; the user is faster.
    fixture.holds("select count(*) = 1 from conversations where titled_by = 'model'").await;
    conversations::update_conversation(&cx, renamed, title("Mine")).await.unwrap();
    model.send(format!("{}{END}", piece("Term of office"))).unwrap();
    drop(model);
    fixture.holds(RECORDED).await;
    // A task that wrote the title would do so right after the record.
    fixture.answered(renamed, "And the treasurer?").await;
    assert_eq!(fixture.title_of(named).await, "How long?");
    assert_eq!(fixture.title_of(renamed).await, "Mine");
}

#[tokio::test]
async fn a_quota_that_refuses_the_title_leaves_answer_and_question() {
    let fixture = fixture(says("Term of office")).await;
    fixture.sql(
        "insert into quotas (id, tenant_id, subject, measure, period, amount)
         select gen_random_uuid(), id, 'tenant', 'requests', 'hour', 1 from tenants where id = app_tenant()",
    )
    .await;
    let conversation = fixture.conversation().await;
    fixture.answered(conversation, "How long?").await;
    fixture.holds("select exists (select from quota_counters where refused = 1)").await;
    assert_eq!(fixture.title_of(conversation).await, "How long?");
    assert_eq!(fixture.chat.count(), 1);
}

#[tokio::test]
async fn a_model_without_a_title_leaves_the_question() {
    let fixture = fixture(says("***")).await;
    let conversation = fixture.conversation().await;
    fixture.answered(conversation, "How long?").await;
    fixture.holds(RECORDED).await;
    fixture.answered(conversation, "And then?").await;
    assert_eq!(fixture.title_of(conversation).await, "How long?");
}
