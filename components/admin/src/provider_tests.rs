//! What a provider of models answers, asked through the gateway.

use api::{Call, CallWith, Json};
use catalogue::{known, provider};
use contract::Schema;
use kernel::{Result, id::ProviderId};
use models::gateway;
use serde::{Deserialize, Serialize};

use crate::model_refresh::KnownValuesBody;

contract::words! {
    /// What is checked, in this order; none after one that failed.
    CheckName = ["address", "credential", "models", "model", "streaming"];
    /// What a check found.
    CheckReason = kernel::ReasonCode::ALL.iter().map(|reason| reason.as_str());
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestModelProvider {
    /// A chat model, as the provider names it, which is asked one word.
    #[schema(length(min = 1, max = 200))]
    model: Option<String>,
}

/// One check.
#[derive(Schema, Serialize)]
pub(crate) struct ProviderCheck {
    #[schema(as = CheckName)]
    name: String,
    ok: bool,
    /// What was found; docs/errors.md has all reasons. Null: one of a later version.
    #[schema(as = CheckReason)]
    reason: Option<&'static str>,
    /// The value of the reason, if it has one.
    value: Option<String>,
    /// What was found, and what to do, in English.
    detail: String,
}

#[derive(Schema, Serialize)]
pub(crate) struct ProviderTest {
    /// Whether every check passed.
    ok: bool,
    checks: Vec<ProviderCheck>,
}

/// A model as its provider lists it.
#[derive(Schema, Serialize)]
pub(crate) struct OfferedModel {
    /// As requests name it.
    name: String,
    title: String,
    /// What the shipped catalogue knows of it, which it gets when it is added; null: nothing.
    known: Option<KnownValuesBody>,
}

#[derive(Schema, Serialize)]
pub(crate) struct OfferedModels {
    models: Vec<OfferedModel>,
}

pub(crate) async fn test_model_provider(
    mut call: CallWith<TestModelProvider>,
) -> Result<Json<ProviderTest>> {
    let body: TestModelProvider = call.json().await?;
    let cx = call.cx()?;
    let model = body
        .model
        .as_deref()
        .map(|model| kernel::text::line("/model", model, 1, 200))
        .transpose()?;
    let grant = provider::administration_grant(cx, call.param("provider_id")?).await?;
    // The provider may take its time.
    cx.db.release().await;
    let checks = gateway::test_provider(&grant, model.as_deref()).await?;
    let one = |check: gateway::ProviderCheck| ProviderCheck {
        name: check.name,
        ok: check.ok,
        reason: check.reason.as_ref().map(|reason| reason.code.as_str()),
        value: check.reason.and_then(|reason| reason.value),
        detail: check.detail,
    };
    api::ok(&ProviderTest {
        ok: checks.iter().all(|check| check.ok),
        checks: checks.into_iter().map(one).collect(),
    })
}

/// Without pages: a provider lists all of its models at once, and of more than 1 000 the rest is
/// cut.
pub(crate) async fn list_offered_models(call: Call) -> Result<Json<OfferedModels>> {
    let cx = call.cx()?;
    let id: ProviderId = call.param("provider_id")?;
    let grant = provider::administration_grant(cx, id).await?;
    cx.db.release().await;
    let offered = gateway::list_models(&grant).await?;
    let names = offered.iter().map(|model| model.name.as_str());
    let known = known::known_models(cx, id, names).await?;
    let one = |model: models::ListedModel| OfferedModel {
        known: known.get(&model.name).map(KnownValuesBody::from),
        name: model.name,
        title: model.title,
    };
    api::ok(&OfferedModels { models: offered.into_iter().map(one).collect() })
}
