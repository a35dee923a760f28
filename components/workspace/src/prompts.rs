//! The prompt library.

use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{
    Code, Problem, Result, Timestamp,
    id::{PromptId, SpaceId},
};
use prompts::{Prompt, PromptFilter};
use serde::{Deserialize, Serialize};

/// A text to ask with, of the caller or of a space.
#[derive(Schema, Serialize)]
#[schema(list = "prompts")]
pub(crate) struct PromptBody {
    #[schema(as = Uuid)]
    id: String,
    /// Null: the caller's own, which no other user sees.
    #[schema(as = Uuid)]
    space_id: Option<String>,
    /// What one types after `/`; unique among the prompts of the space or the user.
    command: String,
    title: String,
    /// With variables: `{{name}}`, or `{{name:default}}`. `\{{` stands for `{{`.
    text: String,
    /// `prompts.read`, `prompts.edit`
    permissions: Vec<&'static str>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&Prompt> for PromptBody {
    fn from(prompt: &Prompt) -> Self {
        Self {
            id: prompt.id.to_string(),
            space_id: prompt.owner.space().map(|id| id.to_string()),
            command: prompt.command.clone(),
            title: prompt.title.clone(),
            text: prompt.text.clone(),
            permissions: prompt.owner.permissions(),
            created_at: prompt.created_at,
            updated_at: prompt.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePrompt {
    /// Null: a prompt of the caller's own.
    #[schema(as = Uuid)]
    space_id: Option<String>,
    #[schema(length(min = 1, max = 50), extend("pattern" = "^[a-z0-9åäö][a-z0-9åäö-]*$"))]
    command: String,
    #[schema(length(min = 1, max = 100))]
    title: String,
    /// With at most 20 different variables: `{{name}}`, or `{{name:default}}`. `\{{` stands for
    /// `{{`.
    #[schema(length(min = 1, max = 20000))]
    text: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePrompt {
    #[schema(length(min = 1, max = 50), extend("pattern" = "^[a-z0-9åäö][a-z0-9åäö-]*$"))]
    command: Option<String>,
    #[schema(length(min = 1, max = 100))]
    title: Option<String>,
    #[schema(length(min = 1, max = 20000))]
    text: Option<String>,
}

contract::words! {
    OwnerName = ["any", "me"];
}

contract::shape! {
    pub(crate) struct PromptsParameters {
        /// Only those of this space.
        #[schema(as = Uuid)]
        space_id: Option<String>,
        /// me: only the caller's own
        #[schema(as = OwnerName, extend("default" = "any"))]
        owner: Option<String>,
        /// The beginning of the command, or of a word of the title.
        #[schema(length(max = 100))]
        q: Option<String>,
    }
}

fn filter(call: &Call) -> Result<PromptFilter> {
    let own = match call.query("owner").as_deref() {
        None | Some("any") => false,
        Some("me") => true,
        Some(_) => return Err(Problem::new(Code::InvalidQuery, "owner: expected any or me")),
    };
    let prefix = call.query("q").unwrap_or_default().into_owned();
    Ok(PromptFilter { space: call.query_id("space_id")?, own, prefix })
}

pub(crate) async fn list_prompts(call: Call) -> Result<List<PromptBody>> {
    let page = prompts::list_prompts(call.cx()?, &filter(&call)?, call.page()?).await?;
    api::list(&page)
}

fn space(id: Option<&str>) -> Result<Option<SpaceId>> {
    id.map(str::parse).transpose()
}

pub(crate) async fn create_prompt(
    mut call: CallWith<CreatePrompt>,
) -> Result<Idempotent<CreatedJson<PromptBody>>> {
    let bytes = call.bytes().await?;
    let may = async |body: &CreatePrompt| {
        prompts::require_edit(call.cx()?, space(body.space_id.as_deref())?).await
    };
    api::create(&call, &bytes, may, async |body: CreatePrompt| {
        let new = prompts::CreatePrompt {
            space_id: space(body.space_id.as_deref())?,
            command: body.command,
            title: body.title,
            text: body.text,
        };
        let prompt = prompts::create_prompt(call.cx()?, &new).await?;
        Ok((format!("/api/v1/prompts/{}", prompt.id), PromptBody::from(&prompt)))
    })
    .await
}

pub(crate) async fn get_prompt(call: Call) -> Result<Json<PromptBody>> {
    api::ok(&PromptBody::from(&prompts::get_prompt(call.cx()?, call.param("prompt_id")?).await?))
}

pub(crate) async fn update_prompt(mut call: CallWith<UpdatePrompt>) -> Result<Json<PromptBody>> {
    let UpdatePrompt { command, title, text } = call.json().await?;
    let id: PromptId = call.param("prompt_id")?;
    let change = prompts::UpdatePrompt { command, title, text };
    api::ok(&PromptBody::from(&prompts::update_prompt(call.cx()?, id, &change).await?))
}

pub(crate) async fn delete_prompt(call: Call) -> Result<NoContent> {
    prompts::delete_prompt(call.cx()?, call.param("prompt_id")?).await?;
    api::no_content()
}
