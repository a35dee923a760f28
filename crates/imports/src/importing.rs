//! The worker's side: reads the file and stores its conversations, one by one.

use std::collections::HashSet;

use kernel::{
    Problem, Result,
    id::{AssistantId, BlobId, ConversationId, ConversationImportId, SpaceId, UserId},
};
use platform::{Cx, clock, pg::Transaction};
use queue::{Failure, Lease};

use crate::{
    EntryOutcome, Report, ReportEntry,
    format::Built,
    reading::{Reading, Step},
    store::importing::{self as store, InsertOutcome},
};

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
    let mut reading = Reading::start(task.size, clock::now())?;
    let (mut report, mut noted) = (Report::default(), clock::now());
    // What this attempt has seen: a file may have a conversation twice.
    let mut seen = HashSet::new();
    let ended = loop {
        match reading.next().await {
            Some(Step::Part(wanted)) => {
                let part = blobs::part(cx, task.blob, wanted.seq).await?;
                wanted.give(part);
            }
            Some(Step::Entry(found)) => {
                store_entry((cx, work, &task), *found, &mut seen, &mut report).await?;
                if clock::now().0.saturating_sub(noted.0) >= PROGRESS_EVERY {
                    store::note(cx, work, &report).await?.ok_or(Halt::Lost)?;
                    let progress = queue::progress(cx, work.lease, reading.percent(), "importing");
                    progress.await?.ok_or(Halt::Lost)?;
                    noted = clock::now();
                }
            }
            Some(Step::End(ended)) => break ended,
            None => return Err(Problem::internal("the reader of an export panicked").into()),
        }
    };
    store::note(cx, work, &report).await?.ok_or(Halt::Lost)?;
    ended.map_err(Halt::Failed)?;
    if report.source.is_none() {
        return Err(Halt::Failed(crate::format::unknown()));
    }
    Ok(report)
}

/// Stores an entry of the file, and writes down what became of it.
async fn store_entry(
    (cx, work, task): (&Cx, &Work<'_>, &Task),
    found: Option<Built>,
    seen: &mut HashSet<Vec<u8>>,
    report: &mut Report,
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
    let id: ConversationId = cx.new_id()?;
    let is_new = seen.insert(conversation.key.clone());
    match store::insert(cx, work, task, id, &conversation).await? {
        InsertOutcome::Lost => return Err(Halt::Lost),
        InsertOutcome::Now(id) if is_new => {
            report.imported += 1;
            report.messages += u32::try_from(conversation.messages.len()).unwrap_or(u32::MAX);
            for (kind, number) in &entry.left_out {
                *report.left_out.entry(*kind).or_default() += number;
            }
            if !entry.left_out.is_empty() {
                let outcome = EntryOutcome::Partial;
                report.note(ReportEntry { outcome, conversation_id: Some(id), ..entry });
            }
        }
        InsertOutcome::Now(id) | InsertOutcome::Before(id) => {
            report.duplicates += 1;
            let outcome = EntryOutcome::Duplicate;
            report.note(ReportEntry { outcome, conversation_id: Some(id), ..entry });
        }
    }
    Ok(())
}

/// Removes the file, in the transaction that ends the job.
///
/// # Errors
/// Database errors.
pub async fn remove_file(tx: &mut Transaction<'_>, import: ConversationImportId) -> Result<()> {
    store::remove_file(tx, import).await
}
