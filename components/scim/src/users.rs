//! `/Users`.

use api::{Call, Response};
use identity::directory::DirectoryUser;
use kernel::{Result, id::UserId};
use scim::{UserChange, UserQuery};
use serde_json::{Value, json};

use crate::reply::{ScimRequest, answer, meta};

/// The schema of users.
pub(crate) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn wire(user: &DirectoryUser, base: &str) -> Value {
    let names: Vec<&str> = [&user.given_name, &user.family_name].into_iter().flatten().map(String::as_str).collect();
    let formatted = if names.is_empty() { user.display_name.clone() } else { names.join(" ") };
    let mut out = json!({
        "schemas": [SCHEMA],
        "id": user.id.to_string(),
        "userName": user.user_name,
        "displayName": user.display_name,
        "name": { "formatted": formatted },
        "emails": [{ "value": user.email, "type": "work", "primary": true }],
        "active": user.active,
        "meta": meta("User", user.created_at, user.updated_at, &format!("{base}/Users/{}", user.id)),
    });
    for (pointer, name, value) in [
        ("", "externalId", &user.external_id),
        ("/name", "givenName", &user.given_name),
        ("/name", "familyName", &user.family_name),
    ] {
        if let (Some(value), Some(object)) = (value, out.pointer_mut(pointer).and_then(Value::as_object_mut)) {
            object.insert(name.to_owned(), value.as_str().into());
        }
    }
    out
}

fn id(asked: &ScimRequest) -> Result<UserId> {
    asked.call.param("scim_user_id")
}

pub(crate) async fn list_scim_users(call: Call) -> Result<Response> {
    answer(call, async |asked| {
        let query = UserQuery::parse(asked.call.query("filter").as_deref())?;
        let window = asked.window()?;
        let (users, total) = asked.directory.list_users(&query, window).await?;
        Ok(asked.list(users.iter().map(|user| wire(user, &asked.base)).collect(), total, window)?)
    })
    .await
}

pub(crate) async fn create_scim_user(call: Call) -> Result<Response> {
    answer(call, async |mut asked| {
        let change = UserChange::resource(&asked.body().await?)?;
        let user = asked.directory.create_user(&change).await?;
        Ok(asked.created(wire(&user, &asked.base))?)
    })
    .await
}

pub(crate) async fn get_scim_user(call: Call) -> Result<Response> {
    answer(call, async |asked| {
        let user = asked.directory.get_user(id(&asked)?).await?;
        Ok(asked.one(wire(&user, &asked.base))?)
    })
    .await
}

pub(crate) async fn replace_scim_user(call: Call) -> Result<Response> {
    answer(call, async |mut asked| {
        let change = UserChange::replacement(&asked.body().await?)?;
        let user = asked.directory.change_user(id(&asked)?, &change).await?;
        Ok(asked.one(wire(&user, &asked.base))?)
    })
    .await
}

pub(crate) async fn update_scim_user(call: Call) -> Result<Response> {
    answer(call, async |mut asked| {
        let change = UserChange::patch(&asked.body().await?)?;
        let user = asked.directory.change_user(id(&asked)?, &change).await?;
        Ok(asked.one(wire(&user, &asked.base))?)
    })
    .await
}

pub(crate) async fn delete_scim_user(call: Call) -> Result<Response> {
    answer(call, async |asked| {
        asked.directory.delete_user(id(&asked)?).await?;
        Ok(api::no_content()?)
    })
    .await
}
