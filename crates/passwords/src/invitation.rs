//! Acceptance of an invitation.

use credentials::{
    secret,
    session::{self, Client, IssuedTokens},
};
use kernel::{Code, Problem, Result, id::TenantId, text};
use platform::{
    Actor, Cx,
    pg::{Db, Source},
};

use crate::{SignInKeys, device, password, store::links as store};

/// The invited user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitee {
    /// E-mail address.
    pub email: String,
    /// The name that the inviter entered.
    pub display_name: String,
    /// The organisation's name.
    pub organisation: String,
}

fn invalid() -> Problem {
    Problem::new(
        Code::InvalidLink,
        "the invitation was used, replaced or is out of date; ask for a new one",
    )
}

async fn tenant_of(source: &Source, token: &str) -> Result<TenantId> {
    let without_tenant = Db::new(source.clone(), None);
    let tenant = store::tenant_of(&without_tenant, &secret::hash(token.as_bytes()))
        .await?
        .ok_or_else(invalid)?;
    without_tenant.release().await;
    Ok(tenant)
}

/// The user whom the invitation with this token is for.
///
/// # Errors
/// `invalid_link`.
pub async fn read(source: Source, token: &str, request_id: &str) -> Result<Invitee> {
    let tenant = tenant_of(&source, token).await?;
    let cx = Cx::new(source, Some(tenant), Actor::Anonymous, request_id.to_owned());
    let found = store::invited(&cx, &secret::hash(token.as_bytes())).await?;
    let (email, display_name, organisation) = found.ok_or_else(invalid)?;
    Ok(Invitee { email, display_name, organisation })
}

/// Sets the password and signs the user in.
///
/// # Errors
/// `invalid_link`, `invalid_body`.
pub async fn accept(
    source: Source,
    keys: &SignInKeys,
    token: &str,
    (given, display_name): (&str, Option<&str>),
    client: Client,
    request_id: &str,
) -> Result<IssuedTokens> {
    let tenant = tenant_of(&source, token).await?;
    let name = display_name.map(|name| text::line("/display_name", name, 1, 100)).transpose()?;
    let cx = Cx::new(source.clone(), Some(tenant), Actor::Anonymous, client.origin(request_id));
    let token = secret::hash(token.as_bytes());
    let (email, invited_as, organisation) =
        store::invited(&cx, &token).await?.ok_or_else(invalid)?;
    // No connection is held while passwords are hashed.
    cx.db.release().await;
    let known = [email.as_str(), name.as_deref().unwrap_or(&invited_as), &organisation];
    let hash = password::hash("/password", given, &known)?;
    let user = store::accept(&cx, &token, &hash, name.as_deref()).await?;
    let (user, epoch) = user.ok_or_else(invalid)?;
    cx.db.release().await;
    let issued = session::begin(source, &keys.session, tenant, user, client, request_id).await?;
    Ok(IssuedTokens { device: Some(device::cookie(&keys.device, tenant, user, epoch)?), ..issued })
}
