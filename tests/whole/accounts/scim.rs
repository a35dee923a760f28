//! Directories (Entra ID, Okta) provision users and groups by SCIM.

mod strangers;

use http::Method;
use serde_json::{Value, json};
use testkit::Person;
use tests::{
    client::{Client, Response},
    stack::Stack,
};

const USERS: &str = "/api/v1/scim/v2/Users";
const GROUPS: &str = "/api/v1/scim/v2/Groups";
const TOKENS: &str = "/api/v1/admin/scim-tokens";

/// A directory with a token of its own.
struct Directory(Client);

impl Directory {
    async fn of(admin: &Client) -> Self {
        let made = admin.post(TOKENS, &json!({ "name": "Entra" })).await.expect(201);
        let mut client = Stack::shared().anonymous();
        client.token = made["secret"].as_str().map(str::to_owned);
        Self(client)
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        let request = self
            .0
            .request(method, path)
            .header("content-type", "application/scim+json; charset=utf-8");
        let answer = self.0.send(request.body(body.to_string())).await;
        let media = answer.headers.get("content-type").map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(
            media.as_deref(),
            (answer.status != 204).then_some("application/scim+json"),
            "{path}"
        );
        answer
    }

    async fn get(&self, path: &str) -> Response {
        self.0.get(path).await
    }

    async fn find(&self, path: &str, filter: &str) -> Value {
        let request = self.0.request(Method::GET, path).query(&[("filter", filter)]);
        self.0.send(request).await.expect(200)
    }

    async fn create(&self, path: &str, body: &Value) -> Value {
        let answer = self.send(Method::POST, path, body).await;
        let location = answer.headers.get("location").map(|l| l.to_str().unwrap().to_owned());
        let body = answer.expect(201);
        assert_eq!(body["meta"]["location"].as_str(), location.as_deref());
        body
    }

    async fn patch(&self, path: &str, operations: &Value) -> Response {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send(Method::PATCH, path, &body).await
    }
}

/// `scimType` of an error with this status.
fn kind(answer: Response, status: u16) -> Value {
    let body = answer.expect(status);
    assert_eq!(body["status"], status.to_string(), "{body:#}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 5), "{body:#}");
    body["scimType"].clone()
}

fn at(path: &str, resource: &Value) -> String {
    format!("{path}/{}", resource["id"].as_str().unwrap())
}

/// A user as in the documentation of Entra ID.
fn entra_user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": format!("0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef-{name}"),
        "userName": format!("{name}@entra.example.org"),
        "active": true,
        "emails": [{ "primary": true, "type": "work", "value": format!("{name}.mail@example.org") }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "givenName familyName", "familyName": "Familienname", "givenName": "Anna" },
        "roles": [],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Care" },
    })
}

async fn directory() -> (Directory, Client, Person) {
    let (admin, boss) = Stack::shared().person("boss").await;
    (Directory::of(&admin).await, admin, boss)
}

#[tokio::test]
async fn entra_makes_finds_changes_and_ends_a_user() {
    let (directory, admin, _) = directory().await;
    let none = directory.find(USERS, "userName eq \"anna@entra.example.org\"").await;
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
    let made = directory.create(USERS, &entra_user("anna")).await;
    assert_eq!((&made["active"], &made["name"]["givenName"]), (&json!(true), &json!("Anna")));
    let path = at(USERS, &made);
    let id = made["id"].as_str().unwrap();
    for filter in [
        "userName eq \"ANNA@entra.example.org\"",
        "externalId eq \"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef-anna\"",
        "emails[type eq \"work\"].value eq \"anna.mail@example.org\"",
        &format!("id eq \"{id}\" and active eq true"),
        "displayName eq \"givenname familyname\"",
    ] {
        let found = directory.find(USERS, filter).await;
        assert_eq!(
            (&found["totalResults"], &found["Resources"][0]["id"]),
            (&json!(1), &made["id"]),
            "{filter}"
        );
    }
    let operations = json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "Renamed@example.org" },
        { "op": "Replace", "path": "name.familyName", "value": "Berg" },
        { "op": "Add", "path": "displayName", "value": "Anna Berg" },
        { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "IT" },
    ]);
    let changed = directory.patch(&path, &operations).await.expect(200);
    assert_eq!(
        (&changed["emails"][0]["value"], &changed["name"]["familyName"]),
        (&json!("renamed@example.org"), &json!("Berg"))
    );
    assert_eq!(changed["userName"], "anna@entra.example.org");
    let user = format!("/api/v1/admin/users/{id}");
    let person = admin.get(&user).await.expect(200);
    assert_eq!(
        (&person["display_name"], &person["state"], &person["role"]),
        (&json!("Anna Berg"), &json!("active"), &json!("user"))
    );
    let ended = directory
        .patch(&path, &json!([{ "op": "Replace", "path": "active", "value": "False" }]))
        .await
        .expect(200);
    assert_eq!(ended["active"], false);
    let state = async || admin.get(&user).await.expect(200)["state"].clone();
    assert_eq!(state().await, "inactive");
    directory.send(Method::DELETE, &path, &Value::Null).await.expect(204);
    assert_eq!(kind(directory.get(&path).await, 404), Value::Null);
    assert_eq!(kind(directory.send(Method::DELETE, &path, &Value::Null).await, 404), Value::Null);
    assert_eq!(
        directory.find(USERS, "userName eq \"anna@entra.example.org\"").await["totalResults"],
        0
    );
    assert_eq!(state().await, "deleted", "it can be restored");
    let again = directory.create(USERS, &entra_user("anna")).await;
    assert_ne!(again["id"], made["id"]);
}

