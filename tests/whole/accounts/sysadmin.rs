//! Operators: credentials of their own, access to every tenant, and to no content.

use credentials::operator;
use futures::StreamExt;
use http::Method;
use platform::pg::Db;
use serde_json::json;
use tests::{client::Client, contract, stack::Stack};

use crate::resources::{body, owner_of_everything};

/// A new operator; returns the client and the name.
pub(crate) async fn operator() -> (Client, String) {
    let stack = Stack::shared();
    let db = Db::new(stack.database.source("tessera_worker").await, None);
    let name = format!("operator {}", uuid::Uuid::now_v7().simple());
    let mut client = stack.anonymous();
    client.token = Some(operator::add(&db, &name).await.unwrap());
    (client, name)
}

fn slug() -> String {
    format!("t{}", uuid::Uuid::now_v7().simple())
}

#[tokio::test]
async fn an_operator_creates_a_tenant_whose_administrator_accepts_and_signs_in() {
    let (operator, _) = operator().await;
    let slug = slug();
    let email = format!("{slug}@example.org");
    let new = json!({ "slug": slug, "name": "New organisation", "admin_email": email, "storage_quota_bytes": 1000 });
    let made = operator.post("/api/v1/sysadmin/tenants", &new).await.expect(201);
    let token = made["invitation"]["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let mut admin = Stack::shared().anonymous();
    let accepted = json!({ "token": token, "password": "a password of my own choice" });
    let granted = admin.post("/api/v1/auth/invitation/accept", &accepted).await.expect(200);
    admin.token = granted["access_token"].as_str().map(str::to_owned);
    let me = admin.get("/api/v1/me").await.expect(200);
    assert_eq!((&me["role"], &me["tenant"]["slug"]), (&json!("admin"), &json!(slug)));
    assert_eq!(admin.get("/api/v1/admin/settings").await.expect(200)["storage_quota_bytes"], 1000);
    let (_, collection) = admin.collection("Full").await;
    assert_eq!(
        admin.upload(&collection, "big.txt", vec![b'a'; 2000]).await.problem(413),
        "quota_exceeded"
    );
    let again = operator.post("/api/v1/sysadmin/tenants", &new).await;
    assert_eq!(again.problem(409), "conflict");
    // The tenant's own log names the operator.
    let reading = admin
        .post("/api/v1/admin/audit/readings", &json!({ "reason": "who made us" }))
        .await
        .expect(201);
    let path = format!(
        "/api/v1/admin/audit?action=tenant.create&reading={}",
        reading["id"].as_str().unwrap()
    );
    assert_eq!(admin.get(&path).await.expect(200)["entries"][0]["actor"]["kind"], "operator");
}

#[tokio::test]
async fn a_suspended_tenant_loses_access_at_once_and_streams_within_five_seconds() {
    let (operator, _) = operator().await;
    let (client, person) = Stack::shared().person("somebody").await;
    let mut events = client.events("/api/v1/events", None).await;
    let path = format!("/api/v1/sysadmin/tenants/{}", person.tenant);
    assert_eq!(
        operator.patch(&path, &json!({ "active": false })).await.expect(200)["active"],
        false
    );
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
    let refresh = json!({ "refresh_token": client.refresh_token });
    assert_eq!(client.post("/api/v1/auth/refresh", &refresh).await.problem(401), "session_ended");
    let login = json!({ "email": person.email, "password": person.password });
    assert_eq!(
        Stack::shared().anonymous().post("/api/v1/auth/login", &login).await.problem(401),
        "wrong_credentials"
    );
    let ended = async { while events.next().await.is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(6), ended)
        .await
        .expect("the stream must end within 5 s");
    operator.patch(&path, &json!({ "active": true })).await.expect(200);
    Stack::shared().anonymous().post("/api/v1/auth/login", &login).await.expect(200);
}

#[tokio::test]
async fn a_suspended_tenant_is_deleted_by_name_without_a_remainder() {
    let (operator, name) = operator().await;
    let resources = owner_of_everything().await;
    let tenant = resources.client.get("/api/v1/me").await.expect(200)["tenant"].clone();
    let (id, slug) = (tenant["id"].as_str().unwrap(), tenant["slug"].as_str().unwrap());
    let path = format!("/api/v1/sysadmin/tenants/{id}");
    let confirmed = format!("{path}?slug={slug}");
    assert_eq!(operator.delete(&confirmed).await.problem(409), "conflict");
    operator.patch(&path, &json!({ "active": false })).await.expect(200);
    assert_eq!(operator.delete(&format!("{path}?slug=other")).await.problem(409), "conflict");
    operator.delete(&confirmed).await.expect(204);
    assert_eq!(operator.get(&path).await.problem(404), "not_found");
    assert_eq!(resources.client.get("/api/v1/me").await.problem(401), "session_ended");
    let mut db = Stack::shared().database.superuser().await;
    let tables = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p')
          and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut db).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables {
        let sql =
            sqlx::AssertSqlSafe(format!("select count(*) from {table} where tenant_id = '{id}'"));
        assert_eq!(
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut db).await.unwrap(),
            0,
            "{table}"
        );
    }
    let sql = "select l.action from operator_log l join operators o on o.id = l.operator_id where o.name = $1 and l.about = $2 order by l.id";
    let actions: Vec<String> = sqlx::query_scalar(sql)
        .bind(name)
        .bind(id.parse::<uuid::Uuid>().unwrap())
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(actions, ["tenant.update", "tenant.delete"]);
}

