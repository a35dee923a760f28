//! Messages, their sources and their token usage, on the wire.

use api::{problem, wire};
use contract::Schema;
use conversations::{
    AnswerCost, CompletedAnswer, FailedModel, Failure, FinishReason, ImportSource, Mentions,
    Message, MessageAttachment, Source, TextSpan, Usage,
};
use kernel::{Result, Timestamp};
use knowledge::wire::WebSourceBody;
use serde::Serialize;
use serde_json::{Value, json};

use crate::feedback::FeedbackBody;

contract::words! {
    pub(crate) RoleName = ["user", "assistant"];
    pub(crate) StatusName = ["pending", "streaming", "done", "stopped", "failed"];
    CompletedStatusName = ["done", "stopped", "failed"];
    pub(crate) FinishReasonName =
        ["stop", "length", "content_filter", "refusal", "truncated", "other"];
    pub(crate) LeftOutName = ["turns", "sources", "attachments"];
    ModelFailureName = [
        "connection", "timeout", "truncated", "unreadable", "too_long", "authentication", "permission",
        "billing", "wrong_path", "model_missing", "context_length", "content_filter", "too_large",
        "invalid", "unsupported", "conflict", "rate_limited", "overloaded", "server", "circuit_open",
    ];
}

/// The web front end, where citations open.
#[derive(Clone)]
pub(crate) struct Web(String);

impl Web {
    /// Without a variable `public_url`, links are relative to the installation.
    pub(crate) async fn from_config() -> Result<Self> {
        let url = platform::config::optional("public_url").await?.unwrap_or_default();
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }
}

/// A numbered source of an answer.
#[derive(Schema, Serialize)]
pub(crate) struct SourceBody {
    n: i64,
    #[schema(as = Uuid)]
    document_id: String,
    #[schema(as = Uuid)]
    chunk_id: String,
    title: String,
    /// The name that the file was uploaded under; null in answers of older versions.
    filename: Option<String>,
    /// The name of its collection; null in answers of older versions.
    collection: Option<String>,
    /// Opens the passage in the web front end.
    pub(crate) url: String,
    /// Where the document was fetched, if it is a page of a website.
    web_source: Option<WebSourceBody>,
    /// Counted from 1; null where the document has no pages of its own.
    page: Option<i64>,
    heading_path: Vec<String>,
    snippet: String,
    score: f64,
    /// Whether the caller may read the document, and it exists; if not, title, filename, collection, web_source, page,
    /// heading_path and snippet are empty.
    available: bool,
}

pub(crate) fn sources(sources: &[Source], web: &Web) -> Vec<SourceBody> {
    let one = |source: &Source| SourceBody {
        n: source.n,
        document_id: source.document_id.to_string(),
        chunk_id: source.chunk_id.to_string(),
        title: source.title.clone(),
        filename: source.filename.clone(),
        collection: source.collection.clone(),
        url: format!("{}/documents/{}?chunk={}", web.0, source.document_id, source.chunk_id),
        web_source: source.web_source.as_ref().map(WebSourceBody::from),
        page: source.page,
        heading_path: source.heading_path.clone(),
        snippet: source.snippet.clone(),
        score: source.score,
        available: source.available,
    };
    sources.iter().map(one).collect()
}

/// A sentence of an answer.
#[derive(Schema, Serialize)]
#[schema(name = "SentenceSpan")]
pub(crate) struct SpanBody {
    /// Its first character (Unicode code point), counted from 0.
    start: i64,
    /// The character behind it.
    end: i64,
}

pub(crate) fn spans(spans: &[TextSpan]) -> Vec<SpanBody> {
    let place = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
    spans.iter().map(|span| SpanBody { start: place(span.start), end: place(span.end) }).collect()
}

#[derive(Schema, Serialize)]
pub(crate) struct UsageBody {
    prompt_tokens: i32,
    completion_tokens: i32,
    /// Null where the organisation does not show what answers cost, for readers of a link, and for
    /// an answer that is not stored.
    cost: Option<CostBody>,
}

/// What an answer cost, failed calls of models included.
#[derive(Schema, Serialize)]
#[schema(name = "AnswerCost")]
struct CostBody {
    /// US dollars, as decimal text; null: nothing of it has a price.
    amount: Option<String>,
    /// Tokens were estimated, since a provider did not report them.
    estimated: bool,
    /// A model has no price: the amount is not all of it.
    unpriced: bool,
}

impl UsageBody {
    pub(crate) fn new(usage: Usage, cost: Option<&AnswerCost>) -> Self {
        let cost = cost.map(|cost| CostBody {
            amount: cost.amount.clone(),
            estimated: cost.is_estimated,
            unpriced: cost.is_unpriced,
        });
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            cost,
        }
    }
}

/// Who answers a question and what is read for it, in place of the assistant and its collections.
#[derive(Schema, Serialize)]
pub(crate) struct MentionsBody {
    #[schema(as = Uuid)]
    assistant_id: Option<String>,
    #[schema(as = Uuid)]
    collection_ids: Vec<String>,
    #[schema(as = Uuid)]
    document_ids: Vec<String>,
}

impl MentionsBody {
    /// None if it names nothing.
    fn of(mentions: &Mentions) -> Option<Self> {
        let named = || Self {
            assistant_id: mentions.assistant.map(|id| id.to_string()),
            collection_ids: mentions.collections.iter().map(ToString::to_string).collect(),
            document_ids: mentions.documents.iter().map(ToString::to_string).collect(),
        };
        (!mentions.is_empty()).then(named)
    }
}

/// What failed, as the problem that it would have been.
pub(crate) fn problem_of(failure: &Failure) -> Value {
    json!(problem::body(&failure.problem(), &failure.request_id))
}

