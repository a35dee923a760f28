//! What a catalogue knows of models.

use catalogue::{
    known::{known_settings, refresh_models},
    model::{Model, ModelSettings, create_model, get_model, update_model},
    provider::{NewProvider, create_provider},
};
use kernel::{Code, id::ProviderId};
use models::{Capability, Catalogue, ModelKind};
use platform::Cx;
use serde_json::{Value, json};

use crate::{administrator, configured, provider};

async fn provider_of(cx: &Cx, name: &str, dialect: &str, base_url: &str) -> ProviderId {
    let api_version = (dialect == "azure_dated").then_some("2024-10-21");
    let new = NewProvider { name, dialect, base_url, api_version, credential: None };
    create_provider(cx, &new).await.unwrap().id
}

async fn known(cx: &Cx, provider: ProviderId, name: &str) -> ModelSettings {
    known_settings(cx, provider, name, ModelKind::Chat).await.unwrap()
}

async fn entered(cx: &Cx, provider: ProviderId, name: &str) -> Model {
    create_model(cx, provider, ModelSettings::named(name, ModelKind::Chat)).await.unwrap()
}

fn file(models: &Value) -> Value {
    json!({
        "source": "our contract", "date": "2026-11-30",
        "providers": [{ "name": "openai", "title": "OpenAI", "dialect": "openai", "base_url": "https://api.openai.com/v1" }],
        "models": models,
    })
}

fn priced(name: &str, input: &str) -> Value {
    json!({
        "provider": "openai", "name": name, "kind": "chat", "context_tokens": 1000,
        "prices": { "standard": { "input": input, "output": "0.00001" } },
    })
}

#[tokio::test]
async fn a_model_has_the_values_of_the_catalogue_whatever_date_its_name_ends_with() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let openai = provider(&cx, "Main").await.id;
        let exact = known(&cx, openai, "gpt-5.2").await;
        assert!(exact.prices.pointer("/standard/input").is_some(), "{exact:?}");
        assert!(exact.capabilities.contains(&Capability::Vision));
        assert!(exact.prices_source.is_some() && exact.prices_date.is_some());
        for name in ["gpt-5.2-2026-03-05", "gpt-5.2-20260305", "gpt-5.2@20260305", "gpt-5.2-latest"]
        {
            let dated = known(&cx, openai, name).await;
            assert_eq!((dated.name.as_str(), dated.title.as_str()), (name, name));
            assert_eq!(
                (dated.prices, dated.context_tokens),
                (exact.prices.clone(), exact.context_tokens)
            );
        }
        for name in
            ["gpt-5.2-nano", "gpt-5.2-", "2026-03-05", "-2026-03-05", "-latest", "é-2026-03-05"]
        {
            assert_eq!(known(&cx, openai, name).await, ModelSettings::named(name, ModelKind::Chat));
        }
        let other = known_settings(&cx, openai, "gpt-5.2", ModelKind::Embedding).await.unwrap();
        assert_eq!(other, ModelSettings::named("gpt-5.2", ModelKind::Embedding));
    })
    .await;
}

#[tokio::test]
async fn a_compatible_server_is_known_by_its_host_and_azure_before_openai() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let groq = provider_of(&cx, "Groq", "compatible", "https://api.groq.com/openai/v1").await;
        let own = provider_of(&cx, "Own", "compatible", "https://llm.example.org/v1").await;
        let azure = provider_of(&cx, "A", "azure_dated", "https://x.openai.azure.com/openai").await;
        let responses =
            provider_of(&cx, "R", "openai_responses", "https://api.openai.com/v1").await;
        let nothing = |settings: &ModelSettings| settings.prices == json!({});
        assert!(!nothing(&known(&cx, groq, "openai/gpt-oss-120b").await));
        assert!(
            nothing(&known(&cx, own, "openai/gpt-oss-120b").await),
            "another server, other prices"
        );
        assert_eq!(
            known(&cx, azure, "gpt-6-astra").await.deprecated_on.as_deref(),
            Some("2028-01-11"),
            "Azure's own entry"
        );
        assert!(!nothing(&known(&cx, responses, "gpt-5.2").await));
    })
    .await;
}

