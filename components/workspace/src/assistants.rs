//! Assistants.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use assistants::Assistant;
use contract::Schema;
use kernel::{
    Problem, ReasonCode, Result, Timestamp,
    id::{AssistantId, CollectionId, SpaceId},
};
use models::Sampling;
use platform::Cx;
use serde::{Deserialize, Serialize};
use spaces::Action;

use crate::collections::CollectionBody;

/// Instructions, a model and the knowledge it answers from.
#[derive(Schema, Serialize)]
#[schema(list = "assistants")]
pub(crate) struct AssistantBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    space_id: String,
    name: String,
    description: String,
    instructions: String,
    /// Null: the default model.
    model: Option<String>,
    /// Whether people may ask it with another model that they may use in its space.
    model_choice: bool,
    temperature: Option<f64>,
    top_p: Option<f64>,
    #[schema(as = Uuid)]
    collection_ids: Vec<String>,
    published: bool,
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Assistant> for AssistantBody {
    fn from(assistant: &Assistant) -> Self {
        Self {
            id: assistant.id.to_string(),
            space_id: assistant.space_id.to_string(),
            name: assistant.name.clone(),
            description: assistant.description.clone(),
            instructions: assistant.instructions.clone(),
            model: assistant.model.clone(),
            model_choice: assistant.model_choice,
            temperature: assistant.sampling.temperature,
            top_p: assistant.sampling.top_p,
            collection_ids: assistant.collection_ids.iter().map(ToString::to_string).collect(),
            published: assistant.published,
            permissions: assistant.access.permissions(),
            created_at: assistant.created_at,
            updated_at: assistant.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateAssistant {
    #[schema(as = Uuid)]
    space_id: String,
    #[schema(length(min = 3, max = 50))]
    name: String,
    #[serde(default)]
    #[schema(length(max = 2000))]
    description: String,
    #[serde(default)]
    #[schema(length(max = 20000))]
    instructions: String,
    #[schema(length(min = 1, max = 200))]
    model: Option<String>,
    /// Whether people may ask it with another model that they may use in its space.
    #[serde(default = "yes")]
    model_choice: bool,
    #[schema(range(min = 0, max = 2))]
    temperature: Option<f64>,
    #[schema(range(min = 0, max = 1))]
    top_p: Option<f64>,
    #[serde(default)]
    #[schema(as = Uuid, length(max = 100))]
    collection_ids: Vec<String>,
    #[serde(default = "yes")]
    published: bool,
}

/// Made to be used: an assistant is published, and asked with the models that people have, unless
/// its author says otherwise.
fn yes() -> bool {
    true
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateAssistant {
    #[schema(length(min = 3, max = 50))]
    name: Option<String>,
    #[schema(length(max = 2000))]
    description: Option<String>,
    #[schema(length(max = 20000))]
    instructions: Option<String>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(length(min = 1, max = 200))]
    model: Option<Option<String>>,
    model_choice: Option<bool>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(range(min = 0, max = 2))]
    temperature: Option<Option<f64>>,
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(range(min = 0, max = 1))]
    top_p: Option<Option<f64>>,
    #[schema(as = Uuid, length(max = 100))]
    collection_ids: Option<Vec<String>>,
    published: Option<bool>,
}

fn ids(texts: &[String]) -> Result<Vec<CollectionId>> {
    texts.iter().map(|text| text.parse()).collect()
}

contract::shape! {
    pub(crate) struct AssistantsParameters {
        #[schema(as = Uuid)]
        space_id: Option<String>,
    }
}

pub(crate) async fn list_assistants(call: Call) -> Result<List<AssistantBody>> {
    let page =
        assistants::list_assistants(call.cx()?, call.query_id("space_id")?, call.page()?).await?;
    api::list(&page)
}

/// Asking a model costs money: assistants name those of the operator, and those of administrators
/// that the caller may use in the space.
async fn check_model(cx: &Cx, model: Option<&str>, space: SpaceId) -> Result<()> {
    let Some(model) = model.map(str::trim) else { return Ok(()) };
    if models::is_allowed_chat_model(model).await?
        || !catalogue::usable::find_usable_models(cx, model, Some(space)).await?.is_empty()
    {
        return Ok(());
    }
    let detail = "expected a model that you may use in this space, or null for the installation's own; GET /api/v1/models lists them";
    Err(Problem::refused_field("/model", ReasonCode::ModelUnknown, detail))
}

pub(crate) async fn create_assistant(
    mut call: CallWith<CreateAssistant>,
) -> Result<Idempotent<CreatedJson<AssistantBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreateAssistant| {
        spaces::require(call.cx()?, body.space_id.parse()?, Action::EditAssistants)
            .await
            .map(|_| ())
    };
    api::create(&call, &bytes, may, async |body: CreateAssistant| {
        check_model(call.cx()?, body.model.as_deref(), body.space_id.parse()?).await?;
        let new = assistants::CreateAssistant {
            space_id: body.space_id.parse()?,
            name: body.name,
            description: body.description,
            instructions: body.instructions,
            model: body.model,
            model_choice: body.model_choice,
            sampling: Sampling { temperature: body.temperature, top_p: body.top_p },
            collection_ids: ids(&body.collection_ids)?,
            published: body.published,
        };
        let assistant = assistants::create_assistant(call.cx()?, new).await?;
        Ok((format!("/api/v1/assistants/{}", assistant.id), AssistantBody::from(&assistant)))
    })
    .await
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenPersonalAssistant {
    #[schema(length(min = 3, max = 50))]
    name: String,
}

#[derive(Schema, Serialize)]
pub(crate) struct PersonalAssistantBody {
    assistant: AssistantBody,
    collection: CollectionBody,
}

/// Needs no idempotency key: asking again finds what is there.
pub(crate) async fn open_personal_assistant(
    mut call: CallWith<OpenPersonalAssistant>,
) -> Result<Json<PersonalAssistantBody>> {
    let body: OpenPersonalAssistant = call.json().await?;
    let (assistant, collection) = assistants::personal_assistant(call.cx()?, &body.name).await?;
    let collection = knowledge::get_collection(call.cx()?, collection).await?;
    let (assistant, collection) =
        (AssistantBody::from(&assistant), CollectionBody::from(&collection));
    api::ok(&PersonalAssistantBody { assistant, collection })
}

pub(crate) async fn get_assistant(call: Call) -> Result<Json<AssistantBody>> {
    api::ok(&AssistantBody::from(
        &assistants::get_assistant(call.cx()?, call.param("assistant_id")?).await?,
    ))
}

pub(crate) async fn update_assistant(
    mut call: CallWith<UpdateAssistant>,
) -> Result<Json<AssistantBody>> {
    let body: UpdateAssistant = call.json().await?;
    let id: AssistantId = call.param("assistant_id")?;
    if let Some(Some(model)) = &body.model {
        let before = assistants::get_assistant(call.cx()?, id).await?;
        // One that is gone, or that others may use, stays with the assistant until it is changed.
        if before.model.as_ref() != Some(model) {
            check_model(call.cx()?, Some(model), before.space_id).await?;
        }
    }
    let change = assistants::UpdateAssistant {
        name: body.name,
        description: body.description,
        instructions: body.instructions,
        model: body.model,
        model_choice: body.model_choice,
        temperature: body.temperature,
        top_p: body.top_p,
        collection_ids: body.collection_ids.as_deref().map(ids).transpose()?,
        published: body.published,
    };
    api::ok(&AssistantBody::from(&assistants::update_assistant(call.cx()?, id, &change).await?))
}

pub(crate) async fn delete_assistant(call: Call) -> Result<NoContent> {
    assistants::delete_assistant(call.cx()?, call.param("assistant_id")?).await?;
    api::no_content()
}
