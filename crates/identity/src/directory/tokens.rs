//! The tokens that directories show: made and revoked by administrators.

use access::Action;
use kernel::{
    Cursor, Page, PageRequest, Result, Timestamp, hex,
    id::{self, ScimTokenId, UserId},
    text,
};
use platform::Cx;

use super::PREFIX;
use crate::{session, store::directory::tokens as store};

/// A token, as administrators see it: never the secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Id.
    pub id: ScimTokenId,
    /// 1 to 100 characters.
    pub name: String,
    /// Who made it.
    pub created_by: UserId,
    /// When it was last shown, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A token that was just made, with its secret: shown to whoever made it and to nobody again.
pub struct NewToken {
    /// As it is listed.
    pub token: Token,
    /// What the directory shows.
    pub secret: String,
}

/// The tokens of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_tokens(cx: &Cx, request: PageRequest) -> Result<Page<Token>> {
    cx.require(Action::ManageSettings)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |t| Cursor { at: t.created_at, id: t.id.0 }))
}

/// Makes a token.
///
/// # Errors
/// `not_allowed`, `invalid_body`.
pub async fn create_token(cx: &Cx, name: &str) -> Result<NewToken> {
    // With it anybody's address can be changed, and a reset link goes to the new one.
    cx.require(Action::ManageSignIn)?;
    let name = text::line("/name", name, 1, 100)?;
    let secret = format!("{PREFIX}{}_{}", cx.tenant()?.0.simple(), hex::encode(&platform::random::bytes::<32>()?));
    let token = store::insert(cx, cx.new_id()?, &name, &session::hash(secret.as_bytes())).await?;
    Ok(NewToken { token, secret })
}

/// Ends a token: with the next request it is wrong.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn revoke_token(cx: &Cx, token: ScimTokenId) -> Result<()> {
    cx.require(Action::ManageSettings)?;
    if store::delete(cx, token).await? { Ok(()) } else { Err(id::not_found("token")) }
}
