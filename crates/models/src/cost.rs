//! What a call costs: usage that the dialects have normalised, times the prices of the tier that
//! was served. Pure.

use std::{collections::BTreeMap, fmt};

use crate::{Cost, Price, ServiceTier, TokenUsage};

/// What a call is billed by: one of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PriceName {
    /// A token of the prompt.
    Input,
    /// A token of the answer.
    Output,
    /// A token that came from the provider's cache.
    CachedRead,
    /// A token that went into it, for minutes.
    CachedWrite,
    /// A token that went into it, for an hour.
    CachedWriteHour,
    /// A token of thoughts.
    Reasoning,
    /// A token of sound in the prompt.
    AudioInput,
    /// A token of sound in the answer.
    AudioOutput,
    /// A token of a picture in the prompt.
    ImageInput,
    /// A token of a picture in the answer.
    ImageOutput,
    /// A search of a reranker.
    Search,
    /// A second of sound.
    Second,
}

impl PriceName {
    /// Every name.
    pub const ALL: [Self; 12] = [
        Self::Input,
        Self::Output,
        Self::CachedRead,
        Self::CachedWrite,
        Self::CachedWriteHour,
        Self::Reasoning,
        Self::AudioInput,
        Self::AudioOutput,
        Self::ImageInput,
        Self::ImageOutput,
        Self::Search,
        Self::Second,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CachedRead => "cached_read",
            Self::CachedWrite => "cached_write",
            Self::CachedWriteHour => "cached_write_hour",
            Self::Reasoning => "reasoning",
            Self::AudioInput => "audio_input",
            Self::AudioOutput => "audio_output",
            Self::ImageInput => "image_input",
            Self::ImageOutput => "image_output",
            Self::Search => "search",
            Self::Second => "second",
        }
    }

    /// The price of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|price| price.as_str() == name)
    }

    /// The price that holds if this one is not known. A read from a cache costs the full price
    /// then, never nothing.
    fn fallback(self) -> Option<Self> {
        match self {
            Self::CachedWriteHour => Some(Self::CachedWrite),
            Self::CachedRead | Self::CachedWrite | Self::AudioInput | Self::ImageInput => {
                Some(Self::Input)
            }
            Self::Reasoning | Self::AudioOutput | Self::ImageOutput => Some(Self::Output),
            Self::Input | Self::Output | Self::Search | Self::Second => None,
        }
    }
}

/// Dollars for one of each. What is missing is not known, which is not the same as 0.
pub type Prices = BTreeMap<PriceName, Price>;

/// Prices of a request whose prompt is longer than some tokens: of the whole request, not of what
/// is beyond.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LongPrompt {
    /// Tokens of the prompt, with those of the cache, up to which the other prices hold.
    pub tokens: u64,
    /// The prices then.
    pub prices: Prices,
}

/// Prices of one tier.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TierPrices {
    /// Of usual prompts.
    pub prices: Prices,
    /// Of long ones.
    pub above: Option<LongPrompt>,
}

/// All prices of a model.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PriceList {
    /// List prices.
    pub standard: TierPrices,
    /// Where they differ.
    pub flex: TierPrices,
    /// Where they differ.
    pub priority: TierPrices,
    /// Where they differ.
    pub batch: TierPrices,
}

/// A call used something that has no price: it may not be billed 0 in silence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MissingPrice(pub PriceName);

impl fmt::Display for MissingPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected a price of the model for {:?}, found none; enter it, or allow calls without a price",
            self.0
        )
    }
}

impl std::error::Error for MissingPrice {}

impl PriceList {
    /// What the tokens of a call cost.
    ///
    /// # Errors
    /// [`MissingPrice`] if tokens were used that have no price.
    pub fn cost(&self, usage: &TokenUsage) -> Result<Cost, MissingPrice> {
        let mut sum = Cost::ZERO;
        for (name, count) in shares(usage) {
            if count > 0 {
                let price = self.price(name, usage.tier, usage.prompt).ok_or(MissingPrice(name))?;
                sum = sum.plus(price.times(count));
            }
        }
        Ok(sum)
    }

    /// What searches of a reranker, or seconds of sound, cost.
    ///
    /// # Errors
    /// [`MissingPrice`] if there were some and they have no price.
    pub fn cost_of(&self, name: PriceName, count: u64) -> Result<Cost, MissingPrice> {
        match self.price(name, ServiceTier::Default, 0) {
            Some(price) => Ok(price.times(count)),
            None if count == 0 => Ok(Cost::ZERO),
            None => Err(MissingPrice(name)),
        }
    }

