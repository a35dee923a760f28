//! Accounts that change hands: the previous holder keeps no access.

use http::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use testkit::Person;
use tests::{
    browser::Browser,
    client::{Client, Response},
    stack::Stack,
};

use crate::{
    access::audit,
    accounts::resets::{ask_for_reset, mailed},
    accounts::users::is_waited_for,
    sso::organisation::Organisation,
};

async fn colleague(of: &Person, name: &str, role: &str) -> (Client, Person) {
    let person = Stack::shared().database.colleague(of.tenant, name, role).await;
    (Stack::shared().sign_in(&person).await, person)
}

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// Moves a user to another address, as a directory does.
async fn move_address(person: &Person) {
    let cx = Stack::shared().database.cx(person, "tessera_scim").await;
    let sql = "update users set email = 'moved-' || email where id = $1";
    assert_eq!(cx.db.execute(sql, &[person.user.into()]).await.unwrap(), 1);
}

#[tokio::test]
async fn the_first_sign_in_at_a_provider_ends_all_earlier_access_to_an_account() {
    let organisation = Organisation::new("planted").await;
    let (planter, person) = colleague(&organisation.person, "planted", "user").await;
    let key = json!({ "name": "Kept", "scopes": ["spaces:read"] });
    let key = planter.post("/api/v1/api-keys", &key).await.expect(201);
    let mut script = Stack::shared().anonymous();
    script.token = key["key"].as_str().map(str::to_owned);
    script.get("/api/v1/spaces").await.expect(200);
    organisation.idp.set(|b| b.claims = json!({ "email": person.email, "groups": ["t-admins"] }));
    let browser = Browser::default();
    let reply = organisation.sign_in(&browser).await;
    assert_eq!(reply.location(), "/spaces", "the person is in");
    let me = browser.get(&format!("{}/api/v1/me", Stack::shared().url)).await;
    assert!(
        me.body.contains(&person.user.to_string()) && me.body.contains("\"admin\""),
        "{}",
        me.body
    );
    assert_eq!(planter.get("/api/v1/me").await.problem(401), "session_ended");
    assert_eq!(script.get("/api/v1/spaces").await.problem(401), "session_ended");
    let again = Stack::shared()
        .anonymous()
        .post("/api/v1/auth/login", &login(&person.email, person.password))
        .await;
    assert_eq!(again.problem(401), "wrong_credentials");
    // Only the first sign-in does this: keys that the user creates later stay.
    let second = Browser::default();
    organisation.sign_in(&second).await;
    assert_eq!(browser.get(&format!("{}/api/v1/me", Stack::shared().url)).await.status, 200);
}

