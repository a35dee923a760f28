//! A user with an assistant over one document, and a model that answers.

use std::time::Duration;

use access::CredentialId;
use conversations::{
    Event, EventId, Events, IdempotencyKey, Message, Models, NumberedEvent, Question, Regeneration,
    UpdateConversation,
};
use kernel::{
    PageRequest, Result,
    id::{AssistantId, ChunkId, CollectionId, ConversationId, DocumentId, MessageId, SpaceId},
};
use models::Timeouts;
use platform::Cx;
use serde_json::{Value, json};
use testkit::{Database, Person};
use tokio::sync::mpsc;

use crate::provider::{Provider, Reply};

/// Timeout of a test.
const LIMIT: Duration = Duration::from_secs(30);

/// Everything that a question needs.
pub(crate) struct Fixture {
    pub(crate) db: Database,
    pub(crate) person: Person,
    pub(crate) assistant: AssistantId,
    pub(crate) chunk: ChunkId,
    pub(crate) chat: Provider,
    pub(crate) credential: CredentialId,
    /// Whether models give titles. Most tests count calls.
    pub(crate) titles: bool,
    /// Whether models rewrite questions; as above.
    pub(crate) rewriting: bool,
    embedding: Provider,
}

/// An event stream with these deltas and a proper end.
pub(crate) fn pieces(texts: &[&str]) -> String {
    let mut out: String = texts.iter().map(|text| piece(text)).collect();
    out.push_str(END);
    out
}

pub(crate) fn piece(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

pub(crate) const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";

/// A model that answers every question with these deltas.
pub(crate) fn says(
    texts: &'static [&'static str],
) -> impl FnMut(&str, &Value) -> Reply + Send + 'static {
    move |_, _| Provider::events(&pieces(texts))
}

/// A model that sends what the test sends.
pub(crate) fn live()
-> (mpsc::UnboundedSender<String>, impl FnMut(&str, &Value) -> Reply + Send + 'static) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut receiver = Some(receiver);
    (sender, move |_, _| {
        receiver.take().map_or_else(|| Provider::events(&pieces(&["again"])), Reply::Live)
    })
}

impl Fixture {
    /// The one chunk matches every question: the stub gives all texts the same embedding.
    pub(crate) async fn new(chat: impl FnMut(&str, &Value) -> Reply + Send + 'static) -> Self {
        let db = Database::fresh().await;
        let person = db.person("anna").await;
        let chat = Provider::start(chat).await;
        let embedding = Provider::start(|_, body| {
            let count = body["input"].as_array().map_or(0, Vec::len);
            let one = |index| json!({"index": index, "embedding": axis(0)});
            Provider::json(200, &json!({"data": (0..count).map(one).collect::<Vec<_>>()}))
        })
        .await;
        let (assistant, chunk) = seed(&db, &person, &axis(0)).await;
        let credential = db.credential(&person).await;
        Self {
            db,
            person,
            assistant,
            chunk,
            chat,
            credential,
            titles: false,
            rewriting: false,
            embedding,
        }
    }

    pub(crate) async fn cx(&self) -> Cx {
        self.db.cx(&self.person, "tessera_chat").await
    }

    pub(crate) fn models(&self) -> Models {
        let timeouts = Timeouts { first: LIMIT, between: LIMIT };
        let provider = |url: &str, model: &str| models::Provider {
            url: url.to_owned(),
            key: None,
            model: model.to_owned(),
            timeouts,
            prices: models::PriceList::default(),
        };
        Models {
            chat: provider(&self.chat.url, "stub"),
            embedding: provider(&self.embedding.url, &self.embedding.url),
            titles: self.titles,
            rewriting: self.rewriting,
        }
    }

    pub(crate) async fn conversation(&self) -> ConversationId {
        conversations::create_conversation(&self.cx().await, self.assistant, None).await.unwrap().id
    }

    pub(crate) async fn ask(&self, conversation: ConversationId, content: &str) -> Result<Events> {
        self.ask_once(conversation, content, None).await
    }

