//! Exports as the products write them, and as attackers do.

use std::io::{Cursor, Write as _};

use conversations::{ImportSource, QUESTION_CHARS, Role, VERSIONS};
use kernel::Timestamp;
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::{ImportedConversation, LeftOut};

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

/// What an export has; None is an entry of no known product.
fn entries(bytes: &[u8]) -> Result<Vec<Option<ConvertedConversation>>, Failure> {
    let mut found = Vec::new();
    let read =
        read(Cursor::new(bytes), (&Allowance::unlimited(), &Stop::default()), &mut |entry| {
            found.push(entry.map(|entry| build(entry, NOW)));
            true
        });
    match read {
        Ok(()) => Ok(found),
        Err(ReadEnd::Failed(failure)) => Err(failure),
        Err(ReadEnd::Unwanted) => panic!("everything was wanted"),
    }
}

fn failure(bytes: &[u8]) -> String {
    entries(bytes).map(|found| found.len()).expect_err("a failure").code
}

fn only(export: &Value) -> ConvertedConversation {
    let mut found = entries(export.to_string().as_bytes()).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0).expect("a known product")
}

/// Author, text, and depth of each message.
fn texts(conversation: &ImportedConversation) -> Vec<(Role, &str, i32)> {
    conversation.messages.iter().map(|m| (m.role, m.content.as_str(), m.depth)).collect()
}

fn chatgpt_node(parent: Option<&str>, role: &str, content: &Value) -> Value {
    json!({ "parent": parent, "children": [], "message": {
        "author": { "role": role, "name": null }, "create_time": 1_709_629_200.5, "recipient": "all",
        "content": content, "metadata": { "model_slug": "gpt-4o" },
    } })
}

fn text(text: &str) -> Value {
    json!({ "content_type": "text", "parts": [text] })
}

/// A question that was edited; the second version has a tool between two parts of its answer.
fn chatgpt() -> Value {
    let mut call = chatgpt_node(
        Some("a2"),
        "assistant",
        &json!({ "content_type": "code", "text": "search()" }),
    );
    call["message"]["recipient"] = json!("web");
    let picture = json!({ "content_type": "multimodal_text", "parts": [
        { "content_type": "image_asset_pointer", "asset_pointer": "file-service://x" }, "When does it close?",
    ] });
    json!([{ "title": "Opening\n hours", "create_time": 1_709_629_200.0, "update_time": 1_709_632_800.0,
        "conversation_id": "c-1", "current_node": "a3", "mapping": {
            "a3": chatgpt_node(Some("t2"), "assistant", &text("At six\u{e200}cite\u{e202}turn0\u{e201}.")),
            "root": { "parent": null, "message": null, "children": ["s"] },
            "s": chatgpt_node(Some("root"), "system", &text("Be brief.")),
            "q1": chatgpt_node(Some("s"), "user", &text("When does it open?")),
            "a1": chatgpt_node(Some("q1"), "assistant", &text("At nine.")),
            "q2": chatgpt_node(Some("s"), "user", &picture),
            "a2": chatgpt_node(Some("q2"), "assistant", &text("I look it up.")),
            "t1": call,
            "t2": chatgpt_node(Some("t1"), "tool", &text("18:00")),
    } }])
}

#[test]
fn a_chatgpt_tree_keeps_its_versions_and_says_what_is_missing() {
    let built = only(&chatgpt());
    let conversation = built.conversation.unwrap();
    let expected = [
        (Role::User, "When does it open?", 1),
        (Role::Assistant, "At nine.", 2),
        (Role::User, "When does it close?", 1),
        (Role::Assistant, "I look it up.\n\nAt six.", 2),
    ];
    assert_eq!(texts(&conversation), expected);
    assert_eq!(
        conversation.messages.iter().map(|m| m.parent).collect::<Vec<_>>(),
        [None, Some(0), None, Some(2)]
    );
    assert_eq!((conversation.head, conversation.title.as_str()), (3, "Opening hours"));
    assert_eq!(conversation.messages[3].model.as_deref(), Some("gpt-4o"));
    assert_eq!(conversation.created_at, Timestamp(1_709_629_200_000_000));
    assert_eq!(conversation.updated_at, Timestamp(1_709_632_800_000_000));
    let expected =
        [(LeftOut::System, 1), (LeftOut::Tool, 2), (LeftOut::Image, 1), (LeftOut::Citation, 1)];
    assert_eq!(built.losses, expected.into());
}

