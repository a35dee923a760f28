//! The SQL of alerts.

use kernel::{PageRequest, Problem, Result, id::UserId};
use platform::{Cx, pg::Row};
use uuid::Uuid;

use crate::{
    alert::{AlertMail, QuotaAlert},
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

pub(crate) async fn mail(cx: &Cx, alert: Uuid, user: UserId) -> Result<Option<AlertMail>> {
    let sql = "select u.email, u.display_name, t.name as organisation, t.settings ->> 'language' as language, q.subject,
               coalesce(g.name, o.display_name, k.name, m.title) as subject_name,
               q.subject in ('user', 'each_user') and u.id = coalesce(q.user_id, a.holder) as is_own, q.measure, q.period, a.percent,
               trim_scale(a.used)::text as used, trim_scale(q.amount)::text as amount,
               micros(quota_period_end(q.period, a.period_start)) as ends_at
          from quota_alerts a join quotas q on q.id = a.quota_id
          join quota_alert_recipients(q.id, a.holder) r on r.user_id = $2
          join users u on u.id = r.user_id
          join tenants t on t.id = u.tenant_id and t.state = 'active'
          left join user_groups g on g.id = q.group_id
          left join users o on o.id = q.user_id
          left join api_keys k on k.id = q.api_key_id
          left join models m on m.id = q.model_id
         where a.id = $1";
    let Some(row) = cx.db.optional(sql, &[alert.into(), user.into()]).await? else {
        return Ok(None);
    };
    let (measure, period): (String, String) = (row.get("measure")?, row.get("period")?);
    let broken = |problem: Problem| Problem::internal(format!("quotas: {problem}"));
    Ok(Some(AlertMail {
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        organisation: row.get("organisation")?,
        language: row.get("language")?,
        subject: row.get("subject")?,
        subject_name: row.get("subject_name")?,
        is_own: row.get("is_own")?,
        measure: Measure::parse(&measure).map_err(broken)?,
        period: Period::parse(&period).map_err(broken)?,
        percent: row.get("percent")?,
        used: row.get("used")?,
        limit: row.get("amount")?,
        ends_at: row.get("ends_at")?,
    }))
}
