//! Another model in all places that name one.

use api::{CallWith, Json};
use catalogue::replacement::{self, ModelUses};
use contract::Schema;
use kernel::{Result, id::ModelId};
use serde::{Deserialize, Serialize};

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceModel {
    /// A model of the same kind that is on.
    #[schema(as = Uuid)]
    successor_id: String,
    /// Nothing is changed, and the response says what would be.
    dry_run: bool,
}

/// What names a model, and is changed or would be.
#[derive(Schema, Serialize)]
#[schema(name = "ModelUses")]
pub(crate) struct ModelUsesBody {
    assistants: i64,
    /// Names of at most 20 of them.
    assistant_names: Vec<String>,
    /// Assistants in spaces where not everyone may use the successor.
    restricted_assistants: i64,
    /// Names of the aliases.
    aliases: Vec<String>,
    /// Conversations for which people chose it.
    conversations: i64,
    /// Whether it orders what searches find.
    reranks: bool,
}

impl From<ModelUses> for ModelUsesBody {
    fn from(uses: ModelUses) -> Self {
        Self {
            assistants: uses.assistants,
            assistant_names: uses.assistant_names,
            restricted_assistants: uses.restricted_assistants,
            aliases: uses.aliases,
            conversations: uses.conversations,
            reranks: uses.reranks,
        }
    }
}

pub(crate) async fn replace_model(mut call: CallWith<ReplaceModel>) -> Result<Json<ModelUsesBody>> {
    let body: ReplaceModel = call.json().await?;
    let model: ModelId = call.param("model_id")?;
    let successor: ModelId = body.successor_id.parse()?;
    let uses = replacement::replace_model(call.cx()?, model, successor, body.dry_run).await?;
    api::ok(&ModelUsesBody::from(uses))
}
