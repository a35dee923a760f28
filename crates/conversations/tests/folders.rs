//! Folders and tags of own conversations.

use conversations::{ConversationFilter, Shelf, UpdateConversation};
use kernel::{
    Code, PageRequest,
    id::{ConversationId, FolderId},
};
use platform::Cx;

use crate::fixture::{Fixture, id, says};

fn placed(folder: Option<FolderId>) -> UpdateConversation {
    UpdateConversation { folder_id: Some(folder), ..UpdateConversation::default() }
}

fn tagged(tags: &[&str]) -> UpdateConversation {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    UpdateConversation { tags: Some(tags), ..UpdateConversation::default() }
}

async fn listed(cx: &Cx, filter: ConversationFilter) -> Vec<ConversationId> {
    let request = PageRequest { limit: 20, after: None };
    let page = conversations::list_conversations(cx, &filter, request).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    page.items.iter().map(|c| c.id).collect()
}

fn in_folder(folder: FolderId) -> ConversationFilter {
    ConversationFilter { folder: Some(folder), ..ConversationFilter::default() }
}

fn with_tag(tag: &str) -> ConversationFilter {
    ConversationFilter { tag: Some(tag.to_owned()), ..ConversationFilter::default() }
}

#[tokio::test]
async fn a_deleted_folder_leaves_its_conversations() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (inside, outside) = (fixture.conversation().await, fixture.conversation().await);
    let cx = fixture.cx().await;
    let folder = conversations::create_folder(&cx, "Årsmöte").await.unwrap();
    let before = conversations::get_conversation(&cx, inside).await.unwrap();
    let moved = conversations::update_conversation(&cx, inside, placed(Some(folder.id))).await;
    let moved = moved.unwrap();
    assert_eq!((moved.folder_id, moved.updated_at), (Some(folder.id), before.updated_at));
    assert_eq!(listed(&cx, in_folder(folder.id)).await, [inside]);
    assert_eq!(conversations::get_folder(&cx, folder.id).await.unwrap().conversations, 1);
    conversations::delete_folder(&cx, folder.id).await.unwrap();
    assert_eq!(listed(&cx, in_folder(folder.id)).await, []);
    assert_eq!(listed(&cx, ConversationFilter::default()).await, [outside, inside]);
    assert_eq!(conversations::get_conversation(&cx, inside).await.unwrap().folder_id, None);
    let again = conversations::delete_folder(&cx, folder.id).await;
    assert_eq!(again.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_conversation_is_in_one_folder_and_can_be_taken_out() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let cx = fixture.cx().await;
    let one = conversations::create_folder(&cx, "One").await.unwrap().id;
    let other = conversations::create_folder(&cx, "Other").await.unwrap().id;
    for folder in [one, other] {
        conversations::update_conversation(&cx, conversation, placed(Some(folder))).await.unwrap();
    }
    assert_eq!(listed(&cx, in_folder(one)).await, []);
    assert_eq!(listed(&cx, in_folder(other)).await, [conversation]);
    let pin = UpdateConversation { pinned: Some(true), ..UpdateConversation::default() };
    let kept = conversations::update_conversation(&cx, conversation, pin).await.unwrap();
    assert_eq!(kept.folder_id, Some(other));
    let out = conversations::update_conversation(&cx, conversation, placed(None)).await.unwrap();
    assert_eq!(out.folder_id, None);
}

#[tokio::test]
async fn a_name_is_composed_trimmed_and_taken_in_any_case() {
    let fixture = Fixture::new(says(&["x"])).await;
    let cx = fixture.cx().await;
    let folder = conversations::create_folder(&cx, " A\u{30a}rsmo\u{308}te ").await.unwrap();
    assert_eq!(folder.name, "Årsmöte");
    let taken = conversations::create_folder(&cx, "ÅRSMÖTE").await.unwrap_err();
    assert_eq!((taken.code, taken.fields.len()), (Code::Conflict, 1));
    let other = conversations::create_folder(&cx, "Styrelse").await.unwrap();
    let taken = conversations::rename_folder(&cx, other.id, "årsmöte").await.unwrap_err();
    assert_eq!(taken.code, Code::Conflict);
    let renamed = conversations::rename_folder(&cx, folder.id, "årsMöte").await.unwrap();
    assert_eq!(renamed.name, "årsMöte");
    for bad in ["", " \u{202e}", "a\nb", &"å".repeat(81)] {
        let refused = conversations::create_folder(&cx, bad).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidBody, "{bad:?}");
    }
}

