//! Signing in with e-mail and password.

use kernel::{Code, Problem, Result, text};
use platform::pg::{Db, Source};

use crate::{
    Keys, password,
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
    let email = text::email("/email", email).map_err(|_| wrong())?;
    let nobody = Db::new(source.clone(), None);
    let candidates = store::find_sign_in(&nobody, &email, tenant_slug).await?;
    nobody.release().await;
    // One check whatever was found, so that the time tells nothing. More than one tenant: the client must say which.
    let found = match candidates.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    let good = password::verify(given, found.and_then(|f| f.password_hash.as_deref()));
    match found {
        Some(found) if good => session::begin(source, keys, found.tenant, found.user, client, request_id).await,
        _ => Err(wrong()),
    }
}
