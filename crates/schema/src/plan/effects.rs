//! What a transaction locked and rewrote, as the catalogue says before it ends.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::Result;
use sqlx::{PgConnection, Row as _};

// Speeds of a small server with an SSD. Only the order of magnitude counts: seconds or minutes.
/// Bytes a second that a check of all rows reads.
const CHECKED: f64 = 200e6;
/// Bytes a second that a table is rewritten with, or that rows are changed with.
const WRITTEN: f64 = 30e6;
/// Bytes of the table a second while an index is made of it.
const INDEXED: f64 = 30e6;
/// Rows a second while an HNSW index is made.
const HNSW_ROWS: f64 = 500.0;

/// What a file does to one table that was there before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEffect {
    /// E.g. `documents`.
    pub table: String,
    /// The strongest lock as Postgres names it, e.g. `AccessExclusiveLock`.
    pub lock: String,
    /// Whether all rows are rewritten.
    pub is_rewritten: bool,
    /// Whether it is gone afterwards.
    pub is_dropped: bool,
    /// Indexes that are made, or made again, each with its method, e.g. `("chunks_text_idx", "gin")`.
    pub indexes: Vec<(String, String)>,
    /// Whether it has an HNSW index, which each changed row is put into.
    pub has_hnsw: bool,
    /// Rows, as the last analysis counted them; 0 if there was none.
    pub rows: u64,
    /// Bytes of the table, without its indexes.
    pub bytes: u64,
    /// The expected time, as an upper bound of what the lock needs.
    pub time: Duration,
}

/// The strongest last.
const LOCKS: [(&str, &str); 6] = [
    ("RowExclusiveLock", "changes rows"),
    ("ShareUpdateExclusiveLock", "blocks other changes of the table's form"),
    ("ShareLock", "blocks writes"),
    ("ShareRowExclusiveLock", "blocks writes"),
    ("ExclusiveLock", "blocks writes"),
    ("AccessExclusiveLock", "blocks reads and writes"),
];

impl TableEffect {
    /// Reads the size of the table in the real database, and estimates the time.
    ///
    /// # Errors
    /// The error of the server.
    pub(super) async fn measure(&mut self, owner: &mut PgConnection) -> Result<()> {
        let sql = "select greatest(reltuples, 0)::bigint, pg_table_size(oid)
                     from pg_class where oid = to_regclass($1)";
        if let Some(row) = sqlx::query(sql).bind(&self.table).fetch_optional(owner).await? {
            self.rows = u64::try_from(row.try_get::<i64, _>(0)?)?;
            self.bytes = u64::try_from(row.try_get::<i64, _>(1)?)?;
        }
        self.time = self.estimate();
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes, of which the magnitude counts")]
    fn estimate(&self) -> Duration {
        if self.is_dropped {
            return Duration::ZERO;
        }
        let (rows, bytes) = (self.rows as f64, self.bytes as f64);
        let itself = if self.is_rewritten || self.lock == "RowExclusiveLock" {
            bytes / WRITTEN
        } else {
            bytes / CHECKED
        };
        let indexes = self.indexes.iter().map(|(_, method)| match method.as_str() {
            "hnsw" => rows / HNSW_ROWS,
            _ => bytes / INDEXED,
        });
        let changed =
            if self.has_hnsw && self.lock == "RowExclusiveLock" { rows / HNSW_ROWS } else { 0.0 };
        Duration::from_secs_f64(itself + changed + indexes.sum::<f64>())
    }
}

impl fmt::Display for TableEffect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = LOCKS.iter().find(|(name, _)| *name == self.lock);
        let meaning = meaning.map_or("blocks others", |(_, meaning)| meaning);
        write!(formatter, "{}: {meaning} ({})", self.table, self.lock)?;
        if self.is_rewritten {
            formatter.write_str(", is rewritten")?;
        }
        if self.is_dropped {
            formatter.write_str(", is dropped")?;
        }
        for (name, method) in &self.indexes {
            write!(formatter, ", index {name} is made ({method})")?;
        }
        let kibibytes = self.bytes.div_ceil(1024);
        write!(formatter, "; {} rows, {kibibytes} KiB; {}", self.rows, in_words(self.time))
    }
}

/// E.g. `at most a second`, `about 40 s`, `about 12 min`.
pub(super) fn in_words(time: Duration) -> String {
    match time.as_secs() {
        0 => "at most a second".to_owned(),
        seconds @ 1..120 => format!("about {seconds} s"),
        seconds => format!("about {} min", seconds / 60),
    }
}

/// Tables and indexes by oid.
pub(super) struct Relations(BTreeMap<i64, Relation>);

struct Relation {
    name: String,
    /// The number of its file, which a rewrite changes.
    file: i64,
    is_index: bool,
}

