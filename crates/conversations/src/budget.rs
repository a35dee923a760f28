//! How the window of a model is shared out among the parts of a prompt (ADR 49). Pure.
//!
//! ```text
//! window = answer + margin + instructions + question    neither is ever cut
//!                          + attachments                up to half of what is left
//!                          + sources                    up to half of what is left then
//!                          + history                    the rest
//! ```

use kernel::{Problem, ReasonCode, Result};
use models::{ChatModel, IMAGE_TOKENS, Tokenizer};

use crate::{continuation, neutral, prompt};

/// The window of a model that no one states.
const UNKNOWN_WINDOW: usize = 16_384;
/// Tokens that are kept for the answer of a model whose limit no one states.
const ANSWER: usize = 4_096;
/// The fewest tokens that are kept for an answer.
const LEAST_ANSWER: usize = 256;
/// The most tokens of attachments, of sources and of earlier turns, however large the window is:
/// each question pays for them.
const MOST_ATTACHMENTS: usize = 32_000;
const MOST_SOURCES: usize = 12_000;
const MOST_HISTORY: usize = 64_000;
/// What a chat template writes around a message.
pub(crate) const MESSAGE_TOKENS: usize = 8;
/// Instructions, question, and what asks to continue an answer, with the answer.
const MESSAGES: usize = 4;

/// What a model takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window {
    pub(crate) tokenizer: Tokenizer,
    /// Tokens that go in and come out together, if that is known.
    pub(crate) context: Option<usize>,
    /// Tokens that come out at most, if that is known.
    pub(crate) output: Option<usize>,
}

impl Window {
    /// Of the model that a request asks; of several that might answer, the smallest.
    pub(crate) fn of(chat: &ChatModel, model: Option<&str>) -> Self {
        Self {
            tokenizer: chat.tokenizer(model),
            context: chat.context_tokens(),
            output: chat.output_tokens(),
        }
    }
}

/// The tokens that the parts of a prompt may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Budget {
    pub(crate) tokenizer: Tokenizer,
    /// Of the prompt.
    input: usize,
    /// Of these, without instructions, question, and the answer so far.
    left: usize,
    /// The most tokens of the answer so far, if it is to be continued.
    pub(crate) begun: usize,
}

impl Budget {
    /// The budget of a question. `begun`: the answer so far, if it is to be continued.
    ///
    /// # Errors
    /// `invalid_body` if instructions and question alone do not fit into a window that is known.
    pub(crate) fn new(
        model: Window,
        instructions: &str,
        question: &str,
        begun: Option<&str>,
    ) -> Result<Self> {
        let tokenizer = model.tokenizer;
        let window = model.context.unwrap_or(UNKNOWN_WINDOW);
        let margin = window / 64;
        let fixed = tokenizer.count(&neutral::text(instructions.trim()))
            + tokenizer.count(&neutral::text(question))
            + prompt::rules_tokens(tokenizer)
            + begun.map_or(0, |_| tokenizer.count(continuation::CONTINUE))
            + MESSAGES * MESSAGE_TOKENS;
        let answer = model.output.unwrap_or(ANSWER).min(window / 4).max(LEAST_ANSWER);
        let within = |answer: usize| window.checked_sub(answer + margin + fixed);
        let left = match within(answer).or_else(|| within(LEAST_ANSWER)) {
            Some(left) => left,
            // No one says that it does not fit.
            None if model.context.is_none() => 0,
            None => {
                let detail = format!(
                    "the question does not fit into the {window} tokens that the model of this assistant takes; shorten it, or ask an assistant with another model"
                );
                let reason = ReasonCode::QuestionTooLong.at_most(window);
                return Err(Problem::refused_field("/content", reason, detail));
            }
        };
        let begun = begun.map_or(0, |text| {
            (tokenizer.count(&neutral::text(text)) + MESSAGE_TOKENS).min(left / 2)
        });
        Ok(Self { tokenizer, input: left + fixed, left: left - begun, begun })
    }

    /// Tokens of attachments.
    pub(crate) fn attachments(&self) -> usize {
        (self.left / 2).min(MOST_ATTACHMENTS)
    }

    /// The most pictures beside the text of attachments.
    pub(crate) fn pictures(&self) -> usize {
        self.attachments() / image_tokens()
    }

    /// Tokens of sources, beside attachments with so many tokens.
    pub(crate) fn sources(&self, attachments: usize) -> usize {
        (self.left.saturating_sub(attachments) / 2).min(MOST_SOURCES)
    }

    /// Tokens of earlier turns, beside messages and pictures with so many tokens.
    pub(crate) fn history(&self, other: usize) -> usize {
        self.input.saturating_sub(other).min(self.left).min(MOST_HISTORY)
    }
}

/// About how many tokens a picture has.
pub(crate) fn image_tokens() -> usize {
    usize::try_from(IMAGE_TOKENS).unwrap_or(usize::MAX)
}
