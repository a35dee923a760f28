//! Sign-in with e-mail address and password.

use credentials::{
    session::{self, Client, IssuedTokens},
    throttle::{Attempt, Outcome},
};
use kernel::{
    Code, Problem, Result,
    id::{TenantId, UserId},
    text,
};
use platform::{
    Actor, Cx, Origin,
    log::{self, Level},
    pg::{Db, Source},
    task,
};
use serde_json::json;

use crate::{
    SignInKeys, device,
    password::{self, Check},
    store::passwords::{self as store, SignIn},
};

/// Address and password.
#[derive(Clone, Copy)]
pub struct SignInRequest<'a> {
    /// The address, as it was typed.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// Needed only if the same address exists in several tenants.
    pub tenant_slug: Option<&'a str>,
    /// The cookies of known browsers in the request.
    pub devices: &'a [&'a str],
}

/// A sign-in that succeeded.
struct SignInOutcome {
    /// The tokens of the new session.
    tokens: IssuedTokens,
    /// Whether the request was unambiguous: the address exists in one organisation only, or the
    /// request named one.
    alone: bool,
}

/// Signs a user in, and counts the attempt. At a known browser of the account it counts apart from
/// attempts elsewhere.
///
/// # Errors
/// `wrong_credentials`, the same and after the same time for every mismatch; `too_many_requests`,
/// with the seconds to wait.
pub async fn sign_in(
    source: Source,
    keys: &SignInKeys,
    given: SignInRequest<'_>,
    client: Client,
    request_id: &str,
) -> Result<IssuedTokens> {
    let without_tenant = Db::new(source.clone(), None);
    let browser = device::recognise(
        &without_tenant,
        &keys.device,
        given.devices,
        given.email,
        given.tenant_slug,
    )
    .await?;
    without_tenant.release().await;
    if let Some(browser) = browser {
        let attempt = Attempt::begin_at_device(&browser.id, &client.address).await?;
        let only = Some(browser.user);
        let signed_in =
            check_password(source.clone(), keys, given, only, client.clone(), request_id).await;
        attempt.end(Outcome::of(&signed_in)).await?;
        // The browser is not known to another account with this address.
        let another =
            signed_in.as_ref().is_err_and(|problem| problem.code == Code::WrongCredentials)
                && !browser.alone;
        if !another {
            return Ok(signed_in?.tokens);
        }
    }
    let attempt = Attempt::begin_sign_in(given.email, given.tenant_slug, &client.address).await?;
    let signed_in = check_password(source, keys, given, None, client, request_id).await;
    attempt.end(outcome(&signed_in)).await?;
    Ok(signed_in?.tokens)
}

/// If an address exists in several organisations, one password proves nothing about the other
/// accounts: failures there stay counted.
fn outcome(result: &Result<SignInOutcome>) -> Outcome {
    match result {
        Ok(signed_in) if !signed_in.alone => Outcome::Undecided,
        other => Outcome::of(other),
    }
}

/// Begins a session if the password matches exactly one account. `only`: the one account that is
/// tried; guesses at a known browser must not count for others.
async fn check_password(
    source: Source,
    keys: &SignInKeys,
    given: SignInRequest<'_>,
    only: Option<UserId>,
    client: Client,
    request_id: &str,
) -> Result<SignInOutcome> {
    let SignInRequest { email, password: given, tenant_slug, devices: _ } = given;
    let wrong = || {
        Problem::new(
            Code::WrongCredentials,
            "e-mail or password is wrong; check both, or ask an administrator",
        )
    };
    // No account has an empty password, so skipping the hash reveals nothing.
    if given.is_empty() {
        return Err(wrong());
    }
    let email = text::email("/email", email).map_err(|_| wrong())?;
    let without_tenant = Db::new(source.clone(), None);
    let (mut candidates, bcrypt_cost) =
        store::find_sign_in(&without_tenant, &email, tenant_slug).await?;
    let alone = candidates.len() == 1;
    candidates.retain(|known| only.is_none_or(|only| known.user == only));
    // No connection is held while passwords are hashed.
    without_tenant.release().await;
    let right = fitting(&candidates, given, bcrypt_cost, tenant_slug.is_some());
    // If the password matches in several organisations, the client must name one.
    let [(found, check)] = right.as_slice() else {
        for known in &candidates {
            note_failure(source.clone(), known.tenant, known.user, client.origin(request_id));
        }
        return Err(wrong());
    };
    let mut epoch = found.device_epoch;
    if let (Check::RightAndOld, Some(old)) = (check, &found.password_hash) {
        let new = password::rehash(given)?;
        let cx = Cx::new(
            source.clone(),
            Some(found.tenant),
            Actor::Anonymous,
            client.origin(request_id),
        );
        epoch = store::replace_password_hash(&cx, found.user, old, &new).await?.unwrap_or(epoch);
        cx.db.release().await;
    }
    let issued =
        session::begin(source, &keys.session, found.tenant, found.user, client, request_id).await?;
    let device = Some(device::cookie(&keys.device, found.tenant, found.user, epoch)?);
    Ok(SignInOutcome { tokens: IssuedTokens { device, ..issued }, alone })
}

/// How many hashes are computed for a password that matches nothing: as many as for an address in
/// two organisations, so that the time does not reveal whether an address is known in none, one or
/// two.
const LEAST_WORK: usize = 2;

/// The accounts that the password matches. An address in several organisations costs as many
/// hashes; otherwise a stranger who invites the user elsewhere would lock them out here. A matching
/// password costs no extra hashes: its owner knows more than the time reveals.
fn fitting<'a>(
    candidates: &'a [SignIn],
    given: &str,
    bcrypt_cost: Option<u32>,
    in_one_tenant: bool,
) -> Vec<(&'a SignIn, Check)> {
    let check = |found: &'a SignIn| {
        (found, password::check(given, found.password_hash.as_deref(), bcrypt_cost))
    };
    let right: Vec<_> =
        candidates.iter().map(check).filter(|(_, check)| check.is_right()).collect();
    if right.is_empty() {
        for _ in candidates.len()..work(candidates.len(), in_one_tenant) {
            let _ = password::check(given, None, bcrypt_cost);
        }
    }
    right
}

/// How many hashes are computed for so many accounts if the password matches nothing. In one
/// organisation an address exists at most once.
fn work(accounts: usize, in_one_tenant: bool) -> usize {
    accounts.max(if in_one_tenant { 1 } else { LEAST_WORK })
}

/// Records a failed sign-in beside the response: its time must not reveal that the user exists.
fn note_failure(source: Source, tenant: TenantId, user: UserId, origin: Origin) {
    task::spawn(async move {
        let cx = Cx::new(source, Some(tenant), Actor::Anonymous, origin);
        let noted =
            audit::record(&cx, "sign_in.failed", "user", Some(&user.to_string()), json!({})).await;
        if let Err(problem) = noted {
            let cause = [("cause", json!(problem.to_string()))];
            log::line(Level::Error, "passwords", "a failed sign-in was not recorded", &cause);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::work;

    #[test]
    fn a_wrong_password_costs_the_same_for_zero_one_or_two_accounts() {
        assert_eq!([0, 1, 2].map(|accounts| work(accounts, false)), [2, 2, 2]);
        assert_eq!(
            [0, 1].map(|accounts| work(accounts, true)),
            [1, 1],
            "where the organisation is named"
        );
        assert_eq!(work(3, false), 3, "every account is tried");
    }
}
