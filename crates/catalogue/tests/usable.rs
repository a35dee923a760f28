//! Which models a user may ask, by their kind.

use catalogue::{
    alias::create_alias,
    model::{Audience, ModelSettings, create_model, update_model},
    provider::{NewProvider, create_provider},
    usable::{
        find_usable_models, find_usable_transcribers, list_usable_models, list_usable_transcribers,
    },
};
use kernel::id::{ProviderId, SpaceId};
use models::{Capability, ModelKind};

use crate::{administrator, configured, new_provider};

#[tokio::test]
async fn an_alias_can_do_what_each_of_its_models_can_do() {
    let (database, ann, cx) = administrator().await;
    let new = new_provider("Main", None);
    let provider = configured(create_provider(&cx, &new)).await.unwrap().id;
    let add = async |name: &str, tokens: i32, capabilities: Vec<Capability>| {
        let context_tokens = Some(tokens);
        let settings = ModelSettings {
            context_tokens,
            capabilities,
            ..ModelSettings::named(name, ModelKind::Chat)
        };
        create_model(&cx, provider, settings).await.unwrap().id
    };
    let sees = add("m-1", 9_000, vec![Capability::Vision, Capability::Tools]).await;
    let blind = add("m-2", 4_000, vec![Capability::Tools, Capability::Reasoning]).await;
    create_alias(&cx, "both", &[sees, blind]).await.unwrap();
    create_alias(&cx, "one", &[sees]).await.unwrap();
    let chat = database.cx(&ann, "tessera_chat").await;
    let found = async |name: &str| {
        let listed = list_usable_models(&chat, None).await.unwrap();
        let alias = listed.into_iter().find(|model| model.reference == name).unwrap();
        (alias.capabilities, alias.context_tokens)
    };
    assert_eq!(found("both").await, (vec![Capability::Tools], Some(4_000)));
    let (mut all, window) = found("one").await;
    all.sort_unstable();
    assert_eq!((all, window), (vec![Capability::Vision, Capability::Tools], Some(9_000)));
    update_model(&cx, blind, |settings| {
        settings.enabled = false;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(found("both").await.1, Some(9_000), "a model that is off is not asked");
}

#[tokio::test]
async fn models_of_recordings_are_found_apart_from_those_that_answer() {
    let (database, ann, cx) = administrator().await;
    let provider = async |name: &'static str, dialect: &'static str| {
        let new = NewProvider { dialect, ..new_provider(name, None) };
        configured(create_provider(&cx, &new)).await.unwrap().id
    };
    let add = async |provider: ProviderId, name: &str, kind: ModelKind| {
        create_model(&cx, provider, ModelSettings::named(name, kind)).await.unwrap().id
    };
    let main = provider("Main", "openai").await;
    let chat = add(main, "m-1", ModelKind::Chat).await;
    let sound = add(main, "w-1", ModelKind::Transcription).await;
    let silent = provider("Silent", "anthropic").await;
    add(silent, "w-2", ModelKind::Transcription).await;
    create_alias(&cx, "mixed", &[chat, sound]).await.unwrap();

    let openai = database.cx(&ann, "tessera_openai").await;
    let names = |found: Vec<catalogue::usable::UsableModel>| -> Vec<String> {
        found.into_iter().map(|model| model.reference).collect()
    };
    let answering = names(list_usable_models(&openai, None).await.unwrap());
    let hearing = names(list_usable_transcribers(&openai, None).await.unwrap());
    assert_eq!(answering, ["mixed".to_owned(), chat.to_string()]);
    assert_eq!(hearing, ["mixed".to_owned(), sound.to_string()], "Anthropic has none");

    let reference = sound.to_string();
    let found = find_usable_transcribers(&openai, "mixed", None).await.unwrap();
    assert!(found.len() == 1 && found[0].id == sound, "{found:?}");
    assert!(find_usable_models(&openai, &reference, None).await.unwrap().is_empty());
    let here = Audience { spaces: vec![ann.space], groups: Vec::new() };
    update_model(&cx, sound, |settings| {
        settings.places = Some(here);
        Ok(())
    })
    .await
    .unwrap();
    let count = async |space: Option<SpaceId>| {
        find_usable_transcribers(&openai, &reference, space).await.unwrap().len()
    };
    assert_eq!((count(None).await, count(Some(ann.space)).await), (0, 1));
}
