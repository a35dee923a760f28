//! The operations of the routes.

use std::collections::BTreeSet;

use api::{Dialect, Route, Router, openapi::Schemas};
use serde_json::{Map, Value, json};

use crate::frame;

/// The paths of all routers.
pub(crate) fn of(routers: &[Router], schemas: &mut Schemas) -> Result<Value, String> {
    let mut paths = Map::new();
    let mut names = BTreeSet::new();
    for router in routers {
        for route in router.routes().iter().filter(|route| frame::is_documented(route.auth)) {
            if !names.insert(route.contract.operation_id()) {
                return Err(format!(
                    "{} {}: another handler has this name",
                    route.method, route.path
                ));
            }
            let path = paths.entry(route.path).or_insert_with(|| json!({}));
            path[route.method.as_str().to_lowercase()] = operation(router, route, schemas)?;
        }
    }
    Ok(paths.into())
}

fn operation(router: &Router, route: &Route, schemas: &mut Schemas) -> Result<Value, String> {
    let contract = &route.contract;
    let (summary, description) = contract.texts();
    if summary.is_empty() {
        return Err(format!(
            "{} {}: expected a comment at the route that says what it does",
            route.method, route.path
        ));
    }
    let mut operation = (contract.operation)(schemas);
    if operation.responses.is_empty() {
        return Err(format!(
            "{} {}: expected a handler whose signature says what it answers",
            route.method, route.path
        ));
    }
    let mut parameters = parameters(route, schemas);
    parameters.append(&mut operation.parameters);
    let mut responses = operation.responses;
    responses.insert("default".to_owned(), default(router.dialect()));
    let mut out = json!({
        "operationId": contract.operation_id(),
        "tags": [frame::tag(router)],
        "summary": summary,
        "security": frame::security(route.auth),
        "responses": responses,
    });
    if let Some(description) = description {
        out["description"] = description.into();
    }
    if !parameters.is_empty() {
        out["parameters"] = parameters.into();
    }
    if let Some(body) = operation.body {
        out["requestBody"] = body;
    }
    if router.dialect() == Dialect::Scim {
        as_scim(&mut out);
    }
    Ok(out)
}

/// The parts of the path, which are ids unless the route's parameters say otherwise, and the query.
fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let object = (route.contract.parameters)(schemas).unwrap_or_default();
    let required: Vec<&str> =
        object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut query = object["properties"].as_object().cloned().unwrap_or_default();
    let parts = route.path.split(['{', '}']).skip(1).step_by(2);
    let id = json!({ "type": "string", "format": "uuid" });
    let mut out: Vec<Value> = parts
        .map(|name| parameter(name, "path", true, query.remove(name).unwrap_or_else(|| id.clone())))
        .collect();
    out.extend(query.into_iter().map(|(name, schema)| {
        parameter(&name, "query", required.contains(&name.as_str()), present(schema))
    }));
    out
}

fn parameter(name: &str, place: &str, is_required: bool, mut schema: Value) -> Value {
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut out = json!({ "name": name, "in": place, "required": is_required, "schema": schema });
    if let Some(description) = description {
        out["description"] = description;
    }
    out
}

/// A parameter is there or not; it never is null.
fn present(mut schema: Value) -> Value {
    if let Some(types) = schema["type"].as_array_mut() {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.retain(|word| !word.is_null());
    }
    schema
}

/// What every other status answers.
fn default(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Scim => json!({ "$ref": "#/components/responses/ScimError" }),
        _ => json!({ "$ref": "#/components/responses/Problem" }),
    }
}

/// Directories send and read JSON under a name of its own.
fn as_scim(operation: &mut Value) {
    let rename = |content: &mut Value| {
        if let Some(media) = content.as_object_mut()
            && let Some(json) = media.remove("application/json")
        {
            media.insert("application/scim+json".to_owned(), json);
        }
    };
    if let Some(body) = operation.get_mut("requestBody") {
        rename(&mut body["content"]);
    }
    for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if let Some(content) = response.get_mut("content") {
            rename(content);
        }
    }
}
