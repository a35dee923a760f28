//! Dispatches requests to handlers, and renders problems as responses.

use access::Scope;
use credentials::KeyUsage;
use http::{HeaderValue, Method, header, request::Parts};
use kernel::{Code, Kind, Problem, Result};
use platform::{
    log::{self, Level},
    serve::{self, Request, Response},
    task,
    telemetry::{self, TraceContext},
};
use serde_json::json;

use crate::{
    Call, Dialect, Route, RouteAuth, authenticate,
    caller::Caller,
    cors,
    denial::{self, PendingAction},
    rate_limit,
};

/// The parameters of a path: name and value.
type Params = Vec<(String, String)>;
/// A path's routes.
type Paths = matchit::Router<Vec<&'static Route>>;

/// A component's routes, and how it renders errors. The same in Wasm and natively; it holds no
/// request's data.
pub struct Router {
    component: &'static str,
    routes: &'static [Route],
    dialect: Dialect,
    paths: std::result::Result<Paths, String>,
}

/// Makes a router, given as the function `fn() -> api::Router`, the component's entry point.
/// Natively it expands to nothing.
#[macro_export]
macro_rules! component {
    ($router:path) => {
        #[cfg(target_family = "wasm")]
        mod component {
            use $crate::platform::serve::{Request, Response};

            static ROUTER: std::sync::LazyLock<$crate::Router> = std::sync::LazyLock::new($router);

            async fn handle(request: Request) -> Response {
                ROUTER.handle(request).await
            }

            fn streams(method: &$crate::Method, path: &str) -> bool {
                ROUTER.streams(method, path)
            }

            $crate::platform::component!(super::handle, streams: super::streams);
        }
    };
}

/// What the response needs from the processing of the request.
#[derive(Default)]
struct Findings {
    /// The origin of another site whose scripts may read the response.
    origin: Option<String>,
    /// Tenant and user.
    principal: Option<(String, String)>,
    /// The pattern of the route.
    route: Option<&'static str>,
    /// How much the key of the request was used.
    key_usage: Option<KeyUsage>,
}

impl Router {
    /// The router of a component, with its table.
    #[must_use]
    pub fn new(component: &'static str, routes: &'static [Route]) -> Self {
        Self { component, routes, dialect: Dialect::Problem, paths: paths(routes) }
    }

    /// The same router with errors in another dialect.
    #[must_use]
    pub fn speaking(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// The name of the component.
    #[must_use]
    pub fn component(&self) -> &'static str {
        self.component
    }

