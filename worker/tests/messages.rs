//! Messages are embedded by the worker's own model, and found by their meaning.

use std::net::TcpListener;

use conversations::ConversationHits;
use kernel::id::ConversationId;
use models::{PriceList, Provider, Timeouts};
use testkit::Person;
use uuid::Uuid;

use crate::harness::{Harness, Worker};

/// Questions and answers of one conversation each.
const SAID: [(&str, &str, &str); 4] = [
    (
        "english",
        "When does the laundry room open?",
        "The laundry room is open from seven in the morning until nine in the evening, on all days of the week.",
    ),
    (
        "english",
        "Who pays for a broken window?",
        "The association pays if the window broke by itself; otherwise the tenant pays for the glass.",
    ),
    (
        "swedish",
        "Får jag hyra ut min lägenhet i andra hand?",
        "Ja, om styrelsen godkänner det. Ansök minst sex veckor i förväg och ange skäl och tid.",
    ),
    (
        "swedish",
        "Hur byter jag lösenord till e-posten?",
        "Logga in, öppna inställningarna och välj Säkerhet. Där finns Byt lösenord.",
    ),
];
const LAUNDRY: usize = 0;
const WINDOW: usize = 1;
const SUBLETTING: usize = 2;
const PASSWORD: usize = 3;

/// Stores a conversation as it was before its messages could be embedded.
async fn store(
    harness: &Harness,
    person: &Person,
    (language, question, answer): (&str, &str, &str),
) -> ConversationId {
    let [conversation, assistant] = [(); 2].map(|()| Uuid::now_v7());
    let sql = "with a as (
          insert into assistants (id, tenant_id, space_id, name, created_by) values ($2, $3, $4, 'Clerk', $5)
        ), c as (
          insert into conversations (id, tenant_id, user_id, space_id, assistant_id) values ($1, $3, $5, $4, $2)
        )
        insert into messages (id, tenant_id, conversation_id, role, content, language, depth)
        values (gen_random_uuid(), $3, $1, 'user', $7, $6, 1), (gen_random_uuid(), $3, $1, 'assistant', $8, $6, 2)";
    let insert = sqlx::query(sql).bind(conversation).bind(assistant).bind(person.tenant.0);
    let insert = insert.bind(person.space.0).bind(person.user.0);
    let insert = insert.bind(language).bind(question).bind(answer);
    insert.execute(&mut harness.database.superuser_in(person.tenant).await).await.unwrap();
    conversation.into()
}

async fn count(harness: &Harness, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut *harness.db.lock().await).await.unwrap()
}

const DUE: &str = "select count(*) from messages where not embedded";

async fn until_embedded(harness: &Harness) {
    harness
        .until("all messages are embedded", async || (count(harness, DUE).await == 0).then_some(()))
        .await;
}

/// A worker that serves its models at an address of its own.
fn serving(harness: &Harness) -> (Worker, Provider) {
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let worker = harness.worker_with(&[("TESSERA_MODELS_LISTEN", &listen)]);
    let timeout = std::time::Duration::from_secs(10);
    let model = Provider {
        url: format!("http://{listen}/v1"),
        key: None,
        model: String::new(),
        timeouts: Timeouts { first: timeout, between: timeout },
        prices: PriceList::default(),
    };
    (worker, model)
}

async fn search(
    harness: &Harness,
    person: &Person,
    model: &Provider,
    query: &str,
) -> ConversationHits {
    let cx = harness.database.cx(person, "tessera_chat").await;
    let hits = conversations::search_conversations(&cx, model, query, 20).await.unwrap();
    assert_eq!(hits.meaning_skipped, None, "{query}");
    hits
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_find_conversations_without_their_words_in_both_languages() {
    let harness = Harness::new().await;
    let ada = harness.person.clone();
    let mut stored = Vec::new();
    for said in SAID {
        stored.push(store(&harness, &ada, said).await);
    }
    let colleague = harness.database.colleague(ada.tenant, "bo", "admin").await;
    let stranger = harness.database.person("eve").await;
    store(&harness, &colleague, SAID[PASSWORD]).await;
    let (_worker, model) = serving(&harness);
    until_embedded(&harness).await;
    for (query, expected) in [
        ("Vem betalar för ett krossat fönster?", WINDOW),
        ("At what hours can I wash my clothes?", LAUNDRY),
        ("May I let somebody else rent my flat?", SUBLETTING),
        ("Kan en annan person bo hos mig mot betalning?", SUBLETTING),
        ("How do I change my mail password?", PASSWORD),
    ] {
        let hits = search(&harness, &ada, &model, query).await;
        let found = hits.found.first().map(|it| it.conversation.id);
        assert_eq!(found, Some(stored[expected]), "{query}");
        assert!(hits.found.iter().all(|it| stored.contains(&it.conversation.id)), "{query}");
        assert!(search(&harness, &stranger, &model, query).await.found.is_empty(), "{query}");
    }
    for nonsense in [
        "xqzt blorf wibble",
        "Vilken är Jupiters största måne?",
        "How do I bake sourdough bread?",
        "quarterly derivatives hedging",
    ] {
        let hits = search(&harness, &ada, &model, nonsense).await;
        assert_eq!(hits.found, [], "{nonsense}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_two_batches_leaves_the_rest_to_the_next() {
    const CONVERSATIONS: i64 = if cfg!(debug_assertions) { 20 } else { 100 };
    let harness = Harness::new().await;
    for _ in 0..CONVERSATIONS {
        store(&harness, &harness.person, SAID[LAUNDRY]).await;
    }
    let worker = harness.worker();
    harness
        .until("some messages are embedded", async || {
            (count(&harness, DUE).await < 2 * CONVERSATIONS).then_some(())
        })
        .await;
    worker.kill();
    assert!(count(&harness, DUE).await > 0, "all were embedded before it was killed");
    let half = "select count(*) from messages m where m.embedded <> exists (select from message_vectors v where v.message_id = m.id)";
    assert_eq!(count(&harness, half).await, 0, "messages and vectors are stored together");
    let again = "update schedules set lease_until = null, next_run_at = now() where kind = 'embed_messages'";
    harness.change_all(again).await;
    let _worker = harness.worker();
    until_embedded(&harness).await;
    let vectors = "select count(*) from message_vectors";
    assert_eq!(count(&harness, vectors).await, 2 * CONVERSATIONS);
}
