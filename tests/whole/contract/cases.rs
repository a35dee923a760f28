//! The cases of the isolation matrix: one request of one caller for each kind of id of each route.

use http::Method;
use serde_json::{Value, json};
use tests::{
    client::{Client, Response},
    contract,
};

use crate::{
    contract::policy_table::{Expectation, FOREIGN_IN_A_BODY, Line, PASSED, TABLE, Who},
    fixture::{Fixture, OF_A_SPACE},
    resources::{Resources, body},
};

/// Which part of a request holds an id.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum IdLocation {
    Path,
    Query,
    Body,
}

/// One request and its expected response.
pub(crate) struct Case {
    pub(crate) who: Who,
    pub(crate) line: &'static Line,
    pub(crate) resources: Resources,
    /// The one foreign id; the others are the caller's own.
    pub(crate) slot: Option<(IdLocation, String)>,
    pub(crate) expected: Expectation,
    pub(crate) status: u16,
}

pub(crate) fn operation(id: &str) -> (Method, &'static str, &'static Value) {
    let found = contract::operations().find(|(_, _, operation)| operation["operationId"] == id);
    let (method, template, operation) =
        found.unwrap_or_else(|| panic!("`{id}` is in the policy table only"));
    (method.parse().unwrap(), template, operation)
}

fn resolved(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(name) => {
            &contract::document()["components"]["schemas"][name.rsplit('/').next().unwrap()]
        }
        None => schema,
    }
}

/// All parts of an operation's requests that take an id.
pub(crate) fn slots(id: &str) -> Vec<(IdLocation, String)> {
    let (_, template, operation) = operation(id);
    let mut out: Vec<(IdLocation, String)> = template
        .split(['{', '}'])
        .filter(|part| part.ends_with("_id"))
        .map(|part| (IdLocation::Path, part.to_owned()))
        .collect();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let named = parameters.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str());
    out.extend(
        named.filter(|name| name.ends_with("_id")).map(|name| (IdLocation::Query, name.to_owned())),
    );
    let schema = resolved(&operation["requestBody"]["content"]["application/json"]["schema"]);
    let members = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    // The client id at an identity provider is not an id of ours.
    let ids =
        members.filter(|n| n.ends_with("_id") || n.ends_with("_ids")).filter(|n| *n != "client_id");
    out.extend(ids.map(|n| (IdLocation::Body, n.clone())));
    out
}

/// `collection_ids` takes ids of the kind `collection_id`.
pub(crate) fn kind(slot: &str) -> &str {
    match slot {
        "actor_id" | "subject_id" => "user_id",
        "custom_role_id" => "role_id",
        "successor_id" => "model_id",
        _ => slot.strip_suffix('s').unwrap_or(slot),
    }
}

impl Case {
    pub(crate) fn request(&self, client: &Client) -> reqwest::RequestBuilder {
        let (method, template, operation) = operation(self.line.operation);
        let mut path = self.resources.fill(template);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        // The caller has stated a reason to read the log.
        if parameters.clone().any(|p| p["name"] == "reading") {
            path = format!("{path}?reading={}", self.resources.id("reading"));
        }
        if let Some((IdLocation::Query, name)) = &self.slot {
            let mark = if path.contains('?') { '&' } else { '?' };
            path = format!("{path}{mark}{name}={}", self.resources.id(kind(name)));
        }
        if operation["requestBody"]["content"]["application/octet-stream"].is_object() {
            let mark = if path.contains('?') { '&' } else { '?' };
            let request = client.request(method, &format!("{path}{mark}filename=planted.txt"));
            return request
                .header("content-type", "application/octet-stream")
                .body("Planted text.");
        }
        let mut document = body(self.line.operation, &self.resources);
        if let Some((IdLocation::Body, name)) = &self.slot {
            let id = self.resources.id(kind(name));
            document[name] = if name.ends_with("_ids") { json!([id]) } else { json!(id) };
        }
        let request = client.request(method, &path);
        if operation["requestBody"].is_object() { request.json(&document) } else { request }
    }

    pub(crate) fn name(&self) -> String {
        let slot = self
            .slot
            .as_ref()
            .map(|(place, name)| format!(" with a {name} in its {place:?}"))
            .unwrap_or_default();
        let about = self.line.about.map(|(_, thing)| format!(" about {thing}")).unwrap_or_default();
        format!("{:?}: {}{about}{slot}", self.who, self.line.operation).to_lowercase()
    }

    /// The fault in the response, if there is one.
    pub(crate) fn judge(&self, reply: &Response) -> Option<String> {
        let right = match self.expected {
            Expectation::Hidden => reply.status == 404 && reply.body["error"] == "not_found",
            Expectation::Forbidden => reply.status == 403 && reply.body["error"] == "not_allowed",
            Expectation::Yes if self.status == PASSED => {
                !matches!(reply.status, 401 | 403) && reply.status < 500
            }
            Expectation::Yes if self.status == 0 => (200..300).contains(&reply.status),
            Expectation::Yes => reply.status == self.status,
        };
        let expected = (self.expected, self.status);
        (!right).then(|| {
            format!("{}: expected {expected:?}, got {} {}", self.name(), reply.status, reply.body)
        })
    }
}

/// All cases of one caller.
pub(crate) fn cases(who: Who, fixture: &Fixture) -> Vec<Case> {
    let mut out = Vec::new();
    for line in TABLE {
        let Some(row) = line.row else { continue };
        let column = Who::ALL.iter().position(|w| *w == who).unwrap();
        let mut resources = fixture.resources.seen_by(&fixture.actor);
        if let Some((slot, thing)) = line.about {
            resources = resources.with(slot, fixture.extra(thing));
        }
        for (name, row) in line.filters {
            let slot = Some((IdLocation::Query, (*name).to_owned()));
            let resources = resources.seen_by(&fixture.actor);
            out.push(Case { who, line, resources, slot, expected: row[column], status: 0 });
        }
        out.extend(one_foreign_id(who, line, &resources, fixture));
        out.push(Case {
            who,
            line,
            resources,
            slot: None,
            expected: row[column],
            status: line.status,
        });
    }
    out
}

/// The caller's own ids except one, for each part that takes an id.
fn one_foreign_id(
    who: Who,
    line: &'static Line,
    foreign: &Resources,
    fixture: &Fixture,
) -> Vec<Case> {
    let Some(own) = fixture.own.as_ref().filter(|_| line.about.is_none()) else {
        return Vec::new();
    };
    let slots = slots(line.operation);
    let column = Who::ALL.iter().position(|w| *w == who).unwrap();
    let foreign_to = |slot: &str| who == Who::Stranger || OF_A_SPACE.contains(&kind(slot));
    let mixable =
        slots.iter().filter(|(place, slot)| *place != IdLocation::Query && foreign_to(slot));
    mixable
        .map(|(place, slot)| {
            let known =
                FOREIGN_IN_A_BODY.iter().find(|(o, s, _)| *o == line.operation && s == slot);
            // Who may not use the operation at all is told so, whatever the id.
            let refused = match line.row.and_then(|row| row.get(column).copied()) {
                Some(Expectation::Forbidden) if who == Who::Outsider => Expectation::Forbidden,
                _ => Expectation::Hidden,
            };
            let (expected, status) =
                known.map_or((refused, 0), |(_, _, status)| (Expectation::Yes, *status));
            let resources = own.with(kind(slot), foreign.id(kind(slot)));
            Case { who, line, resources, slot: Some((*place, slot.clone())), expected, status }
        })
        .collect()
}
