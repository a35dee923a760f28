//! The first tenant, the set-up link, and the first administrator.

use credentials::{
    SessionKeys, secret,
    session::{self, Client, IssuedTokens},
};
use kernel::{
    Code, Problem, Result,
    id::{TenantId, UserId},
    text,
};
use platform::{
    Actor, Cx,
    pg::{Db, Source},
};

use crate::{
    password,
    store::{links, setup as store},
};

/// How long a set-up link is valid.
const LINK_SECONDS: i32 = 7 * 24 * 3600;

/// The input for the first administrator.
pub struct Administrator {
    /// The organisation's name.
    pub organisation: String,
    /// The person's name.
    pub display_name: String,
    /// Address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Whether no user can sign in yet.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn needed(source: Source) -> Result<bool> {
    Ok(!store::state(&Db::new(source, None)).await?.1)
}

/// Creates the first tenant if there is none, and a one-time link for its administrator; None if a
/// user can sign in already. Returns the token that completes the set-up. Every call creates a new
/// link and ends the older ones.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn setup_link(source: &Source) -> Result<Option<String>> {
    let Some(cx) = first_tenant(source).await? else { return Ok(None) };
    let (token, hash) = secret::new_token()?;
    store::replace_link(&cx, &hash, LINK_SECONDS).await?;
    Ok(Some(token))
}

/// The first tenant, created if there is none; None if a user can sign in already.
async fn first_tenant(source: &Source) -> Result<Option<Cx>> {
    let (tenant, has_users) = store::state(&Db::new(source.clone(), None)).await?;
    if has_users {
        return Ok(None);
    }
    let id: TenantId = match tenant {
        Some(id) => id,
        None => platform::random::id()?,
    };
    let cx = Cx::new(source.clone(), Some(id), Actor::Worker, "bootstrap".to_owned());
    if tenant.is_none() {
        store::insert_tenant(&cx, "default", "My organisation").await?;
    }
    Ok(Some(cx))
}

/// Creates the first administrator without a link (preset by the operator); false if a user can
/// sign in already.
///
/// # Errors
/// `invalid_body` if the address or the password breaks a rule.
pub async fn preset(source: &Source, email: &str, password: &str) -> Result<bool> {
    let Some(cx) = first_tenant(source).await? else { return Ok(false) };
    let who = Administrator {
        organisation: "My organisation".to_owned(),
        display_name: email.split('@').next().unwrap_or(email).to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
    };
    make_administrator(&cx, &who, None).await?;
    Ok(true)
}

/// `link`: the hash of the set-up link's token, which makes one administrator; None if the link is
/// no longer valid.
async fn make_administrator(
    cx: &Cx,
    who: &Administrator,
    link: Option<&[u8]>,
) -> Result<Option<UserId>> {
    let email = text::email("/email", &who.email)?;
    let name = text::line("/display_name", &who.display_name, 1, 100)?;
    let organisation = text::line("/organisation", &who.organisation, 1, 100)?;
    let password_hash =
        password::hash("/password", &who.password, &[&email, &name, &organisation])?;
    let new = store::NewAdministrator { email: &email, name: &name, password_hash: &password_hash };
    store::insert_administrator(cx, &new, link.map(|hash| (hash, organisation.as_str()))).await
}

/// Completes the set-up with the token of the link, and signs the new administrator in.
///
/// # Errors
/// `invalid_link` if the token is unknown, used or expired; `already_set_up`; `invalid_body`.
pub async fn complete(
    source: Source,
    keys: &SessionKeys,
    token: &str,
    who: &Administrator,
    client: Client,
    request_id: &str,
) -> Result<IssuedTokens> {
    let without_tenant = Db::new(source.clone(), None);
    let invalid = || {
        Problem::new(
            Code::InvalidLink,
            "the set-up link was used, replaced or is out of date; restart to print a new one",
        )
    };
    let tenant = links::tenant_of(&without_tenant, &secret::hash(token.as_bytes()))
        .await?
        .ok_or_else(invalid)?;
    if store::state(&without_tenant).await?.1 {
        return Err(Problem::new(Code::AlreadySetUp, "an administrator exists already; sign in"));
    }
    without_tenant.release().await;
    let cx = Cx::new(source.clone(), Some(tenant), Actor::Anonymous, client.origin(request_id));
    let user = make_administrator(&cx, who, Some(&secret::hash(token.as_bytes())))
        .await?
        .ok_or_else(invalid)?;
    cx.db.release().await;
    session::begin(source, keys, tenant, user, client, request_id).await
}
