//! Rotation: wraps data keys with the current master key, and reseals texts with new data keys.

use kernel::{Kind, Problem, Result, Timestamp, id::TenantId};
use platform::{Cx, pg::Db};

use crate::{Column, DataKey, Master, Secret, store};

/// Sealed texts per batch.
const BATCH: i64 = 100;

/// The result of a rotation for a tenant; all zero if there was nothing to do.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct RotationReport {
    /// Data keys wrapped with the current master key.
    pub rewrapped: usize,
    /// Data keys created.
    pub new_keys: usize,
    /// Texts resealed with the newest data key.
    pub resealed: usize,
    /// Texts that did not open and were left unchanged.
    pub damaged: usize,
}

/// The tenants after one, ordered by id; empty at the end.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn tenants_after(db: &Db, after: Option<TenantId>) -> Result<Vec<TenantId>> {
    store::tenants_after(db, after, 100).await
}

/// Wraps the tenant's data keys, including retired ones, with the current master key.
///
/// # Errors
/// `internal` if a key was wrapped with a master key that is not configured; database errors.
pub async fn rewrap(cx: &Cx, master: &Master) -> Result<RotationReport> {
    let tenant = cx.tenant()?;
    let keys = store::wrapped_by_others(cx, master.id()).await?;
    for key in &keys {
        store::rewrap(cx, &master.wrap(tenant, key.id, &master.unwrap(tenant, key)?)?).await?;
    }
    Ok(RotationReport { rewrapped: keys.len(), ..RotationReport::default() })
}

/// Creates a new data key if the tenant's current one was made before `made_before`, then reseals
/// with it what older keys sealed. A repeated call with the same time continues where the last one
/// stopped.
///
/// # Errors
/// As [`rewrap`].
pub async fn renew(
    cx: &Cx,
    master: &Master,
    made_before: Timestamp,
    columns: &[Column],
) -> Result<RotationReport> {
    let mut done = RotationReport {
        new_keys: usize::from(
            store::supersede(cx, made_before, &DataKey::fresh(cx, master)?).await?,
        ),
        ..RotationReport::default()
    };
    let Some(current) = store::current(cx).await? else { return Ok(done) };
    let current = DataKey::of_wrapped(cx, master, &current)?;
    for column in columns {
        let mut after = None;
        loop {
            let batch = store::sealed_by_others(cx, column, current.id(), after, BATCH).await?;
            let Some((last, _)) = batch.last() else { break };
            after = Some(*last);
            for (id, sealed) in batch {
                match opened(cx, master, column, &sealed).await {
                    Ok(plain) => {
                        let resealed = current.seal(column.name, plain.expose())?;
                        store::replace(cx, column, id, &sealed, &resealed).await?;
                        done.resealed += 1;
                    }
                    Err(problem) if problem.kind() == Kind::Internal => done.damaged += 1,
                    Err(problem) => return Err(problem),
                }
            }
        }
    }
    Ok(done)
}

async fn opened(cx: &Cx, master: &Master, column: &Column, sealed: &str) -> Result<Secret> {
    DataKey::of(cx, master, column.name, sealed).await?.open(column.name, sealed)
}

impl RotationReport {
    /// Adds two reports.
    #[must_use]
    pub fn and(self, other: RotationReport) -> RotationReport {
        RotationReport {
            rewrapped: self.rewrapped + other.rewrapped,
            new_keys: self.new_keys + other.new_keys,
            resealed: self.resealed + other.resealed,
            damaged: self.damaged + other.damaged,
        }
    }

    /// Fails if texts were left unchanged.
    ///
    /// # Errors
    /// `internal`, with their number.
    pub fn check(&self) -> Result<()> {
        match self.damaged {
            0 => Ok(()),
            n => Err(Problem::internal(format!(
                "secrets: {n} sealed texts do not open; enter these credentials again"
            ))),
        }
    }
}
