//! The jobs of the audit log.

use std::time::Duration;

use kernel::id::AuditExportId;
use queue::{Job, Lane};
use serde::{Deserialize, Serialize};

/// Writes the log to a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExportAudit {
    /// The export.
    pub export_id: AuditExportId,
}

impl Job for ExportAudit {
    const KIND: &'static str = "export_audit";
    const LANE: Option<Lane> = Some(Lane::Short);
    const TIMEOUT: Duration = Duration::from_secs(60 * 60);
}
