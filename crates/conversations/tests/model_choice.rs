//! The model that a user chooses for a conversation.

use assistants::UpdateAssistant;
use conversations::UpdateConversation;
use kernel::{
    Code,
    id::{ConversationId, TenantId},
};
use platform::config::Settings;
use sqlx::Executor;

use crate::fixture::{Fixture, all, last, says};

/// The operator lists one more model.
async fn configured<T>(work: impl Future<Output = T>) -> T {
    Settings::new([("chat_models", "large".to_owned())]).scope(work).await
}

async fn choose(
    fixture: &Fixture,
    conversation: ConversationId,
    model: Option<&str>,
) -> Option<Code> {
    let model = Some(model.map(str::to_owned));
    let change = UpdateConversation { model, ..UpdateConversation::default() };
    conversations::update_conversation(&fixture.cx().await, conversation, change)
        .await
        .err()
        .map(|problem| problem.code)
}

async fn fix_the_model(fixture: &Fixture) {
    let cx = fixture.db.cx(&fixture.person, "tessera_workspace").await;
    let change = UpdateAssistant { model_choice: Some(false), ..UpdateAssistant::default() };
    assistants::update_assistant(&cx, fixture.assistant, &change).await.unwrap();
}

/// A chat model of a tenant, for everyone or for no one.
async fn model_row(fixture: &Fixture, tenant: TenantId, everywhere: bool) -> String {
    let (provider, model) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let sql = format!(
        "with p as (insert into model_providers (id, tenant_id, name, dialect, base_url)
             values ('{provider}', '{tenant}', '{provider}', 'openai', 'https://api.example.org/v1'))
         insert into models (id, tenant_id, provider_id, name, title, kind, everywhere)
         values ('{model}', '{tenant}', '{provider}', 'm-1', 'Model One', 'chat', {everywhere})"
    );
    fixture.db.superuser_in(tenant).await.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    model.to_string()
}

async fn answered_by(fixture: &Fixture, conversation: ConversationId) -> Option<String> {
    all(fixture.ask(conversation, "who?").await.unwrap()).await;
    fixture.messages(conversation).await.pop().unwrap().model
}

#[tokio::test]
async fn the_chosen_model_answers_until_another_is_chosen() {
    configured(async {
        let fixture = Fixture::new(says(&["x"])).await;
        let conversation = fixture.conversation().await;
        assert_eq!(answered_by(&fixture, conversation).await.as_deref(), Some("stub"));
        assert_eq!(choose(&fixture, conversation, Some("large")).await, None);
        let cx = fixture.cx().await;
        let stored = conversations::get_conversation(&cx, conversation).await.unwrap();
        assert_eq!(stored.model.as_deref(), Some("large"));
        assert_eq!(answered_by(&fixture, conversation).await.as_deref(), Some("large"));
        let answer = fixture.messages(conversation).await.pop().unwrap().id;
        all(fixture.regenerate(answer, None).await.unwrap()).await;
        let again = fixture.messages(conversation).await.pop().unwrap();
        assert_eq!(again.model.as_deref(), Some("large"), "another version by the chosen one");
        assert_eq!(choose(&fixture, conversation, None).await, None);
        assert_eq!(answered_by(&fixture, conversation).await.as_deref(), Some("stub"));
    })
    .await;
}

#[tokio::test]
async fn a_conversation_begins_with_a_model() {
    configured(async {
        let fixture = Fixture::new(says(&["x"])).await;
        let cx = fixture.cx().await;
        let begun = conversations::create_conversation(&cx, fixture.assistant, Some("large")).await;
        assert_eq!(answered_by(&fixture, begun.unwrap().id).await.as_deref(), Some("large"));
        let refused =
            conversations::create_conversation(&cx, fixture.assistant, Some("huge")).await;
        assert_eq!(refused.unwrap_err().code, Code::InvalidBody);
    })
    .await;
}

#[tokio::test]
async fn a_model_that_the_user_may_not_use_is_not_chosen() {
    configured(async {
        let fixture = Fixture::new(says(&["x"])).await;
        let conversation = fixture.conversation().await;
        let stranger = fixture.db.person("bo").await;
        let foreign = model_row(&fixture, stranger.tenant, true).await;
        let elsewhere = model_row(&fixture, fixture.person.tenant, false).await;
        for model in ["huge", foreign.as_str(), elsewhere.as_str(), ""] {
            assert_eq!(choose(&fixture, conversation, Some(model)).await, Some(Code::InvalidBody));
        }
        let own = model_row(&fixture, fixture.person.tenant, true).await;
        assert_eq!(choose(&fixture, conversation, Some(&own)).await, None);
        let off = format!("update models set enabled = false where id = '{own}'");
        let mut superuser = fixture.db.superuser_in(fixture.person.tenant).await;
        superuser.execute(sqlx::AssertSqlSafe(off)).await.unwrap();
        let refused = fixture.ask(conversation, "who?").await.map(|_| ()).unwrap_err();
        assert_eq!(refused.code, Code::ModelFailed, "asked again at each question");
    })
    .await;
}

#[tokio::test]
async fn an_assistant_that_allows_no_choice_answers_with_its_own_model() {
    configured(async {
        let fixture = Fixture::new(says(&["x"])).await;
        let conversation = fixture.conversation().await;
        choose(&fixture, conversation, Some("large")).await;
        fix_the_model(&fixture).await;
        assert_eq!(answered_by(&fixture, conversation).await.as_deref(), Some("stub"));
        assert_eq!(choose(&fixture, conversation, Some("large")).await, Some(Code::InvalidBody));
        let answer = fixture.messages(conversation).await.pop().unwrap().id;
        let refused = fixture.regenerate(answer, Some("large")).await.map(|_| ()).unwrap_err();
        assert_eq!(refused.code, Code::InvalidBody);
        let events = all(fixture.regenerate(answer, None).await.unwrap()).await;
        assert!(matches!(last(&events), conversations::Event::Done { .. }));
        let cx = fixture.cx().await;
        let begun = conversations::create_conversation(&cx, fixture.assistant, Some("large")).await;
        assert_eq!(begun.unwrap_err().code, Code::InvalidBody);
    })
    .await;
}
