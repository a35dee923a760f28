//! Spaces.

use api::{Call, Response, wire};
use kernel::{Result, Timestamp, id::SpaceId};
use serde::{Deserialize, Serialize};
use spaces::{Action, Space};

#[derive(Serialize)]
struct SpaceBody {
    id: String,
    name: String,
    description: String,
    kind: &'static str,
    role: &'static str,
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Space> for SpaceBody {
    fn from(space: &Space) -> Self {
        Self {
            id: space.id.to_string(),
            name: space.name.clone(),
            description: space.description.clone(),
            kind: space.kind.as_str(),
            role: space.access.role.as_str(),
            permissions: space.access.permissions(),
            created_at: space.created_at,
            updated_at: space.updated_at,
        }
    }
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum WireKind {
    #[default]
    Shared,
    Organisation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateSpace {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    kind: WireKind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateSpace {
    name: Option<String>,
    description: Option<String>,
}

pub(crate) async fn list_spaces(call: Call) -> Result<Response> {
    let page = spaces::list_spaces(call.cx()?, call.page()?).await?;
    api::ok(&wire::list::<_, SpaceBody>("spaces", &page))
}

pub(crate) async fn create_space(mut call: Call) -> Result<Response> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateSpace| {
        call.cx()?.require(match body.kind {
            WireKind::Shared => Action::CreateSpace,
            WireKind::Organisation => Action::CreateHub,
        })
    };
    api::create(&call, &bytes, may, async |body: CreateSpace| {
        let space = match body.kind {
            WireKind::Shared => spaces::create_space(call.cx()?, &body.name, &body.description).await?,
            WireKind::Organisation => spaces::create_hub(call.cx()?, &body.name, &body.description).await?,
        };
        Ok((format!("/api/v1/spaces/{}", space.id), SpaceBody::from(&space)))
    })
    .await
}

pub(crate) async fn get_space(call: Call) -> Result<Response> {
    api::ok(&SpaceBody::from(&spaces::get_space(call.cx()?, call.param("space_id")?).await?))
}

pub(crate) async fn update_space(mut call: Call) -> Result<Response> {
    let body: UpdateSpace = call.json().await?;
    let id: SpaceId = call.param("space_id")?;
    let space = spaces::update_space(call.cx()?, id, body.name.as_deref(), body.description.as_deref()).await?;
    api::ok(&SpaceBody::from(&space))
}

pub(crate) async fn delete_space(call: Call) -> Result<Response> {
    spaces::delete_space(call.cx()?, call.param("space_id")?).await?;
    api::no_content()
}
