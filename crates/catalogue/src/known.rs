//! What a catalogue knows of models: it fills in new ones, and refreshes those that are there.

use std::collections::BTreeMap;

use access::Action;
use kernel::{
    Problem, ReasonCode, Result,
    id::{ModelId, ProviderId},
};
use models::{Catalogue, CatalogueIndex, ModelKind};
use platform::Cx;

use crate::{
    model::{Model, ModelSettings},
    provider,
    store::models as store,
};

/// Models that are compared at a time.
const REFRESH_LIMIT: usize = 1_000;

/// What a refresh changes, or would change.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// Models with other values than the catalogue, as they are and as they become.
    pub changes: Vec<(Model, ModelSettings)>,
    /// Models that have its values already.
    pub unchanged: usize,
    /// Models that the catalogue does not know.
    pub unknown: Vec<Model>,
}

/// What the shipped catalogue knows of a model of this name, or nothing but the name.
///
/// # Errors
/// `not_allowed`; `not_found` for an unknown provider.
pub async fn known_settings(
    cx: &Cx,
    provider: ProviderId,
    name: &str,
    kind: ModelKind,
) -> Result<ModelSettings> {
    let provider = provider::get_provider(cx, provider).await?;
    let catalogue = Catalogue::shipped()?;
    let index = CatalogueIndex::new(&catalogue);
    let known = index.find(provider.dialect, &provider.base_url, name, kind);
    Ok(match known {
        Some(known) => ModelSettings {
            name: name.to_owned(),
            title: name.to_owned(),
            ..ModelSettings::known(known, &catalogue)
        },
        None => ModelSettings::named(name, kind),
    })
}

/// The same for many models of one provider, of any kind: those that are known, by name.
///
/// # Errors
/// As [`known_settings`].
pub async fn known_models(
    cx: &Cx,
    provider: ProviderId,
    names: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, ModelSettings>> {
    let provider = provider::get_provider(cx, provider).await?;
    let catalogue = Catalogue::shipped()?;
    let index = CatalogueIndex::new(&catalogue);
    let known = names.filter_map(|name| {
        let kinds = ModelKind::ALL.into_iter();
        let mut found =
            kinds.filter_map(|kind| index.find(provider.dialect, &provider.base_url, name, kind));
        found.next().map(|model| (name.to_owned(), ModelSettings::known(model, &catalogue)))
    });
    Ok(known.collect())
}

/// Gives models the values of a catalogue again: limits, capabilities, prices and the day of their
/// end. Titles, places and what else the tenant decides stay. `wanted`: these models, all if there
/// are none, the newest 1 000. `dry_run`: nothing is changed.
///
/// # Errors
/// `not_allowed`; `invalid_body` if a value of the catalogue is refused; `conflict` if a model was
/// changed at the same time.
pub async fn refresh_models(
    cx: &Cx,
    catalogue: &Catalogue,
    wanted: &[ModelId],
    dry_run: bool,
) -> Result<Refresh> {
    cx.require(Action::ManageModels)?;
    let rows = store::list_with_providers(cx, wanted, REFRESH_LIMIT).await?;
    let index = CatalogueIndex::new(catalogue);
    let mut refresh = Refresh { changes: Vec::new(), unchanged: 0, unknown: Vec::new() };
    for (model, dialect, base_url) in rows {
        let settings = &model.settings;
        match index.find(dialect, &base_url, &settings.name, settings.kind) {
            None => refresh.unknown.push(model),
            Some(known) => {
                let known = ModelSettings::known(known, catalogue).checked()?;
                let after = with_values_of(settings, known);
                if after == model.settings {
                    refresh.unchanged += 1;
                } else {
                    refresh.changes.push((model, after));
                }
            }
        }
    }
    if !dry_run
        && !refresh.changes.is_empty()
        && !store::update_known_values(cx, &refresh.changes).await?
    {
        let detail = "another administrator changed one of these models just now; look at the differences again";
        return Err(Problem::conflict(ReasonCode::ChangedMeanwhile, detail));
    }
    Ok(refresh)
}

fn with_values_of(settings: &ModelSettings, known: ModelSettings) -> ModelSettings {
    ModelSettings {
        name: settings.name.clone(),
        title: settings.title.clone(),
        kind: settings.kind,
        enabled: settings.enabled,
        places: settings.places.clone(),
        classification: settings.classification.clone(),
        ..known
    }
}

/// Adds the models of a provider of the shipped catalogue (`known`:
/// [`models::KnownProvider::name`]) that the tenant's provider does not have yet; those that it has
/// stay as they are. How many were added.
///
/// # Errors
/// `not_allowed`, `not_found`; `invalid_body` if the catalogue has no such provider, or it speaks
/// another dialect.
pub async fn import_known_models(cx: &Cx, provider: ProviderId, known: &str) -> Result<usize> {
    cx.require(Action::ManageModels)?;
    let own = provider::get_provider(cx, provider).await?;
    let catalogue = Catalogue::shipped()?;
    let found = catalogue.providers.iter().find(|known_provider| known_provider.name == known);
    if found.is_none_or(|found| !found.dialect.shares_models(own.dialect)) {
        let fitting =
            catalogue.providers.iter().filter(|known| known.dialect.shares_models(own.dialect));
        let names: Vec<&str> = fitting.map(|known| known.name.as_str()).collect();
        return Err(Problem::refused_field(
            "/known_provider",
            ReasonCode::UnknownValue,
            format!(
                "expected a provider of the catalogue that speaks {}: {}",
                own.dialect.as_str(),
                names.join(", ")
            ),
        ));
    }
    let mut added = 0;
    for model in catalogue.models.iter().filter(|model| model.provider == known) {
        let settings = ModelSettings::known(model, &catalogue).checked()?;
        added += usize::from(store::insert_missing(cx, cx.new_id()?, provider, &settings).await?);
    }
    Ok(added)
}
