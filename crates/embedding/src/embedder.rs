//! Models with their threads: what the rest of the product calls.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::{EmbedError, LoadError};
use crate::fair_queue::User;
use crate::model::{KeptTokens, MAX_TOKENS, Model, Scratch, TextEmbedding, Vector};
use crate::queue::{Lane, Queue, Unit};
use crate::simd::InstructionSet;
use crate::spec::{ALL_MINILM_L6_V2, InputType, ModelSpec};
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
pub struct EmbedResult {
    /// One vector for each text, in the order of the texts.
    pub vectors: Vec<Vector>,
    /// Of each text the bits of its tokens, [`TOKEN_BYTES`](crate::TOKEN_BYTES) for each, in their
    /// order and without those that tell least; empty if the model has no late interaction.
    pub token_bits: Vec<Vec<u8>>,
    /// Tokens the model read, the special tokens included.
    pub tokens: usize,
}

/// An embedding model, ready to use. Clones share it; the threads, which models can share, end with
/// the last clone of all.
#[derive(Clone)]
pub struct Embedder {
    loaded: Arc<LoadedModel>,
    threads: Arc<Threads>,
    user: User,
}

/// A model in memory.
struct LoadedModel {
    spec: &'static ModelSpec,
    tokenizer: Tokenizer,
    model: Arc<Model>,
    /// Tokens of the prefix of queries and of that of passages.
    prefixes: [Vec<u32>; 2],
}

/// The threads and what waits for them.
struct Threads {
    queue: Arc<Queue>,
    instructions: InstructionSet,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl LoadedModel {
    fn load(
        spec: &'static ModelSpec,
        folder: &Path,
        instructions: InstructionSet,
    ) -> Result<Self, LoadError> {
        let tokenizer = Tokenizer::load(spec, folder)?;
        let model = Model::load(spec, folder, instructions).map_err(|error| error.of(spec))?;
        let prefixes = [InputType::Query, InputType::Passage].map(|input_type| {
            let tokens = tokenizer.tokens(spec.prefix(input_type));
            tokens.iter().map(|token| token.id).collect()
        });
        Ok(Self { spec, tokenizer, model: Arc::new(model), prefixes })
    }

    /// What is kept of the tokens of a text of this type.
    fn kept(&self, input_type: InputType) -> Option<KeptTokens> {
        let late_interaction = self.spec.late_interaction.as_ref()?;
        Some(KeptTokens { late_interaction, prefix: 1 + self.prefix(input_type).len() })
    }

    /// What stands before a text of this type.
    fn prefix(&self, input_type: InputType) -> &[u32] {
        let [query, chunk] = &self.prefixes;
        match input_type {
            InputType::Query => query,
            InputType::Passage => chunk,
        }
    }

    /// What the model reads of a text.
    fn input(&self, input_type: InputType, text: &str) -> Vec<u32> {
        self.tokenizer.input_after(self.prefix(input_type), text, self.spec.window)
    }
}

/// How many texts are embedded, their tokens, and where the results come from.
struct Pending {
    texts: usize,
    tokens: usize,
    replies: UnboundedReceiver<(usize, TextEmbedding)>,
}

impl Pending {
    /// Room for what comes.
    fn room(&self) -> EmbedResult {
        EmbedResult {
            vectors: vec![[0.0; crate::DIMENSIONS]; self.texts],
            token_bits: vec![Vec::new(); self.texts],
            tokens: self.tokens,
        }
    }
}

impl Embedder {
    /// Loads all-MiniLM-L6-v2 from its folder, and starts threads for it.
    ///
    /// # Errors
    /// When a file is missing, broken or of another model, or no thread can be started.
    pub fn load(folder: &Path, options: Options) -> Result<Self, LoadError> {
        Self::load_model(&ALL_MINILM_L6_V2, folder, options)
    }

    /// Loads a model from its folder, and starts threads for it.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn load_model(
        spec: &'static ModelSpec,
        folder: &Path,
        options: Options,
    ) -> Result<Self, LoadError> {
        let loaded = Arc::new(LoadedModel::load(spec, folder, options.instructions)?);
        let (queue, instructions) = (Arc::new(Queue::default()), loaded.model.instructions());
        let threads = Arc::new(Threads { queue, instructions });
        for number in 0..=options.threads.max(1) {
            let queue = Arc::clone(&threads.queue);
            let started = thread::Builder::new()
                .name(format!("embedding-{number}"))
                .spawn(move || embed_units(&queue, number == 0));
            started.map_err(|e| LoadError::file(folder, &format!("cannot start a thread: {e}")))?;
        }
        Ok(Self { loaded, threads, user: User::default() })
    }

    /// Loads another model for the threads of this one: however many models there are, as many
    /// threads compute.
    ///
    /// # Errors
    /// When a file is missing, broken or of another model.
    pub fn load_beside(&self, spec: &'static ModelSpec, folder: &Path) -> Result<Self, LoadError> {
        let loaded = Arc::new(LoadedModel::load(spec, folder, self.threads.instructions)?);
        Ok(Self { loaded, threads: Arc::clone(&self.threads), user: User::default() })
    }

