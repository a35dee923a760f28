//! A search query by the model that answers, for a question that refers to what was said (ADR 68).
//! Best effort: whatever fails, the question itself is searched for.

use std::time::Duration;

use knowledge::Query;
use models::{
    AnswerOptions, Attribution, CallPurpose, ChatModel, Message, Request, Sampling, within,
};
use platform::{
    Cx,
    log::{self, Level},
};
use serde_json::json;

use crate::{
    generation::{AnswerDelta, Generation},
    history::Turn,
    metered, search_query,
};
use kernel::Result;

/// How long a model may take: the reader waits.
const LIMIT: Duration = Duration::from_secs(2);
/// The most tokens of a query.
const TOKENS: u32 = 120;
/// Bytes after which a model that writes on is cut off.
const BYTES: usize = 2_000;

/// A question that a model may rewrite.
pub(crate) struct Rewriting {
    chat: ChatModel,
    model: Option<String>,
    messages: Vec<Message>,
}

impl Rewriting {
    /// None: there is nothing to rewrite, or no model for it. Models beside the worker are too slow
    /// to be waited for. `turns`: newest first.
    pub(crate) fn of(
        (chat, model): (&ChatModel, Option<&str>),
        question: &str,
        turns: &[Turn],
    ) -> Option<Self> {
        if chat.is_built_in(model) {
            return None;
        }
        let messages = search_query::prompt(question, turns)?;
        Some(Self { chat: chat.clone(), model: model.map(str::to_owned), messages })
    }

    /// The query; none if the model gives none in time. `attribution`: of the answer.
    pub(crate) async fn run(self, cx: &Cx, attribution: Attribution) -> Option<Query> {
        let name = self.chat.name(self.model.as_deref()).to_owned();
        let outcome = within(LIMIT, self.write(cx, attribution)).await;
        let cause = match &outcome {
            Some(Ok(written)) => match search_query::of_model(written) {
                Some(query) => return Some(query),
                None => "no_query",
            },
            Some(Err(problem)) => problem.code.as_str(),
            None => "timeout",
        };
        let members = [
            ("request_id", json!(cx.request_id)),
            ("tenant_id", json!(cx.tenant().map(|t| t.to_string()).ok())),
            ("model", json!(name)),
            ("cause", json!(cause)),
        ];
        log::line(Level::Info, "chat", "the question was not rewritten", &members);
        None
    }

    async fn write(self, cx: &Cx, attribution: Attribution) -> Result<String> {
        cx.db.release().await;
        let request = Request {
            messages: self.messages.into_iter().map(Into::into).collect(),
            images: Vec::new(),
            model: self.model,
            sampling: Sampling::default(),
            options: AnswerOptions::default(),
            max_tokens: Some(TOKENS),
            attribution: Attribution { purpose: CallPurpose::Rewrite, ..attribution },
            request_id: cx.request_id.clone(),
            namespace: cx.redis_namespace()?.to_owned(),
        };
        let mut generation =
            Generation::new(metered::ask(cx, &self.chat, &request).await?, &request, 0);
        let mut text = String::new();
        while text.len() < BYTES
            && let Some(written) = generation.next().await?
        {
            if let AnswerDelta::Content(piece) = written {
                text.push_str(&piece);
            }
        }
        Ok(text)
    }
}
