//! The catalogue, and what calls cost.

use models::{
    Capability, Catalogue, Cost, MissingPrice, ModelKind, PriceList, PriceName, ServiceTier,
    TokenUsage,
};
use serde_json::json;

fn prices() -> PriceList {
    let long = json!({ "tokens": 1_000, "input": "0.000004", "output": "0.00002" });
    PriceList::read(&json!({
        "standard": { "input": "0.000002", "output": "0.00001", "cached_read": "0.0000002", "cached_write": "0.0000025", "above": long },
        "flex": { "input": "0.000001" }
    }))
    .unwrap()
}

fn cost(usage: TokenUsage) -> String {
    prices().cost(&usage).unwrap().to_string()
}

#[test]
fn each_token_is_billed_once_at_its_own_price() {
    let usage = TokenUsage {
        prompt: 1_000,
        cached_read: 600,
        cached_write: 100,
        completion: 50,
        reasoning: 20,
        ..TokenUsage::default()
    };
    // 300 · 2 + 600 · 0.2 + 100 · 2.5 + 50 · 10 millionths
    assert_eq!(cost(usage), "0.001470000000");
}

#[test]
fn counts_that_overlap_are_billed_no_more_than_the_whole() {
    let usage = TokenUsage {
        prompt: 100,
        cached_read: 80,
        cached_write: 80,
        prompt_audio: 80,
        ..TokenUsage::default()
    };
    // 80 · 0.2 + 20 · 2.5 millionths
    assert_eq!(cost(usage), "0.000066000000");
}

#[test]
fn a_long_prompt_has_other_prices_as_a_whole() {
    let usage = |prompt| TokenUsage { prompt, completion: 10, ..TokenUsage::default() };
    assert_eq!(cost(usage(1_000)), "0.002100000000");
    assert_eq!(cost(usage(1_001)), "0.004204000000");
}

#[test]
fn the_tier_that_was_served_is_billed_and_never_less_than_known() {
    let usage = |prompt| TokenUsage {
        prompt,
        completion: 10,
        tier: ServiceTier::Flex,
        ..TokenUsage::default()
    };
    assert_eq!(
        cost(usage(1_000)),
        "0.001100000000",
        "the output has no price of its own in this tier"
    );
    assert_eq!(
        cost(usage(1_001)),
        "0.004204000000",
        "no price for long prompts in this tier: the dearer one"
    );
}

#[test]
fn a_price_that_is_missing_is_no_0() {
    let list = PriceList::read(&json!({ "standard": { "input": "0" } })).unwrap();
    let usage = TokenUsage { prompt: 5, cached_read: 5, ..TokenUsage::default() };
    assert_eq!(list.cost(&usage), Ok(Cost::ZERO), "a price of 0 is a price");
    let answered = TokenUsage { completion: 1, ..usage };
    assert_eq!(list.cost(&answered), Err(MissingPrice(PriceName::Output)));
    assert_eq!(list.cost_of(PriceName::Search, 0), Ok(Cost::ZERO));
    assert_eq!(list.cost_of(PriceName::Search, 1), Err(MissingPrice(PriceName::Search)));
}

#[test]
fn a_rerank_costs_by_the_search_or_by_the_token_as_the_list_has_it() {
    let cost = |prices: serde_json::Value| {
        let list = PriceList::read(&json!({ "standard": prices })).unwrap();
        list.cost_of_rerank(2, 1_000).map(|cost| cost.to_string())
    };
    assert_eq!(cost(json!({ "search": "0.002" })).unwrap(), "0.004000000000");
    assert_eq!(cost(json!({ "input": "0.00000005" })).unwrap(), "0.000050000000");
    assert_eq!(cost(json!({ "search": "1", "input": "0.001" })).unwrap(), "3.000000000000");
    assert_eq!(cost(json!({ "output": "1" })), Err(MissingPrice(PriceName::Search)));
    assert_eq!(PriceList::default().cost_of_rerank(0, 0), Ok(Cost::ZERO));
}

