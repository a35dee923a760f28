//! From a request to a handler, and from a problem to an answer.

use std::{pin::Pin, sync::OnceLock};

use access::Scope;
use http::{HeaderValue, Method, header};
use identity::operator::OperatorContext;
use kernel::{Code, Kind, Problem, Result};
use matchit::Router;
use platform::{
    Origin,
    log::{self, Level},
    serve::{self, Request, Response},
};
use serde_json::json;

use crate::{
    Call, SignedIn, authenticate, cors,
    denial::{self, PendingAction},
    problem,
};

/// A handler, with its future boxed so that all fit one table.
pub type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Result<Response>>>>;

/// The authentication that a route requires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RouteAuth {
    /// None.
    Public,
    /// An operator's key.
    Operator,
    /// A session or an API key with this scope.
    Scope(Scope),
}

/// One line of a component's table.
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path with `{parts}`, as in the OpenAPI document.
    pub path: &'static str,
    /// Whom it lets in.
    pub auth: RouteAuth,
    /// What answers it.
    pub handler: Handler,
}

/// A component's table of routes, each with its scope, `operator` or `public`, so that none is forgotten:
/// `routes! { [GET Profile] "/api/v1/me" => get_me; [POST public] "/api/v1/auth/login" => login; }`.
#[macro_export]
macro_rules! routes {
    (@auth public) => { $crate::RouteAuth::Public };
    (@auth operator) => { $crate::RouteAuth::Operator };
    (@auth $scope:ident) => { $crate::RouteAuth::Scope($crate::Scope::$scope) };
    ($([$method:ident $auth:ident] $path:literal => $handler:path;)*) => {
        &[$($crate::Route {
            method: $crate::Method::$method,
            path: $path,
            auth: $crate::routes!(@auth $auth),
            handler: |call| Box::pin($handler(call)),
        },)*]
    };
}

/// The routes of a path; built once, it holds no request's data.
pub type Table = OnceLock<std::result::Result<Router<Vec<&'static Route>>, String>>;

fn build(routes: &'static [Route]) -> std::result::Result<Router<Vec<&'static Route>>, String> {
    let mut paths: Vec<(&'static str, Vec<&'static Route>)> = Vec::new();
    for route in routes {
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, same)) => same.push(route),
            None => paths.push((route.path, vec![route])),
        }
    }
    let mut router = Router::new();
    for (path, same) in paths {
        router.insert(path, same).map_err(|e| format!("{path}: {e}"))?;
    }
    Ok(router)
}

