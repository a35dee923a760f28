//! Versions of questions and answers, and the path that is shown.

use conversations::{Message, Order};
use kernel::{Code, PageRequest, id::ConversationId};

use crate::fixture::{Fixture, all, id, live, message_of, pieces, says, text};

/// A conversation with two questions, and its messages.
async fn two_questions(fixture: &Fixture) -> (ConversationId, Vec<Message>) {
    let conversation = fixture.conversation().await;
    for question in ["one", "zwei"] {
        all(fixture.ask(conversation, question).await.unwrap()).await;
    }
    (conversation, fixture.messages(conversation).await)
}

#[tokio::test]
async fn messages_follow_each_other_in_one_path() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (_, messages) = two_questions(&fixture).await;
    let parents: Vec<_> = messages.iter().map(|m| m.parent_id).collect();
    let ids: Vec<_> = messages.iter().map(|m| Some(m.id)).collect();
    assert_eq!(parents, [None, ids[0], ids[1], ids[2]]);
    assert!(messages.iter().all(|m| m.versions == [m.id]));
}

#[tokio::test]
async fn an_edited_question_begins_another_path() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, before) = two_questions(&fixture).await;
    all(fixture.edit(conversation, before[0].id, "uno").await.unwrap()).await;
    let after = fixture.messages(conversation).await;
    assert_eq!(fixture.said(conversation).await, ["uno", "x"]);
    assert_eq!(after[0].versions, [before[0].id, after[0].id]);
    all(fixture.ask(conversation, "due").await.unwrap()).await;
    assert_eq!(fixture.said(conversation).await, ["uno", "x", "due", "x"]);
}

#[tokio::test]
async fn the_model_gets_only_the_path_of_the_question() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, before) = two_questions(&fixture).await;
    all(fixture.edit(conversation, before[2].id, "three").await.unwrap()).await;
    let prompt = fixture.chat.requests().pop().unwrap().to_string();
    assert!(
        prompt.contains("one") && prompt.contains("three") && !prompt.contains("zwei"),
        "{prompt}"
    );
    all(fixture.edit(conversation, before[0].id, "uno").await.unwrap()).await;
    let prompt = fixture.chat.requests().pop().unwrap();
    assert_eq!(prompt["messages"].as_array().unwrap().len(), 2, "{prompt:#}");
}

#[tokio::test]
async fn an_answer_is_regenerated_as_another_version() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, before) = two_questions(&fixture).await;
    let events = all(fixture.regenerate(before[3].id, Some("stub")).await.unwrap()).await;
    let after = fixture.messages(conversation).await;
    assert_eq!((text(&events).as_str(), after.len()), ("x", 4));
    assert_eq!(after[3].versions, [before[3].id, message_of(&events)]);
    assert_eq!((after[3].id, after[3].model.as_deref()), (message_of(&events), Some("stub")));
    let request = fixture.chat.requests().pop().unwrap();
    assert_eq!(
        (&request["model"], request["messages"].as_array().unwrap().len()),
        (&"stub".into(), 4)
    );
    assert!(request["messages"][3]["content"].as_str().unwrap().ends_with("zwei"), "{request:#}");
}

#[tokio::test]
async fn a_model_that_is_not_offered_is_not_called() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (_, messages) = two_questions(&fixture).await;
    let refused = fixture.regenerate(messages[3].id, Some("large")).await.err();
    assert_eq!(refused.map(|problem| problem.code), Some(Code::InvalidBody));
    assert_eq!(fixture.chat.count(), 2);
}

#[tokio::test]
async fn another_version_is_shown_with_what_followed_it() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, before) = two_questions(&fixture).await;
    all(fixture.edit(conversation, before[0].id, "uno").await.unwrap()).await;
    let cx = fixture.cx().await;
    conversations::show_path(&cx, conversation, before[0].id).await.unwrap();
    assert_eq!(fixture.said(conversation).await, ["one", "x", "zwei", "x"]);
    all(fixture.ask(conversation, "three").await.unwrap()).await;
    assert_eq!(fixture.said(conversation).await, ["one", "x", "zwei", "x", "three", "x"]);
}

