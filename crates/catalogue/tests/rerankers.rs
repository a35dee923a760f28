//! Which model orders what searches find, and for whom.

use catalogue::{
    model::{Audience, ModelSettings, create_model, delete_model, update_model},
    provider::{NewProvider, create_provider},
    reranker::{find_usable_reranker, get_reranker, put_reranker},
};
use kernel::{Code, id::ModelId};
use models::ModelKind;
use platform::Cx;

use crate::{administrator, configured, new_provider};

async fn model(cx: &Cx, dialect: &str, kind: ModelKind) -> ModelId {
    let provider = NewProvider { dialect, ..new_provider(dialect, None) };
    let provider = configured(create_provider(cx, &provider)).await.unwrap().id;
    create_model(cx, provider, ModelSettings::named("m-1", kind)).await.unwrap().id
}

#[tokio::test]
async fn an_administrator_chooses_a_reranker_and_none_again() {
    let (database, ann, cx) = administrator().await;
    assert_eq!(get_reranker(&cx).await.unwrap(), None);
    let (first, second) = (
        model(&cx, "jina", ModelKind::Rerank).await,
        model(&cx, "cohere", ModelKind::Rerank).await,
    );
    put_reranker(&cx, Some(first)).await.unwrap();
    put_reranker(&cx, Some(second)).await.unwrap();
    assert_eq!(get_reranker(&cx).await.unwrap(), Some(second));
    delete_model(&cx, second).await.unwrap();
    assert_eq!(get_reranker(&cx).await.unwrap(), None, "it went with its model");
    put_reranker(&cx, Some(first)).await.unwrap();
    put_reranker(&cx, None).await.unwrap();
    assert_eq!(get_reranker(&cx).await.unwrap(), None);
    let bo = database.colleague(ann.tenant, "bo", "user").await;
    let of_bo = database.cx(&bo, "tessera_admin").await;
    assert_eq!(get_reranker(&of_bo).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(put_reranker(&of_bo, Some(first)).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn only_an_own_model_that_can_order_texts_is_a_reranker() {
    let (database, _, cx) = administrator().await;
    for (dialect, kind) in [("compatible", ModelKind::Chat), ("openai", ModelKind::Rerank)] {
        let model = model(&cx, dialect, kind).await;
        let problem = put_reranker(&cx, Some(model)).await.unwrap_err();
        assert_eq!(problem.code, Code::InvalidBody, "{dialect}");
    }
    let stranger = database.person("eve").await;
    let theirs = database.cx(&stranger, "tessera_admin").await;
    let foreign = model(&theirs, "jina", ModelKind::Rerank).await;
    assert_eq!(put_reranker(&cx, Some(foreign)).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_reranker_is_asked_only_where_it_may_be_used() {
    let (database, ann, cx) = administrator().await;
    let reranker = model(&cx, "tei", ModelKind::Rerank).await;
    put_reranker(&cx, Some(reranker)).await.unwrap();
    let search = database.cx(&ann, "tessera_search").await;
    let found =
        async |space| find_usable_reranker(&search, space).await.unwrap().map(|found| found.id);
    assert_eq!(found(None).await, Some(reranker));
    let here = Audience { spaces: vec![ann.space], groups: Vec::new() };
    update_model(&cx, reranker, |settings| {
        settings.places = Some(here);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(found(None).await, None, "a search of all spaces sends texts of others");
    assert_eq!(found(Some(ann.space)).await, Some(reranker));
    update_model(&cx, reranker, |settings| {
        settings.enabled = false;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(found(Some(ann.space)).await, None);
}
