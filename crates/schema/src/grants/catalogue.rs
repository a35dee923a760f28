//! Objects, owners and rights in the catalogue of a database.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use sqlx::{PgConnection, Row as _};

use super::{Grant, Kind, Object};
use crate::roles::OWNER_ROLE;

/// The part of the catalogue that is compared with the file.
pub(super) struct Catalogue {
    /// Every schema, table, view, sequence and function of the product, with its owner.
    pub(super) owners: BTreeMap<Object, String>,
    /// The views among them.
    pub(super) views: BTreeSet<Object>,
    /// The rights of the product's roles and of everyone, without the implicit rights of owners.
    pub(super) grants: BTreeSet<Grant>,
}

/// The schemas of the product. `public` belongs to the role that created the database.
const SCHEMAS: &str = "with ours as (select oid from pg_roles where rolname like 'tessera\\_%'),
     spaces as (select * from pg_namespace where nspname = 'public' or nspowner in (select oid from ours)),
     objects as (
       select 'schema' as kind, nspname::text as schema, '' as name, null::text as arguments, null::text as column_name, nspowner as owner, nspacl as acl
         from spaces
       union all
       select case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'table' end, nspname, relname, null, null, relowner, relacl
         from pg_class join spaces s on s.oid = relnamespace
        where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and relowner in (select oid from ours)
       union all
       select 'table', nspname, relname, null, attname, relowner, attacl
         from pg_attribute join pg_class c on c.oid = attrelid join spaces s on s.oid = relnamespace
        where attacl is not null and relowner in (select oid from ours)
       union all
       -- Without an entry of its own a function is open to everyone.
       select 'function', nspname, proname, pg_get_function_identity_arguments(p.oid), null, proowner, coalesce(proacl, acldefault('f', proowner))
         from pg_proc p join spaces s on s.oid = pronamespace where proowner in (select oid from ours)
       union all
       select 'type', nspname, typname, null, null, typowner, typacl
         from pg_type join spaces s on s.oid = typnamespace where typacl is not null and typowner in (select oid from ours)
     )";

impl Catalogue {
    pub(super) fn find(&self, kind: Kind, schema: &str, name: &str) -> Result<&Object> {
        let mut found = self
            .owners
            .keys()
            .filter(|it| it.kind == kind && it.schema == schema && it.name == name);
        found
            .next()
            .with_context(|| format!("the database has no {} {schema}.{name}", kind.as_str()))
    }

    /// All overloads of a function, at least one.
    pub(super) fn functions(&self, schema: &str, name: &str) -> Result<Vec<&Object>> {
        self.find(Kind::Function, schema, name)?;
        let is_it =
            |it: &&Object| it.kind == Kind::Function && it.schema == schema && it.name == name;
        Ok(self.owners.keys().filter(is_it).collect())
    }
}

pub(super) async fn read(owner: &mut PgConnection) -> Result<Catalogue> {
    let sql = format!(
        "{SCHEMAS} select kind, schema, name, arguments, pg_get_userbyid(owner)::text as owner from objects where column_name is null"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .fetch_all(&mut *owner)
        .await
        .context("reading the catalogue")?;
    let owners =
        rows.iter().map(|row| Ok((object(row)?, row.try_get("owner")?))).collect::<Result<_>>()?;
    let mut views = BTreeSet::new();
    for row in &rows {
        if row.try_get::<&str, _>("kind")? == "view" {
            views.insert(object(row)?);
        }
    }
    // The owner role has all rights, as owner or from provisioning. Everyone may use `public` by
    // the server's default, and every type.
    let sql = format!(
        "{SCHEMAS} select distinct kind, schema, name, arguments, column_name, coalesce(r.rolname, 'public')::text as role,
                lower(privilege_type) as privilege, is_grantable
           from objects, aclexplode(acl) x left join pg_roles r on r.oid = x.grantee
          where x.grantee <> owner and coalesce(r.rolname, '') <> '{OWNER_ROLE}'
            and (x.grantee = 0 or x.grantee in (select oid from ours))
            and not (x.grantee = 0 and (kind = 'type' or (schema = 'public' and kind = 'schema' and x.grantor not in (select oid from ours))))"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .fetch_all(owner)
        .await
        .context("reading the catalogue")?;
    Ok(Catalogue { owners, views, grants: rows.iter().map(grant).collect::<Result<_>>()? })
}

fn object(row: &sqlx::postgres::PgRow) -> Result<Object> {
    let kind = match row.try_get::<&str, _>("kind")? {
        "schema" => Kind::Schema,
        "sequence" => Kind::Sequence,
        "function" => Kind::Function,
        "type" => Kind::Type,
        _ => Kind::Table,
    };
    Ok(Object {
        kind,
        schema: row.try_get("schema")?,
        name: row.try_get("name")?,
        arguments: row.try_get("arguments")?,
    })
}

fn grant(row: &sqlx::postgres::PgRow) -> Result<Grant> {
    Ok(Grant {
        role: row.try_get("role")?,
        privilege: row.try_get("privilege")?,
        column: row.try_get("column_name")?,
        object: object(row)?,
        grantable: row.try_get("is_grantable")?,
    })
}
