//! Quotas hold while the connections of those who reserve and record are killed.

use futures::future::join_all;
use platform::Cx;
use sqlx::PgConnection;
use tokio::sync::mpsc;
use usage::{
    quota::{Measure, Subject},
    record::record,
};

use crate::{Fixture, call, reserve_for};

/// Dollars of the budget, more of which each round gets as much; and of a question.
const BUDGET: i64 = 50;
const QUESTION: i64 = 3;
const ROUNDS: i64 = 2;
/// Questions of a round at the same time: far more than the budget lets in.
const QUESTIONS: usize = 200;
/// After so many steps of questions, every backend that works is killed.
const STEPS: usize = 100;

/// Reserves and records, unless it is refused; says before each of both that it does. The reply
/// may be lost: then the reservation is of no one, until its lease ends.
async fn ask(cx: Cx, step: mpsc::UnboundedSender<()>) -> bool {
    let _ = step.send(());
    let held = reserve_for(&cx, &QUESTION.to_string(), &[]).await;
    cx.db.release().await;
    let Ok(held) = held else { return false };
    let _ = step.send(());
    record(&cx, &held, &call(&cx, QUESTION.unsigned_abs(), 0), true).await;
    true
}

/// Kills as the questions continue; returns how many backends.
async fn kill(mut database: PgConnection, mut steps: mpsc::UnboundedReceiver<()>) -> i64 {
    let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and usename = 'tessera_chat' and state <> 'idle'";
    let (mut killed, mut at) = (0, 0);
    while steps.recv().await.is_some() {
        at += 1;
        if at % STEPS == 0 {
            killed += sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut database).await.unwrap();
        }
    }
    killed
}

/// Asks so many questions; returns how many were answered.
async fn round(users: &[Cx], questions: usize, step: mpsc::UnboundedSender<()>) -> i64 {
    let asked = users.iter().cycle().take(questions);
    let questions: Vec<_> = asked.map(|cx| ask(cx.with_own_connection(), step.clone())).collect();
    drop(step);
    let answered = join_all(questions).await.into_iter().filter(|answered| *answered).count();
    i64::try_from(answered).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_holds_while_backends_are_killed() {
    let fixture = Fixture::new().await;
    fixture.quota(Subject::Tenant, Measure::Cost, &BUDGET.to_string()).await;
    let mut users = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let person = fixture.database.colleague(fixture.ann.tenant, name, "user").await;
        users.push(fixture.database.cx(&person, "tessera_chat").await);
    }
    let spent = "select coalesce(sum(cost), 0)::bigint from usage_records";
    let mut db = fixture.database.superuser_in(fixture.ann.tenant).await;
    let (mut answered, mut killed) = (0, 0);
    for number in 1..=ROUNDS {
        let budget = number * BUDGET;
        let raise = sqlx::query("update quotas set amount = $1").bind(budget);
        raise.execute(&mut db).await.unwrap();
        let (step, steps) = mpsc::unbounded_channel();
        let killer = tokio::spawn(kill(fixture.database.superuser().await, steps));
        answered += round(&users, QUESTIONS, step).await;
        killed += killer.await.unwrap();
        let sum = fixture.number(spent).await;
        assert!(sum <= budget + QUESTION, "round {number}: {sum} of {budget}");
        assert_eq!(fixture.number("select sum(used)::bigint from quota_counters").await, sum);
        assert_eq!(sum, answered * QUESTION, "each answered question is recorded once");
        // The leases of those whose replies were lost end.
        let end = sqlx::query("update quota_reservations set expires_at = now() - interval '1 s'");
        end.execute(&mut db).await.unwrap();
    }
    assert!(killed > 0, "{killed} backends");
    round(&users, 2 * users.len(), mpsc::unbounded_channel().0).await;
    let sum = fixture.number(spent).await;
    assert!((ROUNDS * BUDGET..=ROUNDS * BUDGET + QUESTION).contains(&sum), "all is usable: {sum}");
}
