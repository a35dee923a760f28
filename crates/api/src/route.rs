//! The lines of a component's table: method, path, authentication, handler.

use access::Scope;
use futures::FutureExt;
use http::Method;
use kernel::Result;
use platform::{serve::Response, task::BoxFuture};

use crate::{Call, guard::Guard, kind::Kind};

/// A handler, with its future boxed so that all fit into one table.
pub type Handler = fn(Call) -> BoxFuture<'static, Result<Response>>;

/// The authentication that a route requires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RouteAuth {
    /// None.
    Public,
    /// A session or an API key with this scope.
    Session(Scope),
    /// An API key that may use models or assistants, as a bearer token: neither sessions nor
    /// cookies.
    ModelClient,
    /// An operator's key.
    Operator,
    /// A token that an administrator created for a directory (SCIM).
    Directory,
    /// A grant of a component of ours, to ask models for a user.
    ModelGrant,
    /// The installation's key, which only its own processes have.
    Internal,
}

/// One line of a component's table.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with `{parts}`, as in the OpenAPI document.
    pub path: &'static str,
    /// The required authentication.
    pub auth: RouteAuth,
    /// The function that authenticates.
    #[doc(hidden)]
    pub guard: Guard,
    /// The handler.
    pub handler: Handler,
    /// Whether its response may be a stream, or bytes of any length.
    pub streams: bool,
    /// The contract of the route.
    #[cfg(not(target_family = "wasm"))]
    pub contract: crate::openapi::RouteContract,
}

/// Boxes a handler's future, so that all handlers have the same type in a table.
pub fn erase<F, R>(handling: F) -> impl Future<Output = Result<Response>>
where
    F: Future<Output = Result<R>>,
    R: Into<Response>,
{
    handling.map(|answer| answer.map(Into::into))
}

/// Whether the responses of a handler are, by its signature, streams or bytes of any length.
pub const fn streams<H, C, F, R>(_: &H) -> bool
where
    H: Fn(C) -> F,
    F: Future<Output = Result<R>>,
    R: Kind,
{
    R::STREAMS
}

/// A component's table of routes, each with its scope, `model_client`, `operator`, `directory`,
/// `model_grant`, `internal` or `public`, so that none is forgotten. The contract is made of it:
/// the comment's first paragraph is the summary, the next one the description; the handler's name
/// is the operation's; its signature says what it takes and answers. A type after `?` has the
/// parameters of the query, and of the path if they are no ids.
/// ```text
/// routes! {
///     /// List documents
///     [GET KnowledgeRead] "/api/v1/documents" ? documents::Filter => documents::list_documents;
///     /// Sign in
///     [POST public] "/api/v1/auth/login" => login::login;
/// }
/// ```
#[macro_export]
macro_rules! routes {
    (@auth public) => { $crate::RouteAuth::Public };
    (@auth model_client) => { $crate::RouteAuth::ModelClient };
    (@auth operator) => { $crate::RouteAuth::Operator };
    (@auth directory) => { $crate::RouteAuth::Directory };
    (@auth model_grant) => { $crate::RouteAuth::ModelGrant };
    (@auth internal) => { $crate::RouteAuth::Internal };
    (@auth $scope:ident) => { $crate::RouteAuth::Session($crate::Scope::$scope) };
    (@guard public) => { |head, origin| Box::pin($crate::guard::public(head, origin)) };
    (@guard model_client) => { |head, origin| Box::pin($crate::guard::model_client(head, origin)) };
    (@guard operator) => { |head, origin| Box::pin($crate::guard::operator(head, origin)) };
    (@guard directory) => { |head, origin| Box::pin($crate::guard::directory(head, origin)) };
    (@guard model_grant) => { |head, origin| Box::pin($crate::guard::model_grant(head, origin)) };
    (@guard internal) => { |head, origin| Box::pin($crate::guard::internal(head, origin)) };
    (@guard $scope:ident) => { |head, origin| Box::pin($crate::guard::session(head, origin, $crate::Scope::$scope)) };
    (@parameters) => { |_| None };
    (@parameters $parameters:ty) => { |schemas| Some(schemas.parameters::<$parameters>()) };
    ($($(#[doc = $doc:literal])* [$method:ident $auth:ident] $path:literal $(? $parameters:ty)? => $handler:path;)*) => {
        &[$($crate::Route {
            method: $crate::Method::$method,
            path: $path,
            auth: $crate::routes!(@auth $auth),
            guard: $crate::routes!(@guard $auth),
            handler: |call| Box::pin($crate::erase($handler(call.into()))),
            streams: $crate::streams(&$handler),
            #[cfg(not(target_family = "wasm"))]
            contract: $crate::openapi::RouteContract {
                handler: stringify!($handler),
                doc: &[$($doc),*],
                parameters: $crate::routes!(@parameters $($parameters)?),
                operation: |schemas| $crate::openapi::of_handler(&$handler, schemas),
            },
        },)*]
    };
}
