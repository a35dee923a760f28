//! The operations, in an order in which a person who may do them all can.

use http::Method;
use serde_json::{Value, json};
use testkit::Operation;

fn get(path: &'static str) -> Operation {
    Operation::new(Method::GET, path)
}

fn post(path: &'static str, body: Value) -> Operation {
    Operation::new(Method::POST, path).with(body).answers(201)
}

fn patch(path: &'static str, body: Value) -> Operation {
    Operation::new(Method::PATCH, path).with(body)
}

fn delete(path: &'static str) -> Operation {
    Operation::new(Method::DELETE, path).answers(204)
}

pub(crate) fn operations() -> Vec<Operation> {
    [reads(), edits(), crawls(), owns()].concat()
}

fn reads() -> Vec<Operation> {
    vec![
        get("/api/v1/spaces"),
        get("/api/v1/spaces/{space_id}").hidden_from("outsider"),
        get("/api/v1/spaces/{space_id}/members").hidden_from("outsider"),
        get("/api/v1/spaces/{space_id}/groups").hidden_from("outsider"),
        get("/api/v1/user-groups"),
        get("/api/v1/users"),
        get("/api/v1/assistants"),
        get("/api/v1/assistants/{assistant_id}").hidden_from("outsider"),
        get("/api/v1/prompts"),
        get("/api/v1/prompts/{prompt_id}").hidden_from("outsider"),
        get("/api/v1/collections"),
        get("/api/v1/collections/{collection_id}").hidden_from("outsider"),
        get("/api/v1/embedding-models").is_no_list(),
        get("/api/v1/models").is_no_list(),
        get("/api/v1/documents"),
        get("/api/v1/documents/{document_id}").hidden_from("outsider"),
        get("/api/v1/documents/{document_id}/content").hidden_from("outsider"),
        get("/api/v1/documents/{document_id}/pages/{page}").hidden_from("outsider"),
        get("/api/v1/documents/{document_id}/passages/{chunk_id}").hidden_from("outsider"),
        get("/api/v1/websites"),
        get("/api/v1/websites/{website_id}").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/check").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/runs").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/runs/{run_id}").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/runs/{run_id}/pages").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/pages").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/pages/{page_id}").hidden_from("outsider"),
        get("/api/v1/websites/{website_id}/pages/{page_id}/diff").hidden_from("outsider"),
    ]
}

fn edits() -> Vec<Operation> {
    let collection =
        json!({ "space_id": "{space_id}", "name": "Minutes", "description": "Of the board" });
    let assistant = json!({ "space_id": "{space_id}", "name": "Secretary", "collection_ids": ["{collection_id}"] });
    let prompt = json!({ "space_id": "{space_id}", "command": "agenda", "title": "Agenda", "text": "List {{topics:all}}." });
    vec![
        post("/api/v1/spaces", json!({ "name": "Board", "description": "Of directors" })),
        post("/api/v1/assistants/personal", json!({ "name": "Mine" })).answers(200),
        post("/api/v1/collections", collection).refused_to("viewer"),
        patch("/api/v1/collections/{collection_id}", json!({ "name": "Statutes" }))
            .refused_to("viewer"),
        post(
            "/api/v1/collections/{collection_id}/reembed",
            json!({ "model": "multilingual-e5-small" }),
        )
        .refused_to("viewer")
        .answers(202),
        post("/api/v1/assistants", assistant).refused_to("viewer"),
        patch("/api/v1/assistants/{assistant_id}", json!({ "instructions": "Be brief." }))
            .refused_to("viewer"),
        patch("/api/v1/documents/{document_id}", json!({ "title": "Statutes of 2025" }))
            .refused_to("viewer"),
        Operation::new(Method::POST, "/api/v1/documents/{document_id}/retry")
            .refused_to("viewer")
            .answers(202),
        post("/api/v1/prompts", prompt).refused_to("viewer"),
        patch("/api/v1/prompts/{prompt_id}", json!({ "title": "Short minutes" }))
            .refused_to("viewer"),
        delete("/api/v1/prompts/{prompt_id}").refused_to("viewer"),
        delete("/api/v1/documents/{document_id}").refused_to("viewer"),
        delete("/api/v1/assistants/{assistant_id}").refused_to("viewer"),
        delete("/api/v1/collections/{collection_id}").refused_to("viewer"),
    ]
}

fn crawls() -> Vec<Operation> {
    let settings = json!({
        "start_urls": ["https://example.org/"], "mode": "sitemap", "path_prefix": "/news", "extra_hosts": ["*.example.org"], "max_depth": 3,
        "include": ["/news/**"], "exclude": ["**/print/**"], "max_pages": 50, "max_bytes": 1_048_576, "max_file_bytes": 4096,
        "files": true, "render": true, "language": "sv", "contact": "web@example.org"
    });
    let schedule = json!({
        "every": "weekly", "weekday": "friday", "at": "04:30", "cron": null, "time_zone": "Europe/Stockholm", "jitter_minutes": 5
    });
    let website = json!({ "space_id": "{space_id}", "name": "News", "settings": settings, "schedule": schedule, "paused": false });
    let change = json!({ "name": "The news", "schedule": schedule, "paused": true });
    let accepted = |path, body| post(path, body).answers(202).refused_to("viewer");
    let act = |path| Operation::new(Method::POST, path).answers(202).refused_to("viewer");
    vec![
        post("/api/v1/websites", website).refused_to("viewer"),
        patch("/api/v1/websites/{website_id}", change).refused_to("viewer"),
        accepted(
            "/api/v1/websites/{website_id}/check",
            json!({ "url": "https://example.org/news" }),
        ),
        act("/api/v1/websites/{website_id}/runs/{run_id}/pause"),
        act("/api/v1/websites/{website_id}/runs/{run_id}/resume"),
        act("/api/v1/websites/{website_id}/runs/{run_id}/stop"),
        act("/api/v1/websites/{website_id}/runs"),
        delete("/api/v1/websites/{website_id}").refused_to("viewer"),
    ]
}

fn owns() -> Vec<Operation> {
    let member = json!({ "user_id": "{newcomer_id}", "role": "viewer" });
    let group = json!({ "group_id": "{other_group_id}", "role": "viewer" });
    let editor = json!({ "role": "editor" });
    vec![
        patch("/api/v1/spaces/{space_id}", json!({ "name": "Council" })).refused_to("editor"),
        post("/api/v1/spaces/{space_id}/members", member).refused_to("editor"),
        patch("/api/v1/spaces/{space_id}/members/{user_id}", editor.clone()).refused_to("editor"),
        delete("/api/v1/spaces/{space_id}/members/{user_id}").refused_to("editor"),
        post("/api/v1/spaces/{space_id}/groups", group).refused_to("editor"),
        patch("/api/v1/spaces/{space_id}/groups/{group_id}", editor).refused_to("editor"),
        delete("/api/v1/spaces/{space_id}/groups/{group_id}").refused_to("editor"),
        delete("/api/v1/spaces/{space_id}").refused_to("editor"),
    ]
}
