//! Usage of the model of the variables, and quotas over it.

use conversations::{AnswerCost, Event, completed_answer};
use kernel::Code;
use serde_json::{Value, json};

use crate::fixture::{Fixture, all, is_chunk, last, live, message_of, piece, says, until};

impl Fixture {
    /// The only record, once it is there, as JSON.
    async fn record(&self) -> Value {
        let sql = "select jsonb_build_object('model', model_name, 'provider', provider_name, 'outcome', outcome, 'prompt', prompt_tokens,
                     'completion', completion_tokens, 'cost', trim_scale(cost)::text, 'state', cost_state, 'estimated', tokens_estimated,
                     'user', user_id, 'space', space_id, 'assistant', assistant_id, 'conversation', conversation_id, 'message', message_id)::text
              from usage_records";
        let found = async {
            loop {
                let row: Option<String> = sqlx::query_scalar(sql)
                    .fetch_optional(&mut self.db.superuser().await)
                    .await
                    .unwrap();
                if let Some(row) = row {
                    return serde_json::from_str(&row).unwrap();
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), found)
            .await
            .expect("no record in 30 s")
    }
}

#[tokio::test]
async fn an_answer_of_the_installations_model_is_recorded_with_its_place() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let conversation = fixture.conversation().await;
    let events = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    let record = fixture.record().await;
    assert_eq!(
        (&record["model"], &record["provider"], &record["outcome"]),
        (&json!("stub"), &json!("installation"), &json!("done"))
    );
    assert_eq!(
        (&record["prompt"], &record["completion"], &record["estimated"]),
        (&json!(11), &json!(7), &json!(false))
    );
    assert_eq!(
        (&record["state"], &record["cost"]),
        (&json!("unpriced"), &Value::Null),
        "the variables name no price"
    );
    assert_eq!(
        (&record["user"], &record["space"]),
        (&json!(fixture.person.user), &json!(fixture.person.space))
    );
    assert_eq!(
        (&record["assistant"], &record["conversation"]),
        (&json!(fixture.assistant), &json!(conversation))
    );
    assert_eq!(record["message"], json!(message_of(&events)));
}

#[tokio::test]
async fn models_of_this_machine_are_free() {
    for (model, provider) in [("extractive", "built in"), ("local/some-model", "installation")] {
        is_free(model, provider).await;
    }
}

async fn is_free(model: &str, provider: &str) {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let mut models = fixture.models();
    models.chat.model = model.to_owned();
    let conversation = fixture.conversation().await;
    let question = conversations::Question {
        conversation,
        content: "How long?".to_owned(),
        attachments: Vec::new(),
        edits: None,
        mentions: conversations::Mentions::default(),
        idempotency_key: None,
        credential: fixture.credential,
    };
    all(conversations::ask(fixture.cx().await, models, question).await.unwrap()).await;
    let record = fixture.record().await;
    assert_eq!((&record["model"], &record["provider"]), (&json!(model), &json!(provider)));
    assert_eq!((&record["state"], &record["cost"]), (&json!("free"), &json!("0")));
}

#[tokio::test]
async fn a_question_beyond_a_quota_is_refused_and_reaches_no_model() {
    let fixture = Fixture::new(says(&["No."])).await;
    fixture.quota("requests", 0).await;
    let conversation = fixture.conversation().await;
    let events = fixture.ask(conversation, "How long?").await.unwrap();
    let problem = completed_answer(events).await.unwrap_err();
    assert_eq!((problem.code, fixture.chat.count()), (Code::UsageQuotaReached, 0));
    assert!((1..=3_600).contains(&problem.seconds_to_wait().unwrap()), "{problem:?}");
    let again = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    assert!(
        matches!(last(&again), Event::Failed(failure) if failure.detail.contains("0 requests to models an hour")),
        "{again:#?}"
    );
}

#[tokio::test]
async fn a_stopped_answer_is_paid_for_as_far_as_it_came() {
    let (pieces, chat) = live();
    let fixture = Fixture::new(chat).await;
    fixture.quota("tokens", 1_000_000).await;
    let conversation = fixture.conversation().await;
    let mut events = fixture.ask(conversation, "How long?").await.unwrap();
    pieces.send(piece("Twelve chars")).unwrap();
    let first = until(&mut events, is_chunk).await;
    conversations::stop_message(&fixture.cx().await, message_of(&first)).await.unwrap();
    all(events).await;
    let record = fixture.record().await;
    assert_eq!(
        (&record["outcome"], &record["completion"], &record["estimated"]),
        (&json!("caller_gone"), &json!(3), &json!(true))
    );
    assert!(record["prompt"].as_i64() > Some(0), "{record}");
}

#[tokio::test]
async fn a_refused_answer_keeps_the_quota_and_the_time_of_the_next_try() {
    let fixture = Fixture::new(says(&["No."])).await;
    fixture.quota("tokens", 0).await;
    let conversation = fixture.conversation().await;
    let streamed = all(fixture.ask(conversation, "How long?").await.unwrap()).await;
    let Event::Failed(streamed) = last(&streamed).clone() else { panic!("{streamed:#?}") };
    let stored = fixture.messages(conversation).await.pop().unwrap().failure.unwrap();
    assert_eq!(stored, streamed, "a reader of the row sees what the stream said");
    let quota = stored.quota.as_ref().unwrap();
    assert_eq!(
        (&*quota.subject, &*quota.measure, &*quota.period, &*quota.limit, quota.is_held),
        ("tenant", "tokens", "hour", "0", false)
    );
    let wait = stored.retry_at.unwrap().0 - platform::clock::now().0;
    assert!((0..=3_601_000_000).contains(&wait), "{wait}");
    let again = stored.problem();
    assert_eq!(again.retry_time(platform::clock::now()), stored.retry_at);
}

#[tokio::test]
async fn an_answer_says_what_it_cost_where_the_organisation_shows_it() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let prices = json!({ "standard": { "input": "0.5", "output": "2" } });
    let mut models = fixture.models();
    models.chat.prices = models::PriceList::read(&prices).unwrap();
    let conversation = fixture.conversation().await;
    let ask = async || {
        let question = conversations::Question {
            conversation,
            content: "How long?".to_owned(),
            attachments: Vec::new(),
            edits: None,
            mentions: conversations::Mentions::default(),
            idempotency_key: None,
            credential: fixture.credential,
        };
        let events =
            conversations::ask(fixture.cx().await, models.clone(), question).await.unwrap();
        match last(&all(events).await).clone() {
            Event::Done { cost, .. } => cost,
            other => panic!("{other:#?}"),
        }
    };
    assert_eq!(ask().await, None, "hidden unless an administrator shows it");
    let policy = "insert into usage_policies (tenant_id, unpriced, answer_costs) select id, 'flag', true from tenants";
    fixture.sql(policy).await;
    // 11 × 0.5 + 7 × 2.
    let exact =
        AnswerCost { amount: Some("19.5".to_owned()), is_estimated: false, is_unpriced: false };
    assert_eq!(ask().await.as_ref(), Some(&exact));
    let stored = fixture.messages(conversation).await.pop().unwrap();
    assert_eq!(stored.cost.as_ref(), Some(&exact));
    fixture.sql(
        "update usage_records set cost = null, cost_state = 'unpriced', tokens_estimated = true",
    )
    .await;
    let unknown = AnswerCost { amount: None, is_estimated: true, is_unpriced: true };
    assert_eq!(fixture.messages(conversation).await.pop().unwrap().cost, Some(unknown));
    fixture.sql("update usage_records set user_id = null").await;
    assert_eq!(fixture.messages(conversation).await.pop().unwrap().cost, None, "of another user");
}
