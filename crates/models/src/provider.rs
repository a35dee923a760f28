//! Where a model is, and how it is asked.

use std::time::Duration;

use kernel::{Problem, Result};
use platform::{config, http::Outgoing};
use serde_json::{Map, Value, json};

use crate::{ChatRequest, Dialect, Endpoint, Price, PriceList, failure};

/// The model server of the worker, where no variable names another.
const BUILT_IN_URL: &str = "http://127.0.0.1:3210/v1";
/// The extractive answerer of the worker.
const EXTRACTIVE: &str = "extractive";
/// Begins the names of language models that run beside the worker.
const LOCAL: &str = "local/";
/// The numbers of one embedding (`chunks.embedding`).
pub const DIMENSIONS: usize = 384;

/// How long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For the head of the answer and the first piece: a model on a CPU reads a long prompt for a
    /// minute.
    pub first: Duration,
    /// Between two pieces.
    pub between: Duration,
}

/// An OpenAI-compatible server and one of its models.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// Ends in `/v1`, without a slash.
    pub url: String,
    /// Sent as a bearer token.
    pub key: Option<String>,
    /// The model, as the server names it.
    pub model: String,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What the model costs, as far as the operator says it.
    pub prices: PriceList,
}

impl Provider {
    /// The chat model of the variables `chat_url`, `chat_model`, `chat_key`, with its prices.
    ///
    /// # Errors
    /// `internal` if the configuration cannot be read.
    pub async fn chat() -> Result<Self> {
        let timeouts =
            Timeouts { first: Duration::from_secs(120), between: Duration::from_secs(60) };
        let model = config::optional("chat_model").await?.unwrap_or_else(|| EXTRACTIVE.to_owned());
        Ok(Self {
            url: url("chat_url").await?,
            key: config::optional("chat_key").await?,
            model,
            timeouts,
            prices: chat_prices().await?,
        })
    }

    /// The server of embeddings at the variable `embedding_url`; [`Self::with_model`] says which of
    /// its models.
    ///
    /// # Errors
    /// `internal` if the configuration cannot be read.
    pub async fn embedding() -> Result<Self> {
        let timeouts =
            Timeouts { first: Duration::from_secs(10), between: Duration::from_secs(10) };
        Ok(Self {
            url: url("embedding_url").await?,
            key: None,
            model: String::new(),
            timeouts,
            prices: PriceList::default(),
        })
    }

    /// Whether a model of this name is the extractive answerer of the worker, which only quotes.
    #[must_use]
    pub fn is_extractive(model: &str) -> bool {
        model == EXTRACTIVE
    }

    /// Whether a model of this name runs on the installation's own machine, which costs nothing:
    /// the extractive answerer, or a language model beside the worker.
    #[must_use]
    pub fn is_built_in(model: &str) -> bool {
        Self::is_extractive(model) || model.starts_with(LOCAL)
    }

    /// Another model of the same server, for embeddings an `embedding_models.id`.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        Self { model: model.to_owned(), prices: PriceList::default(), ..self.clone() }
    }

    /// The prices of one of its models: the operator names those of one. None: it is built in, and
    /// costs nothing.
    #[must_use]
    pub fn prices_of(&self, model: &str) -> Option<PriceList> {
        let is_known = model == self.model;
        (!Self::is_built_in(model))
            .then(|| if is_known { self.prices.clone() } else { PriceList::default() })
    }

    /// The request of a chat.
    ///
    /// # Errors
    /// `model_failed` if the dialect has no form for it.
    pub(crate) fn post_chat(&self, request: &ChatRequest, user: Option<&str>) -> Result<Outgoing> {
        let endpoint = Endpoint::new(Dialect::Compatible, &self.url, self.key.clone());
        let built = endpoint.chat(request).map_err(|error| failure::of(&error))?;
        let mut out = Outgoing::post_json(built.url, &built.body);
        out.idle_timeout = self.timeouts.first;
        out.headers.extend(built.headers);
        Ok(match user {
            Some(user) => out.header("x-tessera-user", user.to_owned()),
            None => out,
        })
    }

    /// A POST to one of its routes. `user`: for whom it is asked; the built-in models serve users
    /// in turns. It is a header, since some providers refuse bodies with a member that they do not
    /// know.
    pub(crate) fn post(&self, route: &str, body: &Value, user: Option<&str>) -> Outgoing {
        let mut out = Outgoing::post_json(format!("{}/{route}", self.url), body);
        out.idle_timeout = self.timeouts.first;
        if let Some(user) = user {
            out = out.header("x-tessera-user", user.to_owned());
        }
        let out = out.traced();
        match &self.key {
            Some(key) => out.header("authorization", format!("Bearer {key}")),
            None => out,
        }
    }
}

/// The variables `chat_price_input` and `chat_price_output`, US dollars for a million tokens.
async fn chat_prices() -> Result<PriceList> {
    let mut tier = Map::new();
    for (variable, name) in [("chat_price_input", "input"), ("chat_price_output", "output")] {
        if let Some(text) = config::optional(variable).await? {
            let price = Price::of_million(&text);
            let price = price.map_err(|wrong| Problem::internal(format!("{variable}: {wrong}")))?;
            tier.insert(name.to_owned(), json!(price.to_string()));
        }
    }
    PriceList::read(&json!({ "standard": tier })).map_err(Problem::internal)
}

async fn url(variable: &'static str) -> Result<String> {
    let url = config::optional(variable).await?.unwrap_or_else(|| BUILT_IN_URL.to_owned());
    Ok(url.trim_end_matches('/').to_owned())
}
