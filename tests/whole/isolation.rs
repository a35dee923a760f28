//! Nothing crosses: another tenant, another space, a viewer, nobody.

use http::Method;
use serde_json::json;
use tests::{contract, stack::Stack};

use crate::things::{body, owner_of_everything};

/// Every operation with an id in its path or its body; those of directories take no person's credentials and are tried in `scim.rs`.
fn operations_with_ids() -> impl Iterator<Item = (Method, &'static str, &'static str)> {
    let by_body = ["create_collection", "create_assistant", "create_conversation"];
    contract::operations().filter_map(move |(method, template, operation)| {
        let id = operation["operationId"].as_str().unwrap();
        let of_people = operation["security"][0].get("operator").is_none() && operation["tags"][0] != "scim";
        (of_people && (template.contains('{') || by_body.contains(&id)))
            .then(|| (method.parse().unwrap(), template, id))
    })
}

#[tokio::test]
async fn every_route_with_every_id_of_another_tenant_is_a_404_and_changes_nothing() {
    let things = owner_of_everything().await;
    let (stranger, _) = Stack::shared().person("stranger").await;
    let mut tried = 0;
    for (method, template, operation) in operations_with_ids() {
        let path = things.fill(template);
        let request = stranger.request(method.clone(), &path).json(&body(operation, &things));
        let answer = stranger.send(request).await;
        assert_eq!(answer.status, 404, "{method} {template}: {:#}", answer.body);
        tried += 1;
    }
    assert!(tried >= 30, "only {tried} operations have ids");
    let space = things.client.get(&format!("/api/v1/spaces/{}", things.id("space_id"))).await.expect(200);
    assert_eq!(space["name"], "Mine");
    things.client.get(&format!("/api/v1/documents/{}", things.id("document_id"))).await.expect(200);
}

#[tokio::test]
async fn without_credentials_every_signed_in_route_is_a_401() {
    let things = owner_of_everything().await;
    let nobody = Stack::shared().anonymous();
    for (method, template, operation) in contract::operations() {
        if operation["security"].as_array().unwrap().is_empty() {
            continue;
        }
        let method: Method = method.parse().unwrap();
        let answer = nobody.send(nobody.request(method.clone(), &things.fill(template)).json(&json!({}))).await;
        assert_eq!(answer.status, 401, "{method} {template}: {:#}", answer.body);
    }
}

#[tokio::test]
async fn search_and_lists_show_nothing_of_another_tenant_even_by_its_ids() {
    let things = owner_of_everything().await;
    let (stranger, _) = Stack::shared().person("stranger").await;
    let query = json!({ "query": "vault number forty-two", "collection_ids": [things.id("collection_id")] });
    assert_eq!(stranger.post("/api/v1/search", &query).await.expect(200)["total"], 0);
    let by_space = json!({ "query": "vault", "space_id": things.id("space_id") });
    stranger.post("/api/v1/search", &by_space).await.expect(404);
    for (path, name) in
        [("/api/v1/documents", "documents"), ("/api/v1/jobs", "jobs"), ("/api/v1/conversations", "conversations")]
    {
        assert_eq!(stranger.get(path).await.expect(200)[name], json!([]), "{path}");
    }
    assert_eq!(stranger.get("/api/v1/spaces").await.expect(200)["total"], 1, "only the personal one");
}

#[tokio::test]
async fn a_viewer_reads_and_asks_but_changes_nothing() {
    let stack = Stack::shared();
    let things = owner_of_everything().await;
    let tenant: uuid::Uuid =
        things.client.get("/api/v1/me").await.expect(200)["tenant"]["id"].as_str().unwrap().parse().unwrap();
    let viewer = stack.database.colleague(kernel::id::TenantId(tenant), "viewer", "user").await;
    let client = stack.sign_in(&viewer).await;
    client.get(&format!("/api/v1/spaces/{}", things.id("space_id"))).await.expect(404);
    let mut db = stack.database.superuser().await;
    sqlx::query("insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2::uuid, $3, 'viewer')")
        .bind(tenant)
        .bind(things.id("space_id").parse::<uuid::Uuid>().unwrap())
        .bind(viewer.user.0)
        .execute(&mut db)
        .await
        .unwrap();
    let refused = [
        "update_space",
        "delete_space",
        "update_collection",
        "delete_collection",
        "update_assistant",
        "delete_assistant",
        "update_document",
        "delete_document",
        "retry_document",
        "upload_document",
        "create_collection",
        "create_assistant",
        "add_member",
        "update_member",
        "remove_member",
        "add_space_group",
        "update_space_group",
        "remove_space_group",
        "list_user_group_members",
        "add_user_group_member",
        "remove_user_group_member",
        "get_user_group",
        "update_user_group",
        "delete_user_group",
        "delete_scim_token",
    ];
    for (method, template, operation) in operations_with_ids().filter(|(_, _, o)| refused.contains(o)) {
        let request = client.request(method.clone(), &things.fill(template)).json(&body(operation, &things));
        assert_eq!(client.send(request).await.problem(403), "not_allowed", "{method} {template}");
    }
    client.get(&format!("/api/v1/documents/{}", things.id("document_id"))).await.expect(200);
    client.create("/api/v1/conversations", &json!({ "assistant_id": things.id("assistant_id") })).await;
    client.get(&format!("/api/v1/conversations/{}", things.id("conversation_id"))).await.expect(404);
}

#[tokio::test]
async fn every_table_with_a_tenant_has_forced_row_level_security_and_no_role_bypasses_it() {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p')
          and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
          and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))";
    let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(open, Vec::<String>::new());
    let sql =
        "select rolname from pg_roles where rolname like 'tessera%' and (rolbypassrls or rolsuper or rolcreaterole)";
    let mighty: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(mighty, Vec::<String>::new());
}

#[tokio::test]
async fn a_component_that_forgets_the_tenant_sees_no_rows() {
    let database = &Stack::shared().database;
    let source = database.source("tessera_workspace").await;
    let db = platform::pg::Db::new(source, None);
    let row = db.one("select count(*) as n from spaces", &[]).await.unwrap();
    assert_eq!(row.get::<i64>("n").unwrap(), 0);
}
