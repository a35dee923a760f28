//! `/Users`.

use api::{Call, CallWith, CreatedJson, Json, NoContent, Reply};
use directory::DirectoryUser;
use kernel::{Result, id::UserId};
use scim::{UserChange, UserQuery};
use serde_json::{Value, json};

use crate::{
    reply::{ScimRequest, meta},
    shapes::{ScimPatch, ScimUser, ScimUserBody, ScimUsersList},
};

/// The schema of users.
pub(crate) const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn wire(user: &DirectoryUser, base: &str) -> Value {
    let names: Vec<&str> =
        [&user.given_name, &user.family_name].into_iter().flatten().map(String::as_str).collect();
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
        if let (Some(value), Some(object)) =
            (value, out.pointer_mut(pointer).and_then(Value::as_object_mut))
        {
            object.insert(name.to_owned(), value.as_str().into());
        }
    }
    out
}

fn id(request: &ScimRequest) -> Result<UserId> {
    request.call.param("scim_user_id")
}

pub(crate) async fn list_scim_users(call: Call) -> Result<Json<ScimUsersList>> {
    let request = ScimRequest::of(call).await?;
    let query = UserQuery::parse(request.call.query("filter").as_deref())?;
    let window = request.window()?;
    let (users, total) = request.directory()?.list_users(&query, window).await?;
    request
        .list(users.iter().map(|user| wire(user, &request.base)).collect(), total, window)
        .map(Reply::new)
}

pub(crate) async fn create_scim_user(
    call: CallWith<ScimUserBody>,
) -> Result<CreatedJson<ScimUser>> {
    let mut request = ScimRequest::of(call.into()).await?;
    let change = UserChange::resource(&request.body().await?)?;
    let user = request.directory()?.create_user(&change).await?;
    request.created(wire(&user, &request.base)).map(Reply::new)
}

pub(crate) async fn get_scim_user(call: Call) -> Result<Json<ScimUser>> {
    let request = ScimRequest::of(call).await?;
    let user = request.directory()?.get_user(id(&request)?).await?;
    request.one(wire(&user, &request.base)).map(Reply::new)
}

pub(crate) async fn replace_scim_user(call: CallWith<ScimUserBody>) -> Result<Json<ScimUser>> {
    let mut request = ScimRequest::of(call.into()).await?;
    let change = UserChange::replacement(&request.body().await?)?;
    let user = request.directory()?.change_user(id(&request)?, &change).await?;
    request.one(wire(&user, &request.base)).map(Reply::new)
}

pub(crate) async fn update_scim_user(call: CallWith<ScimPatch>) -> Result<Json<ScimUser>> {
    let mut request = ScimRequest::of(call.into()).await?;
    let change = UserChange::patch(&request.body().await?)?;
    let user = request.directory()?.change_user(id(&request)?, &change).await?;
    request.one(wire(&user, &request.base)).map(Reply::new)
}

pub(crate) async fn delete_scim_user(call: Call) -> Result<NoContent> {
    let request = ScimRequest::of(call).await?;
    request.directory()?.delete_user(id(&request)?).await?;
    api::no_content()
}