    /// What the model is.
    #[must_use]
    pub fn spec(&self) -> &'static ModelSpec {
        self.loaded.spec
    }

    /// The same model for the texts of one user: users take turns.
    #[must_use]
    pub fn for_user(&self, name: &str) -> Self {
        Self { user: User::named(name), ..self.clone() }
    }

    /// The tokenizer of the model.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.loaded.tokenizer
    }

    /// The instruction set in use.
    #[must_use]
    pub fn instructions(&self) -> InstructionSet {
        self.threads.instructions
    }

    /// Most tokens of a text that the model reads, without the special tokens and the prefix of
    /// this type.
    #[must_use]
    pub fn text_tokens(&self, input_type: InputType) -> usize {
        let around = self.loaded.input(input_type, "").len();
        self.loaded.spec.window.saturating_sub(around)
    }

    /// Embeds texts; each is cut after the model's window. They are queries or passages to the
    /// model as they are in `lane`. Dropping the future drops what has not begun.
    ///
    /// # Errors
    /// When the model's threads have ended, or too many queries wait.
    pub async fn embed(
        &self,
        texts: &[impl AsRef<str>],
        lane: Lane,
    ) -> Result<EmbedResult, EmbedError> {
        self.embed_as(lane.input_type(), texts, lane).await
    }

    /// As [`Self::embed`], whatever the lane: a chunk can be as urgent as a query.
    ///
    /// # Errors
    /// As for [`Self::embed`].
    pub async fn embed_as(
        &self,
        input_type: InputType,
        texts: &[impl AsRef<str>],
        lane: Lane,
    ) -> Result<EmbedResult, EmbedError> {
        let mut pending = self.send(input_type, texts, lane)?;
        let mut result = pending.room();
        for _ in 0..pending.texts {
            place(&mut result, pending.replies.recv().await)?;
        }
        Ok(result)
    }

    /// As [`Self::embed`], for threads outside the asynchronous runtime.
    ///
    /// # Errors
    /// As for [`Self::embed`].
    pub fn embed_blocking(
        &self,
        texts: &[impl AsRef<str>],
        lane: Lane,
    ) -> Result<EmbedResult, EmbedError> {
        let mut pending = self.send(lane.input_type(), texts, lane)?;
        let mut result = pending.room();
        for _ in 0..pending.texts {
            place(&mut result, pending.replies.blocking_recv())?;
        }
        Ok(result)
    }

    /// Queues texts in units of at most [`MAX_TOKENS`] tokens: small enough for a query to get in
    /// between soon, large enough for the weights to be read once for many tokens.
    fn send(
        &self,
        input_type: InputType,
        texts: &[impl AsRef<str>],
        lane: Lane,
    ) -> Result<Pending, EmbedError> {
        let (reply, replies) = unbounded_channel();
        let kept = self.loaded.kept(input_type);
        let push = |texts| {
            let (model, reply) = (Arc::clone(&self.loaded.model), reply.clone());
            self.threads.queue.push(lane, self.user, Unit { model, texts, kept, reply })
        };
        let (mut total, mut unit, mut unit_tokens) = (0, Vec::new(), 0);
        for (place, text) in texts.iter().enumerate() {
            let ids = self.loaded.input(input_type, text.as_ref());
            total += ids.len();
            if unit_tokens + ids.len() > MAX_TOKENS {
                push(std::mem::take(&mut unit))?;
                unit_tokens = 0;
            }
            unit_tokens += ids.len();
            unit.push((place, ids));
        }
        if !unit.is_empty() {
            push(unit)?;
        }
        Ok(Pending { texts: texts.len(), tokens: total, replies })
    }
}

/// Puts what came where it belongs.
fn place(
    result: &mut EmbedResult,
    reply: Option<(usize, TextEmbedding)>,
) -> Result<(), EmbedError> {
    let (at, embedded) = reply.ok_or(EmbedError::Ended)?;
    *result.vectors.get_mut(at).ok_or(EmbedError::Ended)? = embedded.vector;
    *result.token_bits.get_mut(at).ok_or(EmbedError::Ended)? = embedded.token_bits;
    Ok(())
}

/// The life of an embedding thread.
fn embed_units(queue: &Queue, queries_only: bool) {
    let mut scratch = Scratch::default();
    while let Some(unit) = queue.next(queries_only) {
        if unit.reply.is_closed() {
            continue;
        }
        let sequences: Vec<&[u32]> = unit.texts.iter().map(|(_, ids)| ids.as_slice()).collect();
        let all = unit.model.embed(&sequences, unit.kept, &mut scratch);
        for ((place, _), embedded) in unit.texts.iter().zip(all) {
            // No one listening any more is no error.
            let _ = unit.reply.send((*place, embedded));
        }
    }
}
