//! The SQL of what is measured over all tenants.

use std::time::Duration;

use kernel::{Result, Timestamp, id::ModelId};
use platform::pg::{Db, Row};
use uuid::Uuid;

use crate::measure::{CallPosition, CallSample, QuotaCount, QuotaEvents};

pub(crate) async fn end(db: &Db, settled: Duration) -> Result<CallPosition> {
    let sql = "select lookup.usage_end($1::float8 * interval '1 second') as at";
    let at: Timestamp = db.one(sql, &[settled.as_secs_f64().into()]).await?.get("at")?;
    Ok(CallPosition { at, id: Uuid::max() })
}

pub(crate) async fn calls_after(
    db: &Db,
    position: CallPosition,
    settled: Duration,
    limit: i32,
) -> Result<(Vec<CallSample>, CallPosition)> {
    let sql = "select * from lookup.usage_after($1, $2, $3::float8 * interval '1 second', $4)";
    let params =
        [position.at.into(), position.id.into(), settled.as_secs_f64().into(), limit.into()];
    let rows = db.query(sql, &params).await?;
    let position = match rows.last() {
        Some(last) => CallPosition { at: last.get("recorded_at")?, id: last.get("id")? },
        None => position,
    };
    Ok((rows.iter().map(read).collect::<Result<_>>()?, position))
}

fn read(row: &Row) -> Result<CallSample> {
    let count = |name: &str| Ok::<_, kernel::Problem>(row.get::<i64>(name)?.unsigned_abs());
    let millis = |ms: i32| Duration::from_millis(u64::from(ms.unsigned_abs()));
    let cost: Option<String> = row.get("cost")?;
    Ok(CallSample {
        model: row.get("model_name")?,
        attempt: row.get("attempt")?,
        prompt_tokens: count("prompt_tokens")?,
        cached_read_tokens: count("cached_read_tokens")?,
        completion_tokens: count("completion_tokens")?,
        reasoning_tokens: count("reasoning_tokens")?,
        nanodollars: cost.as_deref().map(nanodollars),
        latency: millis(row.get("latency_ms")?),
        first_token: row.get::<Option<i32>>("first_token_ms")?.map(millis),
        outcome: row.get("outcome")?,
    })
}

/// Decimal text with 12 digits after the point, in 10⁻⁹.
fn nanodollars(cost: &str) -> u64 {
    let (whole, fraction) = cost.split_once('.').unwrap_or((cost, ""));
    let nine: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let up = u64::from(fraction.chars().nth(9).is_some_and(|digit| digit >= '5'));
    format!("{whole}{nine}").parse().map_or(u64::MAX, |nanos: u64| nanos.saturating_add(up))
}

pub(crate) async fn called_models(db: &Db, limit: i32) -> Result<Vec<(ModelId, String)>> {
    let rows = db.query("select * from lookup.called_models($1)", &[limit.into()]).await?;
    rows.iter().map(|row| Ok((row.get("model_id")?, row.get("model_name")?))).collect()
}

pub(crate) async fn quota_counts(db: &Db) -> Result<Vec<QuotaCount>> {
    let read = |row: &Row| {
        Ok(QuotaCount {
            subject: row.get("subject")?,
            measure: row.get("measure")?,
            state: row.get("state")?,
            quotas: row.get("quotas")?,
            refused: row.get("refused")?,
        })
    };
    db.query("select * from lookup.quota_state()", &[]).await?.iter().map(read).collect()
}

pub(crate) async fn quota_events(db: &Db) -> Result<QuotaEvents> {
    let row = db.one("select * from lookup.quota_events()", &[]).await?;
    Ok(QuotaEvents {
        open: row.get("open")?,
        expired: row.get("expired")?,
        near: row.get("near")?,
        used_up: row.get("used_up")?,
    })
}

#[cfg(test)]
mod tests {
    use super::nanodollars;

    #[test]
    fn costs_are_rounded_to_nanodollars() {
        for (cost, expected) in [
            ("0.000000000000", 0),
            ("1.000000001499", 1_000_000_001),
            ("0.000000001500", 2),
            ("12.5", 12_500_000_000),
            ("999999999999.999999999999", u64::MAX),
        ] {
            assert_eq!(nanodollars(cost), expected, "{cost}");
        }
    }
}
