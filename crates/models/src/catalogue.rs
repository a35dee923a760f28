//! The catalogue that is shipped: current models of the known providers, as facts with their source
//! and date. Pure.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Problem, Result, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::{Dialect, LongPrompt, Price, PriceList, PriceName, TierPrices};

mod find;

pub use find::CatalogueIndex;

/// Providers and models of a file that is uploaded.
const PROVIDERS_LIMIT: usize = 100;
const MODELS_LIMIT: usize = 2_000;

const SHIPPED: &str = include_str!("../data/models.json");

/// What a model does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ModelKind {
    /// Answers.
    Chat,
    /// Makes vectors of texts.
    Embedding,
    /// Puts documents into an order.
    Rerank,
    /// Writes down what is said.
    Transcription,
    /// Draws.
    Image,
}

impl ModelKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Chat, Self::Embedding, Self::Rerank, Self::Transcription, Self::Image];

    /// The name that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
            Self::Transcription => "transcription",
            Self::Image => "image",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a chat model can do beside text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Capability {
    /// Reads pictures.
    Vision,
    /// Calls tools.
    Tools,
    /// Keeps to a JSON schema.
    JsonSchema,
    /// Thinks before it answers.
    Reasoning,
    /// Hears.
    Audio,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 5] =
        [Self::Vision, Self::Tools, Self::JsonSchema, Self::Reasoning, Self::Audio];

    /// The name that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vision => "vision",
            Self::Tools => "tools",
            Self::JsonSchema => "json_schema",
            Self::Reasoning => "reasoning",
            Self::Audio => "audio",
        }
    }

    /// The capability of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == name)
    }
}

/// A provider that the catalogue knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownProvider {
    /// Its name in the catalogue.
    pub name: String,
    /// For people.
    pub title: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// `https://…`, with `NAME` or `HOST` where each installation has another.
    pub base_url: String,
}

/// A model that the catalogue knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownModel {
    /// [`KnownProvider::name`].
    pub provider: String,
    /// As the provider names it.
    pub name: String,
    /// What it does.
    pub kind: ModelKind,
    /// Tokens that may go in.
    pub context_tokens: Option<u32>,
    /// Tokens that may come out.
    pub output_tokens: Option<u32>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// [`crate::Endpoint::thinks_by_budget`].
    pub thinks_by_budget: bool,
    /// What it costs.
    pub prices: PriceList,
    /// The same as [`PriceList::read`] takes it.
    pub prices_text: Value,
    /// Where the prices stand.
    pub source: Option<String>,
    /// The day it is shut down, `2027-01-14`.
    pub deprecated_on: Option<String>,
    /// What its provider advises instead.
    pub successor: Option<String>,
}

/// Everything that is shipped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Catalogue {
    /// Where it was taken from, with its version and licence.
    pub source: String,
    /// The day, `2026-11-29`.
    pub date: String,
    /// The providers.
    pub providers: Vec<KnownProvider>,
    /// The models.
    pub models: Vec<KnownModel>,
}

impl Catalogue {
    /// The one that this version ships.
    ///
    /// # Errors
    /// `internal` if it is damaged, which a test rules out.
    pub fn shipped() -> Result<Self> {
        Self::read(SHIPPED).map_err(|cause| Problem::internal(format!("data/models.json: {cause}")))
    }

    /// One that is uploaded, in the form of the shipped file.
    ///
    /// # Errors
    /// A sentence that names what is wrong.
    pub fn read_file(file: &Value) -> std::result::Result<Self, String> {
        let file = File::deserialize(file).map_err(|error| error.to_string())?;
        for (what, count, most) in [
            ("providers", file.providers.len(), PROVIDERS_LIMIT),
            ("models", file.models.len(), MODELS_LIMIT),
        ] {
            if count > most {
                return Err(format!("expected at most {most} {what}, got {count}"));
            }
        }
        let day = Timestamp::parse(&file.date).filter(|_| file.date.len() == 10);
        if day.is_none() {
            return Err("date: expected a day such as 2026-11-29".to_owned());
        }
        if !(1..=500).contains(&file.source.chars().count()) {
            return Err("source: expected 1 to 500 characters".to_owned());
        }
        let read = Self::from_file(file)?;
        let names: BTreeSet<&str> =
            read.providers.iter().map(|provider| provider.name.as_str()).collect();
        match read.models.iter().find(|model| !names.contains(model.provider.as_str())) {
            Some(model) => Err(format!("{}: no provider is called {}", model.name, model.provider)),
            None => Ok(read),
        }
    }

