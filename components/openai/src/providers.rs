//! Models: the one file here that knows how they are asked.

use conversations::Models;
use kernel::{Result, id::ApiKeyId};
use models::{Attribution, ChatModel, InputType, Message, Provider, Request, Role};
use platform::Cx;

use crate::{
    dialogue::{ChatMessage, Speaker},
    parameters::Parameters,
};

/// The models that answer and embed.
pub(crate) async fn of_assistants() -> Result<Models> {
    Models::from_config().await
}

/// The chat model of this name: one of the installation's, or rows that the caller may use; none if
/// there is neither.
pub(crate) async fn chat(cx: &Cx, model: &str) -> Result<Option<ChatModel>> {
    if chat_models().await?.iter().any(|known| known == model) {
        return Ok(Some(ChatModel::Installation(Box::new(Provider::chat().await?))));
    }
    Ok(conversations::model_rows(cx, model, None).await?.map(ChatModel::Rows))
}

/// The chat models that may be asked by name: the installation's own first.
pub(crate) async fn chat_models() -> Result<Vec<String>> {
    let own = Provider::chat().await?.model;
    let listed = models::allowed_chat_models().await?.into_iter().filter(|name| *name != own);
    Ok(std::iter::once(own.clone()).chain(listed).collect())
}

/// The embedding models that may be asked by name: of new collections, and of those that the caller
/// reads.
pub(crate) async fn embedding_models(cx: &Cx) -> Result<Vec<String>> {
    let mut names = vec![models::default_embedding_model().await?];
    for name in knowledge::embedding_models(cx, &[], None).await? {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// What a model is asked where no assistant answers: what the client sends, and nothing else.
pub(crate) fn request(
    cx: &Cx,
    messages: &[ChatMessage],
    parameters: &Parameters,
    api_key: Option<ApiKeyId>,
) -> Result<Request> {
    let message = |message: &ChatMessage| {
        let role = match message.speaker {
            Speaker::System => Role::System,
            Speaker::User | Speaker::Tool => Role::User,
            Speaker::Assistant => Role::Assistant,
        };
        Message { role, content: message.content.clone() }
    };
    Ok(Request {
        messages: messages.iter().filter(|it| !it.content.trim().is_empty()).map(message).collect(),
        images: Vec::new(),
        model: Some(parameters.model.clone()),
        sampling: parameters.sampling,
        max_tokens: parameters.max_tokens.map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
        attribution: Attribution { api_key_id: api_key, ..Attribution::default() },
        request_id: cx.request_id.clone(),
        namespace: cx.redis_namespace()?.to_owned(),
    })
}

/// The embeddings of texts. No cache keeps them: only what people ask comes again within the hour,
/// and a program's thousand texts would take its place.
pub(crate) async fn embed(
    cx: &Cx,
    model: &str,
    input_type: InputType,
    texts: &[String],
) -> Result<Vec<Vec<f32>>> {
    let provider = Provider::embedding().await?.with_model(model);
    provider.embed_texts(input_type, texts, Some(cx.redis_namespace()?)).await
}
