//! A sign-in at a provider: counts the attempts, and begins a session.

use credentials::{
    SessionKeys,
    session::{self, Client, FederatedIdentity, IssuedTokens},
    throttle::{Attempt, Outcome, Purpose},
};
use kernel::{Code, Problem, Result};
use platform::pg::Source;

use crate::{
    Callback,
    login::{self, AuthorizationRequest, CallbackParams, PendingLogin, SsoLogin},
};

/// Starts a login. Every start counts, completed or not, so a client that starts too many has to
/// wait.
///
/// # Errors
/// As [`login::start`]; `too_many_requests`.
pub async fn start(
    source: Source,
    slug: Option<&str>,
    return_to: Option<&str>,
    client: &Client,
    request_id: &str,
) -> Result<AuthorizationRequest> {
    Attempt::begin(Purpose::SsoStart, None, &client.address).await?;
    login::start(source, slug, return_to, client.origin(request_id)).await
}

/// Completes a login that this browser started; returns the session, and where to redirect.
///
/// # Errors
/// As [`login::resume`] and [`login::finish`]; `too_many_requests`.
pub async fn complete(
    source: Source,
    keys: &SessionKeys,
    (params, callback): (CallbackParams<'_>, Callback),
    client: Client,
    request_id: &str,
) -> Result<(IssuedTokens, String)> {
    let pending = login::resume(&params, callback).await?;
    // Counted only with a login that this browser started: otherwise a foreign page could lock out
    // all who share its reader's address.
    let attempt = Attempt::begin(Purpose::SsoCallback, None, &client.address).await?;
    let done = begin_session(source, keys, (pending, params), client, request_id).await;
    attempt.end(done.as_ref().map_or_else(outcome, |_| Outcome::Good)).await?;
    done
}

/// A cancelled login is not recorded, so it does not count.
fn outcome(problem: &Problem) -> Outcome {
    if problem.code == Code::SignInCancelled { Outcome::Undecided } else { Outcome::Wrong }
}

/// Resolves the user at the provider, and begins their session.
async fn begin_session(
    source: Source,
    keys: &SessionKeys,
    (pending, params): (PendingLogin, CallbackParams<'_>),
    client: Client,
    request_id: &str,
) -> Result<(IssuedTokens, String)> {
    let login = login::finish(source.clone(), pending, params, client.origin(request_id)).await?;
    let SsoLogin { tenant, user, return_to, issuer, client_id, subject, sid, id_token_sealed } =
        login;
    let at = FederatedIdentity { issuer, client_id, subject, sid, id_token_sealed };
    let issued =
        session::begin_federated(source, keys, (tenant, user), client, Some(&at), request_id)
            .await?;
    Ok((issued, return_to))
}