    pub(crate) async fn ask_once(
        &self,
        conversation: ConversationId,
        content: &str,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Events> {
        let question = Question { idempotency_key, ..self.question(conversation, content) };
        conversations::ask(self.cx().await, self.models(), question).await
    }

    pub(crate) fn question(&self, conversation: ConversationId, content: &str) -> Question {
        Question {
            conversation,
            content: content.to_owned(),
            attachments: Vec::new(),
            edits: None,
            mentions: conversations::Mentions::default(),
            idempotency_key: None,
            credential: self.credential,
        }
    }

    /// Asks another version of a question.
    pub(crate) async fn edit(
        &self,
        conversation: ConversationId,
        edited: MessageId,
        content: &str,
    ) -> Result<Events> {
        let question = Question { edits: Some(edited), ..self.question(conversation, content) };
        conversations::ask(self.cx().await, self.models(), question).await
    }

    /// Requests another version of an answer.
    pub(crate) async fn regenerate(
        &self,
        answer: MessageId,
        model: Option<&str>,
    ) -> Result<Events> {
        let (model, credential) = (model.map(str::to_owned), self.credential);
        let wanted = Regeneration { answer, model, idempotency_key: None, credential };
        conversations::regenerate(self.cx().await, self.models(), wanted).await
    }

    /// The texts that were embedded to be searched for.
    pub(crate) fn searched(&self) -> Vec<String> {
        self.embedding.requests().iter().map(|body| body["input"].to_string()).collect()
    }

    /// What the path that is shown says.
    pub(crate) async fn said(&self, conversation: ConversationId) -> Vec<String> {
        self.messages(conversation).await.into_iter().map(|message| message.content).collect()
    }

    pub(crate) async fn follow(&self, message: MessageId, after: &str) -> Vec<NumberedEvent> {
        all(conversations::follow(self.cx().await, message, after.parse().unwrap()).await.unwrap())
            .await
    }

    pub(crate) async fn messages(&self, conversation: ConversationId) -> Vec<Message> {
        let request = PageRequest { limit: 100, after: None };
        conversations::list_messages(
            &self.cx().await,
            conversation,
            conversations::Order::OldestFirst,
            request,
        )
        .await
        .unwrap()
        .items
    }

    /// A quota of the organisation for an hour.
    pub(crate) async fn quota(&self, measure: &str, amount: i32) {
        let sql = "insert into quotas (id, tenant_id, subject, measure, period, amount) values (gen_random_uuid(), $1, 'tenant', $2, 'hour', $3)";
        let mut db = self.db.superuser_in(self.person.tenant).await;
        sqlx::query(sql)
            .bind(self.person.tenant.0)
            .bind(measure)
            .bind(amount)
            .execute(&mut db)
            .await
            .unwrap();
    }

    /// Runs SQL directly on the database.
    pub(crate) async fn sql(&self, sql: &'static str) {
        sqlx::query(sql)
            .execute(&mut self.db.superuser_in(self.person.tenant).await)
            .await
            .unwrap();
    }
}

/// An embedding model that does not answer.
pub(crate) fn unreachable_model() -> models::Provider {
    let timeouts = Timeouts { first: LIMIT, between: LIMIT };
    models::Provider {
        url: "http://127.0.0.1:9/v1".to_owned(),
        key: None,
        model: String::new(),
        timeouts,
        prices: models::PriceList::default(),
    }
}

/// A unit vector.
pub(crate) fn axis(at: usize) -> Vec<f32> {
    (0..models::DIMENSIONS).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
}

/// A collection with one document of one chunk, and an assistant that answers from it.
async fn seed(db: &Database, person: &Person, embedding: &[f32]) -> (AssistantId, ChunkId) {
    let (collection, document, chunk): (CollectionId, DocumentId, ChunkId) = (id(), id(), id());
    let mut superuser = db.superuser_in(person.tenant).await;
    let sql = "with c as (
          insert into collections (id, tenant_id, space_id, name, created_by, index_id) values ($1, $2, $3, 'Statutes', $4, $1)
        ), d as (
          insert into documents (id, tenant_id, space_id, collection_id, title, filename, status, chunk_count, created_by)
          values ($5, $2, $3, $1, 'Statutes of 2024', 'statutes.md', 'ready', 1, $4)
        )
        insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
        values ($6, $2, $3, $1, $5, 0, 3, 0, 40, 'The chair is elected for two years.', 9, $7::text::halfvec, 
                to_tsvector('english', 'chair elected') || array_to_tsvector(array['@' || $2::uuid, '@' || $1::uuid]))";
    let embedding =
        format!("[{}]", embedding.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    sqlx::query(sql)
        .bind(collection.0)
        .bind(person.tenant.0)
        .bind(person.space.0)
        .bind(person.user.0)
        .bind(document.0)
        .bind(chunk.0)
        .bind(embedding)
        .execute(&mut superuser)
        .await
        .unwrap();
    let cx = db.cx(person, "tessera_workspace").await;
    (assistant(&cx, person.space, vec![collection], true).await, chunk)
}

/// One more assistant.
pub(crate) async fn assistant(
    cx: &Cx,
    space: SpaceId,
    collections: Vec<CollectionId>,
    published: bool,
) -> AssistantId {
    let new = assistants::CreateAssistant {
        instructions: "Be brief.".to_owned(),
        collection_ids: collections,
        published,
        ..assistants::CreateAssistant::new(space, "Secretary")
    };
    assistants::create_assistant(cx, new).await.unwrap().id
}

pub(crate) fn id<T: From<uuid::Uuid>>() -> T {
    platform::random::id().unwrap()
}

/// All events until the end.
pub(crate) async fn all(mut events: Events) -> Vec<NumberedEvent> {
    let collect = async {
        let mut out = Vec::new();
        while let Some(event) = events.next().await {
            out.push(event);
        }
        out
    };
    tokio::time::timeout(LIMIT, collect).await.expect("the answer did not end")
}

/// The events up to the first that satisfies `found`.
pub(crate) async fn until(
    events: &mut Events,
    found: impl Fn(&Event) -> bool,
) -> Vec<NumberedEvent> {
    let collect = async {
        let mut out = Vec::new();
        while let Some(event) = events.next().await {
            out.push(event);
            if out.last().is_some_and(|e| found(&e.event)) {
                return out;
            }
        }
        panic!("the events ended without it: {out:#?}")
    };
    tokio::time::timeout(LIMIT, collect).await.expect("it did not come")
}

pub(crate) fn is_chunk(event: &Event) -> bool {
    matches!(event, Event::Delta(_))
}

/// The text of the deltas.
pub(crate) fn text(events: &[NumberedEvent]) -> String {
    let text = |e: &NumberedEvent| match &e.event {
        Event::Delta(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

pub(crate) fn last(events: &[NumberedEvent]) -> &Event {
    &events.last().expect("at least one event").event
}

pub(crate) fn message_of(events: &[NumberedEvent]) -> MessageId {
    match events.first().map(|e| &e.event) {
        Some(Event::Start { message_id, .. }) => *message_id,
        other => panic!("expected the start, got {other:?}"),
    }
}

/// A change of the title alone.
pub(crate) fn title(title: &str) -> UpdateConversation {
    UpdateConversation { title: Some(title.to_owned()), ..UpdateConversation::default() }
}

/// The id before the first event.
pub(crate) fn beginning() -> String {
    EventId::default().to_string()
}
