//! `openapi/openapi.json` as a test: every response that a client receives must match it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, OnceLock},
};

use serde_json::{Value, json};

use crate::stack::root;

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        serde_json::from_slice(&std::fs::read(root().join("openapi/openapi.json")).unwrap())
            .unwrap()
    })
}

/// Every operation: method in capitals, path with `{parts}`, and its description in the document.
pub fn operations() -> impl Iterator<Item = (String, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (method.to_uppercase(), path.as_str(), operation))
    })
}

fn matches(template: &str, path: &str) -> bool {
    let (mut t, mut p) = (template.split('/'), path.split('/'));
    loop {
        match (t.next(), p.next()) {
            (None, None) => return true,
            (Some(t), Some(p)) if t == p || (t.starts_with('{') && !p.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The operation of a request. An exact path wins over one with parameters.
#[must_use]
pub fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let mut found: Vec<_> =
        operations().filter(|(m, t, _)| m == method && matches(t, path)).collect();
    found.sort_by_key(|(_, template, _)| template.matches('{').count());
    found.first().map(|(_, template, operation)| (*template, *operation))
}

/// Operations that had a response, for the test that none is left untested.
pub fn seen() -> &'static Mutex<BTreeSet<String>> {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    &SEEN
}

/// Checks one response; panics with what was expected and what came.
pub fn check(method: &str, path: &str, status: u16, content_type: &str, body: &Value) {
    let Some((template, operation)) = operation(method, path) else {
        assert!(
            status == 404 || status == 405,
            "{method} {path} answered {status} but is not in openapi.json"
        );
        return;
    };
    seen().lock().unwrap().insert(operation["operationId"].as_str().unwrap().to_owned());
    let responses = &operation["responses"];
    let response = responses.get(status.to_string()).unwrap_or(&responses["default"]);
    let response = response["$ref"].as_str().map_or(response, |name| {
        &document()["components"]["responses"][name.rsplit('/').next().unwrap_or_default()]
    });
    let media = content_type.split(';').next().unwrap_or_default();
    let Some(contents) = response.get("content") else {
        assert!(body.is_null(), "{method} {template} {status}: expected no body, got {body}");
        return;
    };
    let schema = contents.get(media).unwrap_or_else(|| {
        panic!("{method} {template} {status}: content type `{media}` is not in openapi.json")
    });
    // The reader of a stream checks its events.
    if media == "text/event-stream" {
        return;
    }
    validate(&schema["schema"], body, &format!("{method} {template} {status}"));
}

/// Checks a value against a schema of the document.
pub fn validate(schema: &Value, value: &Value, what: &str) {
    static VALIDATORS: Mutex<BTreeMap<String, &'static jsonschema::Validator>> =
        Mutex::new(BTreeMap::new());
    let validator = *VALIDATORS.lock().unwrap().entry(schema.to_string()).or_insert_with(|| {
        let whole = json!({ "components": document()["components"], "allOf": [schema] });
        Box::leak(Box::new(jsonschema::validator_for(&whole).unwrap()))
    });
    let errors: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
    assert!(errors.is_empty(), "{what} does not match openapi.json: {errors:#?}\n{value:#}");
}
