//! Models that administrators entered, asked through a stub of the gateway.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{CHAT, CITED, Fixture, MODELS, error, says};

impl Fixture {
    /// A row that can do what these capabilities say, an array of Postgres.
    pub(crate) async fn capable_row(&self, capabilities: &'static str) -> String {
        let row = self.row(true).await;
        let sql = "update models set capabilities = $2::text::text[] where id = $1";
        let change = sqlx::query(sql).bind(row).bind(capabilities);
        change.execute(&mut self.app.database.superuser_in(self.owner.tenant).await).await.unwrap();
        row.to_string()
    }

    /// A model of a provider; `everywhere`: for every user of the tenant.
    async fn row(&self, everywhere: bool) -> Uuid {
        let [provider, model] = [(); 2].map(|()| Uuid::now_v7());
        let sql = "with p as (
              insert into model_providers (id, tenant_id, name, dialect, base_url) values ($1, $3, 'Main', 'openai', 'https://api.example.org/v1')
              returning id, tenant_id
            )
            insert into models (id, tenant_id, provider_id, name, title, kind, everywhere)
            select $2, p.tenant_id, p.id, 'm-1', 'Model One', 'chat', $4 from p";
        let insert =
            sqlx::query(sql).bind(provider).bind(model).bind(self.owner.tenant.0).bind(everywhere);
        insert.execute(&mut self.app.database.superuser_in(self.owner.tenant).await).await.unwrap();
        model
    }

    pub(crate) fn asks(&self, model: &str) -> Value {
        json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] })
    }
}

#[tokio::test]
async fn a_row_is_listed_and_answers_through_the_gateway() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.row(true).await.to_string());
    let listed = fixture.get(MODELS, &key).send().await.expect(200);
    let found = listed["data"].as_array().unwrap().iter().find(|model| model["id"] == row).unwrap();
    assert_eq!((&found["name"], &found["owned_by"]), (&json!("Model One"), &json!("Main")));
    let answer = fixture.post(CHAT, &key, &fixture.asks(&row)).send().await.expect(200);
    assert_eq!(
        (&answer["choices"][0]["message"]["content"], &answer["model"]),
        (&json!(CITED), &json!(row))
    );
    assert_eq!(
        (&answer["usage"]["total_tokens"], &answer["tessera"]["model"]),
        (&json!(11), &json!("Model One"))
    );
    assert_eq!(
        fixture.gateway.requests()[0]["messages"],
        json!([{ "role": "user", "content": "Hello" }])
    );
    let grant = fixture.gateway.header("x-model-grant").remove(0).unwrap();
    assert!(grant.contains(&format!("|{}|chat|{row}", fixture.owner.user)), "{grant}");
    assert_eq!(fixture.chat.count(), 0);
}

#[tokio::test]
async fn an_assistant_answers_with_its_row() {
    let fixture = Fixture::new(says(&["no"])).await;
    fixture.row(true).await;
    fixture
        .sql(
            "update assistants a set model = m.id::text from models m where a.id = $1",
            fixture.assistant,
        )
        .await;
    let answer =
        fixture.post(CHAT, &fixture.key().await, &fixture.question()).send().await.expect(200);
    assert_eq!(answer["choices"][0]["message"]["content"], CITED);
    assert_eq!(answer["tessera"]["sources"][0]["cited"], true);
    let messages = fixture.gateway.requests()[0]["messages"].clone();
    assert!(
        messages[0]["role"] == "system" && messages.to_string().contains("The chair is elected"),
        "{messages:#}"
    );
}

#[tokio::test]
async fn an_alias_is_named_by_its_name() {
    let fixture = Fixture::new(says(&["no"])).await;
    let row = fixture.row(true).await;
    let sql = "with a as (insert into model_aliases (id, tenant_id, name) select gen_random_uuid(), tenant_id, 'fast' from models where id = $1 returning id, tenant_id)
        insert into model_alias_targets (tenant_id, alias_id, position, model_id) select tenant_id, id, 1, $1 from a";
    fixture.sql(sql, row).await;
    let key = fixture.key().await;
    fixture.post(CHAT, &key, &fixture.asks("fast")).send().await.expect(200);
    assert!(fixture.gateway.header("x-model-grant").remove(0).unwrap().contains(&row.to_string()));
}

