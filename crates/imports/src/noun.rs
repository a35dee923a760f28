//! An import, as its user sees it.

use kernel::{
    Timestamp,
    id::{AssistantId, ConversationImportId},
};
use queue::{Failure, Status};

use crate::Report;

/// A file with conversations of another product, and what came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct ConversationImport {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ConversationImportId,
    /// The assistant that the conversations are with.
    pub assistant_id: AssistantId,
    /// Name of the file.
    pub file_name: String,
    /// Size of the file, in bytes.
    pub size: i64,
    /// State of its job.
    pub status: Status,
    /// Percent of the file that were read.
    pub progress: i32,
    /// Whether a running import is about to stop.
    pub cancel_asked: bool,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What came of it so far.
    pub report: Report,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}