    /// What a rerank costs: its searches, its tokens, or both, as the list has prices.
    ///
    /// # Errors
    /// [`MissingPrice`] if neither has one and something was used.
    pub fn cost_of_rerank(&self, searches: u64, tokens: u64) -> Result<Cost, MissingPrice> {
        let price = |name| self.price(name, ServiceTier::Default, tokens);
        match (price(PriceName::Search), price(PriceName::Input)) {
            (None, None) if searches > 0 || tokens > 0 => Err(MissingPrice(PriceName::Search)),
            (by_search, by_token) => {
                let cost = |price: Option<Price>, count| {
                    price.map_or(Cost::ZERO, |price| price.times(count))
                };
                Ok(cost(by_search, searches).plus(cost(by_token, tokens)))
            }
        }
    }

    /// What a transcription costs: its tokens if the provider counted them and they have a price,
    /// else its seconds. `tokens`: what was counted.
    ///
    /// # Errors
    /// [`MissingPrice`] if something was used that has no price.
    pub fn cost_of_transcription(
        &self,
        seconds: u64,
        tokens: &TokenUsage,
    ) -> Result<Cost, MissingPrice> {
        let is_counted = tokens.prompt > 0 || tokens.completion > 0;
        let by_token = is_counted.then(|| self.cost(tokens).ok()).flatten();
        match by_token {
            Some(cost) => Ok(cost),
            // There is no price of its tokens, so its seconds must have one.
            None if is_counted && seconds == 0 => Err(MissingPrice(PriceName::Second)),
            None => self.cost_of(PriceName::Second, seconds),
        }
    }

    /// The most that a transcription can cost.
    ///
    /// # Errors
    /// [`MissingPrice`] if neither seconds nor tokens have a price.
    pub fn most_of_transcription(
        &self,
        seconds: u64,
        tokens: &TokenUsage,
    ) -> Result<Cost, MissingPrice> {
        match (self.cost_of(PriceName::Second, seconds), self.cost(tokens)) {
            (Ok(by_second), Ok(by_token)) => Ok(by_second.max(by_token)),
            (Ok(cost), Err(_)) | (Err(_), Ok(cost)) => Ok(cost),
            (Err(missing), Err(_)) => Err(missing),
        }
    }

    /// The price that holds for a call of this tier with a prompt of so many tokens.
    #[must_use]
    pub fn price(&self, name: PriceName, tier: ServiceTier, prompt: u64) -> Option<Price> {
        let served = match tier {
            ServiceTier::Default => &self.standard,
            ServiceTier::Flex => &self.flex,
            ServiceTier::Priority => &self.priority,
            ServiceTier::Batch => &self.batch,
        };
        let long = |tier: &TierPrices| {
            let above = tier.above.as_ref().filter(|above| prompt > above.tokens)?;
            above.prices.get(&name).copied()
        };
        let usual = |tier: &TierPrices| tier.prices.get(&name).copied();
        let found = match (long(served), usual(served), long(&self.standard)) {
            (Some(price), ..) => Some(price),
            // The list knows the tier and knows long prompts, but not both together: the dearer of
            // the two.
            (None, Some(tier), Some(long)) => Some(tier.max(long)),
            (None, tier, long) => tier.or(long).or_else(|| usual(&self.standard)),
        };
        found.or_else(|| self.price(name.fallback()?, tier, prompt))
    }
}

/// The tokens of a call by what each is billed as. Each token is billed once, even if a provider's
/// counts overlap.
fn shares(usage: &TokenUsage) -> [(PriceName, u64); 10] {
    let mut prompt = usage.prompt;
    let mut take = |wanted: u64| {
        let taken = wanted.min(prompt);
        prompt -= taken;
        taken
    };
    let read = take(usage.cached_read);
    let written = take(usage.cached_write);
    let hour = usage.cached_write_hour.min(written);
    let (audio, image) = (take(usage.prompt_audio), take(usage.prompt_image));
    let mut completion = usage.completion;
    let mut give = |wanted: u64| {
        let given = wanted.min(completion);
        completion -= given;
        given
    };
    let (reasoning, said, drawn) =
        (give(usage.reasoning), give(usage.completion_audio), give(usage.completion_image));
    [
        (PriceName::Input, prompt),
        (PriceName::CachedRead, read),
        (PriceName::CachedWrite, written - hour),
        (PriceName::CachedWriteHour, hour),
        (PriceName::AudioInput, audio),
        (PriceName::ImageInput, image),
        (PriceName::Output, completion),
        (PriceName::Reasoning, reasoning),
        (PriceName::AudioOutput, said),
        (PriceName::ImageOutput, drawn),
    ]
}
