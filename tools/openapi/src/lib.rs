#![doc = include_str!("../README.md")]
#![expect(clippy::indexing_slicing, reason = "objects of JSON: a member that is missing is made")]

mod frame;
mod paths;
mod schemas;

use std::path::PathBuf;

use api::{Router, openapi::Schemas};
use serde_json::{Value, json, ser::PrettyFormatter};

/// The routers whose routes are in the contract, in the order of their groups. The front end has
/// none.
#[must_use]
pub fn routers() -> Vec<Router> {
    vec![
        auth_component::router(),
        passwords_component::router(),
        admin_component::router(),
        scim_component::router(),
        sysadmin_component::router(),
        workspace_component::router(),
        upload_component::router(),
        search_component::router(),
        chat_component::router(),
        events_component::router(),
        health_component::router(),
        scheduler_component::router(),
    ]
}

/// The document.
///
/// # Errors
/// Says which types share a name, or which operations.
pub fn document() -> Result<Value, String> {
    let routers = routers();
    let mut schemas = Schemas::default();
    let paths = paths::of(&routers, &mut schemas)?;
    let errors = frame::errors(&mut schemas);
    let definitions = schemas::merged(schemas.definitions())?;
    let mut document = frame::document(&routers);
    document["paths"] = paths;
    document["components"] = json!({
        "securitySchemes": frame::security_schemes(),
        "responses": errors,
        "schemas": definitions,
    });
    schemas::tidy(&mut document);
    Ok(document)
}

/// Where the document is kept.
#[must_use]
pub fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/openapi.json"))
}

/// The document as it is kept.
#[must_use]
pub fn text(document: &Value) -> String {
    let mut out = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b" "));
    // Neither writing to memory nor a document of texts and numbers can fail.
    let _ = serde::Serialize::serialize(document, &mut serializer);
    out.push(b'\n');
    String::from_utf8_lossy(&out).into_owned()
}
