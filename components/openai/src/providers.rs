//! Models: the one file here that knows how they are asked.

use conversations::Models;
use credentials::{GrantPurpose, ModelGrant};
use kernel::{Problem, Result, id::ApiKeyId, json::MOST_VALUES};
use models::{
    Attribution, Capability, ChatMessage, ChatModel, InputType, Part, Provider, Request,
    ToolChoice, Transcript,
    gateway::{self, WireTranscribe},
};
use platform::Cx;

use crate::{
    dialogue::Messages,
    json_object::unsupported,
    parameters::Parameters,
    prompt,
    transcription_form::{ResponseFormat, TranscriptionForm},
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

/// The messages for a model, if it can do what is asked for. Tools that it must not call are left
/// out where it knows none.
///
/// # Errors
/// `invalid_body`; with `unsupported_parameter` for what the model cannot do.
pub(crate) fn prompt(
    chat: &ChatModel,
    parameters: &mut Parameters,
    messages: &Messages,
) -> Result<Vec<ChatMessage>> {
    let supports = |capability| chat.supports(capability, Some(&parameters.model));
    let refusal = |pointer: &str, what: &str, capability| {
        Err(without_capability(&parameters.model, pointer, what, capability))
    };
    let with_tools = supports(Capability::Tools);
    let options = &parameters.options;
    let has_tools = !options.tools.is_empty() && options.tool_choice != ToolChoice::None;
    if has_tools && !with_tools {
        return refusal("/tools", "calls no tools", Capability::Tools);
    }
    if let Some(format) = &options.format {
        let is_known = supports(Capability::JsonSchema)
            || (format.schema().is_none() && matches!(chat, ChatModel::Rows(_)));
        if !is_known {
            let pointer = messages.format_pointer();
            return refusal(&pointer, "keeps to no JSON schema", Capability::JsonSchema);
        }
    }
    let parts = messages.items.iter().flat_map(|message| &message.parts);
    if Part::argument_values(parts) > MOST_VALUES {
        let detail = format!("expected at most {MOST_VALUES} values in the arguments of all calls");
        return Err(Problem::invalid_field(messages.pointer, detail));
    }
    if let Some(pointer) = messages.picture.as_deref().filter(|_| !supports(Capability::Vision)) {
        return refusal(pointer, "sees no pictures", Capability::Vision);
    }
    if !with_tools {
        parameters.options.tools.clear();
        parameters.options.tool_choice = ToolChoice::Auto;
        parameters.options.parallel_tool_calls = None;
    }
    prompt::of(messages, with_tools)
}

/// The problem of a parameter for which the model lacks a capability.
fn without_capability(model: &str, pointer: &str, what: &str, capability: Capability) -> Problem {
    let capability = capability.as_str();
    let detail = format!(
        "the model {model:.80} {what}; ask another one, or an administrator to enter its capability {capability}"
    );
    unsupported(pointer, detail)
}

/// Refuses what assistants do not do: they answer from documents.
///
/// # Errors
/// `invalid_body` with `unsupported_parameter`.
pub(crate) fn check_for_assistant(parameters: &Parameters, messages: &Messages) -> Result<()> {
    let options = &parameters.options;
    if !options.tools.is_empty() && options.tool_choice != ToolChoice::None {
        let detail = "an assistant answers from its documents and calls no tools; leave them out, send tool_choice \"none\", or ask a model";
        return Err(unsupported("/tools", detail));
    }
    if options.format.is_some() {
        let detail =
            "an assistant answers in text, with citations; leave the format out, or ask a model";
        return Err(unsupported(messages.format_pointer(), detail));
    }
    if let Some(pointer) = &messages.picture {
        let detail = "an assistant reads text only here; leave pictures out, or ask a model";
        return Err(unsupported(pointer.as_str(), detail));
    }
    Ok(())
}

/// A grant to ask the models of this name that write down what is said; none if the caller may use
/// none of them.
pub(crate) async fn transcribers(cx: &Cx, model: &str) -> Result<Option<ModelGrant>> {
    let found = catalogue::usable::find_usable_transcribers(cx, model, None).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let found: Vec<_> = found.into_iter().map(|model| model.id.0).collect();
    ModelGrant::request(cx, GrantPurpose::Transcription, &found).await.map(Some)
}

/// What is said in the recording of a form.
pub(crate) async fn transcribe(
    grant: &ModelGrant,
    form: TranscriptionForm,
    api_key: Option<ApiKeyId>,
) -> Result<Transcript> {
    let parameters = WireTranscribe {
        language: form.language,
        prompt: form.prompt,
        temperature: form.temperature,
        with_segments: form.shape == ResponseFormat::Verbose,
        attribution: Attribution { api_key_id: api_key, ..Attribution::default() },
    };
    gateway::transcribe(grant, form.audio, &parameters).await
}

/// What a model is asked where no assistant answers: what the client sends, and nothing else.
pub(crate) fn request(
    cx: &Cx,
    messages: Vec<ChatMessage>,
    parameters: &Parameters,
    api_key: Option<ApiKeyId>,
) -> Result<Request> {
    Ok(Request {
        messages,
        images: Vec::new(),
        model: Some(parameters.model.clone()),
        sampling: parameters.sampling,
        options: parameters.options.clone(),
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
