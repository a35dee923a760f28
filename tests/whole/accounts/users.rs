//! Users of an organisation: invited, changed, deactivated, deleted; and members of spaces.

use std::collections::BTreeSet;

use futures::StreamExt;
use http::Method;
use kernel::id::TenantId;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::Person;
use tests::{client::Client, provider::Script, stack::Stack};
use tokio::sync::mpsc;

pub(crate) const PASSWORD: &str = "a password of my own choice";

/// Another user of the same organisation, who can sign in already.
async fn colleague(of: &Person, name: &str, role: &str) -> (Client, Person) {
    let stack = Stack::shared();
    let person = stack.database.colleague(TenantId(of.tenant.0), name, role).await;
    (stack.sign_in(&person).await, person)
}

pub(crate) fn user_path(id: impl std::fmt::Display) -> String {
    format!("/api/v1/admin/users/{id}")
}

#[tokio::test]
async fn deactivation_and_deletion_end_access_at_once_and_sessions_for_good() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "leaver", "user").await;
    let path = user_path(person.user);
    admin.patch(&path, &json!({ "active": false })).await.expect(200);
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
    admin.patch(&path, &json!({ "active": true })).await.expect(200);
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
    let refresh = json!({ "refresh_token": client.refresh_token });
    assert_eq!(client.post("/api/v1/auth/refresh", &refresh).await.problem(401), "session_ended");
    let again = Stack::shared().sign_in(&person).await;
    admin.delete(&path).await.expect(204);
    assert_eq!(again.get("/api/v1/me").await.problem(401), "session_ended");
    let login = json!({ "email": person.email, "password": person.password });
    assert_eq!(again.post("/api/v1/auth/login", &login).await.problem(401), "wrong_credentials");
    assert_eq!(admin.get("/api/v1/admin/users").await.expect(200)["total"], 1);
    assert_eq!(admin.get("/api/v1/admin/users?state=deleted").await.expect(200)["total"], 1);
    admin.post(&format!("{path}/restore"), &json!({})).await.expect(200);
    again.post("/api/v1/auth/login", &login).await.expect(200);
}

#[tokio::test]
async fn deactivation_ends_open_streams_too() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (client, person) = colleague(&boss, "streamer", "user").await;
    let space = client.create("/api/v1/spaces", &json!({ "name": "Streams" })).await;
    let assistant = client
        .create("/api/v1/assistants", &json!({ "space_id": space, "name": "Streamer" }))
        .await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let question = format!("Does it go on after {}?", person.user);
    let (say, script) = mpsc::unbounded_channel();
    stack.provider.on(&question, Script::Live(script));
    let mut answer = client.ask(&conversation, &question).await;
    say.send("Some text ".to_owned()).unwrap();
    while answer.next().await.unwrap().data["type"] != "chunk" {}
    let events = client.events("/api/v1/events", None).await;
    admin.patch(&user_path(person.user), &json!({ "active": false })).await.expect(200);
    let last = answer.collect::<Vec<_>>().await.pop().unwrap();
    assert_eq!(
        (&last.data["type"], &last.data["problem"]["error"]),
        (&json!("error"), &json!("session_ended"))
    );
    assert_eq!(
        events.collect::<Vec<_>>().await.len(),
        0,
        "the stream of events ended, too, with nothing in it"
    );
    drop(say);
}

#[tokio::test]
async fn the_last_administrator_stays_and_no_user_acts_above_their_role() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let own = user_path(boss.user);
    for change in [json!({ "role": "user" }), json!({ "active": false })] {
        assert_eq!(admin.patch(&own, &change).await.problem(409), "conflict");
    }
    assert_eq!(admin.delete(&own).await.problem(409), "conflict");
    let (manager, _) = colleague(&boss, "manager", "manager").await;
    let (user, person) = colleague(&boss, "user", "user").await;
    assert_eq!(user.get("/api/v1/admin/users").await.problem(403), "not_allowed");
    manager.get("/api/v1/admin/users").await.expect(200);
    assert_eq!(
        manager.patch(&own, &json!({ "display_name": "Down" })).await.problem(403),
        "not_allowed"
    );
    assert_eq!(
        manager.patch(&user_path(person.user), &json!({ "role": "admin" })).await.problem(403),
        "not_allowed"
    );
    let planted = json!({ "email": "planted@example.org", "role": "admin" });
    assert_eq!(manager.post("/api/v1/admin/users", &planted).await.problem(403), "not_allowed");
    manager.patch(&user_path(person.user), &json!({ "role": "manager" })).await.expect(200);
}

