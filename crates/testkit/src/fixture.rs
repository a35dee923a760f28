//! A tenant with users and resources, and the common tests of every operation of a component.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use serde_json::Value;

use crate::{App, Person, Reply, TestRequest};

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

/// A successful request, and the users who may not send it. Words in braces, in its path and body,
/// are ids of the [`Fixture`].
#[derive(Clone, Debug)]
pub struct Operation {
    /// Method.
    pub method: Method,
    /// Path as in the table of routes.
    pub path: &'static str,
    body: Value,
    /// A person of the tenant with fewer rights, and the status that they get.
    weaker: Option<(&'static str, u16)>,
    done: u16,
    /// Whether it takes the parameters of a list.
    is_paged: bool,
    /// Whether a thing that was deleted is shown no more.
    is_gone: bool,
}

impl Operation {
    /// A request without a body. Its usual status is 200.
    #[must_use]
    pub fn new(method: Method, path: &'static str) -> Self {
        Self {
            method,
            path,
            body: Value::Null,
            weaker: None,
            done: 200,
            is_paged: true,
            is_gone: true,
        }
    }

    /// The same with a JSON document.
    #[must_use]
    pub fn with(self, body: Value) -> Self {
        Self { body, ..self }
    }

    /// A user of the tenant who sees the resource but may not do this.
    #[must_use]
    pub fn refused_to(self, who: &'static str) -> Self {
        Self { weaker: Some((who, 403)), ..self }
    }

    /// A user of the tenant who does not see the resource.
    #[must_use]
    pub fn hidden_from(self, who: &'static str) -> Self {
        Self { weaker: Some((who, 404)), ..self }
    }

    /// It has neither body nor id nor pages: there is nothing that could be malformed.
    #[must_use]
    pub fn is_no_list(self) -> Self {
        Self { is_paged: false, ..self }
    }

    /// What was deleted is still shown: empty, or as deleted.
    #[must_use]
    pub fn keeps_its_page(self) -> Self {
        Self { is_gone: false, ..self }
    }

    /// Its status on success.
    #[must_use]
    pub fn answers(self, done: u16) -> Self {
        Self { done, ..self }
    }

    /// Whether it is about an existing resource, and not only about the caller.
    fn is_about_a_thing(&self) -> bool {
        self.path.contains('{') || self.body.to_string().contains("\"{")
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
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

    fn body(&self, operation: &Operation) -> Value {
        serde_json::from_str(&self.fill(&operation.body.to_string())).unwrap()
    }

    fn request(&self, operation: &Operation) -> TestRequest<'_> {
        let request = self.app.request(operation.method.clone(), self.fill(operation.path));
        if operation.body.is_null() { request } else { request.json(&self.body(operation)) }
    }

    /// No operation is permitted without a sign-in.
    pub async fn turns_the_signed_out_away(&self, operations: &[Operation]) {
        for operation in operations {
            let reply = self.request(operation).send().await;
            assert_problem(&reply, 401, "not_signed_in", operation);
        }
    }

    /// For the administrator of another tenant the resources do not exist, and lists do not contain
    /// them.
    pub async fn hides_from_other_tenants(&self, operations: &[Operation]) {
        for operation in operations {
            let reply = self.request(operation).as_(self.person("stranger")).send().await;
            if operation.is_about_a_thing() {
                assert_problem(&reply, 404, "not_found", operation);
            } else {
                self.assert_names_nothing(&reply, operation);
            }
        }
    }

    /// A user of the tenant with fewer rights gets the status of the operation.
    pub async fn refuses_weaker_roles(&self, operations: &[Operation]) {
        for operation in operations {
            let Some((who, status)) = operation.weaker else { continue };
            let reply = self.request(operation).as_(self.person(who)).send().await;
            let code = if status == 403 { "not_allowed" } else { "not_found" };
            assert_problem(&reply, status, code, operation);
        }
    }

