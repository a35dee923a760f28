//! Wrong tokens, other organisations, injection in filters, and malformed bodies.

use http::Method;
use serde_json::{Value, json};
use tests::{contract, stack::Stack};

use super::{GROUPS, TOKENS, USERS, at, directory, kind};

#[tokio::test]
async fn only_a_valid_token_of_an_active_organisation_is_accepted() {
    let (directory, admin, boss) = directory().await;
    directory.get(USERS).await.expect(200);
    let secret = directory.0.token.clone().unwrap();
    let listed = admin.get(TOKENS).await.expect(200);
    assert!(listed["scim_tokens"][0]["last_used_at"].is_string());
    assert!(
        !listed.to_string().contains(secret.rsplit('_').next().unwrap()),
        "the secret is shown once"
    );
    let mut last = secret.clone();
    last = if last.pop() == Some('0') { last + "1" } else { last + "0" };
    let wrong = [
        None,
        Some(String::new()),
        Some("tscim_".to_owned()),
        Some("x".repeat(5000)),
        Some(last),
        admin.token.clone(),
    ];
    for token in wrong {
        let mut client = Stack::shared().anonymous();
        client.token.clone_from(&token);
        let answer = client.get(USERS).await;
        assert_eq!(
            answer.headers.get("www-authenticate").map(|v| v.to_str().unwrap()),
            Some("Bearer"),
            "{token:?}"
        );
        assert_eq!(kind(answer, 401), Value::Null, "{token:?}");
    }
    assert_eq!(
        directory.get("/api/v1/me").await.problem(401),
        "not_signed_in",
        "it is good for nothing else"
    );
    let manager = Stack::shared().database.colleague(boss.tenant, "manager", "manager").await;
    let manager = Stack::shared().sign_in(&manager).await;
    assert_eq!(manager.post(TOKENS, &json!({ "name": "Mine" })).await.problem(403), "not_allowed");
    assert_eq!(manager.get(TOKENS).await.problem(403), "not_allowed");
    let mut db = Stack::shared().database.superuser().await;
    for (state, status) in [("suspended", 401), ("active", 200)] {
        sqlx::query("update tenants set state = $2 where id = $1")
            .bind(boss.tenant.0)
            .bind(state)
            .execute(&mut db)
            .await
            .unwrap();
        assert_eq!(directory.get(USERS).await.status, status, "{state}");
    }
    let kept: Vec<u8> =
        sqlx::query_scalar("select token_hash from scim_tokens where tenant_id = $1")
            .bind(boss.tenant.0)
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert_eq!(kept.len(), 32, "only the hash is kept");
    let id = listed["scim_tokens"][0]["id"].as_str().unwrap();
    admin.delete(&format!("{TOKENS}/{id}")).await.expect(204);
    assert_eq!(kind(directory.get(USERS).await, 401), Value::Null);
    assert_eq!(admin.get(TOKENS).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn another_organisations_data_is_a_404_on_every_route_and_in_no_list() {
    let (theirs, _, boss) = directory().await;
    let group = theirs
        .create(
            GROUPS,
            &json!({ "displayName": "Theirs", "members": [{ "value": boss.user.to_string() }] }),
        )
        .await;
    let (ours, _, _) = directory().await;
    let user_body = json!({ "userName": "taken.over@example.org", "displayName": "Taken over" });
    let patch =
        json!({ "Operations": [{ "op": "replace", "value": { "displayName": "Taken over" } }] });
    let mut tried = 0;
    for (method, template, operation) in contract::operations() {
        if operation["tags"][0] != "scim" || !template.contains('{') {
            continue;
        }
        let path = template
            .replace("{scim_user_id}", &boss.user.to_string())
            .replace("{scim_group_id}", group["id"].as_str().unwrap());
        let body = if method == "PATCH" { &patch } else { &user_body };
        assert_eq!(
            kind(ours.send(method.parse().unwrap(), &path, body).await, 404),
            Value::Null,
            "{method} {path}"
        );
        for wrong in ["x", "%00", "00000000-0000-0000-0000-000000000000", "'; drop table users; --"]
        {
            let path = format!("{}/{wrong}", path.rsplit_once('/').unwrap().0);
            let answer = ours
                .0
                .request(method.parse().unwrap(), &path)
                .header("content-type", "application/json");
            let status = answer.body(body.to_string()).send().await.unwrap().status().as_u16();
            assert!(matches!(status, 400 | 404), "{method} {path}: {status}");
        }
        tried += 1;
    }
    assert_eq!(tried, 8);
    let id = boss.user.to_string();
    assert_eq!(ours.find(USERS, &format!("id eq \"{id}\"")).await["totalResults"], 0);
    assert_eq!(
        ours.find(USERS, &format!("userName eq \"{}\"", boss.email)).await["totalResults"],
        0
    );
    assert_eq!(ours.find(GROUPS, &format!("members eq \"{id}\"")).await["totalResults"], 0);
    let planted = json!({ "displayName": "Ours", "members": [{ "value": id }] });
    assert_eq!(kind(ours.send(Method::POST, GROUPS, &planted).await, 400), "invalidValue");
    let own = ours.create(GROUPS, &json!({ "displayName": "Theirs" })).await;
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
    assert_eq!(kind(ours.patch(&at(GROUPS, &own), &add).await, 400), "invalidValue");
    assert_eq!(theirs.get(&at(GROUPS, &group)).await.expect(200)["displayName"], "Theirs");
    assert_eq!(theirs.get(&format!("{USERS}/{id}")).await.expect(200)["displayName"], "boss");
}

#[tokio::test]
async fn filters_match_exactly_and_inject_nothing() {
    let (directory, _, _) = directory().await;
    let odd = "o'hara\"; drop table users; -- %_\\";
    let made = directory
        .create(USERS, &json!({ "userName": odd, "emails": [{ "value": "ohara@example.org" }] }))
        .await;
    let filter = format!("userName eq {}", Value::from(odd));
    assert_eq!(directory.find(USERS, &filter).await["Resources"][0]["id"], made["id"]);
    for anonymous in [
        "' or '1'='1",
        "%",
        "_%",
        "*",
        "o'hara",
        "a\" or userName pr or userName eq \"b",
        ") or (1=1",
    ] {
        let filter = format!("userName eq {}", Value::from(anonymous));
        assert_eq!(directory.find(USERS, &filter).await["totalResults"], 0, "{anonymous}");
    }
    let long = format!("userName eq \"{}\"", "a".repeat(3000));
    for wrong in [
        "userName eq \"a\" or id pr",
        "1=1",
        "userName eq 'a'",
        "userName eq \"a",
        "userName eq \"\\u0000\"",
        "",
        &long,
    ] {
        let request = directory.0.request(Method::GET, USERS).query(&[("filter", wrong)]);
        assert_eq!(kind(directory.0.send(request).await, 400), "invalidFilter", "{wrong}");
    }
    let raw = directory.get(&format!("{USERS}?filter=userName%20eq%20%22a%00b%22")).await;
    assert_eq!(kind(raw, 400), "invalidFilter");
}

#[tokio::test]
async fn lists_are_paged_as_the_client_requests() {
    let (directory, _, _) = directory().await;
    for name in ["a", "b", "c"] {
        directory.create(USERS, &json!({ "userName": format!("{name}@page.example.org") })).await;
    }
    let page = directory
        .get(&format!("{USERS}?startIndex=2&count=2&attributes=userName"))
        .await
        .expect(200);
    assert_eq!(
        (&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]),
        (&json!(4), &json!(2), &json!(2))
    );
    let names: Vec<&Value> =
        page["Resources"].as_array().unwrap().iter().map(|user| &user["userName"]).collect();
    assert_eq!(names, ["a@page.example.org", "b@page.example.org"]);
    assert_eq!(page["Resources"][0]["emails"], Value::Null, "only the requested attributes");
    let none = directory.get(&format!("{USERS}?startIndex=-5&count=-1")).await.expect(200);
    assert_eq!(
        (&none["totalResults"], &none["startIndex"], &none["Resources"]),
        (&json!(4), &json!(1), &json!([]))
    );
    let beyond = directory
        .get(&format!("{USERS}?startIndex=9223372036854775807&count=99999"))
        .await
        .expect(200);
    assert_eq!(beyond["Resources"], json!([]));
    assert_eq!(kind(directory.get(&format!("{USERS}?count=many")).await, 400), "invalidValue");
}

#[tokio::test]
async fn the_service_describes_itself_and_errors_follow_the_rfc() {
    let (directory, _, _) = directory().await;
    let config = directory.get("/api/v1/scim/v2/ServiceProviderConfig").await.expect(200);
    assert_eq!(
        (&config["patch"]["supported"], &config["bulk"]["supported"]),
        (&json!(true), &json!(false))
    );
    let kinds = directory.get("/api/v1/scim/v2/ResourceTypes").await.expect(200);
    assert_eq!(
        (&kinds["Resources"][0]["endpoint"], &kinds["Resources"][1]["endpoint"]),
        (&json!("/Users"), &json!("/Groups"))
    );
    let schemas = directory.get("/api/v1/scim/v2/Schemas").await.expect(200);
    assert_eq!(schemas["Resources"][1]["id"], "urn:ietf:params:scim:schemas:core:2.0:Group");
    let send = async |method: Method, path: &str, body: &'static str, media: &str| {
        directory
            .0
            .send(directory.0.request(method, path).header("content-type", media).body(body))
            .await
    };
    let (scim, post) = ("application/scim+json", Method::POST);
    for (body, expected) in [
        ("", "invalidSyntax"),
        ("{", "invalidSyntax"),
        ("[]", "invalidSyntax"),
        ("{}", "invalidValue"),
        ("{\"userName\": 5}", "invalidValue"),
        ("{\"userName\": \"no-address\"}", "invalidValue"),
        ("{\"userName\": \"a\\u0000b\"}", "invalidSyntax"),
    ] {
        assert_eq!(kind(send(post.clone(), USERS, body, scim).await, 400), expected, "{body}");
    }
    assert_eq!(kind(send(post.clone(), USERS, "<a/>", "text/xml").await, 415), Value::Null);
    let large = json!({ "userName": "a".repeat(2 << 20) });
    assert_eq!(kind(directory.send(post.clone(), USERS, &large).await, 413), Value::Null);
    let deep = "[".repeat(200_000);
    let request = directory.0.request(post, USERS).header("content-type", scim).body(deep);
    assert_eq!(kind(directory.0.send(request).await, 400), "invalidSyntax");
    let unknown = directory.0.request(Method::GET, "/api/v1/scim/v2/Bulk").send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.headers()["content-type"], "application/scim+json");
}
