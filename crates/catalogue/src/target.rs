//! Providers and models as the gateway asks them, with their credentials opened. Only a valid grant
//! leads here.

use std::collections::BTreeSet;

use credentials::{GrantContext, GrantPurpose};
use kernel::{
    Code, Problem, Result,
    id::{self, ModelId, ProviderId},
};
use models::{Endpoint, ModelKind, PriceList};

use crate::{
    provider::{CREDENTIAL_COLUMN, credential_for},
    store::targets as store,
};

/// A model that can be asked.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelTarget {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ModelId,
    /// As the provider names it.
    pub name: String,
    /// As people see it.
    pub title: String,
    /// Its provider.
    pub provider_id: ProviderId,
    /// The provider's name.
    pub provider: String,
    /// Tokens that may go in.
    pub context_tokens: Option<i32>,
    /// Tokens that may come out.
    pub output_tokens: Option<i32>,
    /// What it costs, as far as that is known.
    pub prices: PriceList,
    /// Where it is asked.
    pub endpoint: Endpoint,
}

/// The models of a grant in its order, without those that were disabled or deleted since it was
/// made.
///
/// # Errors
/// `model_failed` if none is left; `internal` if a credential does not open.
pub async fn open_models(context: &GrantContext) -> Result<Vec<ModelTarget>> {
    expect(context, GrantPurpose::Chat)?;
    let targets = open_targets(context, ModelKind::Chat).await?;
    if targets.is_empty() {
        let detail = "the model was switched off or deleted; choose another for the assistant, or ask an administrator";
        return Err(
            Problem::new(Code::ModelFailed, detail).caused_by("no model of the grant is enabled")
        );
    }
    Ok(targets)
}

/// The models of a grant that write down what is said, in its order, without those that were
/// disabled or deleted since it was made.
///
/// # Errors
/// As [`open_models`].
pub async fn open_transcribers(context: &GrantContext) -> Result<Vec<ModelTarget>> {
    expect(context, GrantPurpose::Transcription)?;
    let targets = open_targets(context, ModelKind::Transcription).await?;
    if targets.is_empty() {
        let detail = "the transcription model was switched off or deleted; choose another, or ask an administrator";
        return Err(
            Problem::new(Code::ModelFailed, detail).caused_by("no model of the grant is enabled")
        );
    }
    Ok(targets)
}

/// The reranker of a grant.
///
/// # Errors
/// `model_failed` if it was disabled or deleted since the grant was made; `internal` if its
/// credential does not open.
pub async fn open_reranker(context: &GrantContext) -> Result<ModelTarget> {
    expect(context, GrantPurpose::Rerank)?;
    let target = open_targets(context, ModelKind::Rerank).await?.into_iter().next();
    target.ok_or_else(|| {
        let detail = "the reranker was switched off or deleted; an administrator can choose another under Administration, Models";
        Problem::new(Code::ModelFailed, detail).caused_by("no model of the grant is enabled")
    })
}

async fn open_targets(context: &GrantContext, kind: ModelKind) -> Result<Vec<ModelTarget>> {
    let mut targets = Vec::new();
    for row in store::models(&context.cx, &context.subjects, kind).await? {
        let prices = PriceList::read(&row.prices).map_err(|cause| {
            Problem::internal(format!("prices of the model {}: {cause}", row.id))
        })?;
        let endpoint = open(context, row.provider).await?;
        targets.push(ModelTarget {
            id: row.id,
            name: row.name,
            title: row.title,
            provider_id: row.provider_id,
            provider: row.provider_name,
            context_tokens: row.context_tokens,
            output_tokens: row.output_tokens,
            prices,
            endpoint: Endpoint { thinks_by_budget: row.thinks_by_budget, ..endpoint },
        });
    }
    Ok(targets)
}

/// The provider of an administrator's grant, also if it is switched off.
///
/// # Errors
/// `not_found` if it was deleted; `internal` if its credential does not open.
pub async fn open_provider(context: &GrantContext) -> Result<Endpoint> {
    expect(context, GrantPurpose::Administration)?;
    let subject = context.subjects.first().map(|id| ProviderId(*id));
    let subject = subject.ok_or_else(|| id::not_found("provider"))?;
    let row =
        store::provider(&context.cx, subject).await?.ok_or_else(|| id::not_found("provider"))?;
    open(context, row).await
}

fn expect(context: &GrantContext, purpose: GrantPurpose) -> Result<()> {
    if context.purpose == purpose {
        return Ok(());
    }
    Err(Problem::internal("a grant for one purpose was shown for another"))
}

async fn open(context: &GrantContext, row: store::ProviderRow) -> Result<Endpoint> {
    let key = match row.sealed {
        Some(sealed) => {
            let opened = secrets::open(&context.cx, CREDENTIAL_COLUMN, &sealed).await?;
            Some(credential_for(&row.base_url, &opened)?.to_owned())
        }
        None => None,
    };
    Ok(Endpoint {
        dialect: row.dialect,
        base_url: row.base_url,
        key,
        api_version: row.api_version,
        thinks_by_budget: false,
        refused: BTreeSet::new(),
    })
}
