//! The single sign-on of an organisation, managed by operators.

use accounts::tenants;
use api::{Call, CallWith, Json, NoContent};
use kernel::{Result, id::TenantId};
use platform::Cx;
use serde_json::json;
use sso::{
    EditPermit, Federation, callback, connection_test, federation,
    wire::{FederationBody, PutFederation, TestBody},
};

/// A context in the organisation of the path, where there is one.
async fn opened(call: &Call) -> Result<(Cx, TenantId)> {
    let tenant: TenantId = call.param("tenant_id")?;
    tenants::get_tenant(call.operator()?, tenant).await?;
    Ok((call.operator()?.in_tenant(tenant).await?, tenant))
}

async fn respond(cx: &Cx, found: Federation) -> Result<Json<FederationBody>> {
    let masked = federation::masked_secret(cx, &found, &EditPermit::of_operator()).await?;
    let redirect_uri = callback::redirect_uri(cx, &found).await?;
    api::ok(&FederationBody::new(found, masked, redirect_uri))
}

pub(crate) async fn get_tenant_federation(call: Call) -> Result<Json<FederationBody>> {
    let (cx, _) = opened(&call).await?;
    let found = federation::get(&cx, &EditPermit::of_operator()).await?;
    respond(&cx, found).await
}

pub(crate) async fn put_tenant_federation(
    mut call: CallWith<PutFederation>,
) -> Result<Json<FederationBody>> {
    let body: PutFederation = call.json().await?;
    let (cx, tenant) = opened(&call).await?;
    let stored = federation::put(&cx, &EditPermit::of_operator(), body.draft()?).await?;
    let details =
        json!({ "issuer": stored.settings.issuer, "client_id": stored.settings.client_id });
    tenants::note(call.operator()?, "federation.put", Some(tenant), details).await?;
    respond(&cx, stored).await
}

pub(crate) async fn delete_tenant_federation(call: Call) -> Result<NoContent> {
    let (cx, tenant) = opened(&call).await?;
    federation::delete(&cx, &EditPermit::of_operator()).await?;
    tenants::note(call.operator()?, "federation.delete", Some(tenant), json!({})).await?;
    api::no_content()
}

pub(crate) async fn test_tenant_federation(call: Call) -> Result<Json<TestBody>> {
    let (cx, _) = opened(&call).await?;
    api::ok(&TestBody::from(connection_test::test(&cx, &EditPermit::of_operator()).await?))
}
