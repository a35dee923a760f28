//! The built-in models over HTTP, in OpenAI's wire format: components know providers only by it.

mod chat;
mod embeddings;
mod generator;
mod refusal;

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Embedder, Models};
pub use generator::{Generator, Upstream, UpstreamResponse};
use refusal::Refusal;

/// Name of the extractive answerer on the wire.
pub const ANSWER_MODEL: &str = "extractive";
/// Another name it answers to.
const ANSWER_MODEL_ALIAS: &str = "tessera-extractive";
/// Longest request body, bytes: 2 048 texts of 512 tokens fit.
const LONGEST_BODY: usize = 16 << 20;

/// Serves `/v1/embeddings`, `/v1/chat/completions`, `/v1/models` and `/health` until `shutdown`
/// completes; running requests are finished first. There is no authentication: listen on loopback
/// only.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    models: impl Into<Models>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(models)).with_graceful_shutdown(shutdown).await
}

/// The routes of [`serve`].
pub fn router(models: impl Into<Models>) -> Router {
    Router::new()
        .route("/v1/embeddings", post(embeddings::create))
        .route("/v1/chat/completions", post(chat::create))
        .route("/v1/models", get(list_models))
        .route("/v1/models/{*id}", get(show_model))
        .route("/health", get(health))
        .fallback(async || Refusal::unknown_route())
        .method_not_allowed_fallback(async || Refusal::wrong_method())
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(models.into())
}

/// The embedder for the user that a request names in `x-tessera-user`: users take turns.
fn for_user(embedder: &Embedder, headers: &HeaderMap) -> Embedder {
    let user = headers.get("x-tessera-user").and_then(|name| name.to_str().ok());
    user.map_or_else(|| embedder.clone(), |user| embedder.for_user(user))
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The names of all models.
fn ids(models: &Models) -> Vec<&str> {
    let mut ids: Vec<&str> = models.ids().chain([ANSWER_MODEL]).collect();
    ids.extend(models.generator().map(Generator::name));
    ids
}

async fn list_models(State(models): State<Models>) -> Json<Value> {
    let data: Vec<Value> = ids(&models).into_iter().map(model).collect();
    Json(json!({"object": "list", "data": data}))
}

async fn show_model(
    State(models): State<Models>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    match ids(&models).into_iter().find(|known| *known == id) {
        Some(id) => Ok(Json(model(id))),
        None => Err(Refusal::unknown_model(&id)),
    }
}

fn model(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 0, "owned_by": "built-in"})
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the models know nothing of `platform`")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
