//! Where a provider is, and the requests to it: path, header fields and body.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use super::{
    ChatRequest, Dialect, EmbedRequest, RerankRequest, anthropic, azure, cohere, embeddings,
    gemini, mistral,
};
use super::{ollama, openai_chat, rerank, responses};
use crate::{ErrorKind, ProviderError};

/// Members that a request cannot do without, whatever a provider says of them.
const NEEDED: &[&str] = &[
    "model",
    "messages",
    "input",
    "contents",
    "stream",
    "texts",
    "query",
    "documents",
    "requests",
    // Without these the answer has another meaning.
    "tools",
    "tool_choice",
    "toolConfig",
    "response_format",
    "format",
    "text",
    "output_config",
];

/// A provider as requests are built for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The wire format.
    pub dialect: Dialect,
    /// What the paths of the dialect follow, with the version and without a slash at its end:
    /// `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
    /// `https://generativelanguage.googleapis.com/v1beta`,
    /// `https://NAME.openai.azure.com/openai/v1`.
    pub base_url: String,
    /// The key, if the provider needs one.
    pub key: Option<String>,
    /// `api-version`, for [`Dialect::AzureDated`].
    pub api_version: Option<String>,
    /// The model counts thoughts in tokens instead of effort: Claude before 4.6, Gemini before 3.
    pub thinks_by_budget: bool,
    /// Members that the provider refused by name ([`ProviderError::parameter`]); they are not sent
    /// again.
    pub refused: BTreeSet<String>,
}

/// A request that is ready to be sent: a POST of JSON.
#[derive(Clone, PartialEq)]
pub struct HttpRequest {
    /// Absolute.
    pub url: String,
    /// Names in lower case; `content-type` is not among them.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
}

impl Endpoint {
    /// An endpoint that nothing more is known of.
    #[must_use]
    pub fn new(dialect: Dialect, base_url: &str, key: Option<String>) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self {
            dialect,
            base_url,
            key,
            api_version: None,
            thinks_by_budget: false,
            refused: BTreeSet::new(),
        }
    }

    /// Whether a request keeps its meaning without a member of this name.
    #[must_use]
    pub fn can_leave_out(name: &str) -> bool {
        !NEEDED.contains(&name)
    }

    /// The request of a chat.
    ///
    /// # Errors
    /// `Unsupported` if the dialect has no chat, or no form for what is asked.
    pub fn chat(&self, request: &ChatRequest) -> Result<HttpRequest, ProviderError> {
        let (path, body) = match self.dialect {
            Dialect::OpenAiChat | Dialect::Compatible | Dialect::Azure => {
                ("chat/completions".to_owned(), openai_chat::body(request, self))
            }
            Dialect::AzureDated => (
                azure::path(self, &request.model, "chat/completions")?,
                openai_chat::body(request, self),
            ),
            Dialect::OpenAiResponses => ("responses".to_owned(), responses::body(request)),
            Dialect::Anthropic => ("messages".to_owned(), anthropic::body(request, self)),
            Dialect::Gemini => (gemini::chat_path(request)?, gemini::body(request, self)),
            Dialect::Mistral => ("chat/completions".to_owned(), mistral::body(request)),
            Dialect::Ollama => ("chat".to_owned(), ollama::body(request)?),
            Dialect::Cohere | Dialect::Jina | Dialect::TextEmbeddingsInference => {
                return Err(self.unsupported("chat"));
            }
        };
        let accept = if request.stream {
            "text/event-stream, application/x-ndjson, application/json"
        } else {
            "application/json"
        };
        Ok(self.request(&path, accept, body))
    }

    /// The request of embeddings.
    ///
    /// # Errors
    /// `Unsupported` if the dialect has none.
    pub fn embed(&self, request: &EmbedRequest) -> Result<HttpRequest, ProviderError> {
        let (path, body) = match self.dialect {
            Dialect::Anthropic => return Err(self.unsupported("embeddings")),
            Dialect::AzureDated => (
                azure::path(self, &request.model, "embeddings")?,
                embeddings::openai_body(request, self.dialect),
            ),
            Dialect::Gemini => (gemini::embed_path(&request.model)?, gemini::embed_body(request)),
            Dialect::Cohere => ("embed".to_owned(), cohere::embed_body(request)),
            Dialect::Ollama => ("embed".to_owned(), ollama::embed_body(request)),
            Dialect::TextEmbeddingsInference => ("embed".to_owned(), embeddings::tei_body(request)),
            _ => ("embeddings".to_owned(), embeddings::openai_body(request, self.dialect)),
        };
        Ok(self.request(&path, "application/json", body))
    }

    /// The request of a rerank.
    ///
    /// # Errors
    /// `Unsupported` if the dialect has none.
    pub fn rerank(&self, request: &RerankRequest) -> Result<HttpRequest, ProviderError> {
        let body = match self.dialect {
            Dialect::Cohere => cohere::rerank_body(request),
            Dialect::Jina | Dialect::Compatible => rerank::jina_body(request),
            Dialect::TextEmbeddingsInference => rerank::tei_body(request),
            _ => return Err(self.unsupported("rerank")),
        };
        Ok(self.request("rerank", "application/json", body))
    }

    /// Whether usage in a stream comes only if it is asked for, and asking is understood.
    pub(super) fn counts_on_request(&self) -> bool {
        self.dialect != Dialect::AzureDated
            || azure::knows_stream_options(self.api_version.as_deref())
    }

    pub(super) fn unsupported(&self, what: &str) -> ProviderError {
        let message = format!(
            "a provider of the kind {} has no {what}; choose another model",
            self.dialect.as_str()
        );
        ProviderError::new(ErrorKind::Unsupported, message)
    }

    pub(super) fn request(&self, path: &str, accept: &str, mut body: Value) -> HttpRequest {
        if let Some(members) = body.as_object_mut() {
            members
                .retain(|name, _| NEEDED.contains(&name.as_str()) || !self.refused.contains(name));
        }
        let headers = self.headers(accept);
        HttpRequest { url: format!("{}/{path}", self.base_url), headers, body }
    }

    /// Header fields, with the key.
    pub(super) fn headers(&self, accept: &str) -> Vec<(&'static str, String)> {
        // Components cannot inflate, and a stream that is compressed comes late.
        let mut headers =
            vec![("accept", accept.to_owned()), ("accept-encoding", "identity".to_owned())];
        if self.dialect == Dialect::Anthropic {
            headers.push(("anthropic-version", anthropic::VERSION.to_owned()));
        }
        if let Some(key) = &self.key {
            headers.push(match self.dialect {
                Dialect::Anthropic => ("x-api-key", key.clone()),
                Dialect::Azure | Dialect::AzureDated => ("api-key", key.clone()),
                Dialect::Gemini => ("x-goog-api-key", key.clone()),
                _ => ("authorization", format!("Bearer {key}")),
            });
        }
        headers
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Endpoint({}, {}, key: {})",
            self.dialect.as_str(),
            self.base_url,
            self.key.is_some()
        )
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        write!(f, "HttpRequest({}, {names:?})", self.url)
    }
}

/// A model's name as one segment of a path.
///
/// # Errors
/// `Unsupported` if it would change the path.
pub(super) fn path_segment(name: &str) -> Result<String, ProviderError> {
    if name.is_empty() || name.bytes().all(|b| b == b'.') {
        let message =
            format!("expected the name of a model or deployment, got {name:?}; correct the model");
        return Err(ProviderError::new(ErrorKind::Unsupported, message));
    }
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}