#[test]
fn an_open_webui_chat_keeps_its_path() {
    let message = |parent: Value, role: &str, content: &str| json!({ "parentId": parent, "role": role, "content": content, "timestamp": 1_709_629_200, "model": "llama" });
    let thought = "<details type=\"reasoning\" done=\"true\">Hm</details>\nAt nine.";
    let mut question = message(Value::Null, "user", "When?");
    question["files"] = json!([{ "type": "image", "url": "data:" }, { "type": "file" }]);
    let export = json!([{ "id": "w-1", "title": "Hours", "created_at": 1_709_629_200, "updated_at": 1_709_629_260,
        "meta": { "tags": ["work", "Work", "", { "name": "x" }, 7, "x".repeat(41)] },
        "chat": { "title": "Hours", "history": { "currentId": "b", "messages": {
            "q": question, "a": message(json!("q"), "assistant", thought), "b": message(json!("q"), "assistant", "At ten."),
    } } } }]);
    let built = only(&export);
    let conversation = built.conversation.unwrap();
    assert_eq!(
        texts(&conversation),
        [
            (Role::User, "When?", 1),
            (Role::Assistant, "At nine.", 2),
            (Role::Assistant, "At ten.", 2)
        ]
    );
    assert_eq!((conversation.source, conversation.head), (ImportSource::OpenWebUi, 2));
    assert_eq!(conversation.tags, ["work", "7"]);
    assert_eq!(
        built.losses,
        [(LeftOut::Thinking, 1), (LeftOut::Image, 1), (LeftOut::File, 1)].into()
    );
}

#[test]
fn librechat_exports_are_the_same_flat_and_recursive() {
    let answer = json!({ "messageId": "2", "parentMessageId": "1", "isCreatedByUser": false, "sender": "GPT", "text": "",
        "content": [{ "type": "think", "think": "Hm" }, { "type": "text", "text": { "value": "At nine." } }] });
    let mut question = json!({ "messageId": "1", "parentMessageId": "00000000-0000-0000-0000-000000000000",
        "isCreatedByUser": true, "text": "When?", "createdAt": "2024-03-05T09:00:00.000Z" });
    let flat = json!({ "conversationId": "l-1", "title": "Hours", "recursive": false, "messages": [question, answer] });
    question["children"] = json!([answer]);
    let recursive = json!({ "conversationId": "l-1", "title": "Hours", "recursive": true, "messagesTree": [question] });
    let (flat, recursive) =
        (only(&flat).conversation.unwrap(), only(&recursive).conversation.unwrap());
    assert_eq!(texts(&flat), [(Role::User, "When?", 1), (Role::Assistant, "At nine.", 2)]);
    assert_eq!(flat, recursive);
    assert_eq!(flat.created_at, Timestamp::parse("2024-03-05T09:00:00Z").unwrap());
}

#[test]
fn our_own_export_comes_back() {
    let export = json!({ "conversation": { "id": "019", "title": "Hours", "tags": ["Board"], "created_at": "2026-11-20T09:30:00.123Z" }, "messages": [
        { "id": "1", "parent_id": null, "role": "user", "content": "When?", "sources": [] },
        { "id": "2", "parent_id": "1", "role": "assistant", "content": "At nine [1].", "model": "m", "sources": [{ "n": 1 }] },
    ] });
    let built = only(&export);
    let conversation = built.conversation.unwrap();
    assert_eq!(
        texts(&conversation),
        [(Role::User, "When?", 1), (Role::Assistant, "At nine [1].", 2)]
    );
    assert_eq!(
        (conversation.source, built.losses),
        (ImportSource::Tessera, [(LeftOut::Citation, 1)].into())
    );
    assert_eq!(conversation.tags, ["Board"]);
}

#[test]
fn an_archive_is_read_and_its_other_files_are_not() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("chat.html", "<html>".to_owned()),
        ("export/conversations-000.json", chatgpt().to_string()),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    let mut bytes = archive.finish().unwrap().into_inner();
    assert_eq!(entries(&bytes).unwrap().len(), 1);
    bytes.truncate(bytes.len() / 2);
    assert_eq!(failure(&bytes), "import_broken");
    let empty = ZipWriter::new(Cursor::new(Vec::new()));
    let mut empty = empty;
    empty.start_file("a.txt", SimpleFileOptions::default()).unwrap();
    assert_eq!(failure(&empty.finish().unwrap().into_inner()), "import_unknown");
}

#[test]
fn what_is_no_export_fails_with_a_reason() {
    assert_eq!(failure(b""), "import_broken");
    assert_eq!(failure(b"[{\"mapping\": {"), "import_broken");
    assert_eq!(failure(b"[] []"), "import_broken");
    assert_eq!(failure(b"\xff\xfe"), "import_broken");
    assert_eq!(failure(b"42"), "import_unknown");
    assert_eq!(failure(b"{\"name\": \"x\"}"), "import_unknown");
    let deep = [vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat();
    assert_eq!(failure(&deep), "import_too_large");
    let known = entries(b"\xef\xbb\xbf[1, {}, {\"mapping\": 7}, {\"mapping\": {}}]").unwrap();
    assert_eq!(known.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, false, true]);
}

