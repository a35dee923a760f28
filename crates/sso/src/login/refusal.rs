//! Why a login comes to nothing: what the user reads, and the cause for the log.

use kernel::{Code, Problem};

pub(crate) fn refused(why: impl std::fmt::Display) -> Problem {
    let detail = "your organisation's sign-in does not let this account in; ask your administrator";
    Problem::new(Code::SignInRefused, detail).caused_by(why)
}

/// The provider or the user declined the sign-in.
pub(super) fn declined(error: &str) -> Problem {
    let why = format!("the provider answered with the error `{error}`");
    // RFC 6749, 4.1.2.1, and OpenID Connect Core, 3.1.2.6: what people and their rights decide; all
    // else is for the administrator.
    if matches!(
        error,
        "access_denied" | "consent_required" | "interaction_required" | "login_required"
    ) {
        let detail = "the sign-in was called off at your organisation's provider, or it does not let you in; try again";
        return Problem::new(Code::SignInCancelled, detail).caused_by(why);
    }
    refused(why)
}

pub(super) fn expired(why: &str) -> Problem {
    let detail =
        "the sign-in took too long, was used before, or was begun in another browser; begin again";
    Problem::new(Code::SignInExpired, detail).caused_by(why)
}

pub(super) fn failed(why: impl std::fmt::Display) -> Problem {
    let detail = "your organisation's sign-in did not answer as expected; try again, or ask your administrator";
    Problem::new(Code::IdentityProviderFailed, detail).caused_by(why)
}
