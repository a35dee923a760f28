//! What a question names: who answers it, and what is read for it.

use conversations::{Mentions, Question};
use kernel::{
    Code,
    id::{AssistantId, ConversationId, DocumentId},
};

use crate::fixture::{Fixture, all, assistant, id, message_of, says};

impl Fixture {
    async fn ask_naming(&self, conversation: ConversationId, mentions: Mentions) -> Question {
        Question {
            conversation,
            content: "How long?".to_owned(),
            attachments: Vec::new(),
            edits: None,
            mentions,
            idempotency_key: None,
            credential: self.db.credential(&self.person).await,
        }
    }

    async fn document(&self) -> DocumentId {
        let mut db = self.db.superuser_in(self.person.tenant).await;
        let found = sqlx::query_scalar("select id from documents").fetch_one(&mut db).await;
        DocumentId(found.unwrap())
    }

    /// An assistant of the same space that has no collections.
    async fn bare(&self) -> AssistantId {
        let cx = self.db.cx(&self.person, "tessera_workspace").await;
        assistant(&cx, self.person.space, Vec::new(), true).await
    }

    fn prompts(&self) -> Vec<String> {
        self.chat.requests().iter().map(|body| body["messages"].to_string()).collect()
    }
}

/// A statement of the only document.
const TEXT: &str = "The chair is elected for two years.";

#[tokio::test]
async fn a_named_assistant_answers_this_question_only() {
    let fixture = Fixture::new(says(&["Two years."])).await;
    let conversation = fixture.conversation().await;
    let mentions = Mentions { assistant: Some(fixture.bare().await), ..Mentions::default() };
    let asked = fixture.ask_naming(conversation, mentions.clone()).await;
    let events =
        all(conversations::ask(fixture.cx().await, fixture.models(), asked).await.unwrap()).await;
    all(fixture.regenerate(message_of(&events), None).await.unwrap()).await;
    all(fixture.ask(conversation, "And the treasurer?").await.unwrap()).await;
    let knows: Vec<bool> = fixture.prompts().iter().map(|prompt| prompt.contains(TEXT)).collect();
    assert_eq!(knows, [false, false, true], "the new version keeps to what the question names");
    assert_eq!(fixture.messages(conversation).await[0].mentions, mentions);
}

#[tokio::test]
async fn a_named_document_is_read_whatever_the_assistant_knows() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    let conversation =
        conversations::create_conversation(&fixture.cx().await, fixture.bare().await, None)
            .await
            .unwrap()
            .id;
    let mentions = Mentions { documents: vec![fixture.document().await], ..Mentions::default() };
    let asked = fixture.ask_naming(conversation, mentions).await;
    all(conversations::ask(fixture.cx().await, fixture.models(), asked).await.unwrap()).await;
    assert!(fixture.prompts()[0].contains(TEXT), "{:?}", fixture.prompts());
    let answer = fixture.messages(conversation).await.remove(1);
    assert_eq!((answer.sources.len(), answer.citations), (1, vec![1]));
}

#[tokio::test]
async fn what_one_may_not_read_cannot_be_named() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let stranger = fixture.db.person("bo").await;
    let cx = fixture.db.cx(&stranger, "tessera_workspace").await;
    let theirs = knowledge::create_collection(&cx, stranger.space, "Theirs", "").await.unwrap().id;
    for mentions in [
        Mentions { assistant: Some(id()), ..Mentions::default() },
        Mentions { collections: vec![theirs], ..Mentions::default() },
        Mentions { documents: vec![fixture.document().await, id()], ..Mentions::default() },
    ] {
        let asked = fixture.ask_naming(conversation, mentions).await;
        let refused = conversations::ask(fixture.cx().await, fixture.models(), asked).await;
        assert_eq!(refused.map(|_| ()).unwrap_err().code, Code::NotFound);
    }
    let many = Mentions { documents: vec![fixture.document().await; 11], ..Mentions::default() };
    let asked = fixture.ask_naming(conversation, many).await;
    let refused = conversations::ask(fixture.cx().await, fixture.models(), asked).await;
    assert_eq!(refused.map(|_| ()).unwrap_err().code, Code::InvalidBody);
    assert!(fixture.messages(conversation).await.is_empty());
}
