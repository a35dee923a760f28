//! A file that is attached to a question, from the upload to the cited passage.

use serde_json::json;
use tests::{provider::Script, stack::Stack};

const MINUTES: &str = "# Minutes\n\nThe board moved the summer party to the fourteenth of June.\n";

#[tokio::test]
async fn an_answer_cites_the_file_that_is_attached_to_its_question() {
    let (client, _) = Stack::shared().person("anna").await;
    let (space, collection) = client.collection("Association").await;
    let assistant = json!({ "space_id": space, "name": "Secretary" });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let file = client.attach(&conversation, "minutes.md", MINUTES).await;
    assert_eq!(file["status"], "ready", "{file:#}");

    Stack::shared().provider.on(
        "When is the summer party",
        Script::Pieces(vec!["On the fourteenth of June [1].".into()]),
    );
    let path = format!("/api/v1/conversations/{conversation}/messages");
    let question =
        json!({ "content": "When is the summer party?", "attachment_ids": [file["id"]] });
    let answer = client.post(&path, &question).await.expect(200);
    assert_eq!(
        (&answer["citations"], &answer["sources"][0]["document_id"]),
        (&json!([1]), &file["id"])
    );
    let cited = format!(
        "/api/v1/documents/{}/passages/{}",
        file["id"].as_str().unwrap(),
        answer["sources"][0]["chunk_id"].as_str().unwrap()
    );
    let cited = client.get(&cited).await.expect(200);
    assert!(cited["text"].as_str().unwrap().contains("fourteenth of June"), "{cited:#}");

    let messages = client.get(&path).await.expect(200)["messages"].clone();
    assert_eq!(messages[0]["attachments"][0]["name"], "minutes.md");
    let export = format!("/api/v1/conversations/{conversation}/export?format=json");
    let exported = client.get(&export).await.expect(200);
    assert_eq!(exported["messages"][0]["attachments"][0]["document_id"], file["id"]);
    let listed = client.get("/api/v1/collections").await.expect(200);
    assert_eq!(
        (&listed["total"], &listed["collections"][0]["id"]),
        (&json!(1), &json!(collection))
    );
}