#[tokio::test]
async fn okta_makes_replaces_and_ends_a_user() {
    let (directory, _, _) = directory().await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "test.user@okta.local",
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.local", "type": "work" }],
        "displayName": "Test User", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": true,
    });
    let made = directory.create(USERS, &body).await;
    assert!(!made.to_string().contains("1mz050nq"));
    let path = at(USERS, &made);
    assert_eq!(kind(directory.send(Method::POST, USERS, &body).await, 409), "uniqueness");
    let mut upper = body.clone();
    upper["userName"] = json!("TEST.USER@okta.local");
    upper["emails"][0]["value"] = json!("elsewhere@okta.local");
    assert_eq!(kind(directory.send(Method::POST, USERS, &upper).await, 409), "uniqueness");
    let mut put = body.clone();
    put["name"] = json!({ "givenName": "Another" });
    put["userName"] = json!("renamed@okta.local");
    put["emails"] = json!([]);
    put.as_object_mut().unwrap().remove("externalId");
    let replaced = directory.send(Method::PUT, &path, &put).await.expect(200);
    assert_eq!(
        (&replaced["userName"], &replaced["emails"][0]["value"]),
        (&json!("renamed@okta.local"), &json!("renamed@okta.local"))
    );
    assert_eq!(
        (&replaced["externalId"], &replaced["name"]["familyName"]),
        (&Value::Null, &Value::Null)
    );
    let ended = directory
        .patch(&path, &json!([{ "op": "replace", "value": { "active": false } }]))
        .await
        .expect(200);
    assert_eq!(ended["active"], false);
    let back = directory
        .patch(&path, &json!([{ "op": "replace", "value": { "active": true } }]))
        .await
        .expect(200);
    assert_eq!(back["active"], true);
}

#[tokio::test]
async fn a_user_whom_a_directory_deactivates_loses_every_session_at_once() {
    let (directory, _, boss) = directory().await;
    let stack = Stack::shared();
    for operation in [json!([{ "op": "Replace", "path": "active", "value": "False" }]), json!(null)]
    {
        let person = stack.database.colleague(boss.tenant, "leaver", "user").await;
        let (client, other) = (stack.sign_in(&person).await, stack.sign_in(&person).await);
        let path = format!("{USERS}/{}", person.user);
        if operation.is_null() {
            directory.send(Method::DELETE, &path, &Value::Null).await.expect(204);
        } else {
            directory.patch(&path, &operation).await.expect(200);
        }
        for client in [&client, &other] {
            assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
            let refresh = json!({ "refresh_token": client.refresh_token });
            assert_eq!(
                client.post("/api/v1/auth/refresh", &refresh).await.problem(401),
                "session_ended"
            );
        }
        let login = json!({ "email": person.email, "password": person.password });
        assert_eq!(
            client.post("/api/v1/auth/login", &login).await.problem(401),
            "wrong_credentials"
        );
    }
}

#[tokio::test]
async fn a_directory_cannot_remove_the_last_administrator() {
    let (directory, admin, boss) = directory().await;
    let path = format!("{USERS}/{}", boss.user);
    let end = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    assert_eq!(
        kind(directory.patch(&path, &end).await, 409),
        Value::Null,
        "this is not about uniqueness"
    );
    let put = json!({ "userName": boss.email, "active": false });
    assert_eq!(kind(directory.send(Method::PUT, &path, &put).await, 409), Value::Null);
    assert_eq!(kind(directory.send(Method::DELETE, &path, &Value::Null).await, 409), Value::Null);
    admin.get("/api/v1/me").await.expect(200);
    let heir = Stack::shared().database.colleague(boss.tenant, "heir", "admin").await;
    let paths = [path, format!("{USERS}/{}", heir.user)];
    let gone = Value::Null;
    let (a, b) = futures::join!(
        directory.send(Method::DELETE, &paths[0], &gone),
        directory.send(Method::DELETE, &paths[1], &gone)
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "one of two who go at once stays");
}

