//! For what a model is asked, beside the user: goes along with a request, into the records of
//! usage.

use kernel::id::{ApiKeyId, AssistantId, ConversationId, MessageId, SpaceId};
use serde::{Deserialize, Serialize};

/// What a call of a model is for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum CallPurpose {
    /// An answer.
    #[default]
    Chat,
    /// The title of a conversation.
    Title,
    /// An order of what a search found.
    Rerank,
    /// A text of what is said.
    Transcription,
    /// A search query in place of a question that refers to what was said before. A part of an
    /// answer: no quota of questions counts it.
    Rewrite,
}

impl CallPurpose {
    /// The name that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Title => "title",
            Self::Rerank => "rerank",
            Self::Transcription => "transcription",
            Self::Rewrite => "rewrite",
        }
    }

    fn is_chat(&self) -> bool {
        *self == Self::Chat
    }
}

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
    /// What it is for. Not sent for an answer: an older gateway does not know the member.
    #[serde(default, skip_serializing_if = "CallPurpose::is_chat")]
    pub purpose: CallPurpose,
}