    fn read(text: &str) -> std::result::Result<Self, String> {
        Self::from_file(serde_json::from_str(text).map_err(|error| error.to_string())?)
    }

    fn from_file(file: File) -> std::result::Result<Self, String> {
        let providers = file.providers.into_iter().map(|row| {
            let dialect = Dialect::parse(&row.dialect)
                .ok_or_else(|| format!("no dialect {}", row.dialect))?;
            Ok(KnownProvider { name: row.name, title: row.title, dialect, base_url: row.base_url })
        });
        let models = file.models.into_iter().map(|row| {
            let name = row.name.clone();
            known_model(row).map_err(|cause| format!("{name}: {cause}"))
        });
        Ok(Self {
            source: file.source,
            date: file.date,
            providers: providers.collect::<std::result::Result<_, String>>()?,
            models: models.collect::<std::result::Result<_, String>>()?,
        })
    }
}

#[derive(Deserialize)]
struct File {
    source: String,
    date: String,
    providers: Vec<ProviderRow>,
    models: Vec<ModelRow>,
}

#[derive(Deserialize)]
struct ProviderRow {
    name: String,
    title: String,
    dialect: String,
    base_url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelRow {
    provider: String,
    name: String,
    kind: String,
    context_tokens: Option<u32>,
    output_tokens: Option<u32>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    thinks_by_budget: bool,
    prices: Value,
    source: Option<String>,
    deprecated_on: Option<String>,
    successor: Option<String>,
}

fn known_model(row: ModelRow) -> std::result::Result<KnownModel, String> {
    let capability =
        |name: &String| Capability::parse(name).ok_or_else(|| format!("no capability {name}"));
    Ok(KnownModel {
        kind: ModelKind::parse(&row.kind).ok_or_else(|| format!("no kind {}", row.kind))?,
        capabilities: row
            .capabilities
            .iter()
            .map(capability)
            .collect::<std::result::Result<_, _>>()?,
        prices: PriceList::read(&row.prices)?,
        prices_text: row.prices,
        provider: row.provider,
        name: row.name,
        context_tokens: row.context_tokens,
        output_tokens: row.output_tokens,
        thinks_by_budget: row.thinks_by_budget,
        source: row.source,
        deprecated_on: row.deprecated_on,
        successor: row.successor,
    })
}

impl PriceList {
    /// Reads tiers with decimal text: `{"standard": {"input": "0.000002", "above": {"tokens":
    /// 272000, "input": "0.000004"}}}`.
    ///
    /// # Errors
    /// A sentence that names what is wrong.
    pub fn read(value: &Value) -> std::result::Result<Self, String> {
        let tiers = value.as_object().ok_or("expected an object of tiers")?;
        let mut list = Self::default();
        for (name, tier) in tiers {
            let slot = match name.as_str() {
                "standard" => &mut list.standard,
                "flex" => &mut list.flex,
                "priority" => &mut list.priority,
                "batch" => &mut list.batch,
                _ => return Err(format!("expected standard, flex, priority or batch, got {name}")),
            };
            *slot = read_tier(tier).map_err(|cause| format!("{name}: {cause}"))?;
        }
        Ok(list)
    }
}

fn read_tier(value: &Value) -> std::result::Result<TierPrices, String> {
    let mut tier = TierPrices { prices: read_prices(value)?, above: None };
    if let Some(above) = value.get("above") {
        let tokens = above
            .get("tokens")
            .and_then(Value::as_u64)
            .ok_or("above: expected tokens, a whole number")?;
        tier.above = Some(LongPrompt { tokens, prices: read_prices(above)? });
    }
    Ok(tier)
}

fn read_prices(value: &Value) -> std::result::Result<BTreeMap<PriceName, Price>, String> {
    let members = value.as_object().ok_or("expected an object of prices")?;
    let prices = members.iter().filter(|(name, _)| !matches!(name.as_str(), "above" | "tokens"));
    prices
        .map(|(name, price)| {
            let known =
                PriceName::parse(name).ok_or_else(|| format!("no price is called {name}"))?;
            let text = price
                .as_str()
                .ok_or_else(|| format!("{name}: expected decimal text, got {price}"))?;
            Ok((known, Price::parse(text).map_err(|cause| format!("{name}: {cause}"))?))
        })
        .collect()
}
