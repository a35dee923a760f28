//! Models.

use catalogue::{
    known::import_known_models,
    model::{
        Audience, ModelSettings, create_model, delete_model, get_model, list_models, update_model,
    },
};
use kernel::{
    Code, Result,
    id::{ModelId, ProviderId, SpaceId},
};
use models::{Capability, ModelKind, PriceList, PriceName, ServiceTier};
use serde_json::json;
use uuid::Uuid;

use crate::{administrator, all, configured, provider};

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> Code {
    outcome.unwrap_err().code
}

fn settings() -> ModelSettings {
    ModelSettings {
        context_tokens: Some(200_000),
        capabilities: vec![Capability::Tools, Capability::Vision, Capability::Tools],
        prices: json!({ "standard": { "input": "0.000002", "output": "0.00001" } }),
        prices_date: Some("2026-11-29".to_owned()),
        ..ModelSettings::named("m-1", ModelKind::Chat)
    }
}

#[tokio::test]
async fn a_model_comes_back_as_it_was_entered() {
    configured(async {
        let (_database, person, cx) = administrator().await;
        let provider = provider(&cx, "Main").await.id;
        let places = Audience { spaces: vec![person.space], groups: Vec::new() };
        let entered = ModelSettings { places: Some(places), ..settings() };
        let made = create_model(&cx, provider, entered.clone()).await.unwrap();
        let expected =
            ModelSettings { capabilities: vec![Capability::Vision, Capability::Tools], ..entered };
        assert_eq!((made.provider_id, &made.settings), (provider, &expected));
        assert_eq!(get_model(&cx, made.id).await.unwrap(), made);
        let everywhere = update_model(&cx, made.id, |settings| {
            settings.places = None;
            settings.title = "Model One".to_owned();
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(
            (everywhere.settings.places, everywhere.settings.title.as_str()),
            (None, "Model One")
        );
        let nowhere = update_model(&cx, made.id, |settings| {
            settings.places = Some(Audience::default());
            Ok(())
        });
        assert_eq!(
            nowhere.await.unwrap().settings.places,
            Some(Audience::default()),
            "places that are gone are gone"
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_no_model_is_refused() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let provider = provider(&cx, "Main").await.id;
        for (wrong, pointer) in [
            (ModelSettings { name: String::new(), ..settings() }, "/name"),
            (ModelSettings { context_tokens: Some(0), ..settings() }, "/context_tokens"),
            (
                ModelSettings { prices: json!({ "standard": { "input": "-1" } }), ..settings() },
                "/prices",
            ),
            (
                ModelSettings { prices: json!({ "standard": { "input": 1 } }), ..settings() },
                "/prices",
            ),
            (
                ModelSettings { deprecated_on: Some("soon".to_owned()), ..settings() },
                "/deprecated_on",
            ),
            (
                ModelSettings { prices_date: Some("2026-02-30".to_owned()), ..settings() },
                "/prices_date",
            ),
        ] {
            let problem = create_model(&cx, provider, wrong).await.unwrap_err();
            assert_eq!(
                problem.fields.first().map(|field| field.pointer.as_ref()),
                Some(pointer),
                "{problem}"
            );
        }
        create_model(&cx, provider, settings()).await.unwrap();
        assert_eq!(code(create_model(&cx, provider, settings()).await), Code::Conflict);
        assert_eq!(
            code(create_model(&cx, ProviderId(Uuid::now_v7()), settings()).await),
            Code::NotFound
        );
    })
    .await;
}

#[tokio::test]
async fn a_model_is_given_to_no_foreign_space_and_seen_by_no_foreign_tenant() {
    configured(async {
        let (database, _, cx) = administrator().await;
        let provider = provider(&cx, "Main").await.id;
        let stranger = database.person("bo").await;
        for space in [stranger.space, SpaceId(Uuid::now_v7())] {
            let places = Some(Audience { spaces: vec![space], groups: Vec::new() });
            assert_eq!(
                code(create_model(&cx, provider, ModelSettings { places, ..settings() }).await),
                Code::NotFound
            );
        }
        let made = create_model(&cx, provider, settings()).await.unwrap();
        let theirs = database.cx(&stranger, "tessera_admin").await;
        assert_eq!(code(get_model(&theirs, made.id).await), Code::NotFound);
        assert_eq!(code(create_model(&theirs, provider, settings()).await), Code::NotFound);
        assert_eq!(code(update_model(&theirs, made.id, |_| Ok(())).await), Code::NotFound);
        assert_eq!(code(delete_model(&theirs, made.id).await), Code::NotFound);
        assert_eq!(list_models(&theirs, None, all()).await.unwrap().total, 0);
        assert_eq!(
            import_known_models(&theirs, provider, "openai").await.unwrap_err().code,
            Code::NotFound
        );
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_fills_in_what_is_missing_and_leaves_the_rest() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let provider = provider(&cx, "Main").await.id;
        let own = ModelSettings { name: "text-embedding-3-small".to_owned(), ..settings() };
        let own = create_model(&cx, provider, own).await.unwrap();
        let added = import_known_models(&cx, provider, "openai").await.unwrap();
        assert!(added > 10, "{added}");
        assert_eq!(
            import_known_models(&cx, provider, "openai").await,
            Ok(0),
            "a second time adds nothing"
        );
        assert_eq!(get_model(&cx, own.id).await.unwrap(), own);
        let page = list_models(&cx, Some(provider), all()).await.unwrap();
        assert_eq!(usize::try_from(page.total), Ok(added + 1));
        let found = page.items.iter().find(|model| model.settings.kind == ModelKind::Chat).unwrap();
        let prices = PriceList::read(&found.settings.prices).unwrap();
        assert!(prices.price(PriceName::Input, ServiceTier::Default, 0).is_some(), "{found:?}");
        assert!(found.settings.prices_source.is_some() && found.settings.prices_date.is_some());
        let problem = import_known_models(&cx, provider, "anthropic").await.unwrap_err();
        assert_eq!((problem.code, problem.detail.contains("openai")), (Code::InvalidBody, true));
    })
    .await;
}

#[tokio::test]
async fn models_go_with_their_provider() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let provider = provider(&cx, "Main").await.id;
        let made: ModelId = create_model(&cx, provider, settings()).await.unwrap().id;
        catalogue::provider::delete_provider(&cx, provider).await.unwrap();
        assert_eq!(code(get_model(&cx, made).await), Code::NotFound);
    })
    .await;
}
