//! The nouns: an assistant as a member of its space sees it, and the requests to create or change
//! one.

use kernel::{
    Timestamp,
    id::{AssistantId, CollectionId, SpaceId},
};
use models::Sampling;

/// Instructions, a model, and the knowledge to answer from.
#[derive(Clone, PartialEq, Debug)]
pub struct Assistant {
    /// Ids sort by the time of creation (UUID v7).
    pub id: AssistantId,
    /// The space it is in.
    pub space_id: SpaceId,
    /// 3 to 50 characters.
    pub name: String,
    /// Its name for other programs: lower-case letters, digits and hyphens. It stays when the
    /// assistant is renamed.
    pub slug: String,
    /// Up to 2000 characters.
    pub description: String,
    /// The system prompt before every question; up to 20 000 characters.
    pub instructions: String,
    /// The model; None for the installation's default.
    pub model: Option<String>,
    /// Whether people may ask it with another model that they may use in its space.
    pub model_choice: bool,
    /// How the model chooses its words.
    pub sampling: Sampling,
    /// The collections it answers from.
    pub collection_ids: Vec<CollectionId>,
    /// Whether viewers see it.
    pub published: bool,
    /// The caller's rights in the space.
    pub access: access::SpaceAccess,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// A new assistant.
#[derive(Clone, PartialEq, Debug)]
pub struct CreateAssistant {
    /// The space it will be in.
    pub space_id: SpaceId,
    /// 3 to 50 characters.
    pub name: String,
    /// Up to 2000 characters.
    pub description: String,
    /// Up to 20 000 characters.
    pub instructions: String,
    /// 1 to 200 characters, or the default.
    pub model: Option<String>,
    /// Whether people may ask it with another model.
    pub model_choice: bool,
    /// How the model chooses its words.
    pub sampling: Sampling,
    /// Collections of the same space or of the organisation's hub, at most 100.
    pub collection_ids: Vec<CollectionId>,
    /// Whether viewers see it.
    pub published: bool,
}

impl CreateAssistant {
    /// A published assistant that answers from nothing yet, with the model's defaults.
    #[must_use]
    pub fn new(space_id: SpaceId, name: impl Into<String>) -> Self {
        Self {
            space_id,
            name: name.into(),
            description: String::new(),
            instructions: String::new(),
            model: None,
            model_choice: true,
            sampling: Sampling::default(),
            collection_ids: Vec::new(),
            published: true,
        }
    }
}

/// A change; absent members stay as they are.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct UpdateAssistant {
    /// 3 to 50 characters.
    pub name: Option<String>,
    /// Up to 2000 characters.
    pub description: Option<String>,
    /// Up to 20 000 characters.
    pub instructions: Option<String>,
    /// 1 to 200 characters; `Some(None)`: back to the default.
    pub model: Option<Option<String>>,
    /// Whether people may ask it with another model.
    pub model_choice: Option<bool>,
    /// 0 to 2; `Some(None)`: back to the default.
    pub temperature: Option<Option<f64>>,
    /// 0 to 1; `Some(None)`: back to the default.
    pub top_p: Option<Option<f64>>,
    /// All collections that it will have.
    pub collection_ids: Option<Vec<CollectionId>>,
    /// Whether viewers see it.
    pub published: Option<bool>,
}