#[test]
fn a_transcription_costs_by_the_token_if_tokens_are_counted_and_priced_else_by_the_second() {
    let cost = |prices: serde_json::Value, seconds, tokens: u64| {
        let list = PriceList::read(&json!({ "standard": prices })).unwrap();
        let tokens = TokenUsage { prompt: tokens, completion: tokens, ..TokenUsage::default() };
        list.cost_of_transcription(seconds, &tokens).map(|cost| cost.to_string())
    };
    let both = json!({ "second": "0.0001", "input": "1", "output": "2" });
    assert_eq!(cost(both.clone(), 60, 2).unwrap(), "6.000000000000");
    assert_eq!(cost(both, 60, 0).unwrap(), "0.006000000000");
    let by_second = json!({ "second": "0.0001" });
    assert_eq!(cost(by_second.clone(), 60, 2).unwrap(), "0.006000000000");
    assert_eq!(cost(by_second, 0, 2), Err(MissingPrice(PriceName::Second)), "never nothing");
    assert_eq!(cost(json!({ "input": "1" }), 60, 2), Err(MissingPrice(PriceName::Second)));
    assert_eq!(cost(json!({}), 0, 0).unwrap(), "0.000000000000");
}

#[test]
fn the_most_of_a_transcription_is_by_whatever_is_dearer() {
    let most = |prices: serde_json::Value| {
        let list = PriceList::read(&json!({ "standard": prices })).unwrap();
        let tokens = TokenUsage { prompt: 100, completion: 10, ..TokenUsage::default() };
        list.most_of_transcription(60, &tokens).map(|cost| cost.to_string())
    };
    assert_eq!(
        most(json!({ "second": "1", "input": "1", "output": "1" })).unwrap(),
        "110.000000000000"
    );
    assert_eq!(most(json!({ "second": "1" })).unwrap(), "60.000000000000");
    assert_eq!(most(json!({ "input": "1", "output": "0" })).unwrap(), "100.000000000000");
    assert_eq!(most(json!({ "input": "1" })), Err(MissingPrice(PriceName::Second)));
}

#[test]
fn a_price_list_with_something_unknown_is_refused() {
    for (value, named) in [
        (json!([]), "tiers"),
        (json!({ "gold": {} }), "gold"),
        (json!({ "standard": { "inputs": "1" } }), "inputs"),
        (json!({ "standard": { "input": 0.000_002 } }), "decimal text"),
        (json!({ "standard": { "input": "-1" } }), "input"),
        (json!({ "standard": { "above": { "input": "1" } } }), "tokens"),
    ] {
        let cause = PriceList::read(&value).unwrap_err();
        assert!(cause.contains(named), "{cause}");
    }
}

#[test]
fn the_shipped_catalogue_is_complete() {
    let catalogue = Catalogue::shipped().unwrap();
    assert!(catalogue.source.contains("MIT") && catalogue.date.starts_with("20"));
    assert!((50..=100).contains(&catalogue.models.len()), "{}", catalogue.models.len());
    for model in &catalogue.models {
        let name = &model.name;
        let provider = catalogue.providers.iter().find(|provider| provider.name == model.provider);
        let dialect =
            provider.unwrap_or_else(|| panic!("{name} has a provider that is not listed")).dialect;
        let price = |price| model.prices.price(price, ServiceTier::Default, 0).is_some();
        match model.kind {
            ModelKind::Chat => {
                assert!(
                    dialect.has_chat() && price(PriceName::Input) && price(PriceName::Output),
                    "{name}"
                );
                assert!(model.context_tokens.is_some() && model.output_tokens.is_some(), "{name}");
            }
            ModelKind::Embedding | ModelKind::Image => assert!(price(PriceName::Input), "{name}"),
            ModelKind::Rerank => {
                assert!(price(PriceName::Search) || price(PriceName::Input), "{name}")
            }
            ModelKind::Transcription => assert!(price(PriceName::Second), "{name}"),
        }
    }
    let seeing = catalogue
        .models
        .iter()
        .filter(|model| model.capabilities.contains(&Capability::Vision))
        .count();
    let ending = catalogue.models.iter().filter(|model| model.deprecated_on.is_some()).count();
    assert!(seeing > 20 && ending > 5, "{seeing} {ending}");
}
