//! Every SQL statement of the audit log.

pub(crate) mod exports;

use kernel::{Result, Timestamp, id::AuditReadingId};
use platform::{
    Cx,
    pg::{Row, Value},
};

use crate::{Actor, Entry, Filter};

macro_rules! columns {
    () => {
        "e.seq, micros(e.at) as at, e.actor_kind, e.actor_id, e.actor_name, e.action, e.resource_kind, e.resource_id, e.before, e.after,
         e.address, e.user_agent, e.request_id, e.hash"
    };
}

/// The entries that match a filter; parameters 1 to 5.
macro_rules! wanted {
    () => {
        "($1::text is null or e.action = $1 or starts_with(e.action, $1 || '.')) and ($2::uuid is null or e.actor_id = $2)
         and ($3::text is null or e.resource_id = $3)
         and ($4::int8 is null or e.at >= 'epoch'::timestamptz + $4 * interval '1 microsecond')
         and ($5::int8 is null or e.at < 'epoch'::timestamptz + $5 * interval '1 microsecond')"
    };
}

fn params(filter: &Filter) -> [Value; 5] {
    [
        filter.action.clone().into(),
        filter.actor.into(),
        filter.resource.clone().into(),
        filter.from.into(),
        filter.to.into(),
    ]
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        seq: row.get("seq")?,
        at: row.get("at")?,
        actor: Actor {
            kind: row.get("actor_kind")?,
            id: row.get("actor_id")?,
            name: row.get("actor_name")?,
        },
        action: row.get("action")?,
        resource_kind: row.get("resource_kind")?,
        resource_id: row.get("resource_id")?,
        before: row.get("before")?,
        after: row.get("after")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
        request_id: row.get("request_id")?,
        hash: row.get("hash")?,
    })
}

/// Newest first, the entries before a number, with the total of all matches.
pub(crate) async fn list(
    cx: &Cx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<(Vec<Entry>, i64)> {
    let sql = concat!(
        "select ",
        columns!(),
        ", (select count(*) from audit_entries e where ",
        wanted!(),
        ") as total from audit_entries e where ",
        wanted!(),
        " and ($6::int8 is null or e.seq < $6) order by e.seq desc limit $7"
    );
    let [a, b, c, d, e] = params(filter);
    let rows = cx.db.query(sql, &[a, b, c, d, e, before.into(), limit.into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

/// Oldest first, the entries after one number and up to another.
pub(crate) async fn oldest(
    cx: &Cx,
    filter: &Filter,
    after: i64,
    newest: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from audit_entries e where ",
        wanted!(),
        " and e.seq > $6 and e.seq <= $7 order by e.seq limit $8"
    );
    let [a, b, c, d, e] = params(filter);
    let rows =
        cx.db.query(sql, &[a, b, c, d, e, after.into(), newest.into(), limit.into()]).await?;
    rows.iter().map(read).collect()
}

pub(crate) async fn insert_reading(
    cx: &Cx,
    id: AuditReadingId,
    reason: &str,
    seconds: i32,
) -> Result<Timestamp> {
    let sql = "insert into audit_readings (id, tenant_id, user_id, reason, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(secs => $5::int4)) returning micros(expires_at) as expires_at";
    let params = [id.into(), cx.tenant()?.into(), cx.user()?.into(), reason.into(), seconds.into()];
    cx.db.one(sql, &params).await?.get("expires_at")
}

pub(crate) async fn reading_is_good(cx: &Cx, reading: AuditReadingId) -> Result<bool> {
    let sql =
        "select 1 as one from audit_readings where id = $1 and user_id = $2 and expires_at > now()";
    Ok(cx.db.optional(sql, &[reading.into(), cx.user()?.into()]).await?.is_some())
}

/// The result for one segment of the chain.
pub(crate) struct ChainSegment {
    pub(crate) entries: i64,
    pub(crate) last: i64,
    pub(crate) first_broken: Option<i64>,
    pub(crate) more: bool,
    pub(crate) head: (i64, Vec<u8>),
}

/// Verifies up to `limit` entries after one.
pub(crate) async fn verify(cx: &Cx, after: i64, limit: i32) -> Result<ChainSegment> {
    let sql = "select entries, last_seq, first_broken, more, head_seq, head_hash from audit.verify($1, $2)";
    let row = cx.db.one(sql, &[after.into(), limit.into()]).await?;
    Ok(ChainSegment {
        entries: row.get("entries")?,
        last: row.get("last_seq")?,
        first_broken: row.get("first_broken")?,
        more: row.get("more")?,
        head: (row.get("head_seq")?, row.get("head_hash")?),
    })
}

pub(crate) async fn purge(cx: &Cx, limit: i32) -> Result<i64> {
    cx.db.one("select audit.purge($1) as gone", &[limit.into()]).await?.get("gone")
}

/// Inserts an entry that no trigger writes.
pub(crate) async fn record(
    cx: &Cx,
    action: &'static str,
    kind: &str,
    resource: Option<&str>,
    details: serde_json::Value,
) -> Result<()> {
    let sql = "select audit.event($1, $2, $3, $4)";
    cx.db.execute(sql, &[action.into(), kind.into(), resource.into(), details.into()]).await?;
    Ok(())
}
