//! The organisation's own sign-in.

use ::federation::{
    Authority, Federation, callback, connection_test, federation,
    wire::{FederationBody, PutFederation, TestBody},
};
use api::{Call, Response};
use kernel::Result;
use platform::Cx;

async fn respond(cx: &Cx, authority: &Authority, found: Federation) -> Result<Response> {
    let masked = federation::masked_secret(cx, &found, authority).await?;
    let redirect_uri = callback::redirect_uri(cx, &found).await?;
    api::ok(&FederationBody::new(found, masked, redirect_uri))
}

pub(crate) async fn get_federation(call: Call) -> Result<Response> {
    let (cx, authority) = (call.cx()?, Authority::of_administrator(call.cx()?)?);
    let found = federation::get(cx, &authority).await?;
    respond(cx, &authority, found).await
}

pub(crate) async fn put_federation(mut call: Call) -> Result<Response> {
    let body: PutFederation = call.json().await?;
    let (cx, authority) = (call.cx()?, Authority::of_administrator(call.cx()?)?);
    let stored = federation::put(cx, &authority, body.draft()?).await?;
    respond(cx, &authority, stored).await
}

pub(crate) async fn delete_federation(call: Call) -> Result<Response> {
    let (cx, authority) = (call.cx()?, Authority::of_administrator(call.cx()?)?);
    federation::delete(cx, &authority).await?;
    api::no_content()
}

pub(crate) async fn test_federation(call: Call) -> Result<Response> {
    let (cx, authority) = (call.cx()?, Authority::of_administrator(call.cx()?)?);
    api::ok(&TestBody::from(connection_test::test(cx, &authority).await?))
}
