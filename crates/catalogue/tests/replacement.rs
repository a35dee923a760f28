//! Another model in all places that name one.

use catalogue::{
    alias::{create_alias, get_alias},
    model::{Audience, ModelSettings, create_model, update_model},
    provider::{NewProvider, create_provider},
    replacement::{ModelUses, replace_model},
    reranker::{get_reranker, put_reranker},
};
use kernel::{
    Code,
    id::{ModelId, ProviderId, TenantId},
};
use models::ModelKind;
use platform::Cx;
use sqlx::{Connection, Executor, Row};
use testkit::{Database, Person};
use uuid::Uuid;

use crate::{administrator, configured, new_provider, provider};

async fn chat_model(cx: &Cx, name: &str) -> ModelId {
    let provider = provider(cx, name).await.id;
    create_model(cx, provider, ModelSettings::named(name, ModelKind::Chat)).await.unwrap().id
}

/// An assistant that names a model, and a conversation with it that names it too.
async fn uses(database: &Database, person: &Person, model: ModelId) {
    let tenant = person.tenant;
    let (assistant, conversation) = (Uuid::now_v7(), Uuid::now_v7());
    let sql = format!(
        "insert into assistants (id, tenant_id, space_id, name, model, created_by) values ('{assistant}', '{tenant}', '{}', 'Secretary', '{model}', '{}');
         insert into conversations (id, tenant_id, user_id, space_id, assistant_id, model)
         values ('{conversation}', '{tenant}', '{}', '{}', '{assistant}', '{model}')",
        person.space, person.user, person.user, person.space
    );
    database.superuser_in(tenant).await.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

/// How many assistants and conversations name a model.
async fn named(database: &Database, tenant: TenantId, model: ModelId) -> (i64, i64) {
    let mut connection = database.superuser_in(tenant).await;
    let sql = "select (select count(*) from assistants where model = $1), (select count(*) from conversations where model = $1)";
    let query = sqlx::query(sql).bind(model.to_string());
    let row = connection.fetch_one(query).await.unwrap();
    connection.close().await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_preview_counts_and_a_replacement_changes_everything_at_once() {
    configured(async {
        let (database, ann, cx) = administrator().await;
        let (old, new) = (chat_model(&cx, "old").await, chat_model(&cx, "new").await);
        uses(&database, &ann, old).await;
        let both = create_alias(&cx, "both", &[old, new]).await.unwrap().id;
        let first = create_alias(&cx, "first", &[old]).await.unwrap().id;
        let here = Audience { spaces: Vec::new(), groups: Vec::new() };
        update_model(&cx, new, |settings| {
            settings.places = Some(here);
            Ok(())
        })
        .await
        .unwrap();
        let expected = ModelUses {
            assistants: 1,
            assistant_names: vec!["Secretary".to_owned()],
            restricted_assistants: 1,
            aliases: vec!["both".to_owned(), "first".to_owned()],
            conversations: 1,
            reranks: false,
        };
        assert_eq!(replace_model(&cx, old, new, true).await.unwrap(), expected);
        assert_eq!(named(&database, ann.tenant, old).await, (1, 1), "a preview changes nothing");
        assert_eq!(replace_model(&cx, old, new, false).await.unwrap(), expected);
        assert_eq!(named(&database, ann.tenant, old).await, (0, 0));
        assert_eq!(named(&database, ann.tenant, new).await, (1, 1));
        assert_eq!(get_alias(&cx, both).await.unwrap().models, [new]);
        assert_eq!(get_alias(&cx, first).await.unwrap().models, [new]);
        let sql = "select count(*) from audit_entries where action like 'assistant%'";
        let row = database.superuser_in(ann.tenant).await.fetch_one(sql).await.unwrap();
        assert!(row.get::<i64, _>(0) >= 2, "the assistant's change is in the audit log");
    })
    .await;
}

#[tokio::test]
async fn the_reranker_is_replaced_too() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let jina = NewProvider { dialect: "jina", ..new_provider("Jina", None) };
        let jina = create_provider(&cx, &jina).await.unwrap().id;
        let main = provider(&cx, "Main").await.id;
        let ranker = async |provider: ProviderId, name: &str| {
            let settings = ModelSettings::named(name, ModelKind::Rerank);
            create_model(&cx, provider, settings).await.unwrap().id
        };
        let (old, new) = (ranker(jina, "old").await, ranker(jina, "new").await);
        let of_openai = ranker(main, "none").await;
        let refused = replace_model(&cx, old, of_openai, false).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidBody, "OpenAI has no rerankers");
        put_reranker(&cx, Some(old)).await.unwrap();
        assert!(replace_model(&cx, old, new, false).await.unwrap().reranks);
        assert_eq!(get_reranker(&cx).await.unwrap(), Some(new));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_take_its_place_is_refused() {
    configured(async {
        let (database, ann, cx) = administrator().await;
        let (old, off) = (chat_model(&cx, "old").await, chat_model(&cx, "off").await);
        uses(&database, &ann, old).await;
        update_model(&cx, off, |settings| {
            settings.enabled = false;
            Ok(())
        })
        .await
        .unwrap();
        let ranker = ModelSettings::named("r", ModelKind::Rerank);
        let ranker = create_model(&cx, provider(&cx, "Main").await.id, ranker).await.unwrap().id;
        for wrong in [old, off, ranker] {
            let refused = replace_model(&cx, old, wrong, false).await.unwrap_err();
            assert_eq!(refused.code, Code::InvalidBody);
        }
        let bo = database.person("bo").await;
        let theirs = database.cx(&bo, "tessera_admin").await;
        let their_model = chat_model(&theirs, "theirs").await;
        for (cx, from, to) in [(&cx, old, their_model), (&theirs, old, their_model)] {
            assert_eq!(replace_model(cx, from, to, false).await.unwrap_err().code, Code::NotFound);
        }
        let cy = database.colleague(ann.tenant, "cy", "user").await;
        let cy = database.cx(&cy, "tessera_admin").await;
        assert_eq!(replace_model(&cy, old, off, true).await.unwrap_err().code, Code::NotAllowed);
        assert_eq!(named(&database, ann.tenant, old).await, (1, 1));
    })
    .await;
}
