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
            // The owner of the fixture is an administrator, and the only one.
            Operation::new(Method::GET, "/api/v1/admin/jobs").refused_to("viewer"),
            Operation::new(Method::GET, "/api/v1/admin/queue").refused_to("viewer").is_no_list(),
            // The job is queued again: the tests below have one that failed.
            post("/api/v1/admin/jobs/{job_id}/retry").refused_to("viewer").answers(409),
            post("/api/v1/admin/jobs/{job_id}/discard").refused_to("viewer").answers(409),
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

    /// A job of a colleague's own space that is dead.
    async fn dead_job(fixture: &Fixture) -> String {
        let (owner, outsider) = (fixture.person("owner"), fixture.person("outsider"));
        let id = Uuid::now_v7();
        let sql = "insert into jobs (id, tenant_id, kind, payload, lane, max_attempts, space_id, created_by, status, attempts,
                                     error_code, error_detail, finished_at)
            values ($1, $2, 'crawl_website', '{}', 'crawl', 3, $3, $4, 'dead', 3, 'worker_died', 'it crashed', now())";
        let insert = sqlx::query(sql).bind(id).bind(owner.tenant.0);
        let insert = insert.bind(outsider.space.0).bind(outsider.user.0);
        let mut superuser = fixture.app.database.superuser_in(owner.tenant).await;
        insert.execute(&mut superuser).await.unwrap();
        id.to_string()
    }

    #[tokio::test]
    async fn an_administrator_retries_a_dead_job_of_any_space() {
        let fixture = fixture().await;
        let (app, admin) = (&fixture.app, fixture.person("owner"));
        let dead = dead_job(&fixture).await;
        app.get(format!("/api/v1/jobs/{dead}")).as_(admin).send().await.problem(404);
        let list = app.get("/api/v1/admin/jobs?status=failed").as_(admin).send().await.expect(200);
        assert_eq!(
            (list["total"].as_i64(), list["jobs"][0]["id"].as_str()),
            (Some(1), Some(dead.as_str()))
        );
        let queue = app.get("/api/v1/admin/queue").as_(admin).send().await.expect(200);
        assert_eq!((queue["queued"].as_i64(), queue["failed"].as_i64()), (Some(1), Some(1)));
        let retry = format!("/api/v1/admin/jobs/{dead}/retry");
        let again = app.post(&retry).as_(admin).send().await.expect(202);
        assert_eq!(
            (again["status"].as_str(), &again["error"]),
            (Some("queued"), &serde_json::Value::Null)
        );
        let refused = app.post(&retry).as_(admin).send().await.expect(409);
        assert_eq!(
            refused["reason"],
            serde_json::json!({ "code": "job_state", "value": "queued" })
        );
    }

    #[tokio::test]
    async fn a_discarded_job_is_cancelled_and_keeps_its_error() {
        let fixture = fixture().await;
        let (app, admin) = (&fixture.app, fixture.person("owner"));
        let dead = dead_job(&fixture).await;
        let discard = format!("/api/v1/admin/jobs/{dead}/discard");
        app.post(&discard).as_(fixture.person("stranger")).send().await.problem(404);
        let gone = app.post(&discard).as_(admin).send().await.expect(202);
        assert_eq!(
            (gone["status"].as_str(), gone["error"]["code"].as_str()),
            (Some("cancelled"), Some("worker_died"))
        );
        let queue = app.get("/api/v1/admin/queue").as_(admin).send().await.expect(200);
        assert_eq!(queue["failed"].as_i64(), Some(0));
        app.post(&discard).as_(admin).send().await.problem(409);
    }

    testkit::operation_tests!(
        events_component::router(),
        fixture,
        operations,
        except | name | name == "GET /api/v1/events"
    );
}
