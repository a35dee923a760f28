//! Bodies of POST, PUT and PATCH, as in the documentation of Entra ID and Okta.

use scim::{GroupChange, Kind, UserChange};
use serde_json::{Value, json};

fn patch(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

fn user(operations: &Value) -> UserChange {
    UserChange::patch(&patch(operations)).unwrap()
}

fn group(operations: &Value) -> GroupChange {
    GroupChange::patch(&patch(operations)).unwrap()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_user_is_deactivated_by_every_form_of_request() {
    for operations in [
        json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        json!([{ "op": "replace", "path": "active", "value": false }]),
        json!([{ "op": "replace", "value": { "active": false } }]),
        json!([{ "op": "Add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": "false" }]),
        json!([{ "op": "REPLACE", "path": "", "value": { "ACTIVE": "FALSE" } }]),
    ] {
        assert_eq!(
            user(&operations),
            UserChange { active: Some(false), ..UserChange::default() },
            "{operations}"
        );
    }
}

#[test]
fn the_operations_of_entra_change_stored_attributes_and_ignore_others() {
    let change = user(&json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "Ada@Example.org" },
        { "op": "Replace", "path": "emails[type eq \"home\"].value", "value": "other@example.org" },
        { "op": "Replace", "path": "name.familyName", "value": "Lovelace" },
        { "op": "Add", "path": "displayName", "value": [{ "$ref": null, "value": "Ada L" }] },
        { "op": "Replace", "value": { "name.givenName": "Ada", "externalId": "5", "userName": "ada" } },
        { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "X" },
        { "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "112" },
        { "op": "Remove", "path": "title" },
        { "op": "Remove", "path": "emails[type eq \"work\"].value" },
    ]));
    let expected = UserChange {
        user_name: text("ada"),
        external_id: Some(text("5")),
        display_name: text("Ada L"),
        given_name: Some(text("Ada")),
        family_name: Some(text("Lovelace")),
        email: text("Ada@Example.org"),
        ..UserChange::default()
    };
    assert_eq!(change, expected);
    assert_eq!(user(&json!([{ "op": "remove", "path": "externalId" }])).external_id, Some(None));
    assert_eq!(user(&json!([{ "op": "remove", "path": "name.givenName" }])).given_name, Some(None));
}

#[test]
fn okta_creates_a_user() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "test.user@okta.local",
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "value": "second@okta.local", "type": "home" }, { "primary": true, "value": "test.user@okta.local", "type": "work" }],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    });
    let change = UserChange::resource(&body).unwrap();
    assert_eq!((change.email, change.active), (text("test.user@okta.local"), Some(true)));
    assert_eq!(change.external_id, Some(text("00ujl29u0le5T6Aj10h7")));
    let put = UserChange::replacement(&json!({ "userName": "x" })).unwrap();
    assert_eq!((put.external_id, put.given_name, put.active), (Some(None), Some(None), None));
}

#[test]
fn members_are_added_and_removed_by_every_form_of_request() {
    let change = group(
        &json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "A" }, { "value": "b" }] }]),
    );
    assert_eq!(
        (change.add.into_iter().collect::<Vec<_>>(), change.clear),
        (vec!["a".to_owned(), "b".to_owned()], false)
    );
    for operations in [
        json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "a" }] }]),
        json!([{ "op": "remove", "path": "members[value eq \"A\"]" }]),
        json!([{ "op": "remove", "path": "members[value eq \"a\"].value" }]),
        json!([{ "op": "add", "value": { "members": ["a"] } }, { "op": "Remove", "path": "members", "value": "a" }]),
    ] {
        let change = group(&operations);
        assert_eq!(
            (change.remove.len(), change.add.len(), change.clear),
            (1, 0, false),
            "{operations}"
        );
        assert!(change.remove.contains("a"), "{operations}");
    }
    let replaced = group(&json!([
        { "op": "add", "path": "members", "value": [{ "value": "x" }] },
        { "op": "replace", "path": "members", "value": [{ "value": "a" }] },
    ]));
    assert_eq!((replaced.clear, replaced.add.len(), replaced.add.contains("a")), (true, 1, true));
    let emptied = group(&json!([{ "op": "remove", "path": "members" }]));
    assert_eq!((emptied.clear, emptied.add.len()), (true, 0));
    let nothing = group(&json!([{ "op": "remove", "path": "members", "value": [] }]));
    assert_eq!(nothing, GroupChange::default(), "an empty list names no member");
    let again = group(
        &json!([{ "op": "remove", "path": "members", "value": "a" }, { "op": "add", "path": "members", "value": "a" }]),
    );
    assert_eq!((again.remove.len(), again.add.len()), (0, 1), "the later operation counts");
    let renamed =
        group(&json!([{ "op": "replace", "value": { "id": "1", "displayName": "New" } }]));
    assert_eq!(renamed, GroupChange { display_name: text("New"), ..GroupChange::default() });
}

#[test]
fn malformed_bodies_are_refused_with_their_kind() {
    let user = |operations: &Value| UserChange::patch(&patch(operations)).unwrap_err().kind;
    let group = |operations: &Value| GroupChange::patch(&patch(operations)).unwrap_err().kind;
    assert_eq!(user(&json!({})), Kind::Syntax);
    assert_eq!(user(&json!(["x"])), Kind::Syntax);
    assert_eq!(user(&json!([{ "op": "move", "path": "active", "value": true }])), Kind::Syntax);
    assert_eq!(user(&json!([{ "op": "remove" }])), Kind::NoTarget);
    assert_eq!(
        user(&json!([{ "op": "replace", "path": "active", "value": "maybe" }])),
        Kind::Value
    );
    assert_eq!(user(&json!([{ "op": "replace", "path": "active" }])), Kind::Value);
    assert_eq!(user(&json!([{ "op": "replace", "value": 5 }])), Kind::Value);
    assert_eq!(user(&json!([{ "op": "replace", "path": 5, "value": 5 }])), Kind::Path);
    assert_eq!(user(&json!([{ "op": "replace", "path": "emails[", "value": "x" }])), Kind::Path);
    assert_eq!(user(&json!([{ "op": "replace", "path": "emails", "value": [5] }])), Kind::Value);
    assert_eq!(user(&json!([{ "op": "replace", "path": "userName", "value": " " }])), Kind::Value);
    assert_eq!(user(&json!([{ "op": "remove", "path": "userName" }])), Kind::Value);
    assert_eq!(
        user(&json!([{ "op": "replace", "path": "displayName", "value": [[["x"]]] }])),
        Kind::Value
    );
    assert_eq!(
        user(&Value::Array(vec![json!({ "op": "add", "path": "title", "value": "x" }); 1001])),
        Kind::TooMany
    );
    assert_eq!(
        group(&json!([{ "op": "add", "path": "members", "value": [{ "display": "x" }] }])),
        Kind::Value
    );
    assert_eq!(
        group(&json!([{ "op": "remove", "path": "members[display eq \"x\"]" }])),
        Kind::Path
    );
    assert_eq!(group(&json!([{ "op": "remove", "path": "displayName" }])), Kind::Value);
    let many: Vec<Value> = (0..10_001).map(|n| json!({ "value": n.to_string() })).collect();
    assert_eq!(group(&json!([{ "op": "add", "path": "members", "value": many }])), Kind::TooMany);
    for body in [
        json!(null),
        json!([]),
        json!("x"),
        json!({ "userName": 5 }),
        json!({}),
        json!({ "userName": "x", "a b": 1 }),
    ] {
        assert!(UserChange::resource(&body).is_err(), "{body}");
        assert!(GroupChange::resource(&body).is_err(), "{body}");
    }
}
