//! The audit log: everything is recorded, nothing can be changed, reading requires a reason.

use futures::StreamExt;
use kernel::id::TenantId;
use serde_json::{Value, json};
use tests::{
    client::{Client, Response},
    stack::Stack,
};

pub(crate) async fn reading(admin: &Client) -> String {
    let body = json!({ "reason": "a look at what happened" });
    let reading = admin.post("/api/v1/admin/audit/readings", &body).await.expect(201);
    reading["id"].as_str().unwrap().to_owned()
}

/// The entries of a filter, newest first.
pub(crate) async fn entries(admin: &Client, filter: &str) -> Vec<Value> {
    let path = format!("/api/v1/admin/audit?reading={}&limit=100{filter}", reading(admin).await);
    admin.get(&path).await.expect(200)["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_change_is_recorded_with_actor_origin_before_and_after() {
    let (admin, person) = Stack::shared().person("boss").await;
    let space = admin.create("/api/v1/spaces", &json!({ "name": "First" })).await;
    let path = format!("/api/v1/spaces/{space}");
    let request =
        admin.request(http::Method::PATCH, &path).header("x-request-id", "change-0123456789");
    let changed =
        admin.send(request.header("user-agent", "a test").json(&json!({ "name": "Second" }))).await;
    let request_id = changed.headers["x-request-id"].to_str().unwrap().to_owned();
    changed.expect(200);
    admin.delete(&path).await.expect(204);
    let found = entries(&admin, &format!("&resource={space}")).await;
    let actions: Vec<&str> = found.iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions.iter().filter(|a| a.starts_with("space.")).copied().collect::<Vec<_>>(),
        ["space.delete", "space.update", "space.create"]
    );
    let update = found.iter().find(|e| e["action"] == "space.update").unwrap();
    assert_eq!(
        (&update["before"], &update["after"]),
        (&json!({ "name": "First" }), &json!({ "name": "Second" }))
    );
    assert_eq!(
        update["actor"],
        json!({ "kind": "user", "id": person.user.to_string(), "name": person.email })
    );
    assert_eq!(
        (&update["user_agent"], &update["request_id"]),
        (&json!("a test"), &json!(request_id))
    );
    assert!(update["address"].as_str().unwrap().starts_with("127."), "{update}");
}

#[tokio::test]
async fn sign_ins_denials_keys_and_readings_are_recorded_and_secrets_are_not() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let other = stack.database.colleague(TenantId(boss.tenant.0), "other", "user").await;
    let client = stack.sign_in(&other).await;
    assert_eq!(client.get("/api/v1/admin/users").await.problem(403), "not_allowed");
    let change =
        json!({ "current_password": other.password, "password": "quite another password" });
    client.post("/api/v1/auth/password", &change).await.expect(204);
    let key = client
        .post("/api/v1/api-keys", &json!({ "name": "Script", "scopes": ["chat"] }))
        .await
        .expect(201);
    let mut script = stack.anonymous();
    script.token = key["key"].as_str().map(str::to_owned);
    assert_eq!(script.get("/api/v1/spaces").await.problem(403), "not_allowed");
    let wrong = json!({ "email": other.email, "password": "not the password" });
    assert_eq!(
        stack.anonymous().post("/api/v1/auth/login", &wrong).await.problem(401),
        "wrong_credentials"
    );
    // Written beside the response, so that its time reveals nothing.
    let noted = async { while entries(&admin, "&action=sign_in.failed").await.is_empty() {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), noted)
        .await
        .expect("the failed sign-in is recorded");
    let all = entries(&admin, "").await;
    assert!(
        all.iter().any(|e| e["action"] == "sign_in.failed"
            && e["resource_id"] == other.user.to_string().as_str())
    );
    let by = |action: &str| all.iter().find(|e| e["action"] == action).expect(action);
    let of_other = all.iter().find(|e| {
        e["action"] == "session.create" && e["actor"]["id"] == other.user.to_string().as_str()
    });
    assert!(of_other.is_some(), "the sign-in");
    let denied: Vec<&Value> = all.iter().filter(|e| e["action"] == "access.denied").collect();
    assert_eq!(denied.len(), 2);
    assert_eq!(
        (&denied[1]["actor"]["kind"], &denied[1]["resource_id"]),
        (&json!("user"), &json!("GET /api/v1/admin/users"))
    );
    assert_eq!(
        (&denied[0]["actor"]["kind"], &denied[0]["resource_id"]),
        (&json!("api_key"), &json!("spaces:read"))
    );
    assert_eq!(by("user.update")["after"], json!({ "password_hash": "***" }));
    assert_eq!(by("audit_reading.create")["after"]["reason"], "a look at what happened");
    assert_eq!(by("api_key.create")["after"]["scopes"], json!(["chat"]));
    let text = serde_json::to_string(&all).unwrap();
    for secret in [
        "argon2",
        "secret_hash",
        "refresh_hash",
        "token_hash",
        key["key"].as_str().unwrap(),
        "quite another password",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    // Reading is recorded too, with its filter.
    assert!(!entries(&admin, "&action=audit").await.is_empty());
}