/// Answers a request from a component's table.
pub async fn serve(
    service: &'static str,
    table: &'static Table,
    routes: &'static [Route],
    request: Request,
) -> Response {
    let request_id = request_id(&request);
    let method = request.method().clone();
    let (mut letting_in, mut principal) = (None, None);
    let answer = dispatch(service, (table, routes), request, &request_id, (&mut letting_in, &mut principal)).await;
    let mut response = answer.unwrap_or_else(|problem| {
        note(service, &problem, &method, &request_id);
        render(&problem, &request_id)
    });
    if let Some(origin) = letting_in
        && cors::allow(&mut response, &origin).is_err()
    {
        response.headers_mut().remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    }
    if let Some((tenant, user)) = principal {
        serve::name_principal(&mut response, &tenant, &user);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    // Answers are personal; nothing in between may keep them, unless a handler says otherwise.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn dispatch(
    service: &'static str,
    (table, routes): (&'static Table, &'static [Route]),
    request: Request,
    request_id: &str,
    (letting_in, principal): (&mut Option<String>, &mut Option<(String, String)>),
) -> Result<Response> {
    let router = table.get_or_init(|| build(routes)).as_ref().map_err(Problem::internal)?;
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let no_route = || Problem::new(Code::NoSuchRoute, "there is no such route; /api/v1/openapi.json lists them all");
    let (same, params) = {
        let found = router.at(&path).map_err(|_| no_route())?;
        let params: Vec<(String, String)> = found.params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        (found.value, params)
    };
    // Public routes are for our own pages.
    if same.iter().any(|route| matches!(route.auth, RouteAuth::Scope(_)))
        && let Some(answer) = cors::preflight(&head.method, &head.headers).await?
    {
        return Ok(answer);
    }
    let route = same.iter().find(|r| r.method == head.method).ok_or_else(|| {
        let offered: Vec<&str> = same.iter().map(|r| r.method.as_str()).collect();
        Problem::new(Code::MethodNotAllowed, format!("expected {}, got {}", offered.join(" or "), head.method))
    })?;
    check_query(route, head.uri.query())?;
    let origin = authenticate::origin(&head.headers, request_id).await?;
    let (signed_in, operator) = let_in(service, route, &head, &origin).await?;
    *principal = signed_in.as_ref().map(|s| (s.user.tenant_id.to_string(), s.user.id.to_string()));
    let allowed =
        |origin: &&str| signed_in.as_ref().is_some_and(|s| s.user.allowed_origins.iter().any(|o| o == origin));
    *letting_in = cors::origin(&head.headers).filter(allowed).map(str::to_owned);
    let asked = signed_in.as_ref().map(|s| PendingAction {
        user: s.user.id,
        cx: s.cx.with_own_connection(),
        what: format!("{} {}", head.method, route.path),
        is_counted: is_counted(service, route),
    });
    let call = Call {
        method: head.method,
        query: head.uri.query().unwrap_or_default().to_owned(),
        path,
        headers: head.headers,
        request_id: request_id.to_owned(),
        origin,
        params,
        body: Some(serve::pieces(body)),
        signed_in,
        operator,
    };
    match ((route.handler)(call).await, asked) {
        (Err(problem), Some(asked)) => Err(asked.failed(problem).await),
        (answer, _) => answer,
    }
}

/// Finds out whom the route lets in.
async fn let_in(
    service: &str,
    route: &Route,
    head: &http::request::Parts,
    origin: &Origin,
) -> Result<(Option<SignedIn>, Option<OperatorContext>)> {
    match route.auth {
        RouteAuth::Public => Ok((None, None)),
        RouteAuth::Operator => Ok((None, Some(authenticate::operator(&head.headers, origin.clone()).await?))),
        RouteAuth::Scope(scope) => {
            let person = authenticate::authenticate(&head.method, &head.headers, origin.clone(), scope).await?;
            if is_counted(service, route)
                && let Some(too_many) = denial::too_many_changes(person.user.id).await
            {
                return Err(too_many);
            }
            Ok((Some(person), None))
        }
    }
}

/// Whether a request of a person counts as a change. Uploads are bounded by the storage quota, questions and searches by limits of their own.
fn is_counted(service: &str, route: &Route) -> bool {
    let RouteAuth::Scope(scope) = route.auth else { return false };
    let is_question = scope == Scope::Search || (scope == Scope::Chat && route.method == Method::POST);
    !route.method.is_safe() && service != "upload" && !is_question
}

/// Once for every parameter of every route but the public ones, which answer in ways of their own: Postgres takes no text with U+0000.
fn check_query(route: &Route, query: Option<&str>) -> Result<()> {
    if !matches!(route.auth, RouteAuth::Public) && query.is_some_and(|query| query.contains("%00")) {
        return Err(Problem::new(Code::InvalidQuery, "expected parameters without the character U+0000; remove it"));
    }
    Ok(())
}

/// The request id of our own host, else a new one: elsewhere the header may be the client's, who could name another's request.
fn request_id(request: &Request) -> String {
    let well_formed = |id: &&str| {
        (8..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let of_host = serve::is_own_host().then(|| authenticate::text(request.headers(), "x-request-id")).flatten();
    match of_host.filter(well_formed) {
        Some(id) => id.to_owned(),
        None => platform::random::id::<kernel::id::MessageId>().map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// A problem as a response.
pub(crate) fn render(problem: &Problem, request_id: &str) -> Response {
    let mut response = Response::new(serve::full(problem::json(problem, request_id)));
    *response.status_mut() =
        http::StatusCode::from_u16(problem::status(problem)).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if matches!(problem.kind(), Kind::Limited | Kind::Unavailable) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(problem.retry_after.unwrap_or(5)));
    }
    response
}

/// Our faults and our dependencies' are logged with their cause; a client's mistakes are the client's business.
fn note(service: &str, problem: &Problem, method: &Method, request_id: &str) {
    if matches!(problem.kind(), Kind::Internal | Kind::Unavailable) {
        let members = [
            ("request_id", json!(request_id)),
            ("method", json!(method.as_str())),
            ("error", json!(problem.code.as_str())),
            ("cause", json!(problem.cause)),
        ];
        log::line(Level::Error, service, &problem.detail, &members);
    }
}