#[tokio::test]
async fn a_user_has_at_most_200_folders_also_at_once() {
    let fixture = Fixture::new(says(&["x"])).await;
    fixture.sql(
        "insert into conversation_folders (id, tenant_id, user_id, name)
         select gen_random_uuid(), u.tenant_id, u.id, n::text from users u, generate_series(1, 199) n",
    )
    .await;
    let contexts = [fixture.cx().await, fixture.cx().await];
    let [one, other] = &contexts;
    let made = futures::join!(
        conversations::create_folder(one, "A"),
        conversations::create_folder(other, "B")
    );
    let codes: Vec<_> = [made.0, made.1].into_iter().filter_map(Result::err).collect();
    assert_eq!(codes.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::Conflict]);
    let request = PageRequest { limit: 100, after: None };
    assert_eq!(conversations::list_folders(one, request).await.unwrap().total, 200);
}

#[tokio::test]
async fn folders_and_tags_of_others_do_not_exist() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let cx = fixture.cx().await;
    conversations::update_conversation(&cx, conversation, tagged(&["Mine"])).await.unwrap();
    let colleague = fixture.db.colleague(fixture.person.tenant, "bo", "admin").await;
    let others = fixture.db.cx(&colleague, "tessera_chat").await;
    let theirs = conversations::create_folder(&others, "Theirs").await.unwrap().id;
    let request = PageRequest { limit: 20, after: None };
    for folder in [theirs, id()] {
        let codes = [
            conversations::get_folder(&cx, folder).await.err(),
            conversations::rename_folder(&cx, folder, "Mine").await.err(),
            conversations::delete_folder(&cx, folder).await.err(),
            conversations::update_conversation(&cx, conversation, placed(Some(folder))).await.err(),
        ];
        let codes = codes.map(|problem| problem.map(|problem| problem.code));
        assert_eq!(codes, [Some(Code::NotFound); 4]);
    }
    assert_eq!(conversations::list_folders(&cx, request).await.unwrap().total, 0);
    assert_eq!(conversations::list_tags(&others).await.unwrap(), []);
    // The same name is free for another user.
    conversations::create_folder(&cx, "Theirs").await.unwrap();
}

#[tokio::test]
async fn tags_are_counted_and_found_in_any_case() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (one, other, old) =
        (fixture.conversation().await, fixture.conversation().await, fixture.conversation().await);
    let cx = fixture.cx().await;
    let set = async |conversation, tags: &[&str]| {
        conversations::update_conversation(&cx, conversation, tagged(tags)).await.unwrap().tags
    };
    assert_eq!(set(one, &["Möte", "budget", "MÖTE"]).await, ["Möte", "budget"]);
    assert_eq!(set(other, &["möte"]).await, ["möte"]);
    set(old, &["budget", "old"]).await;
    let archive = UpdateConversation { archived: Some(true), ..UpdateConversation::default() };
    conversations::update_conversation(&cx, old, archive).await.unwrap();
    let counts: Vec<_> = conversations::list_tags(&cx)
        .await
        .unwrap()
        .into_iter()
        .map(|tag| (tag.name, tag.conversations))
        .collect();
    assert_eq!(counts, [("möte".to_owned(), 2), ("budget".to_owned(), 1)]);
    assert_eq!(listed(&cx, with_tag("MÖTE")).await, [other, one]);
    let archived = ConversationFilter { shelf: Shelf::Archived, ..with_tag("Budget") };
    assert_eq!(listed(&cx, archived).await, [old]);
    assert_eq!(set(one, &[]).await, Vec::<String>::new());
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let refused = conversations::update_conversation(&cx, one, tagged(&many)).await;
    assert_eq!(refused.unwrap_err().code, Code::InvalidBody);
    let request = PageRequest { limit: 1, after: None };
    let refused = conversations::list_conversations(&cx, &with_tag("a\nb"), request).await;
    assert_eq!(refused.unwrap_err().code, Code::InvalidQuery);
}
