//! A title by the model that answered, after the first answer of a conversation is finished. Best
//! effort: whatever fails, the title of the question stays.

use std::time::Duration;

use access::CredentialId;
use futures::future::OptionFuture;
use kernel::{
    Result,
    id::{ConversationId, SpaceId},
};
use models::{AnswerOptions, Attribution, CallPurpose, ChatModel, Request, Sampling, within};
use platform::{
    Cx,
    log::{self, Level},
};
use serde_json::json;

use crate::{
    ask,
    generation::{AnswerDelta, Generation},
    metered,
    store::titles as store,
    title,
};

/// How long a model may take.
const LIMIT: Duration = Duration::from_secs(8);
/// The most tokens of a title: 60 characters in any language, and a few more.
const TOKENS: u32 = 40;
/// Bytes after which a model that writes on is cut off.
const BYTES: usize = 1_000;

/// What a title needs.
pub(crate) struct Titling<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) conversation: ConversationId,
    pub(crate) assistant: &'a assistants::Assistant,
    pub(crate) credential: CredentialId,
    pub(crate) chat: &'a ChatModel,
    pub(crate) question: &'a str,
    pub(crate) answer: &'a str,
}

impl Titling<'_> {
    /// Asks for a title and stores it, unless the user has given one. The extractive answerer has
    /// no titles.
    pub(crate) async fn run(self) {
        let name = self.chat.name(self.assistant.model.as_deref());
        if self.chat.is_extractive(self.assistant.model.as_deref()) {
            return;
        }
        let outcome = within(LIMIT, self.write()).await;
        self.cx.db.release().await;
        let cause = match &outcome {
            Some(Ok(())) => return,
            Some(Err(problem)) => problem.code.as_str(),
            None => "timeout",
        };
        let members = [
            ("request_id", json!(self.cx.request_id)),
            ("tenant_id", json!(self.cx.tenant().map(|t| t.to_string()).ok())),
            ("model", json!(name)),
            ("cause", json!(cause)),
        ];
        log::line(Level::Info, "chat", "no title was written", &members);
    }

    async fn write(&self) -> Result<()> {
        // Claimed once: a quota that refuses is not tried again with each answer.
        if !store::claim(self.cx, self.conversation).await? {
            return Ok(());
        }
        let space = self.assistant.space_id;
        // The grant of the answer may have ended, and the user's right to the model.
        let fresh: OptionFuture<_> = match self.chat {
            ChatModel::Rows(rows) => Some(ask::model_rows(self.cx, &rows.reference, Some(space))),
            ChatModel::Installation(_) => None,
        }
        .into();
        let fresh = fresh.await.transpose()?.map(|rows| rows.map(ChatModel::Rows));
        let chat = match &fresh {
            None => self.chat,
            Some(Some(rows)) => rows,
            Some(None) => return Ok(()),
        };
        self.cx.db.release().await;
        let request = self.request(space)?;
        let mut generation =
            Generation::new(metered::ask(self.cx, chat, &request).await?, &request, 0);
        let mut text = String::new();
        while text.len() < BYTES
            && let Some(written) = generation.next().await?
        {
            if let AnswerDelta::Content(piece) = written {
                text.push_str(&piece);
            }
        }
        match title::from_model(&text) {
            Some(title) => store::put(self.cx, self.conversation, &title).await,
            None => Ok(()),
        }
    }

    fn request(&self, space: SpaceId) -> Result<Request> {
        Ok(Request {
            messages: title::prompt(self.question, self.answer)
                .into_iter()
                .map(Into::into)
                .collect(),
            images: Vec::new(),
            model: self.assistant.model.clone(),
            sampling: Sampling::default(),
            options: AnswerOptions::default(),
            max_tokens: Some(TOKENS),
            attribution: Attribution {
                space_id: Some(space),
                assistant_id: Some(self.assistant.id),
                conversation_id: Some(self.conversation),
                // Not the message: its cost is that of the answer.
                message_id: None,
                api_key_id: self.credential.api_key(),
                purpose: CallPurpose::Title,
            },
            request_id: self.cx.request_id.clone(),
            namespace: self.cx.redis_namespace()?.to_owned(),
        })
    }
}
