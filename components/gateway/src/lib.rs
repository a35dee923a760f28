#![doc = include_str!("../README.md")]

mod chat;
mod failover;
mod ledger;
mod list_models;
mod provider_call;
mod rerank;
mod test_provider;
mod transcribe;
mod transcription;

const ROUTES: &[api::Route] = api::routes! {
    /// Ask the models of a grant
    [POST model_grant] "/internal/v1/chat" => chat::chat;
    /// Order texts by their relevance, with the reranker of a grant
    [POST model_grant] "/internal/v1/rerank" => rerank::rerank;
    /// Write down what is said in a recording, with the models of a grant
    [POST model_grant] "/internal/v1/transcribe" => transcribe::transcribe;
    /// Test the provider of a grant, and say what is wrong
    [POST model_grant] "/internal/v1/test" => test_provider::test_provider;
    /// List the models of the provider of a grant
    [POST model_grant] "/internal/v1/list-models" => list_models::list_models;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("gateway", ROUTES)
}

api::component!(super::router);
