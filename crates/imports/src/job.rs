//! The job that reads an export.

use std::time::Duration;

use kernel::id::ConversationImportId;
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};

/// Reads the file of an import and stores its conversations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportConversations {
    /// The import.
    pub import_id: ConversationImportId,
}

impl Job for ImportConversations {
    const KIND: &'static str = "import_conversations";
    const LANE: Option<Lane> = Some(Lane::Long);
    const TIMEOUT: Duration = Duration::from_secs(60 * 60);
}
