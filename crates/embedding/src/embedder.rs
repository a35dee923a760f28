//! The model with its threads: what the rest of the product calls.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::{EmbedError, LoadError};
use crate::model::{MAX_TOKENS, Model, Scratch, Vector};
use crate::queue::{Lane, Queue, Unit, User};
use crate::simd::InstructionSet;
use crate::tokenizer::Tokenizer;

/// How to run the model.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads that embed documents. One more, for queries only, sleeps until there is one.
    pub threads: usize,
    /// Instructions to use; plain Rust takes the place of those this machine lacks.
    pub instructions: InstructionSet,
}

impl Default for Options {
    /// A thread for each core, and the best instructions there are.
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { threads, instructions: InstructionSet::best() }
    }
}

/// Vectors of a request and the tokens they took.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// One vector for each text, in the order of the texts.
    pub vectors: Vec<Vector>,
    /// Tokens the model read, the special tokens included.
    pub tokens: usize,
}

/// The embedding model, ready to use. Clones share it; the threads end with the last clone.
#[derive(Clone)]
pub struct Embedder {
    shared: Arc<Shared>,
    user: User,
}

struct Shared {
    tokenizer: Tokenizer,
    instructions: InstructionSet,
    queue: Arc<Queue>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Room for the vectors, the tokens, and where the vectors come from.
type Sent = (Vec<Vector>, usize, UnboundedReceiver<(usize, Vector)>);

impl Embedder {
    /// Loads the model from a folder with `model.safetensors` and `tokenizer.json`, and starts its threads.
    ///
    /// # Errors
    /// When a file is missing, broken or of another model, or no thread can be started.
    pub fn load(folder: &Path, options: Options) -> Result<Self, LoadError> {
        let tokenizer = Tokenizer::load(folder)?;
        let model = Arc::new(Model::load(folder, options.instructions)?);
        let queue = Arc::new(Queue::default());
        let shared = Shared { tokenizer, instructions: model.instructions(), queue };
        for number in 0..=options.threads.max(1) {
            let (model, queue) = (Arc::clone(&model), Arc::clone(&shared.queue));
            let started = thread::Builder::new()
                .name(format!("embedding-{number}"))
                .spawn(move || embed_units(&model, &queue, number == 0));
            started.map_err(|e| LoadError::file(folder, &format!("cannot start a thread: {e}")))?;
        }
        Ok(Self { shared: Arc::new(shared), user: User::default() })
    }

    /// The same model for the texts of one user: users take turns.
    #[must_use]
    pub fn for_user(&self, name: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), user: User::named(name) }
    }

    /// The tokenizer of the model.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.shared.tokenizer
    }

    /// The instruction set in use.
    #[must_use]
    pub fn instructions(&self) -> InstructionSet {
        self.shared.instructions
    }

    /// Embeds texts; each is cut after [`MAX_TOKENS`] tokens. Dropping the future drops what has not begun.
    ///
    /// # Errors
    /// When the model's threads have ended, or too many queries wait.
    pub async fn embed(&self, texts: &[impl AsRef<str>], lane: Lane) -> Result<Embedded, EmbedError> {
        let (mut vectors, tokens, mut replies) = self.send(texts, lane)?;
        for _ in 0..vectors.len() {
            place(&mut vectors, replies.recv().await)?;
        }
        Ok(Embedded { vectors, tokens })
    }

    /// As [`Self::embed`], for threads outside the asynchronous runtime.
    ///
    /// # Errors
    /// When the model's threads have ended, or too many queries wait.
    pub fn embed_blocking(&self, texts: &[impl AsRef<str>], lane: Lane) -> Result<Embedded, EmbedError> {
        let (mut vectors, tokens, mut replies) = self.send(texts, lane)?;
        for _ in 0..vectors.len() {
            place(&mut vectors, replies.blocking_recv())?;
        }
        Ok(Embedded { vectors, tokens })
    }

    /// Queues texts in units of at most [`MAX_TOKENS`] tokens: small enough for a query to get in between soon, large
    /// enough for the weights to be read once for many tokens.
    fn send(&self, texts: &[impl AsRef<str>], lane: Lane) -> Result<Sent, EmbedError> {
        let (reply, replies) = unbounded_channel();
        let mut total = 0;
        let mut unit = Vec::new();
        let mut unit_tokens = 0;
        for (place, text) in texts.iter().enumerate() {
            let ids = self.shared.tokenizer.input(text.as_ref(), MAX_TOKENS);
            total += ids.len();
            if unit_tokens + ids.len() > MAX_TOKENS {
                let texts = std::mem::take(&mut unit);
                self.shared.queue.push(lane, self.user, Unit { texts, reply: reply.clone() })?;
                unit_tokens = 0;
            }
            unit_tokens += ids.len();
            unit.push((place, ids));
        }
        if !unit.is_empty() {
            self.shared.queue.push(lane, self.user, Unit { texts: unit, reply })?;
        }
        Ok((vec![[0.0; crate::DIMENSIONS]; texts.len()], total, replies))
    }
}

/// Puts a vector where it belongs.
fn place(vectors: &mut [Vector], reply: Option<(usize, Vector)>) -> Result<(), EmbedError> {
    let (at, vector) = reply.ok_or(EmbedError::Ended)?;
    *vectors.get_mut(at).ok_or(EmbedError::Ended)? = vector;
    Ok(())
}

/// The life of an embedding thread.
fn embed_units(model: &Model, queue: &Queue, queries_only: bool) {
    let mut scratch = Scratch::default();
    while let Some(unit) = queue.next(queries_only) {
        if unit.reply.is_closed() {
            continue;
        }
        let sequences: Vec<&[u32]> = unit.texts.iter().map(|(_, ids)| ids.as_slice()).collect();
        let vectors = model.embed(&sequences, &mut scratch);
        for ((place, _), vector) in unit.texts.iter().zip(vectors) {
            // Nobody listening any more is no error.
            let _ = unit.reply.send((*place, vector));
        }
    }
}
