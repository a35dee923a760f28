//! The dividing stage: pages in, passages out, on a thread of its own because counting tokens is computing.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use embedding::Embedder;
use extract::{Chunk, ChunkOptions, Chunker, Page, Tokens};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pages that may wait to be divided.
const PAGES_WAITING: usize = 16;
/// Passages that may wait for the embedder: some megabytes, so that reading ends early and gives its memory back.
const PASSAGES_WAITING: usize = 4096;

/// Counts as the built-in model does.
struct ModelTokens(Embedder);

impl Tokens for ModelTokens {
    fn token_ends(&self, text: &str) -> Vec<usize> {
        self.0.tokenizer().tokens(text).iter().map(|token| token.end).collect()
    }
}

/// Begins to divide a document. The passages end when the pages do, or when nobody takes them any more; `made` counts them.
pub(super) fn begin(
    model: Embedder,
    title: Option<String>,
    made: Arc<AtomicU32>,
    passages: Sender<Chunk>,
) -> Sender<Page> {
    let (pages, mut waiting) = channel::<Page>(PAGES_WAITING);
    tokio::task::spawn_blocking(move || {
        let tokens = ModelTokens(model);
        let mut chunker = Chunker::new(&tokens, ChunkOptions::default(), title.as_deref());
        while let Some(page) = waiting.blocking_recv() {
            for passage in chunker.page(&page) {
                made.fetch_add(1, Relaxed);
                if passages.blocking_send(passage).is_err() {
                    return;
                }
            }
        }
    });
    pages
}

/// The way of passages from the divider to the writer.
pub(super) fn passages() -> (Sender<Chunk>, Receiver<Chunk>) {
    channel(PASSAGES_WAITING)
}
