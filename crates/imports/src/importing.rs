//! The worker's side: reads the file and stores its conversations, one by one.

use std::collections::HashSet;

use kernel::{
    Problem, Result,
    id::{AssistantId, BlobId, ConversationImportId, SpaceId, UserId},
};
use platform::{Cx, clock, pg::Transaction};
use queue::{Failure, Lease};

use crate::{
    EntryOutcome, ImportedConversation, Report, ReportEntry,
    format::ConvertedConversation,
    reader_thread::{ReaderThread, Step},
    store::importing::{self as store, InsertOutcome},
};

/// The most conversations that an import stores.
const CONVERSATIONS: u32 = 20_000;
/// The most entries of a file that are looked at.
const ENTRIES: u32 = 100_000;
/// The most conversations that a user has imported: they are outside the storage quota.
const USER_CONVERSATIONS: i64 = 100_000;
/// The most bytes of them, as `ImportedConversation::stored_bytes` counts.
const USER_BYTES: i64 = 1 << 30;
/// How much an import stores before it asks again what is left to its user: others may run.
const ROOM_BYTES: i64 = 8 << 20;

/// Microseconds between two notes of the progress.
const PROGRESS_EVERY: i64 = 500_000;

/// The right to work on an import.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The import.
    pub import: ConversationImportId,
    /// The lease of its job.
    pub lease: &'a Lease,
}

/// Whose conversations they become, and the file that they are in.
pub(crate) struct Task {
    pub(crate) user: UserId,
    pub(crate) space: SpaceId,
    pub(crate) assistant: AssistantId,
    pub(crate) blob: BlobId,
    pub(crate) size: i64,
}

/// What a user may still import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImportQuota {
    conversations: i64,
    bytes: i64,
    /// Bytes until it is asked for again.
    ask_after: i64,
}

impl ImportQuota {
    /// What is left beside what the user has.
    pub(crate) fn beside(conversations: i64, bytes: i64) -> Self {
        let (conversations, bytes) = (USER_CONVERSATIONS - conversations, USER_BYTES - bytes);
        Self { conversations, bytes, ask_after: ROOM_BYTES }
    }

    /// Whether there is room for a conversation of so many bytes.
    fn is_for(self, bytes: i64) -> bool {
        self.conversations > 0 && self.bytes >= bytes
    }

    fn take(&mut self, bytes: i64) {
        self.conversations -= 1;
        self.bytes -= bytes;
        self.ask_after -= bytes;
    }
}

/// What an attempt knows of its import.
struct Attempt {
    report: Report,
    /// Keys that this attempt has seen: a file may have a conversation twice.
    seen: HashSet<Vec<u8>>,
    room: ImportQuota,
}

/// Why an import stopped before its end.
#[derive(Debug)]
pub enum Halt {
    /// The file is at fault.
    Failed(Failure),
    /// Something else is at fault.
    Problem(Problem),
    /// The lease is lost, or the import is gone.
    Lost,
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Stores the conversations of the file. An attempt after a crash counts what an earlier one has
/// stored.
///
/// # Errors
/// [`Halt`].
pub async fn run(cx: &Cx, work: &Work<'_>) -> std::result::Result<Report, Halt> {
    let task = store::begin(cx, work).await?.ok_or(Halt::Lost)?;
    let mut reading = ReaderThread::start(task.size, clock::now())?;
    let room = store::room(cx, &task).await?;
    let mut attempt = Attempt { report: Report::default(), seen: HashSet::new(), room };
    let mut noted = clock::now();
    let ended = loop {
        match reading.next().await {
            Some(Step::Part(wanted)) => {
                let part = blobs::part(cx, task.blob, wanted.seq).await?;
                wanted.give(part);
            }
            Some(Step::Entry(found)) => {
                if attempt.report.seen() >= ENTRIES {
                    break Err(too_many_entries());
                }
                store_entry((cx, work, &task), *found, &mut attempt).await?;
                if clock::now().0.saturating_sub(noted.0) >= PROGRESS_EVERY {
                    store::note(cx, work, &attempt.report).await?.ok_or(Halt::Lost)?;
                    let progress = queue::progress(cx, work.lease, reading.percent(), "importing");
                    progress.await?.ok_or(Halt::Lost)?;
                    noted = clock::now();
                }
            }
            Some(Step::End(ended)) => break ended,
            None => return Err(Problem::internal("the reader of an export panicked").into()),
        }
    };
    let report = attempt.report;
    store::note(cx, work, &report).await?.ok_or(Halt::Lost)?;
    ended.map_err(Halt::Failed)?;
    if report.source.is_none() {
        return Err(Halt::Failed(crate::format::unknown()));
    }
    Ok(report)
}

fn too_many_entries() -> Failure {
    Failure::new(
        "import_too_large",
        format!("expected an export of at most {ENTRIES} conversations"),
        "split the file; what was imported is kept",
    )
}

/// Stores an entry of the file, and writes down what became of it.
async fn store_entry(
    (cx, work, task): (&Cx, &Work<'_>, &Task),
    found: Option<ConvertedConversation>,
    Attempt { report, seen, room }: &mut Attempt,
) -> std::result::Result<(), Halt> {
    let mut entry = ReportEntry {
        position: report.seen() + 1,
        title: None,
        outcome: EntryOutcome::Unknown,
        conversation_id: None,
        left_out: Default::default(),
    };
    let Some(built) = found else {
        report.skipped += 1;
        report.note(entry);
        return Ok(());
    };
    report.source = report.source.or(Some(built.source));
    (entry.title, entry.left_out) = (built.title, built.losses);
    let Some(conversation) = built.conversation else {
        report.skipped += 1;
        report.note(ReportEntry { outcome: EntryOutcome::Empty, ..entry });
        return Ok(());
    };
    if room.ask_after <= 0 {
        *room = store::room(cx, task).await?;
    }
    let bytes = conversation.stored_bytes();
    let may_store = report.imported < CONVERSATIONS && room.is_for(bytes);
    let is_new = seen.insert(conversation.key.clone());
    match store::insert(cx, work, task, &conversation, may_store).await? {
        InsertOutcome::Lost => return Err(Halt::Lost),
        InsertOutcome::Refused => {
            report.skipped += 1;
            report.note(ReportEntry { outcome: EntryOutcome::TooMany, ..entry });
        }
        InsertOutcome::Now { id, made } if is_new => {
            if made {
                room.take(bytes);
            }
            count_stored(report, &conversation, ReportEntry { conversation_id: Some(id), ..entry });
        }
        InsertOutcome::Now { id, .. } | InsertOutcome::Before(id) => {
            report.duplicates += 1;
            let outcome = EntryOutcome::Duplicate;
            report.note(ReportEntry { outcome, conversation_id: Some(id), ..entry });
        }
    }
    Ok(())
}

fn count_stored(report: &mut Report, conversation: &ImportedConversation, entry: ReportEntry) {
    report.imported += 1;
    report.messages += u32::try_from(conversation.messages.len()).unwrap_or(u32::MAX);
    for (kind, number) in &entry.left_out {
        *report.left_out.entry(*kind).or_default() += number;
    }
    if !entry.left_out.is_empty() {
        report.note(ReportEntry { outcome: EntryOutcome::Partial, ..entry });
    }
}

/// Removes the file, in the transaction that ends the job.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn remove_file(tx: &mut Transaction<'_>, import: ConversationImportId) -> Result<()> {
    store::remove_file(tx, import).await
}
