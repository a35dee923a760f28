//! The chunking stage: pages in, chunks out, on a thread of its own because counting tokens is
//! CPU-bound. And the chunks of a text that is no document.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use embedding::{Embedder, InputType};
use extract::{Block, BlockKind, Chunk, ChunkOptions, Chunker, Page, Tokens};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pages buffered before chunking.
const PAGES_WAITING: usize = 16;
/// Chunks buffered before the embedder: a few megabytes, so that the extractor ends early and frees
/// its memory.
const CHUNKS_WAITING: usize = 4096;

/// Counts tokens like the built-in model.
struct ModelTokens(Embedder);

impl Tokens for ModelTokens {
    fn token_ends(&self, text: &str) -> Vec<usize> {
        self.0.tokenizer().tokens(text).iter().map(|token| token.end).collect()
    }
}

/// Starts chunking a document. It ends when the pages end, or when the receiver is dropped; `made`
/// counts the chunks.
pub(super) fn start(
    model: Embedder,
    title: Option<String>,
    made: Arc<AtomicU32>,
    chunks: Sender<Chunk>,
) -> Sender<Page> {
    let (pages, mut waiting) = channel::<Page>(PAGES_WAITING);
    tokio::task::spawn_blocking(move || {
        let options = options(&model);
        let tokens = ModelTokens(model);
        let mut chunker = Chunker::new(&tokens, options, title.as_deref());
        while let Some(page) = waiting.blocking_recv() {
            for chunk in chunker.page(&page) {
                made.fetch_add(1, Relaxed);
                if chunks.blocking_send(chunk).is_err() {
                    return;
                }
            }
        }
    });
    pages
}

fn options(model: &Embedder) -> ChunkOptions {
    // Special tokens, and the prefix of models that need one before a chunk.
    let special_tokens = model.spec().window.saturating_sub(model.text_tokens(InputType::Passage));
    ChunkOptions { special_tokens, ..ChunkOptions::default() }
}

/// The chunks of a text without structure; none if it has no letter and no digit. CPU-bound.
pub(crate) fn chunks_of_text(model: &Embedder, text: &str) -> Vec<Chunk> {
    if !text.chars().any(char::is_alphanumeric) {
        return Vec::new();
    }
    let block = Block { kind: BlockKind::Paragraph, text: text.to_owned() };
    let page = Page { number: 1, blocks: vec![block] };
    Chunker::new(&ModelTokens(model.clone()), options(model), None).page(&page)
}

/// The bounded queue from the chunker to the writer.
pub(super) fn chunk_queue() -> (Sender<Chunk>, Receiver<Chunk>) {
    channel(CHUNKS_WAITING)
}