#[tokio::test]
async fn an_administrator_can_sign_in_while_the_provider_is_away() {
    let organisation = Organisation::new("keeper").await;
    organisation
        .idp
        .set(|b| b.claims = json!({ "email": organisation.person.email, "groups": ["t-admins"] }));
    assert_eq!(organisation.sign_in(&Browser::default()).await.location(), "/spaces");
    Stack::shared().sign_in(&organisation.person).await;
    organisation.admin.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_reset_link_is_void_once_the_password_or_the_address_changes() {
    let stack = Stack::shared();
    let anonymous = stack.anonymous();
    let reset = "/api/v1/auth/password/reset";
    let body =
        |token: &str| json!({ "token": token, "password": "chosen by an attacker with the link" });
    let person = stack.database.person("careful").await;
    let client = stack.sign_in(&person).await;
    ask_for_reset(&person.email).await;
    let token = mailed(&person.email, 1, "reset").await;
    let change =
        json!({ "current_password": person.password, "password": "quite another password" });
    client.post("/api/v1/auth/password", &change).await.expect(204);
    assert_eq!(anonymous.post(reset, &body(&token)).await.problem(400), "invalid_link");
    let mover = stack.database.person("mover").await;
    ask_for_reset(&mover.email).await;
    let token = mailed(&mover.email, 1, "reset").await;
    move_address(&mover).await;
    assert_eq!(anonymous.post(reset, &body(&token)).await.problem(400), "invalid_link");
}

#[tokio::test]
async fn an_address_in_two_organisations_signs_in_where_its_password_matches() {
    let stack = Stack::shared();
    let (here, there) = (stack.database.person("here").await, stack.database.person("there").await);
    let password = "the password of the other organisation";
    let own = json!({ "current_password": there.password, "password": password });
    stack.sign_in(&there).await.post("/api/v1/auth/password", &own).await.expect(204);
    let mut db = stack.database.superuser().await;
    sqlx::query("update users set email = $2 where id = $1")
        .bind(there.user.0)
        .bind(&here.email)
        .execute(&mut db)
        .await
        .unwrap();
    let anonymous = stack.anonymous();
    for (password, person) in [(here.password, &here), (password, &there)] {
        let signed_in =
            anonymous.post("/api/v1/auth/login", &login(&here.email, password)).await.expect(200);
        assert_eq!(signed_in["user"]["id"], person.user.to_string().as_str());
    }
    let wrong =
        anonymous.post("/api/v1/auth/login", &login(&here.email, "neither of the two")).await;
    assert_eq!(wrong.problem(401), "wrong_credentials");
    // If one password matches in both, the client must name one.
    sqlx::query("update users set password_hash = (select password_hash from users where id = $2) where id = $1")
        .bind(there.user.0)
        .bind(here.user.0)
        .execute(&mut db)
        .await
        .unwrap();
    let both = anonymous.post("/api/v1/auth/login", &login(&here.email, here.password)).await;
    assert_eq!(both.problem(401), "wrong_credentials");
    let slug: String = sqlx::query_scalar("select slug from tenants where id = $1")
        .bind(there.tenant.0)
        .fetch_one(&mut db)
        .await
        .unwrap();
    let chosen = json!({ "email": here.email, "password": here.password, "tenant": slug });
    let signed_in = anonymous.post("/api/v1/auth/login", &chosen).await.expect(200);
    assert_eq!(signed_in["user"]["id"], there.user.to_string().as_str());
}

/// Invites a user; returns their path, their address and the token that the inviter sees.
async fn invite(inviter: &Client) -> (String, String, String) {
    let email = format!("invited-{}@example.org", uuid::Uuid::now_v7().simple());
    let invited = inviter
        .post("/api/v1/admin/users", &json!({ "email": email, "role": "user" }))
        .await
        .expect(201);
    assert!(invited["user"]["invitation_expires_at"].is_string());
    (
        format!("/api/v1/admin/users/{}", invited["user"]["id"].as_str().unwrap()),
        email,
        token_of(&invited["invitation"]),
    )
}

fn token_of(invitation: &Value) -> String {
    invitation["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

async fn read(token: &str) -> u16 {
    Stack::shared()
        .anonymous()
        .post("/api/v1/auth/invitation", &json!({ "token": token }))
        .await
        .status
}

async fn accept(token: &str) -> Response {
    let body = json!({ "token": token, "password": "chosen by an attacker with the link" });
    Stack::shared().anonymous().post("/api/v1/auth/invitation/accept", &body).await
}

async fn custom_role(admin: &Client, permissions: &[&str]) -> String {
    let name = format!("Role {}", uuid::Uuid::now_v7());
    admin.create("/api/v1/admin/roles", &json!({ "name": name, "permissions": permissions })).await
}

#[tokio::test]
async fn an_invitation_ends_when_its_role_changes() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let (inviter, _) = colleague(&boss, "inviter", "manager").await;
    let custom = custom_role(&admin, &["audit"]).await;
    let off = json!({ "active": false });
    for changes in [
        vec![json!({ "role": "admin" })],
        vec![json!({ "custom_role_id": custom })],
        vec![off.clone(), json!({ "role": "admin" }), json!({ "active": true })],
    ] {
        let (path, email, shown) = invite(&inviter).await;
        let by_mail = mailed(&email, 1, "invitation").await;
        let named = admin.patch(&path, &json!({ "display_name": "Somebody" })).await.expect(200);
        assert!(named["invitation_expires_at"].is_string(), "a name ends nothing");
        let mut now = Value::Null;
        for change in &changes {
            now = admin.patch(&path, change).await.expect(200);
        }
        assert_eq!(
            (&now["state"], &now["invitation_expires_at"]),
            (&json!("invited"), &Value::Null),
            "a new link is needed"
        );
        let listed = admin.get(&format!("/api/v1/admin/users?q={email}")).await.expect(200);
        assert_eq!(listed["users"][0]["invitation_expires_at"], Value::Null);
        for token in [&shown, &by_mail] {
            assert_eq!(
                (read(token).await, accept(token).await.problem(400)),
                (400, "invalid_link".to_owned())
            );
        }
        assert_eq!(
            inviter.post(&format!("{path}/invitation"), &json!({})).await.problem(403),
            "not_allowed"
        );
        let renewed = admin.post(&format!("{path}/invitation"), &json!({})).await.expect(200);
        assert!(admin.get(&path).await.expect(200)["invitation_expires_at"].is_string());
        accept(&token_of(&renewed)).await.expect(200);
    }
}

#[tokio::test]
async fn an_invitation_ends_when_its_address_changes() {
    let (admin, _) = Stack::shared().person("boss").await;
    let (path, email, shown) = invite(&admin).await;
    mailed(&email, 1, "invitation").await;
    let made =
        admin.post("/api/v1/admin/scim-tokens", &json!({ "name": "Entra" })).await.expect(201);
    let mut directory = Stack::shared().anonymous();
    directory.token = made["secret"].as_str().map(str::to_owned);
    let change = |path: &str, value: String| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": path, "value": value }],
        })
    };
    let user = format!("/api/v1/scim/v2/Users/{}", path.rsplit_once('/').unwrap().1);
    let send = async |body: Value| {
        directory.send(directory.request(Method::PATCH, &user).json(&body)).await.expect(200)
    };
    send(change("displayName", "Somebody".to_owned())).await;
    assert_eq!(read(&shown).await, 200);
    send(change("userName", format!("moved-{email}"))).await;
    assert_eq!(accept(&shown).await.problem(400), "invalid_link");
    assert_eq!(admin.get(&path).await.expect(200)["invitation_expires_at"], Value::Null);
}

