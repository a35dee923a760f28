//! Files that are attached to questions: what the model reads of them, and who may name them.

use conversations::{Event, Mentions, NumberedEvent, Question, Source};
use kernel::{
    Code, PageRequest, Result,
    id::{CollectionId, ConversationId, DocumentId},
};
use knowledge::{GroupBy, Mode, Query, SearchRequest, TargetCollection};
use testkit::Person;

use crate::fixture::{Fixture, all, axis, id, message_of, says};

const ALL: PageRequest = PageRequest { limit: 100, after: None };

impl Fixture {
    /// A file of `chunks` chunks of 20 characters; each repeats the last 10 of the one before.
    /// Their embeddings differ: equal ones count as the same text.
    async fn attach(&self, conversation: ConversationId, name: &str, chunks: i32) -> DocumentId {
        let cx = self.db.cx(&self.person, "tessera_upload").await;
        TargetCollection::of_conversation(&cx, conversation).await.unwrap();
        let document: DocumentId = id();
        let sql = "with d as (
              insert into documents (id, tenant_id, space_id, collection_id, title, filename, status, chunk_count, created_by)
              select $1, k.tenant_id, k.space_id, k.id, $2, $2, 'ready', $3, k.created_by from collections k where k.conversation_id = $4
            )
            insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
            select gen_random_uuid(), k.tenant_id, k.space_id, k.index_id, $1, n, 1, 10 * n, 10 * n + 20,
                   'part ' || lpad(n::text, 4, '0') || ',part ' || lpad((n + 1)::text, 4, '0') || ',', 9, e.embedding,
                   array_to_tsvector(array['@' || k.tenant_id, '@' || k.index_id])
              from collections k, generate_series(0, $3 - 1) n,
                   lateral (select array_agg(case when i in (1, n + 2) then 0.7 else 0 end order by i)::real[]::vector::halfvec as embedding
                              from generate_series(1, 384) i) e
             where k.conversation_id = $4";
        sqlx::query(sql)
            .bind(document.0)
            .bind(name)
            .bind(chunks)
            .bind(conversation.0)
            .execute(&mut self.db.superuser_in(self.person.tenant).await)
            .await
            .unwrap();
        document
    }

    async fn ask_about(
        &self,
        conversation: ConversationId,
        attachments: &[DocumentId],
    ) -> Result<Vec<NumberedEvent>> {
        self.ask_naming_about(conversation, Mentions::default(), attachments).await
    }

    async fn ask_naming_about(
        &self,
        conversation: ConversationId,
        mentions: Mentions,
        attachments: &[DocumentId],
    ) -> Result<Vec<NumberedEvent>> {
        let question = Question {
            conversation,
            content: "What does it say?".to_owned(),
            attachments: attachments.to_vec(),
            edits: None,
            mentions,
            idempotency_key: None,
            credential: self.credential,
        };
        Ok(all(conversations::ask(self.cx().await, self.models(), question).await?).await)
    }

    async fn refusal(&self, conversation: ConversationId, attachments: &[DocumentId]) -> Code {
        self.ask_about(conversation, attachments).await.unwrap_err().code
    }

    /// The system message and the question of the last request.
    fn last_prompt(&self) -> [String; 2] {
        let prompt = self.chat.requests().pop().unwrap();
        let messages = prompt["messages"].as_array().unwrap();
        [messages.first(), messages.last()]
            .map(|message| message.unwrap()["content"].as_str().unwrap().to_owned())
    }

    async fn collection(&self, conversation: ConversationId) -> CollectionId {
        let cx = self.cx().await;
        knowledge::attachments::collection(&cx, conversation).await.unwrap().unwrap()
    }
}

fn sources(events: &[NumberedEvent]) -> &[Source] {
    let found = events.iter().find_map(|event| match &event.event {
        Event::Sources(sources) => Some(sources.as_slice()),
        _ => None,
    });
    found.unwrap()
}

fn of(sources: &[Source], document: DocumentId) -> usize {
    sources.iter().filter(|source| source.document_id == document).count()
}

#[tokio::test]
async fn the_model_reads_a_short_file_completely_and_nothing_twice() {
    let fixture = Fixture::new(says(&["It says this [2]."])).await;
    let conversation = fixture.conversation().await;
    let file = fixture.attach(conversation, "notes.md", 3).await;
    let events = fixture.ask_about(conversation, &[file]).await.unwrap();
    let [system, question] = fixture.last_prompt();
    let text: String = question.matches("part 000").collect();
    assert_eq!(text.len(), 4 * "part 000".len(), "{question}");
    assert!(
        question.contains("[1] notes.md (page 1)\npart 0000,part 0001,\n\n[2] notes.md"),
        "{question}"
    );
    assert!(system.contains("[1] to [3] are files that the user attached"), "{system}");
    assert!(system.contains("complete text"), "{system}");
    // The assistant's own knowledge follows.
    let sources = sources(&events);
    assert_eq!((of(sources, file), sources[3].chunk_id), (3, fixture.chunk));
}