#[tokio::test]
async fn a_row_that_the_caller_may_not_use_does_not_exist() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.row(false).await);
    let reply = fixture.post(CHAT, &key, &fixture.asks(&row.to_string())).send().await;
    assert_eq!(error(&reply), (404, "invalid_request_error", "model_not_found"));
    assert!(
        !fixture.get(MODELS, &key).send().await.expect(200).to_string().contains(&row.to_string())
    );
    fixture
        .sql(
            "update assistants a set model = m.id::text from models m where a.id = $1",
            fixture.assistant,
        )
        .await;
    let reply = fixture.post(CHAT, &key, &fixture.question()).send().await;
    assert_eq!(reply.status, 503, "{:#}", reply.body);
    let place = "insert into model_availability (tenant_id, model_id, space_id) select a.tenant_id, m.id, a.space_id from assistants a, models m where a.id = $1";
    fixture.sql(place, fixture.assistant).await;
    fixture.post(CHAT, &key, &fixture.question()).send().await.expect(200);
    let reply = fixture.post(CHAT, &key, &fixture.asks(&row.to_string())).send().await;
    assert_eq!(error(&reply).0, 404, "a model of a space is for its assistants");
}

#[tokio::test]
async fn a_row_that_is_switched_off_does_not_exist() {
    let fixture = Fixture::new(says(&["no"])).await;
    let (key, row) = (fixture.key().await, fixture.row(true).await);
    fixture.sql(
        "update model_providers p set enabled = false from models m where m.provider_id = p.id and m.id = $1",
        row,
    )
    .await;
    let reply = fixture.post(CHAT, &key, &fixture.asks(&row.to_string())).send().await;
    assert_eq!(error(&reply).0, 404);
    assert_eq!(fixture.gateway.count(), 0);
}

#[tokio::test]
async fn a_row_of_another_tenant_does_not_exist() {
    let fixture = Fixture::new(says(&["no"])).await;
    let row = fixture.row(true).await;
    let stranger = fixture.app.database.person("eve").await;
    let key = fixture.app.key(&stranger, crate::fixture::BOTH).await;
    let reply = fixture.post(CHAT, &key, &fixture.asks(&row.to_string())).send().await;
    assert_eq!(error(&reply).0, 404);
}

#[tokio::test]
async fn usage_is_recorded_for_the_key_and_a_used_up_quota_is_reported_as_openai_does() {
    let fixture = Fixture::new(says(&["Two years."])).await;
    let key = fixture.key().await;
    let asked = json!({ "model": "extractive", "max_tokens": 7, "messages": [{ "role": "user", "content": "Hello" }] });
    fixture.post(CHAT, &key, &asked).send().await.expect(200);
    let sql = "select count(*) from usage_records r join api_keys k on k.id = r.api_key_id and k.user_id = r.user_id where r.cost_state = 'free'";
    assert_eq!(fixture.count(sql).await, 1);
    let row = fixture.row(true).await.to_string();
    let mut of_row = asked.clone();
    of_row["model"] = row.into();
    fixture.post(CHAT, &key, &of_row).send().await.expect(200);
    let sent = fixture.gateway.requests().remove(0);
    assert_eq!(
        (&sent["max_tokens"], sent["attribution"]["api_key_id"].is_string()),
        (&json!(7), true),
        "{sent}"
    );
    let quota = "insert into quotas (id, tenant_id, subject, measure, period, amount) select $1, tenant_id, 'tenant', 'requests', 'month', 1 from users limit 1";
    fixture.sql(quota, Uuid::now_v7()).await;
    let refused = fixture.post(CHAT, &key, &asked).send().await;
    assert!(
        refused.headers.contains_key("retry-after") && refused.headers["x-should-retry"] == "false"
    );
    assert_eq!(error(&refused), (429, "rate_limit_error", "insufficient_quota"));
}