#[tokio::test]
async fn an_invitation_ends_when_its_custom_role_gains_permissions() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let (inviter, _) = colleague(&boss, "inviter", "manager").await;
    let role = custom_role(&admin, &["spaces", "assistants"]).await;
    let (path, email, _) = invite(&inviter).await;
    inviter.patch(&path, &json!({ "custom_role_id": role })).await.expect(200);
    let shown =
        token_of(&inviter.post(&format!("{path}/invitation"), &json!({})).await.expect(200));
    mailed(&email, 2, "invitation").await;
    let change = async |body: Value| {
        admin.patch(&format!("/api/v1/admin/roles/{role}"), &body).await.expect(200)
    };
    change(json!({ "name": format!("Named {role}"), "permissions": ["spaces"] })).await;
    assert_eq!(read(&shown).await, 200, "fewer permissions need no new link");
    change(json!({ "permissions": ["spaces", "settings"] })).await;
    assert_eq!(accept(&shown).await.problem(400), "invalid_link");
    assert_eq!(admin.get(&path).await.expect(200)["invitation_expires_at"], Value::Null);
}

#[tokio::test]
async fn inviting_again_during_a_promotion_gives_no_link() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (inviter, _) = colleague(&boss, "inviter", "manager").await;
    let (mut db, mut watch) = (stack.database.superuser().await, stack.database.superuser().await);
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut db).await.unwrap();
    let custom = custom_role(&admin, &["spaces"]).await;
    for sql in [
        "update users set role = 'admin' where id = $1 and $2::uuid is not null",
        "update roles set permissions = '{spaces,audit}' where id = $2 and $1::uuid is not null",
    ] {
        let (path, _, _) = invite(&inviter).await;
        if sql.contains("roles") {
            inviter.patch(&path, &json!({ "custom_role_id": custom })).await.expect(200);
        }
        let user = uuid::Uuid::parse_str(path.rsplit_once('/').unwrap().1).unwrap();
        let mut promotion = db.begin().await.unwrap();
        let promote = sqlx::query(sql).bind(user).bind(uuid::Uuid::parse_str(&custom).unwrap());
        assert_eq!(promote.execute(&mut *promotion).await.unwrap().rows_affected(), 1);
        let link = format!("{path}/invitation");
        let promoted = async {
            is_waited_for(&mut watch, pid).await;
            promotion.commit().await.unwrap();
        };
        let none = json!({});
        let (answer, ()) = futures::join!(inviter.post(&link, &none), promoted);
        assert_eq!(answer.problem(403), "not_allowed", "{sql}");
    }
}