#[tokio::test]
async fn two_administrators_cannot_demote_each_other_at_once() {
    let (first, one) = Stack::shared().person("one").await;
    let (second, two) = colleague(&one, "two", "admin").await;
    for _ in 0..10 {
        let down = json!({ "role": "user" });
        let (a, b) = (user_path(two.user), user_path(one.user));
        let (a, b) = futures::join!(first.patch(&a, &down), second.patch(&b, &down));
        let won = [a.status, b.status].iter().filter(|status| **status == 200).count();
        assert_eq!(won, 1, "{} and {}", a.status, b.status);
        let mut db = Stack::shared().database.superuser().await;
        let reset = "update users set role = 'admin' where tenant_id = $1";
        sqlx::query(reset).bind(one.tenant.0).execute(&mut db).await.unwrap();
    }
}

/// Waits until another connection waits for a lock of this one.
pub(crate) async fn is_waited_for(db: &mut PgConnection, pid: i32) {
    let sql = "select exists (select from pg_stat_activity where $1 = any (pg_blocking_pids(pid)))";
    let waited = async {
        while !sqlx::query_scalar::<_, bool>(sql).bind(pid).fetch_one(&mut *db).await.unwrap() {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), waited).await.expect("nobody waits");
}

#[tokio::test]
async fn a_change_is_checked_against_a_role_that_was_assigned_meanwhile() {
    let stack = Stack::shared();
    let (_, boss) = stack.person("boss").await;
    let (manager, _) = colleague(&boss, "manager", "manager").await;
    let (mut db, mut watch) = (stack.database.superuser().await, stack.database.superuser().await);
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut db).await.unwrap();
    for (role, delete, status) in [
        ("admin", false, 403),
        ("admin", true, 403),
        ("manager", false, 200),
        ("manager", true, 204),
    ] {
        let person = stack.database.colleague(boss.tenant, "rising", "user").await;
        let path = user_path(person.user);
        // The manager has seen a `user`, whom they may change; the change then waits for the
        // promotion.
        let mut promotion = db.begin().await.unwrap();
        let promote =
            sqlx::query("update users set role = $2 where id = $1").bind(person.user.0).bind(role);
        promote.execute(&mut *promotion).await.unwrap();
        let change = async {
            if delete {
                manager.delete(&path).await
            } else {
                manager.patch(&path, &json!({ "active": false })).await
            }
        };
        let promoted = async {
            is_waited_for(&mut watch, pid).await;
            promotion.commit().await.unwrap();
        };
        let (answer, ()) = futures::join!(change, promoted);
        assert_eq!(answer.status, status, "{role}, delete: {delete}");
        let sql = "select (state, deleted_at is null) = ('active', true) from users where id = $1";
        let untouched: bool =
            sqlx::query_scalar(sql).bind(person.user.0).fetch_one(&mut watch).await.unwrap();
        assert_eq!(untouched, status == 403, "{role}, delete: {delete}");
    }
}

#[tokio::test]
async fn a_change_is_checked_against_permissions_that_a_role_gained_meanwhile() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let (manager, _) = colleague(&boss, "manager", "manager").await;
    let (mut db, mut watch) = (stack.database.superuser().await, stack.database.superuser().await);
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut db).await.unwrap();
    for (what, grown, status) in [
        ("deactivate", "{spaces,audit}", 403),
        ("delete", "{spaces,audit}", 403),
        ("give", "{spaces,audit}", 403),
        ("deactivate", "{spaces,people}", 200),
        ("give", "{spaces,people}", 200),
    ] {
        let role = json!({ "name": format!("{what} {grown}"), "permissions": ["spaces"] });
        let role = admin.create("/api/v1/admin/roles", &role).await;
        let person = stack.database.colleague(boss.tenant, "growing", "user").await;
        let (path, give) = (user_path(person.user), json!({ "custom_role_id": role }));
        if what != "give" {
            manager.patch(&path, &give).await.expect(200);
        }
        // The manager has seen a role that they may assign; the change then waits for the new
        // permissions.
        let mut growth = db.begin().await.unwrap();
        let grow = sqlx::query(
            "update roles set permissions = $2::text::text[] where id = $1::text::uuid",
        );
        grow.bind(&role).bind(grown).execute(&mut *growth).await.unwrap();
        let change = async {
            match what {
                "deactivate" => manager.patch(&path, &json!({ "active": false })).await,
                "delete" => manager.delete(&path).await,
                _ => manager.patch(&path, &give).await,
            }
        };
        let has_grown = async {
            is_waited_for(&mut watch, pid).await;
            growth.commit().await.unwrap();
        };
        let (answer, ()) = futures::join!(change, has_grown);
        assert_eq!(answer.status, status, "{what} {grown}");
        let now = admin.get(&path).await.expect(200);
        let had = if what == "give" { Value::Null } else { json!(role) };
        let untouched = now["state"] == "active" && now["custom_role_id"] == had;
        assert_eq!(untouched, status == 403, "{what} {grown}");
    }
}