#[tokio::test]
async fn a_path_is_listed_page_by_page_in_both_orders() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, before) = two_questions(&fixture).await;
    all(fixture.edit(conversation, before[2].id, "three").await.unwrap()).await;
    let cx = fixture.cx().await;
    for (order, expected) in [
        (Order::OldestFirst, ["one", "x", "three", "x"]),
        (Order::NewestFirst, ["x", "three", "x", "one"]),
    ] {
        let (mut said, mut after) = (Vec::new(), None);
        loop {
            let request = PageRequest { limit: 1, after };
            let page =
                conversations::list_messages(&cx, conversation, order, request).await.unwrap();
            assert_eq!((page.total, page.items.len()), (4, 1));
            said.extend(page.items.into_iter().map(|m| m.content));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_refused() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let first = fixture.ask(conversation, "one").await.unwrap();
    model.send(pieces(&["x"])).unwrap();
    all(first).await;
    let question = fixture.messages(conversation).await[0].id;
    let edits = tokio::join!(
        fixture.edit(conversation, question, "a"),
        fixture.edit(conversation, question, "b")
    );
    let (won, lost) = match edits {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        _ => panic!("expected one answer and one refusal"),
    };
    assert_eq!(lost.code, Code::AnswerRunning);
    all(won).await;
    let versions = fixture.messages(conversation).await[0].versions.len();
    assert_eq!(versions, 2);
}

#[tokio::test]
async fn another_path_is_not_shown_while_an_answer_is_written() {
    let (model, script) = live();
    let fixture = Fixture::new(script).await;
    let conversation = fixture.conversation().await;
    let running = fixture.ask(conversation, "one").await.unwrap();
    let messages = fixture.messages(conversation).await;
    let cx = fixture.cx().await;
    let refused = conversations::show_path(&cx, conversation, messages[0].id).await;
    assert_eq!(refused.map(|_| ()), Ok(()), "it is the path that is shown");
    fixture.sql("update conversations set head_id = null").await;
    let refused = conversations::show_path(&cx, conversation, messages[0].id).await;
    assert_eq!(refused.unwrap_err().code, Code::AnswerRunning);
    model.send(pieces(&["x"])).unwrap();
    all(running).await;
    conversations::show_path(&cx, conversation, messages[0].id).await.unwrap();
    assert_eq!(fixture.said(conversation).await, ["one", "x"]);
}

#[tokio::test]
async fn a_message_of_another_conversation_is_no_parent() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, messages) = two_questions(&fixture).await;
    let other = fixture.conversation().await;
    let refused =
        async |edited| fixture.edit(other, edited, "y").await.map(|_| ()).unwrap_err().code;
    assert_eq!(
        (refused(messages[0].id).await, refused(id()).await),
        (Code::NotFound, Code::NotFound)
    );
    let cx = fixture.cx().await;
    let shown = conversations::show_path(&cx, other, messages[0].id).await;
    assert_eq!(shown.unwrap_err().code, Code::NotFound);
    let an_answer =
        fixture.edit(conversation, messages[1].id, "y").await.map(|_| ()).unwrap_err().code;
    assert_eq!(an_answer, Code::InvalidBody);
    let a_question = fixture.regenerate(messages[0].id, None).await.map(|_| ()).unwrap_err().code;
    assert_eq!(a_question, Code::NotFound);
    assert!(fixture.messages(other).await.is_empty());
}

#[tokio::test]
async fn the_database_refuses_a_parent_of_another_conversation() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (_, messages) = two_questions(&fixture).await;
    let other = fixture.conversation().await;
    for sql in [
        "update messages set conversation_id = $2 where id = $1",
        "update conversations set head_id = $1 where id = $2",
    ] {
        let refused = sqlx::query(sql)
            .bind(messages[3].id.0)
            .bind(other.0)
            .execute(&mut fixture.db.superuser_in(fixture.person.tenant).await)
            .await;
        assert!(refused.unwrap_err().to_string().contains("foreign key"), "{sql}");
    }
}

#[tokio::test]
async fn a_tree_has_bounds() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, messages) = two_questions(&fixture).await;
    fixture.sql(
        "insert into messages (id, tenant_id, conversation_id, role, content, parent_id, depth)
         select gen_random_uuid(), m.tenant_id, m.conversation_id, m.role, 'v', m.parent_id, m.depth from messages m, generate_series(2, 50)
          where m.depth in (3, 4)",
    )
    .await;
    let edited = fixture.edit(conversation, messages[2].id, "y").await.map(|_| ()).unwrap_err();
    let regenerated = fixture.regenerate(messages[3].id, None).await.map(|_| ()).unwrap_err();
    assert_eq!((edited.code, regenerated.code), (Code::Conflict, Code::Conflict));
    fixture
        .sql("update messages set depth = 9999 where id in (select head_id from conversations)")
        .await;
    assert_eq!(fixture.ask(conversation, "z").await.map(|_| ()).unwrap_err().code, Code::Conflict);
}

#[tokio::test]
async fn messages_of_an_earlier_version_continue_the_path() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (conversation, before) = two_questions(&fixture).await;
    all(fixture.edit(conversation, before[0].id, "uno").await.unwrap()).await;
    fixture.sql(
        "with q as (
           insert into messages (id, tenant_id, conversation_id, role, content)
           select gen_random_uuid(), tenant_id, id, 'user', 'due' from conversations
         ), t as (
           update conversations set title = coalesce(title, 'T')
         )
         insert into messages (id, tenant_id, conversation_id, role, content, created_at)
         select gen_random_uuid(), tenant_id, id, 'assistant', 'y', now() + interval '1 microsecond' from conversations",
    )
    .await;
    assert_eq!(fixture.said(conversation).await, ["uno", "x", "due", "y"]);
}
