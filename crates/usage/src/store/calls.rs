//! The SQL around calls: functions of the database do each step in one statement.

use kernel::{Problem, Result, id::ModelId};
use models::CallPurpose;
use platform::{
    Cx,
    pg::{Row, Value},
};
use uuid::Uuid;

use crate::reservation::{LEASE_SECONDS, Question, Refusal};

/// No refusal: reserved. Refusals of models only: reserved for the other models.
pub(crate) async fn reserve(cx: &Cx, id: Uuid, question: &Question<'_>) -> Result<Vec<Refusal>> {
    let sql = "select f.reason, f.subject, f.measure, f.period, f.amount, f.ends_at, f.model_id
          from reserve_usage($1, $2, $3, $4::text[]::uuid[], $5::text::numeric, $6, $7::float8 * interval '1 second', $8) f";
    let models: Vec<String> = question.models.iter().map(ModelId::to_string).collect();
    let cost = question.worst.cost.map(|cost| cost.min(models::Cost::LARGEST).to_string());
    let params: [Value; 8] = [
        id.into(),
        question.user.into(),
        question.attribution.api_key_id.into(),
        models.into(),
        cost.into(),
        i64::try_from(question.worst.tokens).unwrap_or(i64::MAX).into(),
        f64::from(LEASE_SECONDS).into(),
        (question.attribution.purpose == CallPurpose::Rewrite).into(),
    ];
    cx.db.query(sql, &params).await?.iter().map(refusal).collect()
}

fn refusal(row: &Row) -> Result<Refusal> {
    Ok(Refusal {
        reason: row.get("reason")?,
        subject: row.get("subject")?,
        measure: row.get("measure")?,
        period: row.get("period")?,
        limit: row.get("amount")?,
        ends_at: row.get("ends_at")?,
        model: row.get("model_id")?,
    })
}

/// A record that is there already was written by an attempt whose answer was lost.
pub(crate) async fn record(
    cx: &Cx,
    reservation: Uuid,
    record: &serde_json::Value,
    is_last: bool,
) -> Result<()> {
    let sql = "select record_usage($1, $2, $3)";
    match cx.db.execute(sql, &[record.clone().into(), reservation.into(), is_last.into()]).await {
        Err(error) if error.unique_violation() == Some("usage_records_pkey") => Ok(()),
        other => other.map(drop).map_err(Problem::from),
    }
}

pub(crate) async fn release(cx: &Cx, reservation: Uuid) -> Result<()> {
    cx.db.execute("select release_usage($1)", &[reservation.into()]).await?;
    Ok(())
}