#[tokio::test]
async fn members_of_a_space_may_do_what_their_role_allows() {
    let (owner, person) = Stack::shared().person("owner").await;
    let (member, colleague) = colleague(&person, "member", "user").await;
    let (space, collection) = owner.collection("Shared").await;
    let members = format!("/api/v1/spaces/{space}/members");
    let mine = format!("{members}/{}", colleague.user);
    let found = owner.get(&format!("/api/v1/users?q={}", colleague.email)).await.expect(200);
    assert_eq!(found["users"][0]["id"], colleague.user.to_string());
    member.get(&format!("/api/v1/spaces/{space}")).await.expect(404);
    let add = json!({ "user_id": colleague.user.to_string(), "role": "viewer" });
    owner.post(&members, &add).await.expect(201);
    assert_eq!(owner.post(&members, &add).await.problem(409), "conflict");
    assert_eq!(member.get(&members).await.expect(200)["total"], 2);
    let upload = async || member.upload(&collection, "a.txt", "Some text.").await.status;
    assert_eq!(upload().await, 403);
    owner.patch(&mine, &json!({ "role": "editor" })).await.expect(200);
    assert_eq!(upload().await, 202);
    assert_eq!(member.patch(&mine, &json!({ "role": "owner" })).await.problem(403), "not_allowed");
    member.delete(&mine).await.expect(204);
    member.get(&format!("/api/v1/spaces/{space}")).await.expect(404);
}

#[tokio::test]
async fn a_space_keeps_an_owner_and_a_personal_space_its_user() {
    let (owner, person) = Stack::shared().person("owner").await;
    let (_, colleague) = colleague(&person, "heir", "user").await;
    let (space, _) = owner.collection("Shared").await;
    let own = format!("/api/v1/spaces/{space}/members/{}", person.user);
    assert_eq!(owner.patch(&own, &json!({ "role": "viewer" })).await.problem(409), "conflict");
    assert_eq!(owner.delete(&own).await.problem(409), "conflict");
    let add = |role: &str| json!({ "user_id": colleague.user.to_string(), "role": role });
    owner.post(&format!("/api/v1/spaces/{space}/members"), &add("owner")).await.expect(201);
    owner.delete(&own).await.expect(204);
    let personal = format!("/api/v1/spaces/{}/members", person.space);
    assert_eq!(owner.post(&personal, &add("viewer")).await.problem(409), "conflict");
    let stranger = Stack::shared().person("stranger").await.1;
    let (space, _) = owner.collection("Another").await;
    let foreign = json!({ "user_id": stranger.user.to_string(), "role": "viewer" });
    assert_eq!(
        owner.post(&format!("/api/v1/spaces/{space}/members"), &foreign).await.problem(404),
        "not_found"
    );
    let found = owner.get(&format!("/api/v1/users?q={}", stranger.email)).await.expect(200);
    assert_eq!(found["total"], 0, "people of another organisation are not found");
    let answer = owner.send(owner.request(Method::GET, "/api/v1/users?limit=1")).await.expect(200);
    assert!(answer["next_cursor"].is_string());
}

#[tokio::test]
async fn pages_of_any_size_list_every_user_once_in_order() {
    let stack = Stack::shared();
    let (admin, boss) = stack.person("boss").await;
    let mut last = boss.user;
    for name in ["dan", "berta", "cecil", "adam", "berta"] {
        let person = stack.database.colleague(boss.tenant, name, "user").await;
        last = person.user;
        // Two of them sign in, one after the other; the others never do.
        if matches!(name, "adam" | "dan") {
            stack.sign_in(&person).await;
        }
    }
    let listed = async |sort: &str| {
        let (mut found, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
        loop {
            let after = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
            let page = admin
                .get(&format!("/api/v1/admin/users?sort={sort}&limit=2{after}"))
                .await
                .expect(200);
            found.extend(page["users"].as_array().unwrap().iter().cloned());
            assert_eq!(page["total"], 6);
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break found;
            }
        }
    };
    let text =
        |person: &Value, member: &str| person[member].as_str().unwrap_or_default().to_lowercase();
    for (sort, member, falling) in [
        ("newest", "created_at", true),
        ("name", "display_name", false),
        ("email", "email", false),
        ("last_login", "last_login_at", true),
    ] {
        let found = listed(sort).await;
        let ids: BTreeSet<String> = found.iter().map(|p| text(p, "id")).collect();
        assert_eq!((found.len(), ids.len()), (6, 6), "{sort}");
        let keys: Vec<String> = found.iter().map(|p| text(p, member)).collect();
        let ordered = keys.is_sorted_by(|a, b| if falling { a >= b } else { a <= b });
        assert!(ordered, "{sort}: {keys:?}");
    }
    assert_eq!(text(&listed("newest").await[0], "id"), last.to_string());
    assert_eq!(admin.get("/api/v1/admin/users?sort=role").await.problem(400), "invalid_query");
}
