//! The probes in the process of the test, with servers that answer and with a database that does
//! not.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use testkit::{App, Fixture, Operation};

    /// All are public, and none takes anything.
    fn operations() -> Vec<Operation> {
        let paths = [
            "/api/v1/health",
            "/api/health",
            "/api/v1/ready",
            "/api/health/ready",
            "/api/health/db",
            "/api/health/redis",
            "/api/v1/openapi.json",
        ];
        paths.map(|path| Operation::new(Method::GET, path).is_no_list()).to_vec()
    }

    async fn fixture() -> Fixture {
        let app = App::new(health_component::router()).await;
        Fixture { app, people: BTreeMap::new(), ids: BTreeMap::new() }
    }

    testkit::operation_tests!(health_component::router(), fixture, operations);

    #[tokio::test]
    async fn without_a_worker_the_installation_is_degraded_and_ready() {
        let app = App::new(health_component::router()).await;
        let ready = app.get("/api/v1/ready").send().await.expect(200);
        assert_eq!(
            (&ready["status"], &ready["checks"]["worker"]["status"]),
            (&"degraded".into(), &"degraded".into())
        );
        assert_eq!(ready["checks"]["database"]["status"], "ok");
    }

    #[tokio::test]
    async fn without_a_database_the_installation_is_alive_and_not_ready() {
        let app = App::new(health_component::router()).await;
        let sql = "do $$ begin execute format('revoke connect on database %I from public, tessera_health', current_database()); end $$";
        sqlx::query(sql).execute(&mut app.database.superuser().await).await.unwrap();
        app.get("/api/v1/health").send().await.expect(200);
        app.get("/api/health/redis").send().await.expect(200);
        for path in ["/api/v1/ready", "/api/health/db"] {
            let failed = app.get(path).send().await.expect(503);
            assert_eq!(failed["checks"]["database"]["status"], "failed", "{path}");
            let text = failed.to_string();
            assert!(!text.contains(&app.database.name) && !text.contains("permission"), "{text}");
        }
    }
}
