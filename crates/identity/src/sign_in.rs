//! Signing in with e-mail and password.

use kernel::{
    Code, Problem, Result,
    id::{TenantId, UserId},
    text,
};
use platform::{
    Actor, Cx, Origin, audit,
    log::{self, Level},
    pg::{Db, Source},
    task,
};
use serde_json::json;

use crate::{
    Keys,
    password::{self, Check},
    session::{self, Client, Grant},
    store::{self, SignIn},
};

/// Signs in. `tenant_slug` is needed only where the same address exists in several tenants.
///
/// # Errors
/// `wrong_credentials`, the same and after the same time, whatever did not match.
pub async fn sign_in(
    source: Source,
    keys: &Keys,
    email: &str,
    given: &str,
    tenant_slug: Option<&str>,
    client: Client,
    request_id: &str,
) -> Result<Grant> {
    let wrong =
        || Problem::new(Code::WrongCredentials, "e-mail or password is wrong; check both, or ask an administrator");
    // Nobody has an empty password, so nothing is told by not computing.
    if given.is_empty() {
        return Err(wrong());
    }
    let email = text::email("/email", email).map_err(|_| wrong())?;
    let nobody = Db::new(source.clone(), None);
    let (candidates, bcrypt_cost) = store::find_sign_in(&nobody, &email, tenant_slug).await?;
    // No connection waits while passwords are computed.
    nobody.release().await;
    let right = fitting(&candidates, given, bcrypt_cost);
    // The client says which organisation where a password opens several.
    let [(found, check)] = right.as_slice() else {
        for known in &candidates {
            note_failure(source.clone(), known.tenant, known.user, client.origin(request_id));
        }
        return Err(wrong());
    };
    if let (Check::RightAndOld, Some(old)) = (check, &found.password_hash) {
        let new = password::rehash(given)?;
        let cx = Cx::new(source.clone(), Some(found.tenant), Actor::Anonymous, client.origin(request_id));
        store::replace_password_hash(&cx, found.user, old, &new).await?;
        cx.db.release().await;
    }
    session::begin(source, keys, found.tenant, found.user, client, request_id).await
}

/// The accounts that the password opens. For nobody it is computed once, as for one account, so that the time tells nothing; an address that is known
/// in several organisations takes as often as many, or a stranger who invites somebody elsewhere would keep them out here.
fn fitting<'a>(candidates: &'a [SignIn], given: &str, bcrypt_cost: Option<u32>) -> Vec<(&'a SignIn, Check)> {
    if candidates.is_empty() {
        let _ = password::check(given, None, bcrypt_cost);
    }
    let check = |found: &'a SignIn| (found, password::check(given, found.password_hash.as_deref(), bcrypt_cost));
    candidates.iter().map(check).filter(|(_, check)| check.is_right()).collect()
}

/// Writes a failed sign-in down, beside the answer: its time must not tell that there is such a person.
fn note_failure(source: Source, tenant: TenantId, user: UserId, origin: Origin) {
    task::spawn(async move {
        let cx = Cx::new(source, Some(tenant), Actor::Anonymous, origin);
        let noted = audit::record(&cx, "sign_in.failed", "user", Some(&user.to_string()), json!({})).await;
        if let Err(problem) = noted {
            let cause = [("cause", json!(problem.to_string()))];
            log::line(Level::Error, "identity", "a failed sign-in was not recorded", &cause);
        }
    });
}