#[tokio::test]
async fn reading_requires_the_permission_and_an_own_reason_within_the_hour() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let manager = stack.database.colleague(TenantId(boss.tenant.0), "manager", "manager").await;
    let manager = stack.sign_in(&manager).await;
    let why = json!({ "reason": "curiosity" });
    assert_eq!(
        manager.post("/api/v1/admin/audit/readings", &why).await.problem(403),
        "not_allowed"
    );
    assert_eq!(admin.get("/api/v1/admin/audit").await.problem(400), "invalid_query");
    let second = stack.database.colleague(TenantId(boss.tenant.0), "second", "admin").await;
    let second = stack.sign_in(&second).await;
    let theirs = reading(&second).await;
    assert_eq!(
        admin.get(&format!("/api/v1/admin/audit?reading={theirs}")).await.problem(404),
        "not_found"
    );
    let mine = reading(&admin).await;
    let mut db = stack.database.superuser().await;
    let sql = "update audit_readings set expires_at = now() where id = $1::uuid";
    sqlx::query(sql).bind(mine.parse::<uuid::Uuid>().unwrap()).execute(&mut db).await.unwrap();
    assert_eq!(
        admin.get(&format!("/api/v1/admin/audit?reading={mine}")).await.problem(404),
        "not_found"
    );
    let bad = json!({ "reason": "x" });
    assert_eq!(admin.post("/api/v1/admin/audit/readings", &bad).await.problem(400), "invalid_body");
    for filter in ["from=yesterday", "to=2026-02-30", "actor_id=me", "action="] {
        let path = format!("/api/v1/admin/audit?reading={}&{filter}", reading(&admin).await);
        assert_eq!(admin.get(&path).await.problem(400), "invalid_query", "{filter}");
    }
}

