//! Every SQL statement of federation.

pub(crate) mod sessions;
pub(crate) mod users;

use kernel::{Result, id::TenantId};
use platform::{
    Cx, TenantRole,
    pg::{Db, Row},
};
use serde_json::{Map, Value, json};

use crate::{Claims, Federation, Settings, login::SsoTenant};

fn text(object: &Value, name: &str, otherwise: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or(otherwise).to_owned()
}

fn read(row: &Row) -> Result<Federation> {
    let claims: Value = row.get("claims")?;
    let roles: Value = row.get("group_roles")?;
    let roles = roles.as_object().cloned().unwrap_or_default();
    let role = |(group, role): (String, Value)| {
        (group, TenantRole::parse(role.as_str().unwrap_or_default()))
    };
    let settings = Settings {
        provider: row.get("provider")?,
        shared: row.get("shared")?,
        issuer: row.get("issuer")?,
        client_id: row.get("client_id")?,
        scopes: row.get("scopes")?,
        allowed_domains: row.get("allowed_domains")?,
        claims: Claims {
            email: text(&claims, "email", "email"),
            name: text(&claims, "name", "name"),
            groups: text(&claims, "groups", "groups"),
        },
        group_roles: roles.into_iter().map(role).collect(),
        provisioning: row.get("provisioning")?,
        require_verified_email: row.get("require_verified_email")?,
        enabled: row.get("enabled")?,
    };
    Ok(Federation {
        settings,
        client_secret_sealed: row.get("client_secret_sealed")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn get(cx: &Cx) -> Result<Option<Federation>> {
    let sql = "select provider, shared, issuer, client_id, client_secret_sealed, scopes, allowed_domains, claims, group_roles, provisioning,
             require_verified_email, enabled, micros(created_at) as created_at, micros(updated_at) as updated_at
        from federations";
    cx.db.optional(sql, &[]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn put(cx: &Cx, settings: &Settings, sealed: Option<&str>) -> Result<()> {
    let id: kernel::id::SessionId = cx.new_id()?;
    let claims = json!({ "email": settings.claims.email, "name": settings.claims.name, "groups": settings.claims.groups });
    let roles: Map<String, Value> =
        settings.group_roles.iter().map(|(g, r)| (g.clone(), json!(r.as_str()))).collect();
    let sql = "insert into federations (id, tenant_id, provider, shared, issuer, client_id, client_secret_sealed, scopes, allowed_domains, claims,
                              group_roles, provisioning, require_verified_email, enabled)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (tenant_id) do update set provider = excluded.provider, shared = excluded.shared, issuer = excluded.issuer,
               client_id = excluded.client_id, client_secret_sealed = excluded.client_secret_sealed, scopes = excluded.scopes,
               allowed_domains = excluded.allowed_domains, claims = excluded.claims, group_roles = excluded.group_roles,
               provisioning = excluded.provisioning, require_verified_email = excluded.require_verified_email, enabled = excluded.enabled";
    let params = [
        id.into(),
        cx.tenant()?.into(),
        settings.provider.as_str().into(),
        settings.shared.into(),
        settings.issuer.as_str().into(),
        settings.client_id.as_str().into(),
        sealed.into(),
        settings.scopes.clone().into(),
        settings.allowed_domains.clone().into(),
        claims.into(),
        Value::Object(roles).into(),
        settings.provisioning.into(),
        settings.require_verified_email.into(),
        settings.enabled.into(),
    ];
    cx.db.execute(sql, &params).await?;
    Ok(())
}

pub(crate) async fn delete(cx: &Cx) -> Result<bool> {
    Ok(cx.db.execute("delete from federations", &[]).await? == 1)
}

/// The tenant with a slug, or the only one of the installation, if users can sign in with its
/// provider.
pub(crate) async fn sso_tenant(db: &Db, slug: Option<&str>) -> Result<Option<SsoTenant>> {
    let row = db.optional("select * from lookup.federation($1::text)", &[slug.into()]).await?;
    row.map(|row| {
        Ok(SsoTenant {
            tenant: row.get("tenant_id")?,
            slug: row.get("slug")?,
            provider: row.get("provider")?,
        })
    })
    .transpose()
}

/// The tenants that have this client at this issuer.
pub(crate) async fn tenants_of(db: &Db, issuer: &str, client_id: &str) -> Result<Vec<TenantId>> {
    let sql = "select tenant_id from lookup.federated_tenants($1::text, $2::text)";
    db.query(sql, &[issuer.into(), client_id.into()])
        .await?
        .iter()
        .map(|row| row.get("tenant_id"))
        .collect()
}
