//! Backups: an encrypted dump of the database with what is needed to check it, and the way back.
//!
//! ```text
//! backup:  snapshot ── rows counted ──┐
//!              └── pg_dump ── encrypt ─┴─> tessera-STAMP.backup, tessera-STAMP.json ── read back, SHA-256 ──> old ones deleted
//! restore: SHA-256, keys ── decrypt ── pg_restore ──> new database ── rows, migrations, sessions ended ──> swapped by renaming
//! drill:   the same into a server of its own, then the audit chain and an original of each tenant; the figures are printed
//! ```

mod cipher;
mod create;
mod files;
mod key;
mod relay;
mod restore;

pub use create::{BackupOptions, create};
pub use restore::{drill, restore};