#[tokio::test]
async fn a_question_has_files_and_names_documents_and_reads_nothing_twice() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let file = fixture.attach(conversation, "notes.md", 3).await;
    let cx = fixture.db.cx(&fixture.person, "tessera_workspace").await;
    let listed = knowledge::list_documents(&cx, knowledge::DocumentFilter::default(), ALL).await;
    let statutes = listed.unwrap().items.remove(0);
    let mentions = Mentions {
        assistant: None,
        collections: vec![statutes.collection_id],
        documents: vec![statutes.id, file],
    };
    let events = fixture.ask_naming_about(conversation, mentions.clone(), &[file]).await.unwrap();
    let read = sources(&events);
    assert_eq!((of(read, file), of(read, statutes.id), read.len()), (3, 1, 4));
    let again = all(fixture.regenerate(message_of(&events), None).await.unwrap()).await;
    assert_eq!(sources(&again).len(), 4);
    let question = fixture.messages(conversation).await.remove(0);
    assert_eq!((question.mentions, question.attachments.len()), (mentions, 1));
}

#[tokio::test]
async fn of_a_long_file_the_model_reads_its_beginning_and_the_best_chunks() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let long = fixture.attach(conversation, "long.md", 101).await;
    let short = fixture.attach(conversation, "short.md", 1).await;
    let events = fixture.ask_about(conversation, &[long, short]).await.unwrap();
    let sources = sources(&events);
    assert_eq!((of(sources, short), of(sources, long)), (1, 8));
    let [system, question] = fixture.last_prompt();
    assert!(question.contains("[2] long.md (page 1)\npart 0000,"), "{question}");
    assert!(system.contains("They are excerpts"), "{system}");
}

#[tokio::test]
async fn later_questions_know_a_file_and_other_branches_do_not() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let file = fixture.attach(conversation, "notes.md", 1).await;
    let first = fixture.ask_about(conversation, &[file]).await.unwrap();
    let later = fixture.ask_about(conversation, &[]).await.unwrap();
    assert_eq!(of(sources(&later), file), 1);
    let again = all(fixture.regenerate(message_of(&first), None).await.unwrap()).await;
    assert_eq!(of(sources(&again), file), 1);
    let question = fixture.messages(conversation).await[0].id;
    let other = all(fixture.edit(conversation, question, "Anything else?").await.unwrap()).await;
    assert_eq!(of(sources(&other), file), 0);
}

#[tokio::test]
async fn a_question_names_only_files_of_its_conversation_that_are_ready() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (mine, other) = (fixture.conversation().await, fixture.conversation().await);
    let file = fixture.attach(mine, "mine.md", 1).await;
    let elsewhere = fixture.attach(other, "other.md", 1).await;
    assert_eq!(fixture.refusal(mine, &[file, elsewhere]).await, Code::NotFound);
    assert_eq!(fixture.refusal(mine, &[id()]).await, Code::NotFound);
    assert_eq!(fixture.refusal(mine, &[file, file]).await, Code::InvalidBody);
    let many: Vec<DocumentId> = (0..21).map(|_| id()).collect();
    assert_eq!(fixture.refusal(mine, &many).await, Code::InvalidBody);
    fixture.sql("update documents set status = 'indexing' where filename = 'mine.md'").await;
    assert_eq!(fixture.refusal(mine, &[file]).await, Code::Conflict);
    assert_eq!(fixture.messages(mine).await, [], "a refused question leaves nothing behind");
}

#[tokio::test]
async fn no_one_else_attaches_files_to_a_conversation() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let stranger = fixture.db.person("stranger").await;
    let colleague = fixture.db.colleague(fixture.person.tenant, "colleague", "admin").await;
    for person in [&stranger, &colleague] {
        let cx = fixture.db.cx(person, "tessera_upload").await;
        let refused = TargetCollection::of_conversation(&cx, conversation).await;
        assert_eq!(refused.map(|_| ()).unwrap_err().code, Code::NotFound);
        let refused = knowledge::attachments::list(&cx, conversation, ALL).await;
        assert_eq!(refused.unwrap_err().code, Code::NotFound);
    }
}

