//! The capabilities of the service, for directories: RFC 7643, sections 5 to 7.

use api::{Call, Json, Reply};
use http::StatusCode;
use kernel::Result;
use serde_json::{Value, json};

use crate::{
    groups,
    reply::{ScimRequest, json as reply, list},
    shapes::ScimDocument,
    users,
};

fn resource_type(name: &str, schema: &str, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": name, "name": name, "endpoint": format!("/{name}s"), "schema": schema,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}") },
    })
}

fn attribute(name: &str, kind: &str, more: &Value) -> Value {
    let mut out = json!({
        "name": name, "type": kind, "multiValued": false, "required": false, "caseExact": false, "mutability": "readWrite",
        "returned": "default", "uniqueness": "none",
    });
    if let (Some(out), Some(more)) = (out.as_object_mut(), more.as_object()) {
        out.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    out
}

fn schema(id: &str, name: &str, attributes: &[Value], base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": name, "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") },
    })
}

fn user_schema(base: &str) -> Value {
    let text = |name: &str| attribute(name, "string", &json!({}));
    let emails = [text("value"), text("type"), attribute("primary", "boolean", &json!({}))];
    let names = [text("formatted"), text("givenName"), text("familyName")];
    let attributes = [
        attribute("userName", "string", &json!({ "required": true, "uniqueness": "server" })),
        attribute("externalId", "string", &json!({ "caseExact": true })),
        text("displayName"),
        attribute("name", "complex", &json!({ "subAttributes": names })),
        attribute("emails", "complex", &json!({ "multiValued": true, "subAttributes": emails })),
        attribute("active", "boolean", &json!({})),
    ];
    schema(users::SCHEMA, "User", &attributes, base)
}

fn group_schema(base: &str) -> Value {
    let once = json!({ "mutability": "immutable" });
    let members = [
        attribute("value", "string", &once),
        attribute("display", "string", &json!({ "mutability": "readOnly" })),
        attribute("type", "string", &once),
        attribute(
            "$ref",
            "reference",
            &json!({ "mutability": "immutable", "referenceTypes": ["User"] }),
        ),
    ];
    let attributes = [
        attribute("displayName", "string", &json!({ "required": true, "uniqueness": "server" })),
        attribute("externalId", "string", &json!({ "caseExact": true })),
        attribute("members", "complex", &json!({ "multiValued": true, "subAttributes": members })),
    ];
    schema(groups::SCHEMA, "Group", &attributes, base)
}

pub(crate) async fn get_scim_config(call: Call) -> Result<Json<ScimDocument>> {
    let request = ScimRequest::of(call).await?;
    let no = json!({ "supported": false });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 200 },
        "changePassword": no, "sort": no, "etag": no,
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Bearer token", "primary": true,
            "description": "a token that an administrator of the organisation made for this directory",
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{}/ServiceProviderConfig", request.base) },
    });
    reply(StatusCode::OK, &body).map(Reply::new)
}

pub(crate) async fn list_scim_resource_types(call: Call) -> Result<Json<ScimDocument>> {
    let request = ScimRequest::of(call).await?;
    let kinds = [("User", users::SCHEMA), ("Group", groups::SCHEMA)];
    let kinds = kinds
        .iter()
        .map(|(name, schema)| resource_type(name, schema, &request.base))
        .collect::<Vec<_>>();
    reply(StatusCode::OK, &list(&kinds, 2, 1)).map(Reply::new)
}

pub(crate) async fn list_scim_schemas(call: Call) -> Result<Json<ScimDocument>> {
    let request = ScimRequest::of(call).await?;
    let schemas = [user_schema(&request.base), group_schema(&request.base)];
    reply(StatusCode::OK, &list(&schemas, 2, 1)).map(Reply::new)
}
