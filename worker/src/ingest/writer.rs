//! The writing stage: embeds chunks, several batches at a time, and stores them in order.

use std::{sync::atomic::Ordering::Relaxed, time::Instant};

use extract::Chunk;
use futures::{StreamExt, channel::oneshot, stream};
use kernel::{Problem, Result};
use knowledge::ingest::{self as documents, NewChunk, Original};
use models::TextEmbedding;
use platform::telemetry;
use tokio::sync::mpsc::Receiver;

use super::{Ingestion, Purpose, StageResult};
use crate::task::Stop;

/// Chunks per call of the embedder, and concurrent calls.
const BATCH: usize = 16;
const IN_FLIGHT: usize = 4;
/// As many batches a re-embedding has attained from its beginning: whatever a user waits for comes
/// first.
const ATTAINED_BEFORE: u64 = 1 << 32;
/// Batches per statement: fewer, larger statements update the word counts of a collection faster.
const BATCHES_STORED: usize = 4;

/// The result of storing a document.
pub(super) struct StoredChunks {
    /// The configuration of full-text search for its words.
    pub(super) language: &'static str,
}

/// Writes to the end.
pub(super) async fn write(
    it: &Ingestion<'_>,
    original: &Original,
    mut chunks: Receiver<Chunk>,
    language: oneshot::Receiver<&'static str>,
) -> StageResult<StoredChunks> {
    let cx = it.cx();
    let chunks = stream::poll_fn(move |waker| chunks.poll_recv(waker));
    let mut attained = if it.purpose == Purpose::Ingest { 0 } else { ATTAINED_BEFORE };
    let embedded = chunks.ready_chunks(BATCH).map(|batch| {
        attained += 1;
        embed(it, &original.embedding_model, batch, attained - 1)
    });
    let embedded = embedded.buffered(IN_FLIGHT);
    let mut ready = embedded.chunks(BATCHES_STORED);
    let mut language_reported = None;
    let mut language = Some(language);
    while let Some(batches) = ready.next().await {
        it.within_bounds()?;
        let batches: Vec<Vec<NewChunk>> = batches.into_iter().collect::<Result<_>>()?;
        let mut batch: Vec<NewChunk> = batches.into_iter().flatten().collect();
        if let Some(waiting) = language.take() {
            // The sender is gone if the reader has stopped; it gives the reason.
            language_reported = waiting.await.ok();
        }
        let language = match &it.purpose {
            Purpose::Ingest => language_reported.unwrap_or(language::SIMPLE),
            Purpose::Reembed { language } => language,
        };
        for chunk in &mut batch {
            chunk.language = language::of_chunk(&chunk.text, language).to_owned();
        }
        let began = Instant::now();
        let storing = documents::store_chunks(&cx, &it.work, original.index, &batch);
        if !telemetry::in_span("store", storing).await? {
            return Err(Stop::Lost);
        }
        it.measured("store", began);
        it.progress
            .chunks_stored
            .fetch_add(u32::try_from(batch.len()).unwrap_or(u32::MAX), Relaxed);
    }
    Ok(StoredChunks { language: language_reported.unwrap_or(language::SIMPLE) })
}

/// `attained` counts the earlier batches of this document.
async fn embed(
    it: &Ingestion<'_>,
    model: &str,
    chunks: Vec<Chunk>,
    attained: u64,
) -> Result<Vec<NewChunk>> {
    let _turn = it.worker.turns.next(it.lease.tenant, attained).await;
    let texts: Vec<String> = chunks.iter().map(Chunk::embedding_text).collect();
    let began = Instant::now();
    let embedded = it.worker.embed_batch(model, &texts).await;
    it.measured("embed", began);
    let all = embedded?;
    chunks.into_iter().zip(all).map(|(chunk, embedding)| new_chunk(chunk, embedding)).collect()
}

fn new_chunk(chunk: Chunk, embedded: TextEmbedding) -> Result<NewChunk> {
    let int = |n: usize| i32::try_from(n).map_err(Problem::internal);
    Ok(NewChunk {
        id: platform::random::id()?,
        ordinal: i32::try_from(chunk.index).map_err(Problem::internal)?,
        page: i32::try_from(chunk.page).map_err(Problem::internal)?,
        start: int(chunk.char_start)?,
        end: int(chunk.char_end)?,
        heading_path: chunk.headings,
        text: chunk.text,
        tokens: int(chunk.tokens)?,
        // Known when it is stored.
        language: language::SIMPLE.to_owned(),
        embedding: embedded.vector,
        token_bits: embedded.token_bits,
    })
}
