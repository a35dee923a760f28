//! Search over one's own conversations.

use conversations::{FoundConversation, MeaningSkipReason, UpdateConversation};
use kernel::{Code, id::ConversationId};
use platform::Cx;

use crate::fixture::{Fixture, all, says, title, unreachable_model};

/// By words: no message has a vector.
async fn hits(cx: &Cx, query: &str) -> Vec<FoundConversation> {
    let model = unreachable_model();
    let hits = conversations::search_conversations(cx, &model, query, 20).await.unwrap();
    assert_ne!(hits.meaning_skipped, Some(MeaningSkipReason::Unavailable), "it is not asked");
    hits.found
}

async fn found(cx: &Cx, query: &str) -> Vec<ConversationId> {
    hits(cx, query).await.iter().map(|it| it.conversation.id).collect()
}

/// A fixture and a conversation about each of these questions.
async fn asked<const N: usize>(questions: [&str; N]) -> (Fixture, [ConversationId; N]) {
    let fixture = Fixture::new(says(&["Kvittot räcker."])).await;
    let mut out = Vec::new();
    for question in questions {
        let conversation = fixture.conversation().await;
        all(fixture.ask(conversation, question).await.unwrap()).await;
        out.push(conversation);
    }
    let out = out.try_into().unwrap();
    (fixture, out)
}

#[tokio::test]
async fn words_are_found_in_the_language_of_the_message() {
    let questions = [
        "When do the laundries open for all of us?",
        "Vilka är reglerna för uthyrning av en lägenhet?",
    ];
    let (fixture, [english, swedish]) = asked(questions).await;
    let cx = fixture.cx().await;
    assert_eq!(found(&cx, "laundry").await, [english], "English stems");
    assert_eq!(found(&cx, "lägenheten uthyrningar").await, [swedish], "Swedish stems");
    assert!(found(&cx, "lunch").await.is_empty());
}

#[tokio::test]
async fn a_hit_shows_the_message_and_the_part_with_the_words() {
    let long =
        format!("{} The boiler is in the cellar. {}", "word ".repeat(500), "other ".repeat(500));
    let (fixture, [conversation]) = asked([&long]).await;
    let cx = fixture.cx().await;
    let results = hits(&cx, "boiler").await;
    assert_eq!(results[0].message, Some(fixture.messages(conversation).await[0].id));
    assert!(results[0].snippet.contains("boiler is in the cellar"), "{}", results[0].snippet);
    assert!(results[0].snippet.len() < 500);
}

#[tokio::test]
async fn titles_and_answers_are_searched_and_deleted_ones_are_not() {
    let (fixture, [named, other]) = asked(["one", "two"]).await;
    let cx = fixture.cx().await;
    conversations::update_conversation(&cx, named, title("Boiler room")).await.unwrap();
    let archive = UpdateConversation { archived: Some(true), ..UpdateConversation::default() };
    conversations::update_conversation(&cx, named, archive).await.unwrap();
    let results = hits(&cx, "boiler").await;
    assert_eq!((results.len(), results[0].conversation.id, results[0].message), (1, named, None));
    assert_eq!(found(&cx, "kvittot").await.len(), 2);
    conversations::delete_conversation(&cx, other).await.unwrap();
    assert_eq!(found(&cx, "kvittot").await, [named]);
}

#[tokio::test]
async fn titles_and_tags_are_found_by_a_part_of_a_word() {
    let (fixture, [named, tagged]) = asked(["one", "two"]).await;
    let cx = fixture.cx().await;
    conversations::update_conversation(&cx, named, title("Bygglov för altan")).await.unwrap();
    let tags = UpdateConversation {
        tags: Some(vec!["Upphandling".to_owned()]),
        ..UpdateConversation::default()
    };
    conversations::update_conversation(&cx, tagged, tags).await.unwrap();
    assert_eq!(found(&cx, "bygg").await, [named]);
    assert_eq!(found(&cx, "BYGGLOV FÖR").await, [named]);
    assert_eq!(found(&cx, "upphandling").await, [tagged]);
    assert_eq!(found(&cx, "handl").await, [tagged]);
    assert!(found(&cx, "%").await.is_empty());
}

#[tokio::test]
async fn other_peoples_conversations_are_not_found() {
    let (fixture, [_]) = asked(["The boiler is broken"]).await;
    let colleague = fixture.db.colleague(fixture.person.tenant, "bo", "admin").await;
    let stranger = fixture.db.person("eve").await;
    for person in [colleague, stranger] {
        assert!(found(&fixture.db.cx(&person, "tessera_chat").await, "boiler").await.is_empty());
    }
}

#[tokio::test]
async fn any_text_is_a_query_or_refused() {
    let (fixture, [conversation]) = asked(["The boiler's \u{1F525} price: 5 & 6 | 7 !"]).await;
    let cx = fixture.cx().await;
    for query in [
        "\"",
        "&|!():*<->",
        "'; drop table messages; --",
        "-",
        "\\",
        "the",
        &"boiler ".repeat(70),
        "🔥",
    ] {
        hits(&cx, query).await;
    }
    let model = unreachable_model();
    assert_eq!(found(&cx, "boiler -lunch").await, [conversation]);
    assert!(found(&cx, "boiler -price").await.is_empty());
    for query in ["", &"x".repeat(501)] {
        let refused = conversations::search_conversations(&cx, &model, query, 20).await;
        assert_eq!(refused.unwrap_err().code, Code::InvalidBody);
    }
    for limit in [0, 51] {
        let refused = conversations::search_conversations(&cx, &model, "x", limit).await;
        assert_eq!(refused.unwrap_err().code, Code::InvalidBody);
    }
}

#[tokio::test]
async fn the_longest_message_is_stored_with_its_words() {
    let words: String =
        (0..32_000).map(|at| char::from_u32(0x4e00 + at % 20_000).unwrap()).collect();
    let (fixture, [conversation]) = asked([&words]).await;
    assert_eq!(fixture.messages(conversation).await[0].content, words);
    let huge = "insert into messages (id, tenant_id, conversation_id, role, content)
        select gen_random_uuid(), tenant_id, id, 'assistant', (select string_agg(md5(n::text), ' ') from generate_series(1, 31000) n) from conversations";
    fixture.sql(huge).await;
}
