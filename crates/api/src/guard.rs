//! One function per [`crate::RouteAuth`] that authenticates a request. The table names them, so
//! that a component links only those that it needs.

use access::Scope;
use http::request::Parts;
use kernel::Result;
use platform::{Origin, task::BoxFuture};

use crate::{authenticate, caller::Caller};

/// Authenticates a request as its route demands.
pub type Guard = for<'a> fn(&'a Parts, Origin) -> BoxFuture<'a, Result<Caller>>;

/// Admits every request.
///
/// # Errors
/// No error.
pub async fn public(_: &Parts, _: Origin) -> Result<Caller> {
    Ok(Caller::Unnamed)
}

/// Admits signed-in users, and their keys if they have the scope.
///
/// # Errors
/// `not_signed_in`, `session_ended`, `csrf_mismatch`, `not_allowed`.
pub async fn session(head: &Parts, origin: Origin, scope: Scope) -> Result<Caller> {
    let person = authenticate::person(&head.method, &head.headers, origin, scope).await?;
    Ok(Caller::User(Box::new(person)))
}

/// Lets API keys in that may use models or assistants; each handler asks for the scope that it
/// needs.
///
/// # Errors
/// `not_signed_in`, `session_ended`, `not_allowed`.
pub async fn model_client(head: &Parts, origin: Origin) -> Result<Caller> {
    Ok(Caller::User(Box::new(authenticate::model_client(&head.headers, origin).await?)))
}

/// Lets operators in.
///
/// # Errors
/// `not_signed_in`.
pub async fn operator(head: &Parts, origin: Origin) -> Result<Caller> {
    Ok(Caller::Operator(Box::new(authenticate::operator(&head.headers, origin).await?)))
}

/// Admits directories.
///
/// # Errors
/// `not_signed_in`.
pub async fn directory(head: &Parts, origin: Origin) -> Result<Caller> {
    Ok(Caller::Directory(Box::new(authenticate::directory(&head.headers, origin).await?)))
}

/// Admits components of ours with a grant, in the grant's tenant.
///
/// # Errors
/// `no_such_route` for other callers.
pub async fn model_grant(head: &Parts, origin: Origin) -> Result<Caller> {
    Ok(Caller::Granted(Box::new(authenticate::model_grant(&head.headers, origin).await?)))
}

/// Admits the installation's own processes.
///
/// # Errors
/// `no_such_route` for other callers.
pub async fn internal(head: &Parts, _: Origin) -> Result<Caller> {
    authenticate::installation(&head.headers).await?;
    Ok(Caller::Unnamed)
}
