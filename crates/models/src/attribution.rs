//! For what a model is asked, beside the user: goes along with a request, into the records of
//! usage.

use kernel::id::{ApiKeyId, AssistantId, ConversationId, MessageId, SpaceId};
use serde::{Deserialize, Serialize};

/// Where a question comes from. Tenant and user are not here: the grant names them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The space of the assistant.
    pub space_id: Option<SpaceId>,
    /// The assistant.
    pub assistant_id: Option<AssistantId>,
    /// The conversation, if it is stored.
    pub conversation_id: Option<ConversationId>,
    /// The answer, if it is stored.
    pub message_id: Option<MessageId>,
    /// The API key, if the user asks with one.
    pub api_key_id: Option<ApiKeyId>,
}
