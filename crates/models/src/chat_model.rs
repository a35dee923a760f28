//! Who answers a question: the model of the variables, or models of the tenant's rows, asked
//! through the gateway.

use credentials::ModelGrant;
use kernel::Result;

use crate::{Capability, Deltas, Provider, Request, Tokenizer, gateway};

/// Models of the tenant that the user may ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelRows {
    /// As assistants and clients name them.
    pub reference: String,
    /// For whom, and which, the first choice first.
    pub grant: ModelGrant,
    /// Tokens that each of them takes in, where that is known.
    pub context_tokens: Option<usize>,
    /// Tokens that each of them writes at most, where that is known.
    pub output_tokens: Option<usize>,
    /// The tokenizer whose estimates hold for each of them.
    pub tokenizer: Tokenizer,
    /// What each of them can do.
    pub capabilities: Vec<Capability>,
}

/// What answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChatModel {
    /// The provider of the variables; the request names one of its models.
    Installation(Box<Provider>),
    /// Rows of the tenant.
    Rows(ModelRows),
}

impl ChatModel {
    /// The name of the model that a request asks, before it is known which of several answers.
    #[must_use]
    pub fn name<'a>(&'a self, request: Option<&'a str>) -> &'a str {
        match self {
            Self::Installation(provider) => request.unwrap_or(&provider.model),
            Self::Rows(rows) => &rows.reference,
        }
    }

    /// Whether a request asks the extractive answerer, which only quotes.
    #[must_use]
    pub fn is_extractive(&self, request: Option<&str>) -> bool {
        matches!(self, Self::Installation(_)) && Provider::is_extractive(self.name(request))
    }

    /// Whether a request asks a model on the installation's own machine.
    #[must_use]
    pub fn is_built_in(&self, request: Option<&str>) -> bool {
        matches!(self, Self::Installation(_)) && Provider::is_built_in(self.name(request))
    }

    /// Tokens that go in, where that is known.
    #[must_use]
    pub fn context_tokens(&self) -> Option<usize> {
        match self {
            Self::Installation(_) => None,
            Self::Rows(rows) => rows.context_tokens,
        }
    }

    /// Tokens that an answer has at most, where that is known.
    #[must_use]
    pub fn output_tokens(&self) -> Option<usize> {
        match self {
            Self::Installation(_) => None,
            Self::Rows(rows) => rows.output_tokens,
        }
    }

    /// How texts are counted for the model that a request asks.
    #[must_use]
    pub fn tokenizer(&self, request: Option<&str>) -> Tokenizer {
        match self {
            Self::Installation(_) => Tokenizer::of_model(self.name(request)),
            Self::Rows(rows) => rows.tokenizer,
        }
    }

    /// Whether pictures may go in. Of the model of the variables that is not known.
    #[must_use]
    pub fn sees(&self) -> bool {
        matches!(self, Self::Rows(rows) if rows.capabilities.contains(&Capability::Vision))
    }

    /// Whether a client may ask for what needs this. No one says what the model of the variables
    /// can do, so its server decides; built-in models can do nothing but answer.
    #[must_use]
    pub fn supports(&self, capability: Capability, requested: Option<&str>) -> bool {
        match self {
            Self::Installation(provider) => {
                !Provider::is_built_in(requested.unwrap_or(&provider.model))
            }
            Self::Rows(rows) => rows.capabilities.contains(&capability),
        }
    }

    /// Asks; returns when the head of the answer is there.
    ///
    /// # Errors
    /// `model_failed` if it cannot be reached or refuses; `unavailable` if the gateway does not
    /// answer.
    pub async fn complete_stream(&self, request: &Request) -> Result<Deltas> {
        match self {
            Self::Installation(provider) => provider.complete_stream(request).await,
            Self::Rows(rows) => Ok(Deltas::of_gateway(gateway::ask(&rows.grant, request).await?)),
        }
    }
}
