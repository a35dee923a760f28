#![doc = include_str!("../README.md")]

#[cfg(not(target_family = "wasm"))]
mod format;
#[cfg(not(target_family = "wasm"))]
mod imported;
#[cfg(not(target_family = "wasm"))]
pub mod importing;
mod job;
mod noun;
#[cfg(not(target_family = "wasm"))]
mod reader_thread;
mod report;
mod store;
mod upload;
mod verbs;

#[cfg(not(target_family = "wasm"))]
pub use imported::{ImportedConversation, ImportedMessage};
pub use job::ImportConversations;
pub use noun::ConversationImport;
pub use report::{EntryOutcome, LeftOut, REPORT_ENTRIES, Report, ReportEntry};
pub use upload::{FileName, ImportTarget, ImportUpload, LIMIT_BYTES};
pub use verbs::{cancel_import, delete_import, get_import, list_imports};