    /// The dialect of errors.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The table.
    #[must_use]
    pub fn routes(&self) -> &'static [Route] {
        self.routes
    }

    /// Whether the response to a request may be a stream: it then needs `wasi:http`.
    #[must_use]
    pub fn streams(&self, method: &Method, path: &str) -> bool {
        let same = self.paths.as_ref().ok().and_then(|paths| paths.at(path).ok());
        same.is_some_and(|same| {
            same.value.iter().any(|route| route.method == *method && route.streams)
        })
    }

    /// Answers a request, in the trace that it names.
    pub async fn handle(&self, request: Request) -> Response {
        let parent = authenticate::text(request.headers(), TraceContext::HEADER)
            .and_then(TraceContext::parse);
        // The host has made a span for this component, which it records.
        let trace = parent.unwrap_or_else(TraceContext::root);
        task::starting_spawned(telemetry::scope(Some(trace), self.answer(request))).await
    }

    async fn answer(&self, request: Request) -> Response {
        let request_id = request_id(&request);
        let method = request.method().clone();
        let mut findings = Findings::default();
        let answer = self.dispatch(request, &request_id, &mut findings).await;
        let mut response = answer.unwrap_or_else(|problem| {
            self.note(&problem, &method, &request_id);
            self.dialect.render(&problem, &request_id)
        });
        if let Some(origin) = findings.origin
            && cors::allow(&mut response, &origin).is_err()
        {
            response.headers_mut().remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        }
        if let Some((tenant, user)) = findings.principal {
            serve::name_principal(&mut response, &tenant, &user);
        }
        if let Some(route) = findings.route {
            serve::name_route(&mut response, route);
        }
        if let (Dialect::OpenAi, Some(usage)) = (self.dialect, findings.key_usage) {
            rate_limit::note(&mut response, usage);
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-request-id", value);
        }
        // Responses are personal; no cache may store them, unless a handler allows it.
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        response
            .headers_mut()
            .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn dispatch(
        &self,
        request: Request,
        request_id: &str,
        findings: &mut Findings,
    ) -> Result<Response> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let (same, params) = self.find(&path)?;
        // Public routes are for our own pages.
        if same
            .iter()
            .any(|route| matches!(route.auth, RouteAuth::Session(_) | RouteAuth::ModelClient))
            && let Some(answer) = cors::preflight(&head.method, &head.headers).await?
        {
            return Ok(answer);
        }
        let route = with_method(same, &head.method)?;
        findings.route = Some(route.path);
        check_query(route, head.uri.query())?;
        let origin = authenticate::origin(&head.headers, request_id).await?;
        let caller = (route.guard)(&head, origin.clone()).await?;
        let pending = self.admit(&caller, route, &head, findings).await?;
        let call = Call {
            method: head.method,
            query: head.uri.query().unwrap_or_default().to_owned(),
            path,
            headers: head.headers,
            request_id: request_id.to_owned(),
            origin,
            params,
            body: Some(serve::pieces(body)),
            caller,
        };
        match ((route.handler)(call).await, pending) {
            (Err(problem), Some(pending)) => Err(pending.failed(problem).await),
            (answer, _) => answer,
        }
    }

    /// The routes of a path, and its parameters.
    fn find(&self, path: &str) -> Result<(&[&'static Route], Params)> {
        let paths = self.paths.as_ref().map_err(Problem::internal)?;
        let found = paths.at(path).map_err(|_| no_route())?;
        Ok((
            found.value,
            found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ))
    }

    /// Notes the caller, and counts the changes of a user.
    async fn admit(
        &self,
        caller: &Caller,
        route: &Route,
        head: &Parts,
        findings: &mut Findings,
    ) -> Result<Option<PendingAction>> {
        let Caller::User(person) = caller else { return Ok(None) };
        let is_counted = self.is_counted(route);
        if is_counted && let Some(too_many) = denial::too_many_changes(person.user.id).await {
            return Err(too_many);
        }
        findings.principal = Some((person.user.tenant_id.to_string(), person.user.id.to_string()));
        findings.key_usage = person.user.key_usage;
        let allowed =
            |origin: &&str| person.user.allowed_origins.iter().any(|allowed| allowed == origin);
        findings.origin = cors::origin(&head.headers).filter(allowed).map(str::to_owned);
        Ok(Some(PendingAction {
            user: person.user.id,
            cx: person.cx.with_own_connection(),
            what: format!("{} {}", head.method, route.path),
            is_counted,
        }))
    }

    /// Whether a user's request counts as a change. Uploads are bounded by the storage quota,
    /// questions and searches by limits of their own.
    fn is_counted(&self, route: &Route) -> bool {
        let RouteAuth::Session(scope) = route.auth else { return false };
        let is_question =
            scope == Scope::Search || (scope == Scope::Chat && route.method == Method::POST);
        !route.method.is_safe() && self.component != "upload" && !is_question
    }

    /// Logs our faults and those of dependencies with their cause; a client's mistakes are not
    /// logged.
    fn note(&self, problem: &Problem, method: &Method, request_id: &str) {
        if matches!(problem.kind(), Kind::Internal | Kind::Unavailable) {
            let members = [
                ("request_id", json!(request_id)),
                ("method", json!(method.as_str())),
                ("error", json!(problem.code.as_str())),
                ("cause", json!(problem.cause)),
            ];
            log::line(Level::Error, self.component, &problem.detail, &members);
        }
    }
}

fn paths(routes: &'static [Route]) -> std::result::Result<Paths, String> {
    let mut paths: Vec<(&'static str, Vec<&'static Route>)> = Vec::new();
    for route in routes {
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, same)) => same.push(route),
            None => paths.push((route.path, vec![route])),
        }
    }
    let mut router = matchit::Router::new();
    for (path, same) in paths {
        router.insert(path, same).map_err(|e| format!("{path}: {e}"))?;
    }
    Ok(router)
}

pub(crate) fn no_route() -> Problem {
    Problem::new(Code::NoSuchRoute, "there is no such route; /api/v1/openapi.json lists them all")
}

fn with_method<'a>(same: &'a [&'static Route], method: &Method) -> Result<&'a Route> {
    same.iter().find(|route| route.method == method).copied().ok_or_else(|| {
        let offered: Vec<&str> = same.iter().map(|route| route.method.as_str()).collect();
        Problem::new(
            Code::MethodNotAllowed,
            format!("expected {}, got {method}", offered.join(" or ")),
        )
    })
}

/// Checks all query parameters at once, for routes of users and operators: Postgres accepts no text
/// with U+0000. The other routes have their own errors.
fn check_query(route: &Route, query: Option<&str>) -> Result<()> {
    let is_ours = matches!(route.auth, RouteAuth::Session(_) | RouteAuth::Operator);
    if is_ours && query.is_some_and(|query| query.contains("%00")) {
        return Err(Problem::new(
            Code::InvalidQuery,
            "expected parameters without the character U+0000; remove it",
        ));
    }
    Ok(())
}

/// The request id of our own host, else a new one: elsewhere the header may be the client's, who
/// could name another request.
fn request_id(request: &Request) -> String {
    let well_formed = |id: &&str| {
        (8..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let of_host = serve::is_own_host()
        .then(|| authenticate::text(request.headers(), "x-request-id"))
        .flatten();
    match of_host.filter(well_formed) {
        Some(id) => id.to_owned(),
        None => platform::random::id::<kernel::id::MessageId>()
            .map(|id| id.to_string())
            .unwrap_or_default(),
    }
}
