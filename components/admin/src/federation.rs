//! The organisation's own sign-in.

use api::{Call, CallWith, Json, NoContent};
use kernel::Result;
use platform::Cx;
use sso::{
    EditPermit, Federation, callback, connection_test, federation,
    wire::{FederationBody, PutFederation, TestBody},
};

async fn respond(cx: &Cx, permit: &EditPermit, found: Federation) -> Result<Json<FederationBody>> {
    let masked = federation::masked_secret(cx, &found, permit).await?;
    let redirect_uri = callback::redirect_uri(cx, &found).await?;
    api::ok(&FederationBody::new(found, masked, redirect_uri))
}

pub(crate) async fn get_federation(call: Call) -> Result<Json<FederationBody>> {
    let (cx, permit) = (call.cx()?, EditPermit::of_administrator(call.cx()?)?);
    let found = federation::get(cx, &permit).await?;
    respond(cx, &permit, found).await
}

pub(crate) async fn put_federation(
    mut call: CallWith<PutFederation>,
) -> Result<Json<FederationBody>> {
    let body: PutFederation = call.json().await?;
    let (cx, permit) = (call.cx()?, EditPermit::of_administrator(call.cx()?)?);
    let stored = federation::put(cx, &permit, body.draft()?).await?;
    respond(cx, &permit, stored).await
}

pub(crate) async fn delete_federation(call: Call) -> Result<NoContent> {
    let (cx, permit) = (call.cx()?, EditPermit::of_administrator(call.cx()?)?);
    federation::delete(cx, &permit).await?;
    api::no_content()
}

pub(crate) async fn test_federation(call: Call) -> Result<Json<TestBody>> {
    let (cx, permit) = (call.cx()?, EditPermit::of_administrator(call.cx()?)?);
    api::ok(&TestBody::from(connection_test::test(cx, &permit).await?))
}
