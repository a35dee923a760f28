#![doc = include_str!("../README.md")]

mod annotations;
mod chat_body;
mod chat_completions;
mod chat_request;
mod content;
mod cutter;
mod dialogue;
mod embeddings;
mod json_object;
mod list_models;
mod parameters;
mod prompt;
mod providers;
mod response_body;
mod response_events;
mod response_request;
mod responses;
mod run;
mod tool_calls;
mod tools;
mod transcription_form;
mod transcriptions;

const ROUTES: &[api::Route] = api::routes! {
    /// List what the key may use: assistants, and the installation's models
    [GET model_client] "/openai/v1/models" => list_models::list_models;
    /// Get one of them
    [GET model_client] "/openai/v1/models/{*model}" => list_models::get_model;
    /// Ask an assistant or a model; the client sends the conversation
    [POST model_client] "/openai/v1/chat/completions" => chat_completions::create_chat_completion;
    /// The same in the shape of the Responses API, without anything stored
    [POST model_client] "/openai/v1/responses" => responses::create_response;
    /// Embed texts
    [POST model_client] "/openai/v1/embeddings" => embeddings::create_embeddings;
    /// Write down what is said in a recording
    [POST model_client] "/openai/v1/audio/transcriptions" => transcriptions::create_transcription;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("openai", ROUTES).speaking(api::Dialect::OpenAi)
}

api::component!(super::router);