#[tokio::test]
async fn accepting_during_a_promotion_is_refused() {
    let stack = Stack::shared();
    let (_, boss) = stack.person("boss").await;
    let (inviter, _) = colleague(&boss, "inviter", "manager").await;
    let (mut db, mut watch) =
        (stack.database.superuser_in(boss.tenant).await, stack.database.superuser().await);
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut db).await.unwrap();
    let (path, _, shown) = invite(&inviter).await;
    let user = uuid::Uuid::parse_str(path.rsplit_once('/').unwrap().1).unwrap();
    let mut promotion = db.begin().await.unwrap();
    let promote = sqlx::query("update users set role = 'admin' where id = $1").bind(user);
    promote.execute(&mut *promotion).await.unwrap();
    let promoted = async {
        is_waited_for(&mut watch, pid).await;
        promotion.commit().await.unwrap();
    };
    let (answer, ()) = futures::join!(accept(&shown), promoted);
    assert_eq!(answer.problem(400), "invalid_link");
}

#[tokio::test]
async fn the_creator_of_the_hub_only_reads_it_once_no_longer_administrator() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (maker, person) = colleague(&boss, "maker", "admin").await;
    let hub = maker
        .create("/api/v1/spaces", &json!({ "name": "Everybody", "kind": "organisation" }))
        .await;
    let path = format!("/api/v1/spaces/{hub}");
    maker.patch(&path, &json!({ "name": "All of us" })).await.expect(200);
    admin
        .patch(&format!("/api/v1/admin/users/{}", person.user), &json!({ "role": "user" }))
        .await
        .expect(200);
    assert_eq!(maker.get(&path).await.expect(200)["role"], "viewer");
    assert_eq!(maker.patch(&path, &json!({ "name": "Mine" })).await.problem(403), "not_allowed");
    assert_eq!(maker.delete(&path).await.problem(403), "not_allowed");
    // An owner with a role of their own can be removed: the administrators stay owners.
    let member = json!({ "user_id": person.user.to_string(), "role": "owner" });
    admin.post(&format!("{path}/members"), &member).await.expect(201);
    admin.delete(&format!("{path}/members/{}", person.user)).await.expect(204);
    admin.delete(&path).await.expect(204);
}

#[tokio::test]
async fn changes_of_a_directory_and_the_short_name_of_an_organisation_are_recorded() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let made =
        admin.post("/api/v1/admin/scim-tokens", &json!({ "name": "Entra" })).await.expect(201);
    let mut directory = stack.anonymous();
    directory.token = made["secret"].as_str().map(str::to_owned);
    let change = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "externalId", "value": "e-4711" }],
    });
    let path = format!("/api/v1/scim/v2/Users/{}", boss.user);
    directory.send(directory.request(Method::PATCH, &path).json(&change)).await.expect(200);
    let found = audit::entries(&admin, &format!("&resource={}", boss.user)).await;
    let is_linked = |entry: &&Value| entry["after"]["external_id"] == "e-4711";
    assert!(found.iter().any(|entry| is_linked(&entry)), "{found:#?}");
}

#[tokio::test]
async fn no_security_definer_function_is_open_to_every_role() {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where p.prosecdef and n.nspname in ('public', 'lookup', 'audit') and has_function_privilege('public', p.oid, 'execute')";
    let open: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn a_compromised_component_that_only_opens_requests_lists_no_sessions_or_keys() {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select r.rolname || ' ' || t.name from pg_roles r, unnest(array['sessions', 'api_keys', 'one_time_links']) as t(name)
        where r.rolname in ('tessera_workspace', 'tessera_upload', 'tessera_search', 'tessera_chat', 'tessera_events')
          and has_any_column_privilege(r.oid, 'public.' || t.name, 'select, insert, update')";
    let readers: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(readers, Vec::<String>::new());
}
