//! What stands around the routes: the title, the tags, and the credentials.

use access::Scope;
use api::{Dialect, RouteAuth, Router, openapi::Schemas};
use serde_json::{Value, json};

/// The document without its paths and components.
pub(crate) fn document(routers: &[Router]) -> Value {
    let mut tags: Vec<Value> = Vec::new();
    for router in routers
        .iter()
        .filter(|router| router.routes().iter().any(|route| is_documented(route.auth)))
    {
        let tag = json!({ "name": tag(router) });
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tessera API",
            "version": "1.0.0",
            "description": "Documents in, cited answers out. Errors are RFC 9457 problems; lists are paged by cursor; long work answers 202 with a job.",
        },
        "servers": [{ "url": "/" }],
        "tags": tags,
    })
}

/// The group that a router's operations are shown in.
pub(crate) fn tag(router: &Router) -> &'static str {
    match router.component() {
        // Of its own for the sake of its memory; for clients it is one with `auth`.
        "passwords" => "auth",
        component => component,
    }
}

/// Whether clients are told of such a route.
pub(crate) fn is_documented(auth: RouteAuth) -> bool {
    // The contract of model clients is OpenAI's own (docs/openai.md).
    !matches!(auth, RouteAuth::Internal | RouteAuth::ModelGrant | RouteAuth::ModelClient)
}

/// What a request has to show.
pub(crate) fn security(auth: RouteAuth) -> Value {
    match auth {
        RouteAuth::Session(Scope::Account) => json!([{ "bearer": [] }, { "cookie": [] }]),
        RouteAuth::Session(Scope::Profile) => {
            json!([{ "bearer": [] }, { "cookie": [] }, { "api_key": [] }])
        }
        RouteAuth::Session(scope) => {
            json!([{ "bearer": [] }, { "cookie": [] }, { "api_key": [scope.as_str()] }])
        }
        RouteAuth::Operator => json!([{ "operator": [] }]),
        RouteAuth::Directory => json!([{ "scim": [] }]),
        _ => json!([]),
    }
}

/// What every status answers that an operation does not name, by the dialect of its router.
pub(crate) fn errors(schemas: &mut Schemas) -> Value {
    let mut response = |dialect: Dialect, description: &str| {
        let (media_type, schema) = dialect.error(schemas);
        json!({ "description": description, "content": { media_type: { "schema": schema } } })
    };
    json!({
        "Problem": response(Dialect::Problem, "A problem"),
        "ScimError": response(Dialect::Scim, "An error in the RFC's shape"),
    })
}

/// The credentials there are.
pub(crate) fn security_schemes() -> Value {
    json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "cookie": {
            "type": "apiKey", "in": "cookie", "name": "__Host-tessera_access",
            "description": "Over plain http: tessera_access. Changes also need the value of the CSRF cookie in the header x-csrf-token.",
        },
        "api_key": {
            "type": "apiKey", "in": "header", "name": "x-api-key",
            "description": "`tsk_…`, here or as a bearer token; the scopes that an operation needs stand with it. A key for one assistant gets and lists that assistant and its own conversations with it, begins such conversations, asks, follows and stops answers; everything else is 403, everything of others 404",
        },
        "operator": {
            "type": "http", "scheme": "bearer",
            "description": "`tso_…`, an operator's own key; no tenant's credential opens these routes",
        },
        "scim": {
            "type": "http", "scheme": "bearer",
            "description": "A token of /api/v1/admin/scim-tokens; good for the SCIM routes only.",
        },
    })
}
