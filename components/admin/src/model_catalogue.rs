//! The shipped catalogue: providers and models that are known without asking anyone.

use access::Action;
use api::{Call, Json};
use contract::Schema;
use kernel::Result;
use models::{Catalogue, KnownModel, KnownProvider};
use serde::Serialize;

/// A provider that the catalogue knows.
#[derive(Schema, Serialize)]
#[schema(name = "KnownProvider")]
pub(crate) struct KnownProviderBody {
    /// What `import` takes.
    name: String,
    title: String,
    #[schema(as = crate::providers::DialectName)]
    dialect: &'static str,
    /// With `NAME` or `HOST` where each organisation has another.
    base_url: String,
    models: Vec<KnownModelBody>,
}

/// A model that the catalogue knows.
#[derive(Schema, Serialize)]
#[schema(name = "KnownModel")]
pub(crate) struct KnownModelBody {
    name: String,
    #[schema(as = crate::models::ModelKindName)]
    kind: &'static str,
    context_tokens: Option<u32>,
    output_tokens: Option<u32>,
    #[schema(as = crate::models::CapabilityName)]
    capabilities: Vec<&'static str>,
    deprecated_on: Option<String>,
    successor: Option<String>,
}

#[derive(Schema, Serialize)]
pub(crate) struct ModelCatalogue {
    /// Where it was taken from, with version and licence.
    source: String,
    /// The day, `2026-11-29`.
    date: String,
    providers: Vec<KnownProviderBody>,
}

fn model(model: &KnownModel) -> KnownModelBody {
    KnownModelBody {
        name: model.name.clone(),
        kind: model.kind.as_str(),
        context_tokens: model.context_tokens,
        output_tokens: model.output_tokens,
        capabilities: model.capabilities.iter().map(|capability| capability.as_str()).collect(),
        deprecated_on: model.deprecated_on.clone(),
        successor: model.successor.clone(),
    }
}

pub(crate) async fn get_model_catalogue(call: Call) -> Result<Json<ModelCatalogue>> {
    call.cx()?.require(Action::ManageModels)?;
    let catalogue = Catalogue::shipped()?;
    let provider = |provider: &KnownProvider| KnownProviderBody {
        name: provider.name.clone(),
        title: provider.title.clone(),
        dialect: provider.dialect.as_str(),
        base_url: provider.base_url.clone(),
        models: catalogue
            .models
            .iter()
            .filter(|known| known.provider == provider.name)
            .map(model)
            .collect(),
    };
    let providers = catalogue.providers.iter().map(provider).collect();
    api::ok(&ModelCatalogue {
        source: catalogue.source.clone(),
        date: catalogue.date.clone(),
        providers,
    })
}
