//! Whom a request comes from, once its route has let them in.

use http::request::Parts;
use identity::{directory::Directory, operator::OperatorContext};
use kernel::Result;
use platform::Origin;

use crate::{RouteAuth, SignedIn, authenticate};

/// Whom a route has let in.
pub(crate) enum Caller {
    /// Anybody, or a process of the installation: they have no context.
    Unnamed,
    /// A signed-in person, or a program with one of their keys.
    Person(Box<SignedIn>),
    /// Who runs the installation.
    Operator(Box<OperatorContext>),
    /// A tenant's directory.
    Directory(Box<Directory>),
}

impl Caller {
    /// Authenticates a request as its route demands.
    ///
    /// # Errors
    /// `not_signed_in`, `session_ended`, `csrf_mismatch`, `not_allowed`; `no_such_route` for strangers at the installation's own routes.
    pub(crate) async fn of(auth: RouteAuth, head: &Parts, origin: &Origin) -> Result<Self> {
        let (headers, origin) = (&head.headers, origin.clone());
        Ok(match auth {
            RouteAuth::Public => Self::Unnamed,
            RouteAuth::Internal => {
                authenticate::installation(headers).await?;
                Self::Unnamed
            }
            RouteAuth::Operator => Self::Operator(Box::new(authenticate::operator(headers, origin).await?)),
            RouteAuth::Directory => Self::Directory(Box::new(authenticate::directory(headers, origin).await?)),
            RouteAuth::Session(scope) => {
                Self::Person(Box::new(authenticate::person(&head.method, headers, origin, scope).await?))
            }
        })
    }
}
