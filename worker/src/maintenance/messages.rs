//! Messages get vectors, by which people find their conversations by meaning (ADR 47).

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use conversations::vectors::{
    DueMessage, MESSAGE_CHUNKS, MessageChunk, due_messages, store_vectors,
};
use embedding::Embedder;
use kernel::{
    Problem, Result,
    id::{MessageId, TenantId},
};

use super::tasks::Rows;
use crate::{ingest, run::Worker, store};

/// Messages of a tenant in one round.
const MESSAGES: i64 = 16;
/// Chunks per call of the embedder.
const BATCH: usize = 16;
/// A text that every embedding model takes.
const PROBE: &str = "Tessera";
/// A run begins no round after this; the next run begins within a minute.
const RUN_LIMIT: Duration = Duration::from_secs(10 * 60);

/// A chunk that has no vector yet.
struct UnembeddedChunk {
    message: MessageId,
    ordinal: usize,
    start: usize,
    end: usize,
    text: String,
}

/// Embeds messages until none is due: in rounds, in which each tenant has a few, the newest first.
/// A tenant where it fails waits for the next run.
pub(super) async fn embed(worker: &Worker) -> Result<u64> {
    let model = worker.embedding.model(&worker.message_model)?;
    let (began, mut rows, mut failed) = (Instant::now(), Rows::default(), HashSet::new());
    while began.elapsed() < RUN_LIMIT {
        let before = rows.changed;
        for tenant in store::tenants_with_unembedded_messages(&worker.db()).await? {
            if !failed.contains(&tenant) {
                let done = embed_some(worker, model, tenant).await;
                if done.is_err() {
                    failed.insert(tenant);
                }
                rows.add(tenant, done);
            }
        }
        if rows.changed == before {
            break;
        }
    }
    rows.changed()
}

/// Messages and their vectors are stored in one statement: a worker that dies before leaves them
/// due, and what two workers embed is stored once.
async fn embed_some(worker: &Worker, model: &Embedder, tenant: TenantId) -> Result<u64> {
    let cx = worker.cx(tenant, "maintenance".to_owned());
    let due = due_messages(&cx, MESSAGES).await?;
    cx.db.release().await;
    let ids: Vec<MessageId> = due.iter().map(|message| message.id).collect();
    let (counting, model) = (model.clone(), model.spec().id);
    let chunks = tokio::task::spawn_blocking(move || chunks(&counting, &due));
    let chunks = chunks.await.map_err(Problem::internal)?;
    let mut embedded = Vec::with_capacity(chunks.len());
    for batch in chunks.chunks(BATCH) {
        let texts: Vec<String> = batch.iter().map(|chunk| chunk.text.clone()).collect();
        let _turn = worker.turns.idle(tenant).await;
        let vectors = embed_texts(worker, model, &texts).await?;
        embedded.extend(batch.iter().zip(vectors).filter_map(|(chunk, embedding)| {
            Some(MessageChunk {
                message: chunk.message,
                ordinal: chunk.ordinal,
                start: chunk.start,
                end: chunk.end,
                embedding: embedding?,
            })
        }));
    }
    store_vectors(&cx, model, &ids, &embedded).await
}

/// A vector for each text; none for one that the model's server refuses while it takes others: that
/// message would stand before all older ones for ever.
async fn embed_texts(
    worker: &Worker,
    model: &str,
    texts: &[String],
) -> Result<Vec<Option<Vec<f32>>>> {
    let failure = match worker.embed_batch(model, texts).await {
        Ok(all) => return Ok(all.into_iter().map(|one| Some(one.vector)).collect()),
        Err(failure) => failure,
    };
    if worker.embed_batch(model, &[PROBE.to_owned()]).await.is_err() {
        return Err(failure);
    }
    let mut vectors = Vec::with_capacity(texts.len());
    for text in texts {
        let one = worker.embed_batch(model, std::slice::from_ref(text)).await;
        vectors.push(one.ok().and_then(|one| one.into_iter().next()).map(|one| one.vector));
    }
    Ok(vectors)
}

fn chunks(model: &Embedder, due: &[DueMessage]) -> Vec<UnembeddedChunk> {
    let of = |message: &DueMessage| {
        let chunks = ingest::chunks_of_text(model, &message.content);
        let id = message.id;
        chunks.into_iter().take(MESSAGE_CHUNKS).enumerate().map(move |(ordinal, chunk)| {
            let (start, end) = (chunk.char_start, chunk.char_end);
            UnembeddedChunk { message: id, ordinal, start, end, text: chunk.text }
        })
    };
    due.iter().flat_map(of).collect()
}
