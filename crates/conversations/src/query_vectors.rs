//! The vectors of a search query, made while the rows of the question are written, or once it has
//! been rewritten.

use futures::channel::oneshot;
use kernel::{Problem, Result};
use knowledge::Query;
use models::{Attribution, Provider, QueryEmbedding};
use platform::Cx;

use crate::rewriting::Rewriting;

/// The vectors of a query.
pub(crate) enum QueryVectors {
    /// Nothing is searched.
    None,
    /// They are being made.
    Coming(oneshot::Receiver<Result<Vec<QueryEmbedding>>>),
    /// They are made when the question has been rewritten.
    Later(Box<LaterVectors>),
}

/// A query that is embedded as a model rewrites it.
pub(crate) struct LaterVectors {
    pub(crate) rewriting: Rewriting,
    pub(crate) provider: Provider,
    /// The models that it is embedded with.
    pub(crate) models: Vec<String>,
}

impl QueryVectors {
    /// Begins to make them, beside what the caller does.
    pub(crate) fn beside(
        provider: Provider,
        namespace: &str,
        models: Vec<String>,
        query: &str,
    ) -> Self {
        let (sender, receiver) = oneshot::channel();
        let (namespace, query) = (namespace.to_owned(), query.to_owned());
        platform::task::spawn(async move {
            // The receiver is gone if the question was refused.
            let _ = sender.send(provider.embed_query(&namespace, &models, &query).await);
        });
        Self::Coming(receiver)
    }

    /// The query that is searched for, and its vectors.
    pub(crate) async fn of_query(
        self,
        cx: &Cx,
        query: Option<Query>,
        attribution: Attribution,
    ) -> Result<(Option<Query>, Vec<QueryEmbedding>)> {
        match self {
            Self::None => Ok((query, Vec::new())),
            Self::Coming(embeddings) => {
                Ok((query, cx.db.released_while(embedded(embeddings)).await?))
            }
            Self::Later(later) => {
                let LaterVectors { rewriting, provider, models } = *later;
                let Some(query) = rewriting.run(cx, attribution).await.or(query) else {
                    return Ok((None, Vec::new()));
                };
                let embedding =
                    provider.embed_query(cx.redis_namespace()?, &models, query.as_str());
                let embeddings = cx.db.released_while(embedding).await?;
                Ok((Some(query), embeddings))
            }
        }
    }
}

/// The question as the models embed it.
async fn embedded(
    embeddings: oneshot::Receiver<Result<Vec<QueryEmbedding>>>,
) -> Result<Vec<QueryEmbedding>> {
    embeddings.await.map_err(|_| {
        Problem::internal("the task that embeds the question ended without an answer")
    })?
}
