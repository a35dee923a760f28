//! Aliases.

use catalogue::{
    alias::{create_alias, delete_alias, get_alias, list_aliases, update_alias},
    model::{ModelSettings, create_model, delete_model},
};
use kernel::{
    Code, Result,
    id::{ModelAliasId, ModelId},
};
use models::ModelKind;
use platform::Cx;
use uuid::Uuid;

use crate::{administrator, all, configured, provider};

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> Code {
    outcome.unwrap_err().code
}

async fn three_models(cx: &Cx) -> Vec<ModelId> {
    let provider = provider(cx, "Main").await.id;
    let mut out = Vec::new();
    for name in ["a", "b", "c"] {
        out.push(
            create_model(cx, provider, ModelSettings::named(name, ModelKind::Chat))
                .await
                .unwrap()
                .id,
        );
    }
    out
}

#[tokio::test]
async fn an_alias_keeps_the_order_of_its_models() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let models = three_models(&cx).await;
        let order = [models[2], models[0], models[1]];
        let made = create_alias(&cx, "default", &order).await.unwrap();
        assert_eq!(made.models, order);
        let changed = update_alias(&cx, made.id, None, Some(&models)).await.unwrap();
        assert_eq!((changed.models.clone(), changed.name.as_str()), (models.clone(), "default"));
        let renamed = update_alias(&cx, made.id, Some("fast"), None).await.unwrap();
        assert_eq!((renamed.models.clone(), renamed.name.as_str()), (models.clone(), "fast"));
        delete_model(&cx, models[0]).await.unwrap();
        assert_eq!(
            get_alias(&cx, made.id).await.unwrap().models,
            models[1..],
            "the others move up"
        );
        assert_eq!(list_aliases(&cx, all()).await.unwrap().items[0].models, models[1..]);
        delete_alias(&cx, made.id).await.unwrap();
        assert_eq!(code(get_alias(&cx, made.id).await), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_alias_is_refused() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let models = three_models(&cx).await;
        for name in ["", "Default", "-a", "a b", "a/b", &"a".repeat(101)] {
            assert_eq!(code(create_alias(&cx, name, &models).await), Code::InvalidBody, "{name}");
        }
        for list in [vec![], vec![models[0], models[0]], vec![models[0]; 11]] {
            assert_eq!(code(create_alias(&cx, "a", &list).await), Code::InvalidBody);
        }
        assert_eq!(code(create_alias(&cx, "a", &[ModelId(Uuid::now_v7())]).await), Code::NotFound);
        create_alias(&cx, "a", &models).await.unwrap();
        assert_eq!(code(create_alias(&cx, "a", &models).await), Code::Conflict);
        let nothing = update_alias(&cx, ModelAliasId(Uuid::now_v7()), Some("b"), None).await;
        assert_eq!(code(nothing), Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn an_alias_names_no_model_of_another_tenant() {
    configured(async {
        let (database, _, cx) = administrator().await;
        let models = three_models(&cx).await;
        let alias = create_alias(&cx, "a", &models).await.unwrap();
        let stranger = database.person("bo").await;
        let theirs = database.cx(&stranger, "tessera_admin").await;
        assert_eq!(code(create_alias(&theirs, "a", &models).await), Code::NotFound);
        assert_eq!(code(get_alias(&theirs, alias.id).await), Code::NotFound);
        assert_eq!(code(update_alias(&theirs, alias.id, Some("b"), None).await), Code::NotFound);
        assert_eq!(code(delete_alias(&theirs, alias.id).await), Code::NotFound);
    })
    .await;
}