/// A file that was attached to a question.
#[derive(Schema, Serialize)]
#[schema(name = "MessageAttachment")]
pub(crate) struct AttachmentBody {
    #[schema(as = Uuid)]
    document_id: String,
    /// The name under which it was uploaded.
    name: String,
    media_type: String,
    /// Whether the caller may open the document.
    available: bool,
}

impl From<&MessageAttachment> for AttachmentBody {
    fn from(attachment: &MessageAttachment) -> Self {
        Self {
            document_id: attachment.document_id.to_string(),
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            available: attachment.available,
        }
    }
}

/// A model that was to answer and did not, so that another one did.
#[derive(Schema, Serialize)]
#[schema(name = "FailedModel")]
pub(crate) struct FailedModelBody {
    /// As people see it.
    title: String,
    /// Its last failure; `circuit_open`: it kept failing, so it was not asked.
    #[schema(as = ModelFailureName)]
    reason: &'static str,
}

impl From<&FailedModel> for FailedModelBody {
    fn from(failed: &FailedModel) -> Self {
        Self { title: failed.title.clone(), reason: failed.kind.as_str() }
    }
}

/// A message and where its citations open.
pub(crate) struct MessageView {
    pub(crate) message: Message,
    pub(crate) web: Web,
}

/// A question or an answer.
#[derive(Schema, Serialize)]
#[schema(list = "messages")]
pub(crate) struct MessageBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    conversation_id: String,
    /// The message before it; null for the first one.
    #[schema(as = Uuid)]
    parent_id: Option<String>,
    /// Ids of the versions of this question or answer, oldest first; its own is among them.
    #[schema(as = Uuid)]
    versions: Vec<String>,
    #[schema(as = RoleName)]
    role: &'static str,
    content: String,
    /// What a question names; null: nothing, or an answer.
    mentions: Option<MentionsBody>,
    #[schema(as = StatusName)]
    status: &'static str,
    /// Why an answer ended: `length`, `content_filter`, `truncated` and `other` mean that its end is
    /// missing; null: not known, stopped, or a question.
    #[schema(as = FinishReasonName)]
    finish_reason: Option<&'static str>,
    /// What did not fit into the window of the model that answered.
    #[schema(as = LeftOutName)]
    left_out: Vec<&'static str>,
    /// Of a question, in its order.
    attachments: Vec<AttachmentBody>,
    sources: Vec<SourceBody>,
    citations: Vec<i64>,
    /// Sentences of a complete answer that cite none of its sources; the first 1 000.
    uncited: Vec<SpanBody>,
    usage: Option<UsageBody>,
    model: Option<String>,
    /// Models that were to answer before that one, in order.
    failed_models: Vec<FailedModelBody>,
    /// The product that it was imported from; null: it was written here.
    #[schema(as = crate::conversation::ImportSourceName)]
    imported_from: Option<&'static str>,
    #[schema(as = problem::Body<'static>)]
    problem: Option<Value>,
    feedback: Option<FeedbackBody>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

impl From<&MessageView> for MessageBody {
    fn from(MessageView { message, web }: &MessageView) -> Self {
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            parent_id: message.parent_id.map(|id| id.to_string()),
            versions: message.versions.iter().map(ToString::to_string).collect(),
            role: message.role.as_str(),
            content: message.content.clone(),
            mentions: MentionsBody::of(&message.mentions),
            status: message.status.as_str(),
            finish_reason: message.finish_reason.map(FinishReason::as_str),
            left_out: message.left_out.words(),
            attachments: message.attachments.iter().map(AttachmentBody::from).collect(),
            sources: sources(&message.sources, web),
            citations: message.citations.clone(),
            uncited: spans(&message.uncited()),
            usage: message.usage.map(|usage| UsageBody::new(usage, message.cost.as_ref())),
            model: message.model.clone(),
            failed_models: message.failed_models.iter().map(FailedModelBody::from).collect(),
            imported_from: message.imported_from.map(ImportSource::as_str),
            problem: message.failure.as_ref().map(problem_of),
            feedback: message.feedback.as_ref().map(|it| FeedbackBody::from(Some(it))),
            created_at: message.created_at,
            updated_at: message.updated_at,
        }
    }
}

/// The whole answer where the client did not ask for a stream.
#[derive(Schema, Serialize)]
pub(crate) struct AnswerBody {
    #[schema(as = Uuid)]
    message_id: String,
    #[schema(as = Uuid)]
    conversation_id: String,
    content: String,
    sources: Vec<SourceBody>,
    citations: Vec<i64>,
    /// Sentences that cite none of the sources; the first 1 000.
    uncited: Vec<SpanBody>,
    usage: UsageBody,
    #[schema(as = CompletedStatusName)]
    status: &'static str,
    /// Null if the model does not say why it stopped, or was stopped.
    #[schema(as = FinishReasonName)]
    finish_reason: Option<&'static str>,
    /// What did not fit into the window of the model.
    #[schema(as = LeftOutName)]
    left_out: Vec<&'static str>,
    title: Option<String>,
}

impl AnswerBody {
    pub(crate) fn new(answer: &CompletedAnswer, web: &Web) -> Self {
        Self {
            message_id: answer.message_id.to_string(),
            conversation_id: answer.conversation_id.to_string(),
            content: answer.content.clone(),
            sources: sources(&answer.sources, web),
            citations: answer.citations.clone(),
            uncited: spans(&answer.uncited),
            usage: UsageBody::new(answer.usage, answer.cost.as_ref()),
            status: answer.status.as_str(),
            finish_reason: answer.finish_reason.map(FinishReason::as_str),
            left_out: answer.left_out.words(),
            title: answer.title.clone(),
        }
    }
}
