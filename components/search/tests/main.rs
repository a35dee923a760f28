//! Search in the process of the test, on a real database and with a stub of the embedding model.

#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
#[expect(dead_code, reason = "the stub of another crate's tests can do more")]
mod provider;

#[cfg(test)]
mod rerank;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use serde_json::{Value, json};
    use testkit::{App, Fixture, Operation, Person};
    use uuid::Uuid;

    use crate::provider::Provider;

    pub(crate) const SEARCH: &str = "/api/v1/search";

    fn operations() -> Vec<Operation> {
        let query = json!({ "query": "Who is elected?", "space_id": "{space_id}", "limit": 5 });
        vec![Operation::new(Method::POST, SEARCH).with(query).hidden_from("outsider")]
    }

    /// A space with a document of one chunk, and a model that embeds every text as the same vector.
    async fn fixture() -> Fixture {
        fixture_with("http://127.0.0.1:9".to_owned()).await
    }

    /// With a gateway there.
    pub(crate) async fn fixture_with(gateway: String) -> Fixture {
        let embedding = Provider::start(|_, _| {
            Provider::json(200, &json!({ "data": [{ "index": 0, "embedding": axis(0) }] }))
        })
        .await;
        let variables = [("embedding_url", embedding.url.clone()), ("gateway_url", gateway)];
        let app = App::with(search_component::router(), variables).await;
        let owner = app.database.person("owner").await;
        let outsider = app.database.colleague(owner.tenant, "outsider", "admin").await;
        let stranger = app.database.person("stranger").await;
        let document =
            document(&app, &owner, &axis(0), "The chair is elected for two years.").await;
        let ids = [("space_id", owner.space.to_string()), ("document_id", document)];
        let people = [("owner", owner), ("outsider", outsider), ("stranger", stranger)];
        Fixture { app, people: BTreeMap::from(people), ids: BTreeMap::from(ids) }
    }

    pub(crate) fn axis(axis: usize) -> Vec<f32> {
        (0..384).map(|at| if at == axis { 1.0 } else { 0.0 }).collect()
    }

    /// A document of one chunk in the personal space of its owner.
    pub(crate) async fn document(app: &App, owner: &Person, vector: &[f32], text: &str) -> String {
        let [collection, document, chunk] = [(); 3].map(|()| Uuid::now_v7());
        let sql = "with c as (
              insert into collections (id, tenant_id, space_id, name, created_by, index_id) values ($4, $2, $1, 'Statutes', $3, $4)
            ), d as (
              insert into documents (id, tenant_id, space_id, collection_id, title, filename, status, chunk_count, created_by)
              values ($5, $2, $1, $4, 'Statutes of 2024', 'statutes.md', 'ready', 1, $3)
            )
            insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
            values ($6, $2, $1, $4, $5, 0, 3, 0, 40, $8, 9, $7::text::halfvec,
                    to_tsvector('english', $8) || array_to_tsvector(array['@' || $1::uuid, '@' || $4::uuid]))";
        let insert = sqlx::query(sql).bind(owner.space.0).bind(owner.tenant.0).bind(owner.user.0);
        let insert = insert.bind(collection).bind(document).bind(chunk);
        let insert = insert.bind(json!(vector).to_string()).bind(text);
        insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
        document.to_string()
    }

    pub(crate) async fn search(fixture: &Fixture, body: &Value) -> testkit::Reply {
        fixture.app.post(SEARCH).as_(fixture.person("owner")).json(body).send().await
    }

    testkit::operation_tests!(search_component::router(), fixture, operations);

    #[tokio::test]
    async fn a_hit_names_its_document_and_shows_its_text() {
        let fixture = fixture().await;
        let found = search(&fixture, &json!({ "query": "Who is elected?" })).await.expect(200);
        let hit = &found["results"][0];
        assert_eq!((&found["total"], &hit["page"]), (&json!(1), &json!(3)));
        assert_eq!(hit["document_id"], fixture.id("document_id"));
        assert!(hit["snippet"].as_str().unwrap().contains("elected for two years"), "{hit:#}");
    }

    #[tokio::test]
    async fn a_search_out_of_bounds_is_refused() {
        let fixture = fixture().await;
        let ids = vec![Uuid::nil(); 101];
        for body in [
            json!({}),
            json!({ "query": "" }),
            json!({ "query": "a".repeat(2001) }),
            json!({ "query": "a", "limit": 0 }),
            json!({ "query": "a", "limit": 101 }),
            json!({ "query": "a", "mode": "guess" }),
            json!({ "query": "a", "collection_ids": ids }),
        ] {
            assert_eq!(search(&fixture, &body).await.problem(400), "invalid_body", "{body:.60}");
        }
    }
}