/// The path of a new space that the group may read.
async fn space_of_group(admin: &Client, group: &Value) -> String {
    let space = admin.create("/api/v1/spaces", &json!({ "name": "Shared" })).await;
    let role = json!({ "group_id": group, "role": "viewer" });
    admin.post(&format!("/api/v1/spaces/{space}/groups"), &role).await.expect(201);
    format!("/api/v1/spaces/{space}")
}

#[tokio::test]
async fn groups_of_a_directory_have_members_and_roles_in_spaces() {
    let (directory, admin, boss) = directory().await;
    let person = Stack::shared().database.colleague(boss.tenant, "member", "user").await;
    let client = Stack::shared().sign_in(&person).await;
    let entra = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "8aa1a0c0", "displayName": "Readers", "meta": { "resourceType": "Group" } });
    let made = directory.create(GROUPS, &entra).await;
    assert_eq!(made["members"], json!([]));
    assert_eq!(
        kind(directory.send(Method::POST, GROUPS, &json!({ "displayName": "READERS" })).await, 409),
        "uniqueness"
    );
    let path = at(GROUPS, &made);
    let space = space_of_group(&admin, &made["id"]).await;
    let user = person.user.to_string();
    let member = json!([{ "$ref": null, "value": user }]);
    let came = directory
        .patch(&path, &json!([{ "op": "Add", "path": "members", "value": member }]))
        .await
        .expect(200);
    assert_eq!(came["members"][0]["value"], user);
    client.get(&space).await.expect(200);
    for remove in [
        json!([{ "op": "Remove", "path": "members", "value": member }]),
        json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]),
        json!([{ "op": "replace", "path": "members", "value": [] }]),
        json!([{ "op": "replace", "value": { "members": [{ "value": boss.user.to_string() }] } }]),
    ] {
        client.get(&space).await.expect(200);
        directory.patch(&path, &remove).await.expect(200);
        assert_eq!(client.get(&space).await.problem(404), "not_found", "{remove}");
        directory
            .patch(&path, &json!([{ "op": "add", "path": "members", "value": member }]))
            .await
            .expect(200);
    }
    let id = made["id"].as_str().unwrap();
    let found = directory.find(GROUPS, &format!("id eq \"{id}\" and members eq \"{user}\"")).await;
    assert_eq!(found["totalResults"], 1);
    let listed =
        directory.get(&format!("{GROUPS}?excludedAttributes=members&count=1")).await.expect(200);
    assert_eq!(
        (&listed["Resources"][0]["displayName"], &listed["Resources"][0]["members"]),
        (&json!("Readers"), &Value::Null)
    );
    let put = json!({ "displayName": "Writers", "members": [{ "value": user }] });
    let replaced = directory.send(Method::PUT, &path, &put).await.expect(200);
    assert_eq!(
        (&replaced["displayName"], &replaced["externalId"]),
        (&json!("Writers"), &Value::Null)
    );
    assert_eq!(replaced["members"].as_array().unwrap().len(), 1);
    let unknown = json!([{ "op": "add", "path": "members", "value": [{ "value": user }, { "value": "nobody" }] }]);
    assert_eq!(kind(directory.patch(&path, &unknown).await, 400), "invalidValue");
    directory.send(Method::DELETE, &path, &Value::Null).await.expect(204);
    assert_eq!(client.get(&space).await.problem(404), "not_found");
}

#[tokio::test]
async fn the_audit_log_names_the_directory() {
    let (directory, _, boss) = directory().await;
    let made = directory.create(USERS, &entra_user("logged")).await;
    directory
        .create(GROUPS, &json!({ "displayName": "Logged", "members": [{ "value": made["id"] }] }))
        .await;
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select e.action from audit_entries e join scim_tokens k on k.id = e.actor_id
        where e.tenant_id = $1 and e.actor_kind = 'scim' and e.request_id is not null order by e.action collate \"C\"";
    let actions: Vec<String> =
        sqlx::query_scalar(sql).bind(boss.tenant.0).fetch_all(&mut db).await.unwrap();
    assert_eq!(
        actions,
        [
            "member.create",
            "space.create",
            "user.create",
            "user_group.create",
            "user_group_member.create"
        ]
    );
    let sql = "select count(*) from audit_entries where tenant_id = $1 and action = 'scim_token.create' and actor_kind = 'user'";
    let made: i64 = sqlx::query_scalar(sql).bind(boss.tenant.0).fetch_one(&mut db).await.unwrap();
    assert_eq!(made, 1);
}
