//! The SQL of alerts.

use kernel::{PageRequest, Problem, Result};
use platform::{Cx, pg::Row};

use crate::{
    alert::QuotaAlert,
    quota::{Measure, Period},
};

fn read(row: &Row) -> Result<QuotaAlert> {
    let (measure, period): (String, String) = (row.get("measure")?, row.get("period")?);
    let broken = |problem: Problem| Problem::internal(format!("quotas: {problem}"));
    Ok(QuotaAlert {
        id: row.get("id")?,
        quota_id: row.get("quota_id")?,
        user_id: row.get("user_id")?,
        name: row.get("name")?,
        measure: Measure::parse(&measure).map_err(broken)?,
        period: Period::parse(&period).map_err(broken)?,
        percent: row.get("percent")?,
        used: row.get("used")?,
        limit: row.get("amount")?,
        period_start: row.get("period_start")?,
        created_at: row.get("created_at")?,
    })
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<QuotaAlert>, i64)> {
    let sql = "select a.id, a.quota_id, case when q.subject = 'each_user' then a.holder end as user_id,
               coalesce(g.name, u.display_name, k.name, m.title) as name, q.measure, q.period, a.percent, trim_scale(a.used)::text as used,
               trim_scale(q.amount)::text as amount, micros(a.period_start) as period_start, micros(a.created_at) as created_at,
               (select count(*) from quota_alerts) as total
          from quota_alerts a join quotas q on q.id = a.quota_id
          left join user_groups g on g.id = q.group_id
          left join users u on u.id = coalesce(q.user_id, a.holder)
          left join api_keys k on k.id = q.api_key_id
          left join models m on m.id = q.model_id
         where before_cursor(a.created_at, a.id, $2, $3) order by a.created_at desc, a.id desc limit $1";
    let rows = cx.db.query(sql, &platform::pg::page_params(request)).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}