#[test]
fn strange_members_cost_themselves_only() {
    let mut export = chatgpt();
    export[0]["title"] = json!({ "a": [] });
    export[0]["create_time"] = json!([1]);
    export[0]["mapping"]["q1"]["message"]["content"] = json!("no object");
    export[0]["mapping"]["x"] = json!(5);
    export[0]["mapping"]["y"] = chatgpt_node(Some("gone"), "user", &text("a\u{0}b"));
    let built = only(&export);
    let conversation = built.conversation.unwrap();
    // The answer to a question without a text follows what was before the question.
    let texts = texts(&conversation);
    assert!(
        texts.contains(&(Role::Assistant, "At nine.", 1)) && texts.contains(&(Role::User, "ab", 1)),
        "{texts:?}"
    );
    assert_eq!(conversation.title, "At nine.");
}

#[test]
fn circles_and_crowds_are_left_out_and_counted() {
    let mut export = chatgpt();
    export[0]["mapping"]["c1"] = chatgpt_node(Some("c2"), "user", &text("round"));
    export[0]["mapping"]["c2"] = chatgpt_node(Some("c1"), "user", &text("round"));
    for n in 0..VERSIONS {
        export[0]["mapping"][format!("v{n}")] = chatgpt_node(Some("s"), "user", &text("again"));
    }
    let built = only(&export);
    assert_eq!((built.losses[&LeftOut::Other], built.losses[&LeftOut::TooMany]), (2, 2));
    assert_eq!(built.conversation.unwrap().messages.len(), 4 + VERSIONS as usize - 2);
}

#[test]
fn a_conversation_without_texts_is_none() {
    let built = only(
        &json!([{ "id": "x", "title": "Nothing", "mapping": { "r": { "parent": null, "message": null } } }]),
    );
    assert!(built.conversation.is_none() && built.losses.is_empty());
    assert_eq!(built.title.as_deref(), Some("Nothing"));
}

#[test]
fn texts_are_cut_to_their_bounds_after_they_were_joined() {
    let part = "å".repeat(300_000);
    let nodes = json!({
        "q": chatgpt_node(None, "user", &text(&part)),
        "a": chatgpt_node(Some("q"), "assistant", &text(&part)),
        "b": chatgpt_node(Some("a"), "assistant", &text(&part)),
    });
    let built = only(&json!([{ "id": "x", "mapping": nodes }]));
    let messages = built.conversation.unwrap().messages;
    let lengths: Vec<_> = messages.iter().map(|it| it.content.chars().count()).collect();
    assert_eq!(
        (lengths, built.losses),
        (vec![QUESTION_CHARS, 500_000], [(LeftOut::CutText, 2)].into())
    );
    assert!(messages.iter().all(|it| it.content.ends_with('…')));
}

#[test]
fn a_conversation_has_a_bound_for_all_of_its_texts() {
    let answer = |n| json!({ "messageId": format!("{n}"), "isCreatedByUser": false, "text": "a".repeat(450_000) });
    let question = json!({ "messageId": "q", "isCreatedByUser": true, "text": "?",
        "children": (0..48).map(answer).collect::<Vec<_>>() });
    let built = only(&json!([{ "conversationId": "x", "messagesTree": [question] }]));
    let all = built.conversation.unwrap().messages;
    let sum: usize = all.iter().map(|it| it.content.chars().count()).sum();
    assert_eq!((sum, all.len()), (20_000_000, 1 + 45));
    assert_eq!(built.losses, [(LeftOut::CutText, 1), (LeftOut::TooMany, 3)].into());
}

#[test]
fn an_id_that_is_too_long_counts_as_missing() {
    let long = "i".repeat(201);
    let child = json!({ "isCreatedByUser": false, "text": "At nine." });
    let first =
        json!({ "messageId": long, "isCreatedByUser": true, "text": "When?", "children": [child] });
    let built = only(&json!([{ "conversationId": "x", "messagesTree": [first] }]));
    let found = built.conversation.unwrap();
    assert_eq!(texts(&found), [(Role::User, "When?", 1), (Role::Assistant, "At nine.", 2)]);
    let nameless = json!([{ "conversationId": long, "messages": [] }]).to_string();
    assert_eq!(entries(nameless.as_bytes()).map(|found| found[0].is_some()), Ok(false));
}

#[test]
fn a_crowd_of_empty_messages_is_too_large() {
    let messages = vec!["{}"; 300_000].join(",");
    let export = format!("[{{\"conversationId\":\"x\",\"messages\":[{messages}]}}]");
    assert_eq!(failure(export.as_bytes()), "import_too_large");
}

#[test]
fn the_key_is_of_the_product_and_its_id() {
    let key = |export: &Value| only(export).conversation.unwrap().key;
    let mut grown = chatgpt();
    grown[0]["title"] = json!("Another title");
    assert_eq!(key(&chatgpt()), key(&grown));
    grown[0]["conversation_id"] = json!("c-2");
    assert_ne!(key(&chatgpt()), key(&grown));
}

#[test]
fn reading_ends_when_no_one_wants_more() {
    let export = json!([chatgpt()[0], chatgpt()[0]]).to_string();
    let mut count = 0;
    let read = read(Cursor::new(export), (&Allowance::unlimited(), &Stop::default()), &mut |_| {
        count += 1;
        false
    });
    assert!(matches!(read, Err(ReadEnd::Unwanted)));
    assert_eq!(count, 1);
}
