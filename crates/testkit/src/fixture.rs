//! A tenant with users and resources, and the common tests of every operation of a component.

mod callers;
mod credential;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use api::{Dialect, RouteAuth};
use serde_json::Value;

use crate::{App, Operation, Person, Reply, TestRequest, operation::Body};
use credential::Credential;

/// An app with users and resources, each under a name. `owner` may do everything with the
/// resources, `stranger` administers another tenant.
pub struct Fixture {
    /// The tested component.
    pub app: App,
    /// People by name.
    pub people: BTreeMap<&'static str, Person>,
    /// Ids by their names in paths and bodies, for example `space_id`.
    pub ids: BTreeMap<&'static str, String>,
}

/// The common tests of a component, for every line of its table: other callers are refused, also
/// those of another tenant and those with fewer rights; malformed requests are refused; its own
/// caller succeeds. Who that is follows from the line: a user, an operator, a directory.
///
/// ```text
/// testkit::operation_tests!(chat_component::router(), fixture, operations);
/// ```
///
/// `except |name| …`: the lines that have tests of their own, by names such as `GET /api/v1/events`.
#[macro_export]
macro_rules! operation_tests {
    ($router:expr, $fixture:path, $operations:path) => {
        $crate::operation_tests!($router, $fixture, $operations, except | _ | false);
    };
    ($router:expr, $fixture:path, $operations:path, except $elsewhere:expr) => {
        #[test]
        fn every_route_has_an_operation() {
            $crate::Fixture::knows_every_route(&$router, &$operations(), $elsewhere);
        }

        #[tokio::test]
        async fn every_operation_refuses_other_callers() {
            $fixture().await.refuses_other_callers(&$operations()).await;
        }

        #[tokio::test]
        async fn every_operation_refuses_malformed_requests() {
            $fixture().await.refuses_malformed_requests(&$operations()).await;
        }

        #[tokio::test]
        async fn every_operation_succeeds_for_its_caller() {
            $fixture().await.succeeds_for_its_caller(&$operations()).await;
        }
    };
}

impl Fixture {
    /// A person by name.
    #[must_use]
    pub fn person(&self, name: &str) -> &Person {
        self.people.get(name).unwrap_or_else(|| panic!("the fixture has no person called `{name}`"))
    }

    /// An id by name.
    #[must_use]
    pub fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("the fixture has no `{name}`"))
    }

    /// Replaces the words in braces by ids.
    #[must_use]
    pub fn fill(&self, template: &str) -> String {
        self.ids
            .iter()
            .fold(template.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// Every route of the component has an operation, or tests of its own.
    pub fn knows_every_route(
        router: &api::Router,
        operations: &[Operation],
        elsewhere: impl Fn(&str) -> bool,
    ) {
        let routes = router.routes().iter().map(|r| format!("{} {}", r.method, r.path));
        let routes: BTreeSet<String> = routes.filter(|name| !elsewhere(name)).collect();
        let tried: BTreeSet<String> = operations.iter().map(Operation::name).collect();
        assert_eq!(tried, routes);
    }

    /// The authentication of an operation, from the component's table.
    fn auth(&self, operation: &Operation) -> RouteAuth {
        let mut routes = self.app.router().routes().iter();
        let route = routes.find(|r| r.method == operation.method && r.path == operation.path);
        route.unwrap_or_else(|| panic!("{}: no such route", operation.name())).auth
    }

    /// The members of an operation's JSON document.
    fn body(&self, operation: &Operation) -> Value {
        match &operation.body {
            Body::Json(body) => serde_json::from_str(&self.fill(&body.to_string())).unwrap(),
            Body::None | Body::Text(..) => Value::Null,
        }
    }

    fn target(&self, operation: &Operation) -> String {
        let query = if operation.query.is_empty() { "" } else { "?" };
        self.fill(&format!("{}{query}{}", operation.path, operation.query))
    }

    fn request(&self, operation: &Operation) -> TestRequest<'_> {
        self.request_to(operation, self.target(operation))
    }

    /// The operation's request to another path.
    fn request_to(&self, operation: &Operation, path: String) -> TestRequest<'_> {
        let request = self.app.request(operation.method.clone(), path);
        match &operation.body {
            Body::None => request,
            Body::Json(_) => request.json(&self.body(operation)),
            Body::Text(media_type, text) => request.body(media_type, *text),
        }
    }

    /// The status and code of a refusal. Only our own form of errors has codes.
    fn assert_problem(&self, reply: &Reply, (status, code): (u16, &str), operation: &Operation) {
        let code = (self.app.router().dialect() == Dialect::Problem).then_some(code);
        let got = (reply.status, code.and_then(|_| reply.body["error"].as_str()));
        assert_eq!(got, (status, code), "{}: {:#}", operation.name(), reply.body);
    }
}