#[tokio::test]
async fn a_question_shows_its_files_and_a_link_only_their_names() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    let file = fixture.attach(conversation, "notes.md", 1).await;
    fixture.ask_about(conversation, &[file]).await.unwrap();
    let [question, answer] = fixture.messages(conversation).await.try_into().unwrap();
    assert_eq!(
        (question.attachments[0].document_id, question.attachments[0].name.as_str()),
        (file, "notes.md")
    );
    assert!(question.attachments[0].available && answer.attachments.is_empty());
    let share = conversations::create_share(&fixture.cx().await, conversation, 1).await.unwrap();
    let reader = fixture.db.colleague(fixture.person.tenant, "reader", "user").await;
    let cx = fixture.db.cx(&reader, "tessera_chat").await;
    let read = conversations::list_shared_messages(&cx, share.id, ALL).await.unwrap().items;
    assert_eq!(
        (read[0].attachments[0].name.as_str(), read[0].attachments[0].available),
        ("notes.md", false)
    );
    assert!(read[1].sources.iter().all(|source| source.snippet.is_empty()), "{read:#?}");
}

#[tokio::test]
async fn files_of_a_conversation_are_in_no_list_search_or_assistant() {
    let fixture = Fixture::new(says(&["x"])).await;
    let conversation = fixture.conversation().await;
    fixture.attach(conversation, "notes.md", 1).await;
    let hidden = fixture.collection(conversation).await;
    let cx = fixture.db.cx(&fixture.person, "tessera_workspace").await;
    let listed = knowledge::list_collections(&cx, Some(fixture.person.space), ALL).await.unwrap();
    assert_eq!((listed.total, listed.items.iter().any(|it| it.id == hidden)), (1, false));
    let listed = knowledge::list_documents(&cx, knowledge::DocumentFilter::default(), ALL).await;
    assert_eq!(listed.unwrap().total, 1);
    let new = assistants::CreateAssistant {
        collection_ids: vec![hidden],
        ..assistants::CreateAssistant::new(fixture.person.space, "Reader")
    };
    let refused = assistants::create_assistant(&cx, new).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidBody);
    assert_eq!(found(&fixture, &fixture.person, Vec::new()).await, ["Statutes of 2024"]);
    assert_eq!(found(&fixture, &fixture.person, vec![hidden]).await, ["notes.md"]);
    let colleague = fixture.db.colleague(fixture.person.tenant, "colleague", "admin").await;
    assert!(found(&fixture, &colleague, vec![hidden]).await.is_empty());
}

/// Titles of what a person finds.
async fn found(
    fixture: &Fixture,
    person: &Person,
    collection_ids: Vec<CollectionId>,
) -> Vec<String> {
    let request = SearchRequest {
        query: Query::parse("anything").unwrap(),
        collection_ids,
        space_id: None,
        limit: 10,
        mode: Mode::Vector,
        group_by: GroupBy::Document,
    };
    let embed = async |models: Vec<String>| {
        let embedding =
            |model| models::QueryEmbedding { model, vector: axis(0), token_bits: Vec::new() };
        Ok(models.into_iter().map(embedding).collect())
    };
    let cx = fixture.db.cx(person, "tessera_search").await;
    let hits = knowledge::search(&cx, &request, embed).await.unwrap().hits;
    hits.into_iter().map(|hit| hit.title).collect()
}

#[tokio::test]
async fn files_are_removed_with_their_conversation() {
    let fixture = Fixture::new(says(&["x"])).await;
    let (gone, kept) = (fixture.conversation().await, fixture.conversation().await);
    for conversation in [gone, kept] {
        fixture.attach(conversation, "notes.md", 1).await;
    }
    let sql = "update conversations set deleted_at = now() - interval '31 days' where id = $1";
    let mut db = fixture.db.superuser_in(fixture.person.tenant).await;
    sqlx::query(sql).bind(gone.0).execute(&mut db).await.unwrap();
    let expire = "select lookup.remove_expired(10)";
    sqlx::query(expire).execute(&mut fixture.db.superuser().await).await.unwrap();
    let due: Vec<uuid::Uuid> =
        sqlx::query_scalar("select tenant_id from lookup.tenants_with_orphans()")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(due, [fixture.person.tenant.0]);
    let cx = fixture.db.cx(&fixture.person, "tessera_worker").await;
    knowledge::ingest::remove_orphans(&cx).await.unwrap();
    let left = "select k.conversation_id from documents d join collections k on k.id = d.collection_id where d.filename = 'notes.md'";
    let left: Vec<uuid::Uuid> = sqlx::query_scalar(left).fetch_all(&mut db).await.unwrap();
    assert_eq!(left, [kept.0]);
}
