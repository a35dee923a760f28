//! Makes the owners and rights of a database exactly those of the file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{Difference, GrantsFile, Object};
use crate::roles::identifier;

/// Applies the file in the transaction of this connection, which is the owner role's. Returns the
/// number of grants, revocations and owners that changed: 0 if the database matched the file.
///
/// # Errors
/// If the file names an object that the database does not have, or a change fails.
pub(crate) async fn apply(owner: &mut PgConnection, file: &GrantsFile) -> Result<usize> {
    let mut difference = Difference::read(owner, file).await?;
    let mut changed = 0;
    if !difference.misowned.is_empty() {
        changed += difference.misowned.len();
        change_owners(owner, &difference.misowned).await?;
        difference = Difference::read(owner, file).await?;
    }
    if !difference.unnamed.is_empty() {
        changed += difference.unnamed.len();
        let each = difference.unnamed.iter();
        let sql: String = each
            .map(|grant| format!("revoke {} from {} cascade;\n", grant.sql(), grant.role_sql()))
            .collect();
        execute(owner, sql).await.context("revoking what grants.toml does not name")?;
        // A right on a complete table takes those on its columns with it.
        difference = Difference::read(owner, file).await?;
    }
    if !difference.missing.is_empty() {
        changed += difference.missing.len();
        let each = difference.missing.iter();
        let sql: String =
            each.map(|grant| format!("grant {} to {};\n", grant.sql(), grant.role_sql())).collect();
        execute(owner, sql).await.context("granting what grants.toml names")?;
        difference = Difference::read(owner, file).await?;
    }
    let left = difference.lines();
    if !left.is_empty() {
        bail!(
            "these rights could not be changed by the owner of the tables; change them as an administrator:\n{}",
            left.join("\n")
        );
    }
    Ok(changed)
}

/// A new owner needs the right to create in the schema; the grants that follow revoke it again.
async fn change_owners(
    owner: &mut PgConnection,
    misowned: &BTreeSet<(Object, String)>,
) -> Result<()> {
    let mut sql = String::new();
    for (object, role) in misowned {
        let (schema, role) = (identifier(&object.schema), identifier(role));
        writeln!(
            sql,
            "grant create on schema {schema} to {role};\nalter {} owner to {role};",
            object.sql()
        )?;
    }
    execute(owner, sql).await.context("changing owners as grants.toml says")
}

async fn execute(owner: &mut PgConnection, sql: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await?;
    Ok(())
}
