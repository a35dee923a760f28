//! Which model of a catalogue is meant by a provider and a name. Pure.

use std::collections::BTreeMap;

use super::{Catalogue, KnownModel, KnownProvider, ModelKind};
use crate::Dialect;

/// Finds models of a catalogue by name; its providers are few.
pub struct CatalogueIndex<'c> {
    providers: &'c [KnownProvider],
    /// By provider and name; a name without its date last.
    models: BTreeMap<(&'c str, &'c str), &'c KnownModel>,
}

impl<'c> CatalogueIndex<'c> {
    /// An index over a catalogue.
    #[must_use]
    pub fn new(catalogue: &'c Catalogue) -> Self {
        let mut models = BTreeMap::new();
        for model in &catalogue.models {
            models.insert((model.provider.as_str(), model.name.as_str()), model);
        }
        for model in &catalogue.models {
            models.entry((model.provider.as_str(), undated(&model.name))).or_insert(model);
        }
        Self { providers: &catalogue.providers, models }
    }

    /// The model that a provider with this dialect and address has under a name, if it is of the
    /// kind. The exact name counts first, then the name without its date: `gpt-5.2-2026-03-05` is
    /// `gpt-5.2`.
    #[must_use]
    pub fn find(
        &self,
        dialect: Dialect,
        base_url: &str,
        name: &str,
        kind: ModelKind,
    ) -> Option<&'c KnownModel> {
        let name = name.strip_prefix("models/").unwrap_or(name);
        let fitting: Vec<&str> = self.fitting(dialect, base_url);
        let named = |name: &str| {
            let mut found =
                fitting.iter().filter_map(|provider| self.models.get(&(*provider, name)));
            found.find(|model| model.kind == kind).copied()
        };
        named(name).or_else(|| named(undated(name)))
    }

    /// Names of the providers that may be meant, the likeliest first. Many speak
    /// [`Dialect::Compatible`]: there the host decides.
    fn fitting(&self, dialect: Dialect, base_url: &str) -> Vec<&'c str> {
        let (mut same, mut related) = (Vec::new(), Vec::new());
        for known in self.providers {
            if known.dialect == Dialect::Compatible || dialect == Dialect::Compatible {
                if known.dialect == dialect && host(&known.base_url) == host(base_url) {
                    same.push(known.name.as_str());
                }
            } else if known.dialect == dialect {
                same.push(known.name.as_str());
            } else if known.dialect.shares_models(dialect) {
                related.push(known.name.as_str());
            }
        }
        // Azure's own prices for Azure's other dialect, before OpenAI's.
        if dialect == Dialect::AzureDated {
            related.sort_by_key(|name| *name != Dialect::Azure.as_str());
        }
        same.append(&mut related);
        same
    }
}

impl Dialect {
    /// Whether providers with these dialects have models of the same names: one may have several
    /// ways to be asked.
    #[must_use]
    pub fn shares_models(self, other: Self) -> bool {
        let owner = |dialect: Self| match dialect {
            Self::OpenAiResponses => Self::OpenAiChat.as_str(),
            other => other.family(),
        };
        owner(self) == owner(other)
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default()
}

/// The name without `-2026-03-05`, `-20260305`, `@20260305` or `-latest` at its end.
fn undated(name: &str) -> &str {
    if let Some(stem) = name.strip_suffix("-latest").or_else(|| name.strip_suffix(":latest")) {
        return stem;
    }
    let Some((stem, date)) =
        name.len().checked_sub(11).and_then(|at| name.split_at_checked(at)).filter(|(_, end)| {
            end.bytes().enumerate().all(|(at, b)| match at {
                0 | 5 | 8 => b == b'-',
                _ => b.is_ascii_digit(),
            })
        })
    else {
        let end = name.len().checked_sub(9).and_then(|at| name.split_at_checked(at));
        let is_date = |end: &str| {
            let digits = end.strip_prefix(['-', '@']);
            digits.is_some_and(|digits| {
                digits.starts_with("20") && digits.bytes().all(|b| b.is_ascii_digit())
            })
        };
        return end.filter(|(stem, end)| !stem.is_empty() && is_date(end)).map_or(name, |it| it.0);
    };
    if stem.is_empty() || !date.starts_with("-20") { name } else { stem }
}
