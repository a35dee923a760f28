//! Maps an identity at a provider to a user of the tenant: found, linked or provisioned.

use kernel::{Result, id::UserId};
use platform::{Cx, TenantRole};

use crate::{
    Settings,
    claims::{self, Profile},
    debug::Trace,
    id_token::IdToken,
    login::refused,
    store::users::{self as store, KnownUser, LinkConflict},
};

/// The user, with name and role from the current claims.
pub(crate) async fn resolve_user(
    cx: &Cx,
    settings: &Settings,
    token: &IdToken,
    trace: &Trace,
) -> Result<UserId> {
    let profile = claims::read(settings, &token.claims).map_err(|why| refused(why.as_str()))?;
    trace.step(
        "claims_read",
        &[
            ("email_verified", format!("{:?}", profile.email_verified).into()),
            ("name", profile.name.is_some().into()),
            ("role", profile.role.map_or("", TenantRole::as_str).into()),
        ],
    );
    if let Some(known) = store::by_identity(cx, &settings.issuer, &token.subject).await? {
        return refresh_known(cx, &known, &profile, trace).await;
    }
    check_verified(settings, &profile)?;
    let linked = match store::by_email(cx, &profile.email).await? {
        Some(known) => {
            trace.step("linking", &[]);
            link(cx, settings, token, &known, &profile, trace).await?
        }
        None if settings.provisioning => {
            trace.step("making", &[]);
            store::provision(cx, &settings.issuer, &token.subject, &profile).await?
        }
        None => return Err(refused("there is no account with this address, and none is made")),
    };
    match linked {
        Ok(user) => Ok(user),
        Err(LinkConflict::Other) => {
            Err(refused("the account belongs to another identity at this provider"))
        }
        // A concurrent login of the same user, in another tab, was first.
        Err(LinkConflict::Meanwhile) => {
            match store::by_identity(cx, &settings.issuer, &token.subject).await? {
                Some(known) => refresh_known(cx, &known, &profile, trace).await,
                None => Err(refused("another user took the address meanwhile")),
            }
        }
    }
}

/// An address links to an account only if the provider vouches for it.
fn check_verified(settings: &Settings, profile: &Profile) -> Result<()> {
    match profile.email_verified {
        Some(true) => Ok(()),
        None if !settings.require_verified_email => Ok(()),
        _ => Err(refused("the provider does not say that the address is verified")),
    }
}

async fn refresh_known(
    cx: &Cx,
    known: &KnownUser,
    profile: &Profile,
    trace: &Trace,
) -> Result<UserId> {
    if known.deleted || known.state != "active" {
        return Err(refused("the account is deactivated or deleted"));
    }
    trace.step("known", &[]);
    let name = profile.name.as_deref().filter(|name| *name != known.display_name);
    let role = profile.role.filter(|role| *role != known.role || known.custom_role);
    if name.is_some() || role.is_some() {
        store::update(cx, known.id, name, role).await?;
    }
    Ok(known.id)
}

async fn link(
    cx: &Cx,
    settings: &Settings,
    token: &IdToken,
    known: &KnownUser,
    profile: &Profile,
    trace: &Trace,
) -> Result<std::result::Result<UserId, LinkConflict>> {
    if known.deleted || !matches!(known.state.as_str(), "active" | "invited") {
        return Err(refused("the account is deactivated or deleted"));
    }
    if let Err(linked) = store::link(cx, &settings.issuer, &token.subject, known.id).await? {
        return Ok(Err(linked));
    }
    let known = store::by_identity(cx, &settings.issuer, &token.subject).await?;
    let known = known.ok_or_else(|| refused("the account went away meanwhile"))?;
    refresh_known(cx, &known, profile, trace).await.map(Ok)
}
