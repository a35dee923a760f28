//! Moving a collection to another model: each document is read again, cut and embedded for the next
//! index, until none lacks in it.
//!
//! The job continues where an earlier attempt stopped: documents that are complete in the index are
//! not read again.

use std::time::Instant;

use kernel::id::{DocumentId, IndexId};
use knowledge::{
    ReembedCollection,
    ingest::Work,
    reembed::{self as collections, NextDocument},
};
use queue::{Failure, Lease};

use super::{
    Ingestion, Purpose, StageResult,
    progress::{Progress, REPORT_EVERY},
};
use crate::{run::Worker, task::Stop};

/// Does the job.
pub(crate) async fn reembed(
    worker: &Worker,
    lease: &Lease,
    job: &ReembedCollection,
) -> StageResult<()> {
    // A worker without the model does not begin.
    worker.embedding.model(&job.model)?;
    let cx = worker.cx(lease.tenant, lease.job.to_string());
    let index = begin(&cx, lease, job).await?;
    let mut last = None;
    loop {
        match collections::next_document(&cx, job.collection_id, index).await? {
            Some(next) => {
                if last == Some(next.id) {
                    return Err(unreadable(next.id, "its original is gone"));
                }
                last = Some(next.id);
                cx.db.release().await;
                embed_document(worker, lease, job, index, &next).await?;
            }
            None if finish(worker, &cx, lease, job, index).await? => return Ok(()),
            // A document became ready meanwhile.
            None => last = None,
        }
    }
}

async fn begin(cx: &platform::Cx, lease: &Lease, job: &ReembedCollection) -> StageResult<IndexId> {
    let mut tx = cx.db.begin().await?;
    if !collections::hold(&mut tx, job.collection_id).await? {
        // Deleted: no one waits for it.
        return Err(Stop::Cancelled);
    }
    queue::hold(&mut tx, lease).await?.ok_or(Stop::Lost)?;
    let index = collections::begin(&mut tx, job, lease.job).await?;
    tx.commit().await?;
    index.ok_or_else(|| {
        let detail =
            format!("the collection has the model {} already, or another job moves it", job.model);
        Stop::Failed(Failure::new(
            "conflict",
            detail,
            "look at the collection; nothing was changed",
        ))
    })
}

/// The index answers from now on; false if it lacks a document.
async fn finish(
    worker: &Worker,
    cx: &platform::Cx,
    lease: &Lease,
    job: &ReembedCollection,
    index: IndexId,
) -> StageResult<bool> {
    let mut tx = cx.db.begin().await?;
    if !collections::hold(&mut tx, job.collection_id).await? {
        return Err(Stop::Cancelled);
    }
    let record = queue::succeed(&mut tx, lease).await?.ok_or(Stop::Lost)?;
    if !collections::switch(&mut tx, job.collection_id, index).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.commit().await?;
    worker.events.job(lease.tenant, &record).await;
    Ok(true)
}

async fn embed_document(
    worker: &Worker,
    lease: &Lease,
    job: &ReembedCollection,
    index: IndexId,
    next: &NextDocument,
) -> StageResult<()> {
    let it = Ingestion {
        worker,
        lease,
        work: Work { document: next.id, fence: lease.fence() },
        purpose: Purpose::Reembed { language: next.language.clone() },
        progress: Progress::default(),
        began: Instant::now(),
    };
    let cx = it.cx();
    // None: it is processed again, or deleted.
    let Some(original) = collections::begin_document(&cx, &it.work, index, &job.model).await?
    else {
        return Ok(());
    };
    cx.db.release().await;
    let read = tokio::select! {
        read = it.stages(&original) => read,
        stop = report(&it, next) => return Err(stop),
    };
    match read {
        Ok(_) => Ok(collections::finish_document(&cx, &it.work, index, it.progress.pages()).await?),
        Err(Stop::Failed(failure)) => Err(unreadable(next.id, &failure.detail)),
        Err(stop) => Err(stop),
    }
}

/// The collection keeps its model, since a document would be lost by the other.
fn unreadable(document: DocumentId, why: &str) -> Stop {
    let detail = format!("the document {document} cannot be read again: {why}");
    let hint = "delete the document or upload it again, then start over; searches go on with the model as it was";
    Stop::Failed(Failure::new("reembed_unreadable", detail, hint))
}

/// Reports progress when it changes; ends when the job has to stop.
async fn report(it: &Ingestion<'_>, next: &NextDocument) -> Stop {
    loop {
        if let Err(stop) = report_changes(it, next).await {
            return stop;
        }
    }
}

async fn report_changes(it: &Ingestion<'_>, next: &NextDocument) -> StageResult<()> {
    let cx = it.cx();
    let mut every = tokio::time::interval(REPORT_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let step =
        format!("embedding document {} of {}", next.before.documents + 1, next.before.of_documents);
    let mut reported = None;
    loop {
        every.tick().await;
        it.within_bounds()?;
        let percent = percent(next, it.progress.percent());
        if reported == Some(percent) {
            continue;
        }
        let job = queue::progress(&cx, it.lease, percent, &step).await?.ok_or(Stop::Lost)?;
        it.worker.events.job(it.lease.tenant, &job).await;
        if job.cancel_asked {
            return Err(Stop::Cancelled);
        }
        reported = Some(percent);
    }
}

/// Of the whole, by chunks; `within`: percent of the next document.
fn percent(next: &NextDocument, within: i32) -> i32 {
    let done = next
        .before
        .chunks
        .saturating_mul(100)
        .saturating_add(next.chunks.saturating_mul(within.into()));
    let percent = done.checked_div(next.before.of_chunks).unwrap_or(0);
    i32::try_from(percent.clamp(0, 99)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use knowledge::reembed::ReembeddingProgress;

    use super::*;

    #[test]
    fn progress_counts_chunks_of_all_documents() {
        let before =
            ReembeddingProgress { documents: 1, of_documents: 2, chunks: 30, of_chunks: 40 };
        let document = uuid::Uuid::nil().into();
        let next = NextDocument { id: document, chunks: 10, language: "simple".to_owned(), before };
        assert_eq!((percent(&next, 0), percent(&next, 50), percent(&next, 99)), (75, 87, 99));
        let empty = NextDocument {
            before: ReembeddingProgress { chunks: 0, of_chunks: 0, ..before },
            ..next
        };
        assert_eq!(percent(&empty, 50), 0);
    }
}
