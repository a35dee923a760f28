//! The tick in the process of the test.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use testkit::{App, Fixture, Operation};

    fn operations() -> Vec<Operation> {
        vec![Operation::new(Method::POST, "/internal/tick").is_no_list()]
    }

    async fn fixture() -> Fixture {
        let app = App::new(scheduler_component::router()).await;
        let owner = app.database.person("owner").await;
        Fixture { app, people: BTreeMap::from([("owner", owner)]), ids: BTreeMap::new() }
    }

    testkit::operation_tests!(scheduler_component::router(), fixture, operations);

    /// Whether a tick wakes a worker after this change of the schedules.
    async fn wakes(app: &App, change: &'static str) -> bool {
        sqlx::query(change).execute(&mut app.database.superuser().await).await.unwrap();
        let tick = app.post("/internal/tick").header("x-internal-key", app.internal_key());
        tick.send().await.expect(200)["woken"] == true
    }

    #[tokio::test]
    async fn a_tick_without_due_work_does_not_wake_the_worker() {
        let app = App::new(scheduler_component::router()).await;
        let later = "update schedules set next_run_at = now() + interval '1 hour'";
        assert!(!wakes(&app, later).await);
    }

    #[tokio::test]
    async fn a_tick_wakes_a_worker_for_maintenance_that_is_due_or_has_no_next_time() {
        let app = App::new(scheduler_component::router()).await;
        assert!(wakes(&app, "update schedules set next_run_at = now()").await);
        assert!(wakes(&app, "update schedules set next_run_at = null").await);
        assert!(!wakes(&app, "update schedules set error = 'malformed'").await, "it never runs");
    }

    #[tokio::test]
    async fn a_tick_does_not_wake_a_worker_for_maintenance_that_another_one_runs() {
        let app = App::new(scheduler_component::router()).await;
        let leased =
            "update schedules set next_run_at = now(), lease_until = now() + interval '1 minute'";
        assert!(!wakes(&app, leased).await);
    }
}
