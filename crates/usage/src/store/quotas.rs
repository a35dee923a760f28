//! The SQL of quotas.

use kernel::{
    PageRequest, Problem, ReasonCode, Result,
    id::{self, QuotaId},
};
use platform::{
    Cx,
    pg::{Error, Row},
};
use uuid::Uuid;

use crate::quota::{Amount, Measure, NewQuota, Period, Quota, QuotaState, Subject};

/// Quotas `q` with their subjects' names, and how they stand in their period for the holder `$1`,
/// the user of quotas for each user; null: no user.
macro_rules! quotas {
    ($then:literal) => {
        concat!(
            "with standing as (
          select q.id, h.holder, quota_period_start(q.period, now()) as period_start
            from quotas q cross join lateral (select case when q.subject = 'each_user' then $1::uuid else q.id end as holder) h
        )
        select q.id, q.subject, coalesce(q.group_id, q.user_id, q.api_key_id, q.model_id) as subject_id,
               coalesce(g.name, u.display_name, k.name, m.title) as subject_name, q.measure, q.period, trim_scale(q.amount)::text as amount,
               q.alert_percent, s.holder is not null as is_counted, trim_scale(n.used)::text as used, trim_scale(r.reserved)::text as reserved,
               trim_scale(greatest(q.amount - n.used - r.reserved, 0))::text as remaining,
               micros(quota_period_end(q.period, s.period_start)) as ends_at,
               micros(q.created_at) as created_at, micros(q.updated_at) as updated_at,
               (select count(*) from quotas) as total
          from quotas q
          join standing s on s.id = q.id
          left join user_groups g on g.id = q.group_id
          left join users u on u.id = q.user_id
          left join api_keys k on k.id = q.api_key_id
          left join models m on m.id = q.model_id
          left join quota_counters c on c.quota_id = q.id and c.holder = s.holder and c.period_start = s.period_start
         cross join lateral (
           select case when s.holder is null then 0 else coalesce(c.used, quota_recorded(q, s.holder, s.period_start)) end as used) n
         cross join lateral (
           select coalesce(sum(r.amount), 0) as reserved from quota_reservations r
            where r.quota_id = q.id and r.holder = s.holder and r.period_start = s.period_start and r.expires_at > now()) r ",
            $then
        )
    };
}

fn read(row: &Row) -> Result<Quota> {
    let (kind, subject): (String, Option<Uuid>) = (row.get("subject")?, row.get("subject_id")?);
    let (measure, period): (String, String) = (row.get("measure")?, row.get("period")?);
    let broken = |problem: Problem| Problem::internal(format!("quotas: {problem}"));
    let state = QuotaState {
        used: row.get("used")?,
        reserved: row.get("reserved")?,
        left: row.get("remaining")?,
        ends_at: row.get("ends_at")?,
    };
    Ok(Quota {
        id: row.get("id")?,
        subject: Subject::parse(&kind, subject).map_err(broken)?,
        subject_name: row.get("subject_name")?,
        measure: Measure::parse(&measure).map_err(broken)?,
        period: Period::parse(&period).map_err(broken)?,
        limit: row.get("amount")?,
        alert_percent: row.get("alert_percent")?,
        state: row.get::<bool>("is_counted")?.then_some(state),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(cx: &Cx, request: PageRequest) -> Result<(Vec<Quota>, i64)> {
    let sql = quotas!(
        "where before_cursor(q.created_at, q.id, $3, $4) order by q.created_at desc, q.id desc limit $2"
    );
    let [limit, at, id] = platform::pg::page_params(request);
    let rows = cx.db.query(sql, &[None::<Uuid>.into(), limit, at, id]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(cx: &Cx, quota: QuotaId) -> Result<Option<Quota>> {
    let sql = quotas!("where q.id = $2");
    cx.db.optional(sql, &[None::<Uuid>.into(), quota.into()]).await?.as_ref().map(read).transpose()
}

/// Those that apply to a user, at most 100; of models, those that the user asked in this month.
pub(crate) async fn of_user(cx: &Cx) -> Result<Vec<Quota>> {
    let sql = quotas!(
        "where q.subject in ('tenant', 'each_user') or q.user_id = $1
            or q.group_id in (select a.group_id from user_group_members a where a.user_id = $1)
            or k.user_id = $1
            or q.model_id in (select b.model_id from usage_records b where b.user_id = $1 and b.created_at >= quota_period_start('month', now()))
         order by q.created_at, q.id limit 100"
    );
    cx.db.query(sql, &[cx.user()?.into()]).await?.iter().map(read).collect()
}

fn refused(error: Error) -> Problem {
    match error.unique_violation() {
        Some("quotas_key") => {
            let detail =
                "there is a quota of this subject, measure and period already; change that one";
            Problem::conflict(ReasonCode::QuotaExists, detail)
        }
        _ if error.is_missing_reference() => id::not_found("user group, user, API key or model"),
        _ => error.into(),
    }
}

pub(crate) async fn insert(cx: &Cx, id: QuotaId, new: &NewQuota) -> Result<()> {
    let sql = "insert into quotas (id, tenant_id, subject, group_id, user_id, api_key_id, model_id, measure, period, amount, alert_percent)
         select $1, $2, s.kind, case s.kind when 'group' then s.id end, case s.kind when 'user' then s.id end,
                case s.kind when 'api_key' then s.id end, case s.kind when 'model' then s.id end, $5, $6, $7::text::numeric, $8
           from (select $3::text as kind, $4::uuid as id) s";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        new.subject.kind().into(),
        new.subject.id().into(),
        new.measure.as_str().into(),
        new.period.as_str().into(),
        new.limit.as_str().into(),
        new.alert_percent.into(),
    ];
    cx.db.execute(sql, &params).await.map_err(refused)?;
    Ok(())
}

pub(crate) async fn update(
    cx: &Cx,
    quota: QuotaId,
    limit: Option<&Amount>,
    alert: Option<Option<i32>>,
) -> Result<bool> {
    let sql = "update quotas set amount = coalesce($2::text::numeric, amount), alert_percent = case when $3 then $4::int else alert_percent end
         where id = $1";
    let params = [
        quota.into(),
        limit.map(Amount::as_str).into(),
        alert.is_some().into(),
        alert.flatten().into(),
    ];
    Ok(cx.db.execute(sql, &params).await? == 1)
}

pub(crate) async fn delete(cx: &Cx, quota: QuotaId) -> Result<bool> {
    Ok(cx.db.execute("delete from quotas where id = $1", &[quota.into()]).await? == 1)
}