impl Relations {
    pub(super) async fn read(connection: &mut PgConnection) -> Result<Self> {
        let sql = "select oid::bigint, oid::regclass::text, relfilenode::bigint, relkind = 'i'
                     from pg_class where relkind in ('r', 'p', 'm', 'i')";
        let rows = sqlx::query(sql).fetch_all(connection).await?;
        let pairs = rows.iter().map(|row| {
            let (name, file, is_index) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            Ok((row.try_get(0)?, Relation { name, file, is_index }))
        });
        Ok(Self(pairs.collect::<Result<_>>()?))
    }
}

/// The effects of the open transaction on the tables of `before`.
pub(super) async fn read(
    connection: &mut PgConnection,
    before: &Relations,
) -> Result<Vec<TableEffect>> {
    let names: Vec<String> = LOCKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    // A table that was dropped keeps its lock, and has no row of the catalogue any more.
    let sql = "select l.relation::bigint, c.oid is null, c.relfilenode::bigint,
                      max(array_position($1, l.mode)) as strongest
                 from pg_locks l left join pg_class c on c.oid = l.relation
                where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = any($1)
                  and coalesce(c.relkind in ('r', 'p', 'm'), true)
                  and coalesce(c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast'), true)
                group by l.relation, c.oid, c.relfilenode";
    let mut effects = Vec::new();
    for row in sqlx::query(sql).bind(&names).fetch_all(&mut *connection).await? {
        let oid: i64 = row.try_get(0)?;
        let Some(known) = before.0.get(&oid).filter(|known| !known.is_index) else { continue };
        let is_dropped: bool = row.try_get(1)?;
        let strongest: i32 = row.try_get("strongest")?;
        let strongest = usize::try_from(strongest)?.saturating_sub(1);
        let (indexes, has_hnsw) = made_indexes(connection, oid, before).await?;
        effects.push(TableEffect {
            table: known.name.clone(),
            lock: names.get(strongest).cloned().unwrap_or_default(),
            is_rewritten: !is_dropped && row.try_get::<i64, _>(2)? != known.file,
            is_dropped,
            indexes,
            has_hnsw,
            rows: 0,
            bytes: 0,
            time: Duration::ZERO,
        });
    }
    effects.sort_by(|one, other| one.table.cmp(&other.table));
    Ok(effects)
}

/// The indexes of a table that are new or have another file than before, and whether one of all is
/// an HNSW index.
async fn made_indexes(
    connection: &mut PgConnection,
    table: i64,
    before: &Relations,
) -> Result<(Vec<(String, String)>, bool)> {
    let sql = "select c.oid::bigint, c.relfilenode::bigint, c.relname::text, a.amname::text
                 from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
                where i.indrelid = $1::oid order by 3";
    let rows = sqlx::query(sql).bind(table).fetch_all(connection).await?;
    let (mut indexes, mut has_hnsw) = (Vec::new(), false);
    for row in rows {
        let (oid, file): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (name, method): (String, String) = (row.try_get(2)?, row.try_get(3)?);
        has_hnsw |= method == "hnsw";
        if before.0.get(&oid).is_none_or(|known| known.file != file) {
            indexes.push((name, method));
        }
    }
    Ok((indexes, has_hnsw))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(lock: &str, indexes: &[(&str, &str)], is_rewritten: bool) -> TableEffect {
        let indexes = indexes.iter().map(|(name, method)| ((*name).into(), (*method).into()));
        TableEffect {
            table: "chunks".to_owned(),
            lock: lock.to_owned(),
            is_rewritten,
            is_dropped: false,
            indexes: indexes.collect(),
            has_hnsw: true,
            rows: 100_000,
            bytes: 600_000_000,
            time: Duration::ZERO,
        }
    }

    #[test]
    fn a_rewrite_an_index_and_changed_rows_take_longer_than_a_check() {
        let seconds = |effect: TableEffect| effect.estimate().as_secs();
        assert_eq!(seconds(effect("AccessExclusiveLock", &[], false)), 3);
        assert_eq!(seconds(effect("AccessExclusiveLock", &[], true)), 20);
        assert_eq!(seconds(effect("RowExclusiveLock", &[], false)), 220);
        assert_eq!(seconds(effect("ShareLock", &[("chunks_v_idx", "hnsw")], false)), 203);
    }

    #[test]
    fn an_effect_says_what_it_blocks() {
        let mut effect = effect("ShareLock", &[("chunks_v_idx", "hnsw")], false);
        effect.time = effect.estimate();
        assert_eq!(
            effect.to_string(),
            "chunks: blocks writes (ShareLock), index chunks_v_idx is made (hnsw); 100000 rows, 585938 KiB; about 3 min"
        );
    }
}
