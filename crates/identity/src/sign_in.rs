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
    store,
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
    // One check whatever was found, so that the time tells nothing. More than one tenant: the client must say which.
    let found = match candidates.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    let hash = found.and_then(|f| f.password_hash.as_deref());
    let check = password::check(given, hash, bcrypt_cost);
    let Some(found) = found.filter(|_| check.is_right()) else {
        if let [known] = candidates.as_slice() {
            note_failure(source, known.tenant, known.user, client.origin(request_id));
        }
        return Err(wrong());
    };
    if let (Check::RightAndOld, Some(old)) = (check, hash) {
        let new = password::rehash(given)?;
        let cx = Cx::new(source.clone(), Some(found.tenant), Actor::Anonymous, client.origin(request_id));
        store::replace_password_hash(&cx, found.user, old, &new).await?;
        cx.db.release().await;
    }
    session::begin(source, keys, found.tenant, found.user, client, request_id).await
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
