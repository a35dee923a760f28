//! The chat models that the caller may use.

use api::{Call, Json};
use catalogue::usable::{self, UsableModel};
use contract::Schema;
use kernel::{Result, id::SpaceId};
use models::Provider;
use serde::Serialize;
use spaces::Action;

contract::words! {
    /// Whose a model is: of the installation, a model that an administrator entered, or an alias of
    /// such models.
    ModelOriginName = ["installation", "model", "alias"];
}

contract::shape! {
    pub(crate) struct UsableModelsParameters {
        /// Also models that may be used only there.
        #[schema(as = Uuid)]
        space_id: Option<String>,
    }
}

/// A chat model that an assistant may name.
#[derive(Schema, Serialize)]
#[schema(name = "UsableModel")]
pub(crate) struct UsableModelBody {
    /// What an assistant's `model` names.
    id: String,
    title: String,
    #[schema(as = ModelOriginName)]
    origin: &'static str,
    /// The name of its provider.
    provider: Option<String>,
    context_tokens: Option<i32>,
    #[schema(as = CapabilityName)]
    capabilities: Vec<&'static str>,
    /// The day on which its provider ends it, `2027-01-14`.
    deprecated_on: Option<String>,
    /// What its provider advises instead.
    successor: Option<String>,
    /// Whether assistants that name no model use it.
    is_default: bool,
}

contract::words! {
    /// What a model can do beside text.
    pub(crate) CapabilityName = models::Capability::ALL.iter().map(|capability| capability.as_str());
}

impl From<&UsableModel> for UsableModelBody {
    fn from(model: &UsableModel) -> Self {
        Self {
            id: model.reference.clone(),
            title: model.title.clone(),
            origin: if model.provider.is_some() { "model" } else { "alias" },
            provider: model.provider.clone(),
            context_tokens: model.context_tokens,
            capabilities: model.capabilities.iter().map(|capability| capability.as_str()).collect(),
            deprecated_on: model.deprecated_on.clone(),
            successor: model.successor.clone(),
            is_default: false,
        }
    }
}

/// The chat models that the caller may use.
#[derive(Schema, Serialize)]
pub(crate) struct UsableModels {
    models: Vec<UsableModelBody>,
}

fn installation(name: String, is_default: bool) -> UsableModelBody {
    UsableModelBody {
        id: name.clone(),
        title: name,
        origin: "installation",
        provider: None,
        context_tokens: None,
        capabilities: Vec::new(),
        deprecated_on: None,
        successor: None,
        is_default,
    }
}

/// Without pages: the operator's list is short, and of the administrators' models there are at most
/// 500.
pub(crate) async fn list_usable_models(call: Call) -> Result<Json<UsableModels>> {
    let cx = call.cx()?;
    let space: Option<SpaceId> = call.query_id("space_id")?;
    if let Some(space) = space {
        spaces::require(cx, space, Action::ReadSpace).await?;
    }
    let own = Provider::chat().await?.model;
    let listed = models::allowed_chat_models().await?.into_iter().filter(|name| *name != own);
    let mut found: Vec<UsableModelBody> = listed.map(|name| installation(name, false)).collect();
    found.insert(0, installation(own, true));
    found.extend(usable::list_usable_models(cx, space).await?.iter().map(UsableModelBody::from));
    api::ok(&UsableModels { models: found })
}
