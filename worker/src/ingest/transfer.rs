//! A document that was moved to another collection keeps its chunks, if both collections have the
//! same embedding model: the index of its collection takes them over, some hundred in a
//! transaction.

use knowledge::{
    ChunkTransfer, FormerCollection, Status, document_move,
    ingest::{self as documents, DocumentState},
};

use super::{Ingestion, StageResult};
use crate::task::Stop;

/// Chunks of one transaction: it takes about a second, and uploads to both collections wait.
const CHUNKS_AT_ONCE: i64 = 500;

/// True if the moved document is ready; false if it is to be read again.
pub(super) async fn follow(it: &Ingestion<'_>, former: &FormerCollection) -> StageResult<bool> {
    let cx = it.cx();
    let status = if former.chunks.is_some() { Status::Indexing } else { Status::Processing };
    let state = documents::progress(&cx, &it.work, status, 0).await?.ok_or(Stop::Lost)?;
    cx.db.release().await;
    let events = &it.worker.events;
    events.document(it.lease.tenant, &state).await;
    if state.space != former.space_id {
        let left = DocumentState { space: former.space_id, ..state };
        events.document(it.lease.tenant, &left).await;
    }
    match &former.chunks {
        Some(transfer) => take_chunks(it, transfer).await,
        None => Ok(false),
    }
}

async fn take_chunks(it: &Ingestion<'_>, transfer: &ChunkTransfer) -> StageResult<bool> {
    let cx = it.cx();
    let mut taken = 0;
    loop {
        it.within_bounds()?;
        match document_move::move_chunks(&cx, &it.work, transfer, CHUNKS_AT_ONCE).await? {
            0 => break,
            moved => taken += i64::try_from(moved).unwrap_or(CHUNKS_AT_ONCE),
        }
        report(it, &cx, taken, transfer.count).await?;
    }
    let mut tx = cx.db.begin().await?;
    documents::hold(&mut tx, it.work.document).await?;
    let job = queue::succeed(&mut tx, it.lease).await?.ok_or(Stop::Lost)?;
    let Some(state) = document_move::finish(&mut tx, it.work.document, transfer).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    tx.commit().await?;
    it.worker.events.job(it.lease.tenant, &job).await;
    it.worker.events.document(it.lease.tenant, &state).await;
    Ok(true)
}

/// Reports how many of all chunks were taken by this attempt.
async fn report(it: &Ingestion<'_>, cx: &platform::Cx, taken: i64, all: i64) -> StageResult<()> {
    let percent = percent(taken, all);
    let step = format!("indexing passage {taken} of {all}");
    let job = queue::progress(cx, it.lease, percent, &step).await?.ok_or(Stop::Lost)?;
    let state =
        documents::progress(cx, &it.work, Status::Indexing, percent).await?.ok_or(Stop::Lost)?;
    it.worker.events.job(it.lease.tenant, &job).await;
    it.worker.events.document(it.lease.tenant, &state).await;
    if job.cancel_asked { Err(Stop::Cancelled) } else { Ok(()) }
}

/// Below 100.
fn percent(taken: i64, all: i64) -> i32 {
    let percent = taken.saturating_mul(100).checked_div(all).unwrap_or(0);
    i32::try_from(percent.clamp(0, 99)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn progress_is_the_share_of_the_chunks_and_stays_below_100() {
        assert_eq!([percent(0, 8), percent(4, 8), percent(8, 8)], [0, 50, 99]);
        assert_eq!(percent(0, 0), 0);
    }
}
