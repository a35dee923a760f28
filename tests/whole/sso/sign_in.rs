//! Sign-in with an organisation's own provider: management, provisioning, linking, roles, sign-out.

use futures::StreamExt;
use http::Method;
use serde_json::json;
use tests::{browser::Browser, hostile_idp::CLIENT_SECRET, stack::Stack};

use crate::sso::organisation::{Organisation, federation, put};

/// The profile of a browser's user.
async fn me(browser: &Browser) -> serde_json::Value {
    let reply = browser.get(&format!("{}/api/v1/me", Stack::shared().url)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

#[tokio::test]
async fn a_first_sign_in_creates_a_user_with_role_and_personal_space() {
    let organisation = Organisation::new("jit").await;
    organisation.idp.set(|b| b.claims = json!({ "groups": ["t-leads", "others"] }));
    let browser = Browser::default();
    assert_eq!(organisation.sign_in(&browser).await.location(), "/spaces");
    let anna = me(&browser).await;
    assert_eq!(
        (&anna["email"], &anna["display_name"], &anna["role"]),
        (&json!("anna@example.org"), &json!("Anna of the provider"), &json!("manager"))
    );
    let spaces = browser.get(&format!("{}/api/v1/spaces", Stack::shared().url)).await;
    assert!(spaces.body.contains("\"kind\":\"personal\""), "{}", spaces.body);
    // The same user, with fewer claims.
    organisation.idp.set(|b| {
        b.claims = json!({ "groups": [], "name": "Anna Renamed", "email_verified": null })
    });
    let again = Browser::default();
    organisation.sign_in(&again).await;
    let renamed = me(&again).await;
    assert_eq!(
        (&renamed["id"], &renamed["display_name"], &renamed["role"]),
        (&anna["id"], &json!("Anna Renamed"), &json!("user"))
    );
}

#[tokio::test]
async fn an_existing_user_is_linked_once_by_verified_address_then_by_subject() {
    let organisation = Organisation::new("linked").await;
    let colleague =
        Stack::shared().database.colleague(organisation.person.tenant, "carla", "user").await;
    let email = colleague.email.clone();
    organisation.idp.set(|b| b.claims = json!({ "email": email, "sub": "carla" }));
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    assert_eq!(me(&browser).await["id"], colleague.user.to_string());
    organisation
        .idp
        .set(|b| b.claims = json!({ "email": "carla.married@example.org", "sub": "carla" }));
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    assert_eq!(me(&browser).await["id"], colleague.user.to_string());
}

#[tokio::test]
async fn a_deactivated_or_deleted_user_cannot_sign_in_at_the_provider() {
    let organisation = Organisation::new("gone").await;
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    let path = format!("/api/v1/admin/users/{}", me(&browser).await["id"].as_str().unwrap());
    organisation.admin.patch(&path, &json!({ "active": false })).await.expect(200);
    for _ in 0..2 {
        let reply = organisation.sign_in(&Browser::default()).await;
        assert!(
            reply.location().starts_with("/sign-in?error=sign_in_refused&"),
            "{}",
            reply.location()
        );
        let _ = organisation.admin.delete(&path).await;
    }
    // A new subject with the same address cannot either.
    organisation.idp.set(|b| b.claims = json!({ "sub": "a new subject" }));
    let reply = organisation.sign_in(&Browser::default()).await;
    assert!(
        reply.location().starts_with("/sign-in?error=sign_in_refused&"),
        "{}",
        reply.location()
    );
}

#[tokio::test]
async fn groups_cannot_demote_the_last_administrator() {
    let organisation = Organisation::new("last").await;
    let email = organisation.person.email.clone();
    organisation.idp.set(|b| b.claims = json!({ "email": email, "groups": [] }));
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    assert_eq!(me(&browser).await["role"], "admin");
    Stack::shared().database.colleague(organisation.person.tenant, "second", "admin").await;
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    assert_eq!(me(&browser).await["role"], "user", "there is another one now");
}

#[tokio::test]
async fn without_provisioning_only_invited_users_sign_in() {
    let organisation = Organisation::new("invited").await;
    let mut closed = federation(&organisation.idp.url);
    closed["provisioning"] = json!(false);
    put(&organisation.admin, &closed).await.expect(200);
    let reply = organisation.sign_in(&Browser::default()).await;
    assert!(
        reply.location().starts_with("/sign-in?error=sign_in_refused&"),
        "{}",
        reply.location()
    );
    let invited = json!({ "email": "anna@example.org", "role": "user" });
    organisation.admin.post("/api/v1/admin/users", &invited).await.expect(201);
    let browser = Browser::default();
    assert_eq!(organisation.sign_in(&browser).await.location(), "/spaces");
    assert_eq!(me(&browser).await["email"], "anna@example.org");
}

#[tokio::test]
async fn an_organisation_has_its_provider_and_an_unknown_one_has_none() {
    let organisation = Organisation::new("buttons").await;
    let anonymous = Stack::shared().anonymous();
    let of = |slug: &str| format!("/api/v1/auth/providers?tenant={slug}");
    let methods = anonymous.get(&of(&organisation.slug)).await.expect(200);
    let start = format!("/api/v1/auth/oidc/start?tenant={}", organisation.slug);
    assert_eq!(
        methods,
        json!({ "password": true, "providers": [{ "name": "The provider", "start_url": start }] })
    );
    let (without, _) = Stack::shared().person("without").await;
    let slug =
        without.get("/api/v1/me").await.expect(200)["tenant"]["slug"].as_str().unwrap().to_owned();
    let none = json!({ "password": true, "providers": [] });
    assert_eq!(anonymous.get(&of(&slug)).await.expect(200), none);
    assert_eq!(anonymous.get(&of("there-is-none")).await.expect(200), none);
    assert_eq!(
        anonymous.get("/api/v1/auth/providers").await.expect(200),
        none,
        "there are several organisations"
    );
}

#[tokio::test]
async fn the_secret_is_never_shown_and_must_be_entered_again_for_another_issuer() {
    let organisation = Organisation::new("secret").await;
    let stored = organisation.admin.get("/api/v1/admin/federation").await.expect(200);
    assert_eq!(stored["client_secret_masked"], "…7Q4x");
    assert!(!stored.to_string().contains(CLIENT_SECRET));
    let mut body = federation(&organisation.idp.url);
    body.as_object_mut().unwrap().remove("client_secret");
    put(&organisation.admin, &body).await.expect(200);
    body["issuer"] = json!("https://evil.example.org");
    let refused = put(&organisation.admin, &body).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/client_secret", "{:#}", refused.body);
    let mut db = Stack::shared().database.superuser().await;
    let sealed: String =
        sqlx::query_scalar("select client_secret_sealed from federations where tenant_id = $1")
            .bind(organisation.person.tenant.0)
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert!(sealed.starts_with("v1."), "{sealed}");
}

#[tokio::test]
async fn only_administrators_manage_the_provider() {
    let organisation = Organisation::new("rights").await;
    let manager =
        Stack::shared().database.colleague(organisation.person.tenant, "manager", "manager").await;
    let manager = Stack::shared().sign_in(&manager).await;
    assert_eq!(manager.get("/api/v1/admin/federation").await.problem(403), "not_allowed");
    assert_eq!(put(&manager, &federation(&organisation.idp.url)).await.problem(403), "not_allowed");
    assert_eq!(manager.delete("/api/v1/admin/federation").await.problem(403), "not_allowed");
    organisation.admin.delete("/api/v1/admin/federation").await.expect(204);
    assert_eq!(organisation.admin.get("/api/v1/admin/federation").await.problem(404), "not_found");
}

#[tokio::test]
async fn an_invalid_provider_is_refused_with_the_reason() {
    let (admin, _) = Stack::shared().person("wrong").await;
    for (member, value) in [
        ("issuer", json!("http://login.example.org")),
        ("issuer", json!("https://self/")),
        ("issuer", json!("https://user@login.example.org")),
        ("scopes", json!(["a b"])),
        ("allowed_domains", json!(["*"])),
        ("allowed_domains", json!([])),
        ("group_roles", json!({ "g": "owner" })),
        ("client_id", json!("")),
        ("shared", json!(true)),
    ] {
        let mut body = federation("https://login.example.org");
        body[member] = value.clone();
        let answer = put(&admin, &body).await;
        assert_eq!(answer.status, 400, "{member} {value}");
        let pointer = answer.body["errors"][0]["pointer"].as_str().unwrap();
        assert_eq!(pointer, format!("/{member}"), "{:#}", answer.body);
    }
}

#[tokio::test]
async fn the_connection_test_describes_what_is_wrong() {
    let organisation = Organisation::new("trial").await;
    let test = || async {
        organisation.admin.post("/api/v1/admin/federation/test", &json!({})).await.expect(200)
    };
    let failing = |body: &serde_json::Value| {
        let checks = body["checks"].as_array().unwrap();
        let bad = checks.iter().filter(|c| c["ok"] == false);
        bad.map(|c| c["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    organisation.idp.set(|b| b.token_error = Some((400, json!({ "error": "invalid_grant" }))));
    let good = test().await;
    assert_eq!((&good["ok"], failing(&good)), (&json!(true), vec![]), "{good:#}");
    organisation.idp.set(|b| b.token_error = Some((401, json!({ "error": "invalid_client" }))));
    assert_eq!(failing(&test().await), ["client_secret"]);
    organisation.idp.set(|b| b.discovery = json!({ "code_challenge_methods_supported": ["plain"], "jwks_uri": format!("{}/none", organisation.idp.url) }));
    assert_eq!(failing(&test().await), ["pkce", "keys", "client_secret"]);
    organisation.idp.set(|b| {
        b.discovery = json!({ "issuer": "https://other.example.org", "token_endpoint": null })
    });
    assert_eq!(failing(&test().await), ["issuer", "endpoints"]);
}

#[tokio::test]
async fn signing_out_leads_to_the_provider_and_ends_the_session_here_first() {
    let organisation = Organisation::new("logout").await;
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    let url = &Stack::shared().url;
    let mut client = Stack::shared().anonymous();
    client.token = browser.cookie(url, "tessera_access");
    let answer = client.send(client.request(Method::POST, "/api/v1/auth/logout")).await.expect(200);
    let to: reqwest::Url = answer["end_session_url"].as_str().unwrap().parse().unwrap();
    let of =
        |name: &str| to.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    assert!(to.as_str().starts_with(&format!("{}/logout?", organisation.idp.url)), "{to}");
    assert!(
        of("id_token_hint").unwrap().split('.').count() == 3
            && of("post_logout_redirect_uri").unwrap().ends_with("/sign-in")
    );
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
}

#[tokio::test]
async fn the_provider_ends_sessions_with_a_logout_token_that_works_once() {
    let organisation = Organisation::new("backchannel").await;
    let (anna, other) = (Browser::default(), Browser::default());
    organisation.sign_in(&anna).await;
    organisation
        .idp
        .set(|b| b.claims = json!({ "sub": "berta", "email": "berta@example.org", "sid": "s2" }));
    organisation.sign_in(&other).await;
    let url = format!("{}/api/v1/auth/oidc/backchannel-logout", Stack::shared().url);
    let send = |token: String| {
        let url = url.clone();
        async move { Browser::default().post(&url, format!("logout_token={token}")).await.status }
    };
    for wrong in [
        json!({ "aud": "another-client" }),
        json!({ "iss": "https://evil.example.org" }),
        json!({ "events": null }),
        json!({ "events": {} }),
        json!({ "nonce": "n" }),
        json!({ "jti": null }),
        json!({ "sub": null }),
        json!({ "iat": 1_700_000_000, "exp": null }),
    ] {
        assert_eq!(send(organisation.idp.logout_token(&wrong)).await, 400, "{wrong}");
    }
    organisation.idp.set(|b| b.signature = tests::hostile_idp::Signature::OtherKey);
    assert_eq!(send(organisation.idp.logout_token(&json!({}))).await, 400);
    organisation.idp.set(|b| b.signature = tests::hostile_idp::Signature::Good);
    assert_eq!(me(&anna).await["email"], "anna@example.org", "nothing of this ended a session");
    let token = organisation.idp.logout_token(&json!({}));
    assert_eq!(send(token.clone()).await, 204);
    let ended = anna.get(&format!("{}/api/v1/me", Stack::shared().url)).await;
    assert_eq!(ended.status, 401);
    assert_eq!(me(&other).await["email"], "berta@example.org", "another user's session continues");
    assert_eq!(send(token).await, 400);
    assert_eq!(
        send(organisation.idp.logout_token(&json!({ "sub": null, "sid": "s2" }))).await,
        204
    );
    assert_eq!(other.get(&format!("{}/api/v1/me", Stack::shared().url)).await.status, 401);
}

#[tokio::test]
async fn an_operator_manages_a_tenants_provider_and_the_debug_switch() {
    let organisation = Organisation::new("operated").await;
    let (operator, _) = crate::accounts::sysadmin::operator().await;
    let path = format!("/api/v1/sysadmin/tenants/{}/federation", organisation.person.tenant);
    assert_eq!(operator.get(&path).await.expect(200)["issuer"], organisation.idp.url);
    let mut body = federation(&organisation.idp.url);
    body["provider"] = json!("Renamed");
    assert_eq!(
        operator.send(operator.request(Method::PUT, &path).json(&body)).await.expect(200)["provider"],
        "Renamed"
    );
    let tested = operator.post(&format!("{path}/test"), &json!({})).await.expect(200);
    assert_eq!(tested["checks"][0]["name"], "discovery");
    operator.delete(&path).await.expect(204);
    assert_eq!(operator.get(&path).await.problem(404), "not_found");
    let switch = "/api/v1/sysadmin/observability/oidc-debug";
    let here = format!("{switch}?tenant={}", organisation.person.tenant);
    assert_eq!(operator.get(&here).await.expect(200)["enabled"], false);
    let tenant = organisation.person.tenant.to_string();
    let too_long =
        json!({ "enabled": true, "duration_minutes": 121, "reason": "a ticket", "tenant": tenant });
    assert_eq!(operator.post(switch, &too_long).await.problem(400), "invalid_body");
    let without = json!({ "enabled": true, "tenant": tenant });
    assert_eq!(operator.post(switch, &without).await.problem(400), "invalid_body");
    let on = json!({ "enabled": true, "reason": "a ticket", "tenant": tenant });
    let state = operator.post(switch, &on).await.expect(200);
    assert!(state["enabled"] == true && state["seconds_left"].as_i64().unwrap() > 1700, "{state}");
    let off = json!({ "enabled": false, "tenant": tenant });
    assert_eq!(operator.post(switch, &off).await.expect(200)["enabled"], false);
}

#[tokio::test]
async fn starting_too_many_logins_is_rate_limited() {
    let start = format!("{}/api/v1/auth/oidc/start?tenant=nobody", Stack::shared().url);
    let [.., b, c, d] = *uuid::Uuid::now_v7().as_bytes();
    let browser = Browser::from([127, b, c, d.clamp(2, 254)].into());
    let begun = futures::stream::iter(0..1_100)
        .map(|_| async { browser.get(&start).await.location().to_owned() });
    let answers: Vec<String> = begun.buffer_unordered(32).collect().await;
    let count = |code: &str| {
        answers.iter().filter(|a| a.starts_with(&format!("/sign-in?error={code}&"))).count()
    };
    let (refused, limited) = (count("sign_in_refused"), count("too_many_requests"));
    assert!(
        refused >= 1_000 && limited > 0 && refused + limited == 1_100,
        "{refused} refused, {limited} rate-limited"
    );
}
