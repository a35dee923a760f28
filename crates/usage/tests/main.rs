//! Quotas, reservations, records and reports on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

#[cfg(test)]
mod kills;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod records;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod reservations;

use std::time::Duration;

use kernel::{Code, PageRequest, Result, id::ModelId};
use models::{Attribution, Cost, Price, PriceList, TokenUsage};
use platform::Cx;
use serde_json::json;
use testkit::{Database, Person};
use usage::{
    quota::{Amount, Measure, NewQuota, Period, Quota, Subject, create_quota},
    record::{CallOutcome, CalledModel, UsageRecord, record},
    reservation::{Question, Reservation, WorstCase, reserve},
};

const FIRST: PageRequest = PageRequest { limit: 20, after: None };

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> Code {
    outcome.unwrap_err().code
}

fn dollars(text: &str) -> Cost {
    Price::parse(text).unwrap().times(1)
}

/// A tenant with an administrator: what the component `admin` has of it, and what `chat` has.
struct Fixture {
    database: Database,
    ann: Person,
    admin: Cx,
    chat: Cx,
}

impl Fixture {
    async fn new() -> Self {
        let database = Database::fresh().await;
        let ann = database.person("ann").await;
        let (admin, chat) =
            (database.cx(&ann, "tessera_admin").await, database.cx(&ann, "tessera_chat").await);
        Self { database, ann, admin, chat }
    }

    async fn quota(&self, subject: Subject, measure: Measure, limit: &str) -> Quota {
        let limit = Amount::parse(limit, measure).unwrap();
        let new = NewQuota { subject, measure, period: Period::Day, limit, alert_percent: None };
        create_quota(&self.admin, &new).await.unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.database.superuser().await).await.unwrap()
    }
}

/// A question with a worst case.
async fn reserve_for(cx: &Cx, cost: &str, models: &[ModelId]) -> Result<Reservation> {
    let worst = WorstCase { cost: Some(dollars(cost)), tokens: 100 };
    let attribution = Attribution::default();
    reserve(cx, &Question { user: cx.user()?, attribution: &attribution, models, worst }).await
}

/// A call of a model with a price of a dollar a token.
fn call(cx: &Cx, prompt: u64, completion: u64) -> UsageRecord {
    let prices = PriceList::read(&json!({ "standard": { "input": "1", "output": "1" } })).unwrap();
    UsageRecord {
        user: cx.user().unwrap(),
        attribution: Attribution::default(),
        model: CalledModel {
            id: None,
            name: "m-1".to_owned(),
            provider_id: None,
            provider: "Main".to_owned(),
            prices: Some(prices),
        },
        attempt: 1,
        tokens: TokenUsage { prompt, completion, ..TokenUsage::default() },
        searches: 0,
        audio_seconds: 0,
        is_estimated: false,
        latency: Duration::from_millis(20),
        first_token: Some(Duration::from_millis(5)),
        outcome: CallOutcome::Done,
    }
}

/// A question that used so many dollars.
async fn spend(cx: &Cx, amount: u64) {
    let reservation = reserve_for(cx, "1", &[]).await.unwrap();
    record(cx, &reservation, &call(cx, amount, 0), true).await;
}
