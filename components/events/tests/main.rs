//! Jobs in the process of the test, on a real database: for whom each operation works, and for whom
//! it does not.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use testkit::{App, Fixture, Operation, Person};
    use uuid::Uuid;

    /// Without the stream of events, which never ends: `tests/whole` reads it.
    fn operations() -> Vec<Operation> {
        let post = |path| Operation::new(Method::POST, path).answers(202);
        vec![
            Operation::new(Method::GET, "/api/v1/jobs"),
            Operation::new(Method::GET, "/api/v1/jobs/{job_id}").hidden_from("outsider"),
            post("/api/v1/jobs/{job_id}/cancel").refused_to("viewer"),
            post("/api/v1/jobs/{job_id}/retry").refused_to("viewer"),
        ]
    }

    /// A queued job about a document in the owner's space, of which another person is a viewer.
    async fn fixture() -> Fixture {
        let app = App::new(events_component::router()).await;
        let owner = app.database.person("owner").await;
        let viewer = app.database.colleague(owner.tenant, "viewer", "user").await;
        let outsider = app.database.colleague(owner.tenant, "outsider", "user").await;
        let stranger = app.database.person("stranger").await;
        let job = job(&app, &owner, &viewer).await;
        let people =
            [("owner", owner), ("viewer", viewer), ("outsider", outsider), ("stranger", stranger)];
        Fixture { app, people: BTreeMap::from(people), ids: BTreeMap::from([("job_id", job)]) }
    }

    async fn job(app: &App, owner: &Person, viewer: &Person) -> String {
        let (collection, blob, document, job) =
            (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let sql = "with s as (
              insert into space_members (tenant_id, space_id, user_id, role) values ($1, $2, $4, 'viewer')
            ), c as (
              insert into collections (id, tenant_id, space_id, name, created_by) values ($5, $1, $2, 'Minutes', $3)
            ), b as (
              insert into blobs (id, tenant_id, size_bytes, sha256) values ($6, $1, 5, '\\x00')
            ), d as (
              insert into documents (id, tenant_id, space_id, collection_id, blob_id, title, filename, size_bytes, sha256, status, created_by)
              values ($7, $1, $2, $5, $6, 'May', 'may.md', 5, '\\x00', 'processing', $3)
            )
            insert into jobs (id, tenant_id, kind, payload, lane, max_attempts, space_id, document_id, created_by)
            values ($8, $1, 'ingest_document', '{}', 'short', 3, $2, $7, $3)";
        let insert = sqlx::query(sql)
            .bind(owner.tenant.0)
            .bind(owner.space.0)
            .bind(owner.user.0)
            .bind(viewer.user.0);
        let insert = insert.bind(collection).bind(blob).bind(document).bind(job);
        insert.execute(&mut app.database.superuser_in(owner.tenant).await).await.unwrap();
        job.to_string()
    }

    testkit::operation_tests!(
        events_component::router(),
        fixture,
        operations,
        except | name | name == "GET /api/v1/events"
    );
}
