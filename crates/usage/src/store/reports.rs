//! The SQL of reports.

use kernel::{Problem, Result, id::UserId};
use platform::{
    Cx,
    pg::{Row, Value},
};

use crate::report::{Group, GroupBy, Span, Totals, key};

/// The sums of the records `r`, as [`read_totals`] takes them.
macro_rules! sums {
    () => {
        "count(*) as calls, count(*) filter (where r.attempt = 1 and r.purpose = 'chat') as requests,
         count(*) filter (where r.outcome not in ('done', 'caller_gone')) as failed_calls,
         coalesce(sum(r.prompt_tokens), 0)::bigint as prompt_tokens, coalesce(sum(r.cached_read_tokens), 0)::bigint as cached_read_tokens,
         coalesce(sum(r.cached_write_tokens), 0)::bigint as cached_write_tokens, coalesce(sum(r.completion_tokens), 0)::bigint as completion_tokens,
         coalesce(sum(r.reasoning_tokens), 0)::bigint as reasoning_tokens, trim_scale(coalesce(sum(r.cost), 0))::text as cost,
         count(*) filter (where r.cost is null) as unpriced_calls, count(*) filter (where r.tokens_estimated) as estimated_calls"
    };
}
pub(super) use sums;

pub(super) fn read_totals(row: &Row) -> Result<Totals> {
    Ok(Totals {
        calls: row.get("calls")?,
        requests: row.get("requests")?,
        failed_calls: row.get("failed_calls")?,
        prompt_tokens: row.get("prompt_tokens")?,
        cached_read_tokens: row.get("cached_read_tokens")?,
        cached_write_tokens: row.get("cached_write_tokens")?,
        completion_tokens: row.get("completion_tokens")?,
        reasoning_tokens: row.get("reasoning_tokens")?,
        cost: row.get("cost")?,
        unpriced_calls: row.get("unpriced_calls")?,
        estimated_calls: row.get("estimated_calls")?,
    })
}

/// Of all users, or of one.
pub(crate) async fn totals(cx: &Cx, span: Span, user: Option<UserId>) -> Result<Totals> {
    let sql = concat!(
        "select ",
        sums!(),
        " from usage_records r
         where r.created_at >= 'epoch'::timestamptz + $1::bigint * interval '1 microsecond'
           and r.created_at < 'epoch'::timestamptz + $2::bigint * interval '1 microsecond' and ($3::uuid is null or r.user_id = $3)"
    );
    read_totals(&cx.db.one(sql, &[span.from.into(), span.to.into(), user.into()]).await?)
}

/// The groups of the records `r` in a time; the arguments are their id, day, name and provider, and
/// what else is joined.
macro_rules! grouped {
    ($id:literal, $day:literal, $name:literal, $provider:literal, $join:literal, $order:literal) => {
        concat!(
            "select ",
            $id,
            " as id, ",
            $day,
            " as day, ",
            $name,
            " as name, ",
            $provider,
            " as provider, ",
            sums!(),
            " from usage_records r ",
            $join,
            " where r.created_at >= 'epoch'::timestamptz + $1::bigint * interval '1 microsecond'
               and r.created_at < 'epoch'::timestamptz + $2::bigint * interval '1 microsecond'
             group by 1, 2, 3, 4 order by ",
            $order,
            " limit $3"
        )
    };
}

fn statement(group_by: GroupBy) -> &'static str {
    match group_by {
        GroupBy::Day => grouped!(
            "null::uuid",
            "(r.created_at at time zone 'UTC')::date::text",
            "null::text",
            "null::text",
            "",
            "2 desc"
        ),
        GroupBy::Model => grouped!(
            "r.model_id",
            "null::text",
            "r.model_name",
            "r.provider_name",
            "",
            "coalesce(sum(r.cost), 0) desc, count(*) desc, 3, 4, 1"
        ),
        GroupBy::Provider => grouped!(
            "r.provider_id",
            "null::text",
            "r.provider_name",
            "null::text",
            "",
            "coalesce(sum(r.cost), 0) desc, count(*) desc, 3, 1"
        ),
        GroupBy::User => grouped!(
            "r.user_id",
            "null::text",
            "u.display_name",
            "null::text",
            "left join users u on u.id = r.user_id",
            "coalesce(sum(r.cost), 0) desc, count(*) desc, 3, 1"
        ),
        GroupBy::Space => grouped!(
            "r.space_id",
            "null::text",
            "s.name",
            "null::text",
            "left join spaces s on s.id = r.space_id",
            "coalesce(sum(r.cost), 0) desc, count(*) desc, 3, 1"
        ),
        GroupBy::Assistant => grouped!(
            "r.assistant_id",
            "null::text",
            "a.name",
            "null::text",
            "left join assistants a on a.id = r.assistant_id",
            "coalesce(sum(r.cost), 0) desc, count(*) desc, 3, 1"
        ),
    }
}

pub(crate) async fn groups(
    cx: &Cx,
    span: Span,
    group_by: GroupBy,
    most: usize,
) -> Result<Vec<Group>> {
    let most = i64::try_from(most).map_err(Problem::internal)?;
    let params: [Value; 3] = [span.from.into(), span.to.into(), most.into()];
    let rows = cx.db.query(statement(group_by), &params).await?;
    let read = |row: &Row| {
        Ok(Group {
            key: row.get::<Option<String>>("day")?.or(key(row.get("id")?)),
            name: row.get("name")?,
            provider: row.get("provider")?,
            totals: read_totals(row)?,
        })
    };
    rows.iter().map(read).collect()
}