#[tokio::test]
async fn an_operators_key_and_other_credentials_are_never_interchangeable() {
    let (operator, name) = operator().await;
    let resources = owner_of_everything().await;
    let (mut theirs, mut others) = (0, 0);
    for (method, template, operation) in contract::operations() {
        let security = operation["security"].as_array().unwrap();
        // Directories return errors in the form of their own RFC (`scim`).
        if security.is_empty() || security[0].get("scim").is_some() {
            continue;
        }
        let for_operators = security[0].get("operator").is_some();
        let client = if for_operators { &resources.client } else { &operator };
        let document = body(operation["operationId"].as_str().unwrap(), &resources);
        let request = client
            .request(method.parse::<Method>().unwrap(), &resources.fill(template))
            .json(&document);
        assert_eq!(client.send(request).await.problem(401), "not_signed_in", "{method} {template}");
        if for_operators { theirs += 1 } else { others += 1 }
    }
    assert!(theirs >= 5 && others >= 60, "{theirs} {others}");
    for bad in ["tso_", "", "tso_00", &format!("tso_{}", "0".repeat(96))] {
        let mut anonymous = Stack::shared().anonymous();
        anonymous.token = Some(bad.to_owned());
        assert_eq!(
            anonymous.get("/api/v1/sysadmin/tenants").await.problem(401),
            "not_signed_in",
            "{bad}"
        );
    }
    operator.get("/api/v1/sysadmin/tenants").await.expect(200);
    let db = Db::new(Stack::shared().database.source("tessera_worker").await, None);
    assert!(operator::revoke(&db, &name.to_uppercase()).await.unwrap());
    assert_eq!(operator.get("/api/v1/sysadmin/tenants").await.problem(401), "not_signed_in");
}

#[tokio::test]
async fn invalid_values_of_an_operator_are_named() {
    let (operator, _) = operator().await;
    let new = |member: &str, value: serde_json::Value| {
        let mut new = json!({ "slug": slug(), "name": "Name", "admin_email": "a@example.org" });
        new[member] = value;
        new
    };
    for (member, value) in [
        ("slug", json!("UPPER")),
        ("slug", json!("-a")),
        ("slug", json!("")),
        ("name", json!("")),
        ("admin_email", json!("nobody")),
        ("storage_quota_bytes", json!(-1)),
    ] {
        let answer =
            operator.post("/api/v1/sysadmin/tenants", &new(member, value)).await.expect(400);
        assert_eq!(answer["errors"][0]["pointer"], format!("/{member}"));
    }
    let unknown = format!("/api/v1/sysadmin/tenants/{}", uuid::Uuid::now_v7());
    assert_eq!(operator.patch(&unknown, &json!({ "name": "x" })).await.problem(404), "not_found");
}
