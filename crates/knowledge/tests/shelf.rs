//! A collection of short texts, indexed as the worker indexes words.

use kernel::id::CollectionId;
use knowledge::{GroupBy, Mode, Query, SearchRequest, ingest};
use platform::{Actor, Cx};
use testkit::{Database, Person};
use uuid::Uuid;

pub(crate) struct Shelf {
    pub(crate) database: Database,
    pub(crate) person: Person,
    pub(crate) collection: CollectionId,
}

impl Shelf {
    /// A document of one chunk for each text.
    pub(crate) async fn of(language: &str, texts: &[&str]) -> Self {
        let database = Database::fresh().await;
        let person = database.person("ada").await;
        let cx = database.cx(&person, "tessera_workspace").await;
        let collection =
            knowledge::create_collection(&cx, person.space, "Shelf", "").await.unwrap().id;
        let mut superuser = database.superuser_in(person.tenant).await;
        for (at, text) in texts.iter().enumerate() {
            // The worker finds it indexed by older rules.
            let sql = "with d as (
                  insert into documents (id, tenant_id, space_id, collection_id, title, filename, status, page_count, chunk_count, created_by, language)
                  values ($1, $2, $3, $4, 'Untitled', 'untitled', 'ready', 1, 1, $5, $6)
                )
                insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding,
                                    language, tsv)
                values ($1, $2, $3, (select index_id from collections where id = $4), $1, 0, 1, 0, 1, $7, 4,
                        (select array_agg(case when i = $8 then 1 else 0 end order by i) from generate_series(0, 383) as i)::real[]::vector::halfvec,
                        $6, '')";
            let insert = sqlx::query(sql)
                .bind(Uuid::now_v7())
                .bind(person.tenant.0)
                .bind(person.space.0)
                .bind(collection.0);
            // Equal embeddings would be one text.
            let insert = insert
                .bind(person.user.0)
                .bind(language)
                .bind(text)
                .bind(i32::try_from(at).unwrap());
            insert.execute(&mut superuser).await.unwrap();
        }
        let worker = database.source("tessera_worker").await;
        let worker = Cx::new(worker, Some(person.tenant), Actor::Worker, "test".to_owned());
        while ingest::index_words_again(&worker).await.unwrap() {}
        Self { database, person, collection }
    }

    /// The same, in another collection.
    pub(crate) fn at(self, collection: CollectionId) -> Self {
        Self { collection, ..self }
    }

    /// Texts with a word of the query, best first.
    pub(crate) async fn found(&self, query: &str) -> Vec<String> {
        let cx = self.database.cx(&self.person, "tessera_search").await;
        let request = SearchRequest {
            query: Query::parse(query).unwrap(),
            collection_ids: vec![self.collection],
            space_id: None,
            limit: 10,
            mode: Mode::Text,
            group_by: GroupBy::Chunk,
        };
        let found = knowledge::search(&cx, &request, async |_| Ok(Vec::new())).await.unwrap();
        found.hits.into_iter().map(|hit| hit.content).collect()
    }
}