#[tokio::test]
async fn the_log_has_pages_and_filters() {
    let (admin, person) = Stack::shared().person("boss").await;
    for name in ["One", "Two", "Three"] {
        admin.create("/api/v1/spaces", &json!({ "name": name })).await;
    }
    let reading = reading(&admin).await;
    let filter = format!("reading={reading}&action=space.create&actor_id={}", person.user);
    let first = admin.get(&format!("/api/v1/admin/audit?{filter}&limit=2")).await.expect(200);
    assert_eq!(
        (&first["total"], &first["entries"][0]["after"]["name"]),
        (&json!(3), &json!("Three"))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = admin
        .get(&format!("/api/v1/admin/audit?{filter}&limit=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        (second["entries"].as_array().unwrap().len(), &second["entries"][0]["after"]["name"]),
        (1, &json!("One"))
    );
    let none = admin.get(&format!("/api/v1/admin/audit?{filter}&to=2020-01-01")).await.expect(200);
    assert_eq!(none["total"], 0);
    let all = admin.get(&format!("/api/v1/admin/audit?{filter}&from=2020-01-01")).await.expect(200);
    assert_eq!(all["total"], 3);
}

#[tokio::test]
async fn a_changed_removed_or_cut_off_entry_is_named_by_verification() {
    let stack = Stack::shared();
    for (tampering, broken) in [
        (
            "update audit_entries set after = '{\"name\": \"Innocent\"}' where tenant_id = $1 and seq = 2",
            2,
        ),
        ("delete from audit_entries where tenant_id = $1 and seq = 3", 4),
        (
            "delete from audit_entries where tenant_id = $1 and seq >= (select seq from audit_heads where tenant_id = $1)",
            -1,
        ),
    ] {
        let (admin, person) = stack.person("boss").await;
        for name in ["One", "Two", "Three"] {
            admin.create("/api/v1/spaces", &json!({ "name": name })).await;
        }
        let before = admin.get("/api/v1/admin/audit/verification").await.expect(200);
        assert_eq!(
            (&before["ok"], &before["first_broken_seq"]),
            (&json!(true), &Value::Null),
            "{before}"
        );
        let head = before["head"]["seq"].as_i64().unwrap();
        assert_eq!(before["entries"], head);
        let mut db = stack.database.superuser().await;
        assert_eq!(
            sqlx::query(tampering)
                .bind(person.tenant.0)
                .execute(&mut db)
                .await
                .unwrap()
                .rows_affected(),
            1
        );
        let after = admin.get("/api/v1/admin/audit/verification").await.expect(200);
        let expected = if broken < 0 { head } else { broken };
        assert_eq!(
            (&after["ok"], &after["first_broken_seq"]),
            (&json!(false), &json!(expected)),
            "{tampering}"
        );
    }
}

#[tokio::test]
async fn no_role_at_run_time_can_change_or_remove_an_entry() {
    let stack = Stack::shared();
    let (admin, person) = stack.person("boss").await;
    admin.create("/api/v1/spaces", &json!({ "name": "Kept" })).await;
    for role in schema::COMPONENTS
        .map(schema::component_role)
        .iter()
        .map(String::as_str)
        .chain(["tessera_worker"])
    {
        let cx = platform::Cx::new(
            stack.database.source(role).await,
            Some(person.tenant),
            platform::Actor::Anonymous,
            "attack".to_owned(),
        )
        .with_ticket(stack.database.ticket(role, person.tenant, "anonymous").await);
        for sql in [
            "update audit_entries set action = 'nothing'",
            "delete from audit_entries",
            "truncate audit_entries",
            "insert into audit_entries (tenant_id, seq) values (app_tenant(), 1)",
            "update audit_heads set seq = 0",
            "select audit.append(app_tenant(), 'forged', 'x', null, null, null, null)",
            "set role tessera_audit",
        ] {
            let error = cx.db.execute(sql, &[]).await.expect_err(sql);
            assert_eq!(error.sqlstate.as_deref(), Some("42501"), "{role}: {sql}: {error}");
        }
    }
}

#[tokio::test]
async fn entries_older_than_the_retention_are_removed_and_the_chain_still_verifies() {
    let stack = Stack::shared();
    let (admin, person) = stack.person("boss").await;
    for name in ["One", "Two", "Three"] {
        admin.create("/api/v1/spaces", &json!({ "name": name })).await;
    }
    let mut db = stack.database.superuser().await;
    // The complete chain is made old, by writing it again as the database would have.
    let sql = "do $$ declare e audit_entries; previous bytea := '\\x'; begin
          for e in select * from audit_entries where tenant_id = 'TENANT' and seq <= 3 order by seq loop
            e.at := e.at - interval '400 days'; e.previous_hash := previous; e.hash := audit.hash(e); previous := e.hash;
            update audit_entries set at = e.at, previous_hash = e.previous_hash, hash = e.hash where tenant_id = e.tenant_id and seq = e.seq;
          end loop;
          for e in select * from audit_entries where tenant_id = 'TENANT' and seq > 3 order by seq loop
            e.previous_hash := previous; e.hash := audit.hash(e); previous := e.hash;
            update audit_entries set previous_hash = e.previous_hash, hash = e.hash where tenant_id = e.tenant_id and seq = e.seq;
          end loop;
          update audit_heads set hash = previous where tenant_id = 'TENANT';
        end $$";
    let sql = sql.replace("TENANT", &person.tenant.to_string());
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    let verify = async || admin.get("/api/v1/admin/audit/verification").await.expect(200);
    let before = verify().await;
    assert_eq!(before["ok"], true, "{before}");
    let cx = platform::Cx::new(
        stack.database.source("tessera_worker").await,
        Some(person.tenant),
        platform::Actor::Worker,
        "purge".to_owned(),
    );
    assert_eq!(audit::retention::purge(&cx).await.unwrap(), 3);
    let after = verify().await;
    assert_eq!(
        (&after["ok"], after["entries"].as_i64()),
        (&json!(true), before["entries"].as_i64().map(|n| n - 3)),
        "{after}"
    );
    assert_eq!(audit::retention::purge(&cx).await.unwrap(), 0);
    sqlx::query("delete from audit_entries where tenant_id = $1 and seq = 4")
        .bind(person.tenant.0)
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(verify().await["first_broken_seq"], 5, "the new beginning is guarded as well");
}

#[tokio::test]
async fn repeated_denials_are_rate_limited_and_do_not_fill_the_log() {
    let (_, boss) = Stack::shared().person("boss").await;
    let colleague = Stack::shared().database.colleague(boss.tenant, "insistent", "user").await;
    let insistent = Stack::shared().sign_in(&colleague).await;
    let asked =
        futures::stream::iter(0..700).map(|_| async { insistent.get("/api/v1/admin/users").await });
    let answers: Vec<Response> = asked.buffer_unordered(16).collect().await;
    let refused = answers.iter().filter(|a| a.status == 403).count();
    let limited: Vec<&Response> = answers.iter().filter(|a| a.status == 429).collect();
    assert!(
        refused >= 500 && refused + limited.len() == 700,
        "{refused} refused, {} limited to wait",
        limited.len()
    );
    assert!(
        limited.len() > 100 && limited.iter().all(|a| a.headers.contains_key("retry-after")),
        "{}",
        limited.len()
    );
    // Each denial is recorded, and nothing else; the user still can do what they may.
    let mut db = Stack::shared().database.superuser().await;
    let sql =
        "select count(*) from audit_entries where tenant_id = $1 and action = 'access.denied'";
    let recorded: i64 =
        sqlx::query_scalar(sql).bind(boss.tenant.0).fetch_one(&mut db).await.unwrap();
    assert_eq!(recorded, i64::try_from(refused).unwrap());
    insistent.get("/api/v1/spaces").await.expect(200);
    let other = Stack::shared().database.colleague(boss.tenant, "other", "user").await;
    assert_eq!(Stack::shared().sign_in(&other).await.get("/api/v1/admin/users").await.status, 403);
}
