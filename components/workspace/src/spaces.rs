//! Spaces.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{Result, Timestamp, id::SpaceId};
use serde::{Deserialize, Serialize};
use spaces::{Action, Space};

contract::words! {
    KindName = ["personal", "shared", "organisation"];
}

/// Documents, assistants and the people who work with them.
#[derive(Schema, Serialize)]
#[schema(list = "spaces")]
pub(crate) struct SpaceBody {
    #[schema(as = Uuid)]
    id: String,
    name: String,
    description: String,
    #[schema(as = KindName)]
    kind: &'static str,
    /// The caller's role.
    #[schema(as = crate::members::WireRole)]
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

#[derive(Clone, Copy, Default, Schema, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireKind {
    #[default]
    Shared,
    Organisation,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSpace {
    #[schema(length(min = 1, max = 100))]
    name: String,
    #[serde(default)]
    #[schema(length(max = 2000))]
    description: String,
    /// `organisation` makes the organisation's one hub: everyone active reads and asks in it,
    /// assistants of every space may use its knowledge, administrators own it and alone can make
    /// it.
    #[serde(default)]
    #[schema(extend("default" = "shared"))]
    kind: WireKind,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSpace {
    #[schema(length(min = 1, max = 100))]
    name: Option<String>,
    #[schema(length(max = 2000))]
    description: Option<String>,
}

pub(crate) async fn list_spaces(call: Call) -> Result<List<SpaceBody>> {
    let page = spaces::list_spaces(call.cx()?, call.page()?).await?;
    api::list(&page)
}

pub(crate) async fn create_space(
    mut call: CallWith<CreateSpace>,
) -> Result<Idempotent<CreatedJson<SpaceBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateSpace| {
        call.cx()?.require(match body.kind {
            WireKind::Shared => Action::CreateSpace,
            WireKind::Organisation => Action::CreateHub,
        })
    };
    api::create(&call, &bytes, may, async |body: CreateSpace| {
        let space = match body.kind {
            WireKind::Shared => {
                spaces::create_space(call.cx()?, &body.name, &body.description).await?
            }
            WireKind::Organisation => {
                spaces::create_hub(call.cx()?, &body.name, &body.description).await?
            }
        };
        Ok((format!("/api/v1/spaces/{}", space.id), SpaceBody::from(&space)))
    })
    .await
}

pub(crate) async fn get_space(call: Call) -> Result<Json<SpaceBody>> {
    api::ok(&SpaceBody::from(&spaces::get_space(call.cx()?, call.param("space_id")?).await?))
}

pub(crate) async fn update_space(mut call: CallWith<UpdateSpace>) -> Result<Json<SpaceBody>> {
    let body: UpdateSpace = call.json().await?;
    let id: SpaceId = call.param("space_id")?;
    let space =
        spaces::update_space(call.cx()?, id, body.name.as_deref(), body.description.as_deref())
            .await?;
    api::ok(&SpaceBody::from(&space))
}

pub(crate) async fn delete_space(call: Call) -> Result<NoContent> {
    spaces::delete_space(call.cx()?, call.param("space_id")?).await?;
    api::no_content()
}
