//! What a model writes for an answer, within bounds. The same for answers that are stored and those
//! that are not.

use kernel::{Code, Problem, Result};
use models::{Delta, FailedModel, Request, ToolCallDelta};

use crate::{Usage, metered::MeteredDeltas, prompt};

/// Maximum size of an answer, in bytes; a model that writes more is in a loop.
const LIMIT: usize = 1 << 20;
/// The most that an answer and its thoughts cost in memory while it is written: a stored one keeps
/// every event until its journal has ended.
const EVENTS_LIMIT: usize = 8 << 20;
/// Memory of an event beside its text, in bytes.
const EVENT_BYTES: usize = 128;

/// Text as the model writes it.
#[derive(Clone, PartialEq, Debug)]
pub enum AnswerDelta {
    /// Of the answer.
    Content(String),
    /// Of what the model thinks aloud.
    Thinking(String),
    /// Of a call of one of the client's tools.
    ToolCall(ToolCallDelta),
}

/// A model at work.
pub(crate) struct Generation {
    deltas: MeteredDeltas,
    prompt_tokens: usize,
    /// Bytes of the answer, and those of all events.
    content: usize,
    kept: usize,
    is_blank: bool,
    /// About how many tokens the answer has.
    tokens: usize,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    model: Option<String>,
    failed_models: Vec<FailedModel>,
}

impl Generation {
    /// `begun`: bytes of the answer so far, if it is continued.
    pub(crate) fn new(deltas: MeteredDeltas, request: &Request, begun: usize) -> Self {
        Self {
            deltas,
            prompt_tokens: prompt::prompt_tokens(&request.messages)
                + request
                    .options
                    .prompt_texts()
                    .iter()
                    .map(|text| prompt::tokens(text))
                    .sum::<usize>(),
            content: begun,
            kept: begun,
            // A model that has nothing to add to an answer says that it is complete.
            is_blank: begun == 0,
            tokens: 0,
            usage: None,
            finish_reason: None,
            model: None,
            failed_models: Vec::new(),
        }
    }

    /// The next text; None once the model is done. May be dropped and called again without losing
    /// anything.
    ///
    /// # Errors
    /// `model_failed`, also where the model does not stop, or has written nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<AnswerDelta>> {
        loop {
            if self.content > LIMIT || self.kept > EVENTS_LIMIT {
                return Err(Problem::new(
                    Code::ModelFailed,
                    "the language model did not stop writing; what it wrote so far is kept",
                ));
            }
            match self.deltas.next().await? {
                Some(Delta::Content(text)) => {
                    self.count(&text);
                    self.content += text.len();
                    self.is_blank &= text.trim().is_empty();
                    // Postgres stores no NUL.
                    return Ok(Some(AnswerDelta::Content(text.replace('\0', ""))));
                }
                Some(Delta::Thinking(text)) => {
                    self.count(&text);
                    return Ok(Some(AnswerDelta::Thinking(text)));
                }
                Some(Delta::ToolCall(call)) => {
                    self.count(&call.arguments);
                    let named = call.id.as_ref().map_or(0, String::len)
                        + call.name.as_ref().map_or(0, String::len);
                    self.content += named + call.arguments.len();
                    self.is_blank = false;
                    return Ok(Some(AnswerDelta::ToolCall(call)));
                }
                Some(Delta::Usage { prompt_tokens, completion_tokens }) => {
                    self.usage = Some(Usage { prompt_tokens, completion_tokens });
                }
                Some(Delta::Model { title, failed }) => {
                    self.model = Some(title);
                    self.failed_models = failed;
                }
                Some(Delta::Finish(reason)) => self.finish_reason = Some(reason),
                None if self.is_blank => {
                    return Err(Problem::new(
                        Code::ModelFailed,
                        "the language model answered with nothing; try again, or ask in other words",
                    ));
                }
                None => return Ok(None),
            }
        }
    }

    fn count(&mut self, text: &str) {
        // As JSON writes them: `\u0001`.
        let escaped = text.bytes().filter(u8::is_ascii_control).count();
        self.kept += text.len() + 5 * escaped + EVENT_BYTES;
        self.tokens += text.chars().count();
    }

    /// What the provider says it cost, if it does.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// What it cost so far, estimated from the texts.
    pub(crate) fn estimate(&self) -> Usage {
        let completion = if self.tokens == 0 { 0 } else { prompt::tokens_of(self.tokens) };
        Usage {
            prompt_tokens: prompt::count(self.prompt_tokens),
            completion_tokens: prompt::count(completion),
        }
    }

    /// The row that answers, once it does; none: the installation's model.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The rows that were to answer before that one.
    pub(crate) fn take_failed_models(&mut self) -> Vec<FailedModel> {
        std::mem::take(&mut self.failed_models)
    }

    /// Why the model stopped, in the provider's word.
    pub(crate) fn finish_reason(&self) -> Option<&str> {
        self.finish_reason.as_deref()
    }
}