    /// An unknown member, malformed JSON, a malformed id, an excessive limit.
    pub async fn refuses_malformed_requests(&self, operations: &[Operation]) {
        let owner = self.person("owner");
        for operation in operations {
            let (method, path) = (operation.method.clone(), self.fill(operation.path));
            if let Value::Object(mut members) = self.body(operation) {
                members.insert("no_such_member".to_owned(), 1.into());
                let request = self.app.request(method.clone(), &*path).as_(owner);
                let unknown = request.json(&members.into()).send().await;
                assert_problem(&unknown, 400, "invalid_body", operation);
                let request = self.app.request(method.clone(), &*path).as_(owner);
                let torn = request.body("application/json", "{\"").send().await;
                assert_problem(&torn, 400, "invalid_body", operation);
                let request = self.app.request(method, &*path).as_(owner);
                let form = request.body("text/plain", "{}").send().await;
                assert_problem(&form, 415, "unsupported_media_type", operation);
            } else if let Some((before, _)) = operation.path.split_once('{') {
                let depth = operation.path.matches('{').count();
                let rest = operation.path.rsplit_once('}').map_or("", |(_, rest)| rest);
                let path =
                    format!("{before}{}{rest}", vec!["no-id"; depth].join(between(operation.path)));
                let reply = self.app.request(method, path).as_(owner).send().await;
                assert!(reply.status == 404, "{}: {reply:#?}", operation.name());
            } else if operation.is_paged {
                let path = format!("{path}{}limit=0", if path.contains('?') { '&' } else { '?' });
                let reply = self.app.request(method, path).as_(owner).send().await;
                assert_problem(&reply, 400, "invalid_query", operation);
            }
        }
    }

    /// Every operation succeeds for the owner, in order; what was sent is returned, and deleted
    /// resources are gone.
    pub async fn lets_the_owner_work(&self, operations: &[Operation]) {
        let owner = self.person("owner");
        for operation in operations {
            let reply = self.request(operation).as_(owner).send().await;
            assert_eq!(reply.status, operation.done, "{}: {:#}", operation.name(), reply.body);
            for (name, sent) in self.body(operation).as_object().into_iter().flatten() {
                let kept = reply.body.get(name).unwrap_or(sent);
                assert_eq!(kept, sent, "{}: `{name}`", operation.name());
            }
            let has_a_page =
                operations.iter().any(|o| o.method == Method::GET && o.path == operation.path);
            if operation.method == Method::DELETE && operation.is_gone && has_a_page {
                let gone = self.app.get(self.fill(operation.path)).as_(owner).send().await;
                assert_problem(&gone, 404, "not_found", operation);
            }
        }
    }

    /// A key of the owner with every scope except the required one of an operation cannot send it.
    pub async fn needs_the_scope_of_the_contract(&self, operations: &[Operation]) {
        let scopes: Vec<&str> =
            access::Scope::FOR_KEYS.iter().map(|scope| scope.as_str()).collect();
        let mut keys = BTreeMap::new();
        for scope in &scopes {
            let others: Vec<&str> = scopes.iter().copied().filter(|other| other != scope).collect();
            keys.insert(*scope, self.app.key(self.person("owner"), &others).await);
        }
        let contract = contract();
        for operation in operations {
            let scope = scope_of(&contract, operation);
            let key = &keys[scope.as_str()];
            let reply = self.request(operation).header("x-api-key", key).send().await;
            assert_problem(&reply, 403, "not_allowed", operation);
            assert!(
                reply.body["detail"].as_str().unwrap().contains(&scope),
                "{}: {:#}",
                operation.name(),
                reply.body
            );
        }
    }

    /// Every route of the component has an operation here.
    pub fn knows_every_route(router: &api::Router, operations: &[Operation]) {
        let routes: BTreeSet<String> =
            router.routes().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
        let tried: BTreeSet<String> = operations.iter().map(Operation::name).collect();
        assert_eq!(tried, routes);
    }

    fn assert_names_nothing(&self, reply: &Reply, operation: &Operation) {
        assert!(
            StatusCode::from_u16(reply.status).unwrap().is_success(),
            "{}: {:#}",
            operation.name(),
            reply.body
        );
        let text = reply.body.to_string();
        // The number of a page is not an id.
        for id in self.ids.values().filter(|id| id.len() == 36) {
            assert!(!text.contains(id.as_str()), "{}: {text}", operation.name());
        }
    }
}

/// The text between two ids of a path.
fn between(path: &str) -> &str {
    path.split_once('}')
        .and_then(|(_, rest)| rest.split_once('{'))
        .map_or("", |(between, _)| between)
}

fn assert_problem(reply: &Reply, status: u16, code: &str, operation: &Operation) {
    let got = (reply.status, reply.body["error"].as_str().unwrap_or_default());
    assert_eq!(got, (status, code), "{}: {:#}", operation.name(), reply.body);
}

fn contract() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/openapi.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The scope that the contract names for an operation.
fn scope_of(contract: &Value, operation: &Operation) -> String {
    let documented = &contract["paths"][operation.path][operation.method.as_str().to_lowercase()];
    let security = documented["security"]
        .as_array()
        .unwrap_or_else(|| panic!("{}: not documented", operation.name()));
    let scope = security.iter().find_map(|way| way["api_key"][0].as_str());
    scope.unwrap_or_else(|| panic!("{}: no scope", operation.name())).to_owned()
}