#[tokio::test]
async fn a_refresh_shows_what_it_would_change_and_then_changes_only_that() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let provider = provider(&cx, "Main").await.id;
        let [first, unknown] =
            [entered(&cx, provider, "gpt-5.2").await, entered(&cx, provider, "own-model").await];
        let titled = update_model(&cx, first.id, |settings| {
            settings.title = "Ours".to_owned();
            settings.classification = Some("open".to_owned());
            Ok(())
        });
        titled.await.unwrap();
        let shipped = Catalogue::shipped().unwrap();
        let preview = refresh_models(&cx, &shipped, &[], true).await.unwrap();
        assert_eq!((preview.changes.len(), preview.unchanged), (1, 0));
        assert_eq!(preview.unknown.first().map(|model| model.id), Some(unknown.id));
        assert_eq!(get_model(&cx, first.id).await.unwrap().settings.context_tokens, None);

        let done = refresh_models(&cx, &shipped, &[first.id], false).await.unwrap();
        let (_, after) = done.changes.first().unwrap();
        let stored = get_model(&cx, first.id).await.unwrap().settings;
        assert_eq!(&stored, after);
        assert_eq!(
            (stored.title.as_str(), stored.classification.as_deref()),
            ("Ours", Some("open"))
        );
        assert!(stored.context_tokens.is_some() && stored.prices != json!({}));
        let again = refresh_models(&cx, &shipped, &[], true).await.unwrap();
        assert_eq!((again.changes.len(), again.unchanged, again.unknown.len()), (0, 1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_file_of_prices_is_taken_with_its_source_and_date() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let model = entered(&cx, provider(&cx, "Main").await.id, "own-model").await;
        let read = Catalogue::read_file(&file(&json!([priced("own-model", "0.000001")]))).unwrap();
        refresh_models(&cx, &read, &[], false).await.unwrap();
        let stored = get_model(&cx, model.id).await.unwrap().settings;
        assert_eq!(stored.prices.pointer("/standard/input"), Some(&json!("0.000001")));
        assert_eq!(stored.prices_source.as_deref(), Some("our contract"));
        assert_eq!(stored.prices_date.as_deref(), Some("2026-11-30"));
    })
    .await;
}

#[test]
fn a_file_that_is_no_catalogue_is_refused_in_words() {
    let text = |file: &Value| Catalogue::read_file(file).unwrap_err();
    assert!(text(&json!({})).contains("missing field"));
    assert!(text(&file(&json!([priced("m", "-1")]))).starts_with("m: standard: input"));
    let mut foreign = priced("m", "1");
    foreign["provider"] = json!("nobody");
    assert!(text(&file(&json!([foreign]))).contains("no provider is called nobody"));
    let mut dated = file(&json!([]));
    dated["date"] = json!("yesterday");
    assert!(text(&dated).contains("2026-11-29"));
    let many: Vec<Value> = (0..2_001).map(|at| priced(&format!("m-{at}"), "1")).collect();
    assert!(text(&file(&json!(many))).contains("at most 2000 models"));
}

#[tokio::test]
async fn no_one_refreshes_the_models_of_another_tenant() {
    configured(async {
        let (database, _, cx) = administrator().await;
        let model = entered(&cx, provider(&cx, "Main").await.id, "gpt-5.2").await;
        let shipped = Catalogue::shipped().unwrap();
        let other = database.person("bo").await;
        let theirs = database.cx(&other, "tessera_admin").await;
        let none = refresh_models(&theirs, &shipped, &[model.id], false).await.unwrap();
        assert!(none.changes.is_empty() && none.unknown.is_empty());
        assert_eq!(get_model(&cx, model.id).await.unwrap(), model);
        let cy = database.colleague(other.tenant, "cy", "user").await;
        let user = database.cx(&cy, "tessera_admin").await;
        let refused = refresh_models(&user, &shipped, &[], true).await;
        assert_eq!(refused.unwrap_err().code, Code::NotAllowed);
    })
    .await;
}
